"""What ``senders.toml`` says of a mail server."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from services.notifier.senders.closed import Closed, is_this_machine


class SmtpSettings(Closed):
    """A mail server, and from whom it gets mail.

    Attributes:
        patience_s: For everything before the mail is handed over, in seconds.
    """

    host: str = Field(
        min_length=1, description="the mail server", examples=['host = "mail.example"']
    )
    port: int = Field(default=587, ge=1, le=65535, description="its port", examples=["port = 587"])
    tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="starttls, tls or none", examples=['tls = "starttls"']
    )
    author: str = Field(
        pattern=r"^[!-?A-~]+@[!-?A-~]+$",
        description="the address that mail comes from",
        examples=['author = "notices@police.example"'],
    )
    name_of_office: str = Field(
        default="", description="the name beside it", examples=['name_of_office = "Road Police"']
    )
    reply_to: str = Field(
        default="",
        pattern=r"^$|^[!-?A-~]+@[!-?A-~]+$",
        description="where answers go",
        examples=['reply_to = "office@police.example"'],
    )
    user: str = Field(default="", description="the account", examples=['user = "notices"'])
    password_file: str = Field(
        default="",
        description="a file with the password, relative to the office",
        examples=['password_file = "keys/mail.password"'],
    )
    password_env: str = Field(
        default="", description="a variable with it", examples=['password_env = "MAIL_PASSWORD"']
    )
    ca_file: str = Field(
        default="",
        description="certificates to trust, relative to the office",
        examples=['ca_file = "keys/mail-ca.pem"'],
    )
    patience_s: float = Field(
        default=60.0,
        gt=0,
        le=120,
        description="seconds, at most 120",
        examples=["patience_s = 60.0"],
    )

    @model_validator(mode="after")
    def _closed_to_strangers(self) -> Self:
        if self.tls == "none" and not is_this_machine(self.host):
            raise ValueError('tls = "none" sends letters in the clear: use "starttls" or "tls"')
        if self.user and not (self.password_file or self.password_env):
            raise ValueError("a user has a password: name password_file or password_env")
        return self
