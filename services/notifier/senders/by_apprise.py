"""The sender for everything else: services that the package ``apprise`` knows.

Only the letter's short text goes there: no plate, no name, no place, no picture. Most of these are
somebody else's computers.
"""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field

from services.errors import SettingsError, Unreachable
from services.notifier.secret import secret_in
from services.notifier.senders.closed import Closed
from services.recipient import Dispatch

PHONE = "{phone}"
"""Stands for the recipient's number in a service's address."""


class AppriseSettings(Closed):
    """A service by its address, which is a secret: it holds the account's password.

    Attributes:
        channel: Of the recipient's; ``sms`` where the address names a phone.
    """

    channel: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,19}$", description="a channel", examples=['channel = "sms"']
    )
    url_file: str = Field(
        default="",
        description="a file with the service's address, relative to the office",
        examples=['url_file = "keys/sms.url"'],
    )
    url_env: str = Field(
        default="", description="a variable with it", examples=['url_env = "SMS_URL"']
    )


class AppriseSender:
    """Tells the short text of letters by a service.

    Attributes:
        channel: Of the recipient's.
    """

    def __init__(self, settings: AppriseSettings, office: Path) -> None:
        self.channel = settings.channel
        self._url = secret_in(office, file=settings.url_file, env=settings.url_env)
        if not self._url:
            raise SettingsError("name the service's address by url_file or url_env.")

    def send(self, dispatch: Dispatch) -> str:
        """Tell the short text; the receipt says that the service took it."""
        digits = re.sub(r"\D", "", dispatch.recipient.phone)
        if not _tell(self._url.replace(PHONE, digits), dispatch.short_text):
            raise Unreachable(
                "the service behind apprise did not take it. `speedcam notify test` tries again."
            )
        return "taken"


def _tell(url: str, words: str) -> bool:
    try:
        from apprise import Apprise  # noqa: PLC0415 - half a second, and not everybody has it
    except ModuleNotFoundError:
        raise SettingsError("apprise is not installed: install speedcam[apprise].") from None
    service = Apprise()
    if not service.add(url):
        raise SettingsError("apprise knows no such address: its manual lists them by service.")
    return bool(service.notify(body=words))
