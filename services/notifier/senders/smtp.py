"""The sender for mail: one connection for each letter, encrypted, with a Message-ID that stays.

What went wrong decides what may be done next. Until the final dot nobody has the letter. After
it, only the server's answer says whether it has (RFC 1047): without one the letter may go to the
same server again, and whoever gets it twice sees one Message-ID.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

from services.errors import ProviderDown, Refused, SettingsError, Unclear, Unreachable
from services.model import Channel
from services.notifier.secret import secret_in
from services.notifier.senders.deadline import ended_after
from services.notifier.senders.folder import mail
from services.notifier.senders.smtp_settings import SmtpSettings
from services.recipient import Dispatch, Recipient

ANSWER_S = 600
"""A server may take ten minutes for its answer to the final dot (RFC 5321, 4.5.3.2.6)."""

CLOSING = 421
"""The server takes nothing now (RFC 5321, 4.2.2)."""

_DOT_AT_START = re.compile(rb"(?m)^\.")
_DETAIL = re.compile(rb"\d\.\d{1,3}\.\d{1,3}\b")
"""An enhanced status code (RFC 3463). The words after it may repeat an address."""


class SmtpSender:
    """Hands letters to a mail server.

    Attributes:
        settings: Which server, and from whom.
        office: Its secrets lie below.
    """

    def __init__(self, settings: SmtpSettings, office: Path) -> None:
        self.settings = settings
        self.office = office
        self.channel: str = Channel.EMAIL
        self._trust = _trusted(office / settings.ca_file if settings.ca_file else None)

    def send(self, dispatch: Dispatch) -> str:
        """Hand the mail over; the receipt is its Message-ID."""
        message = self.written(dispatch)
        patience_s = self.settings.patience_s
        with self._client() as smtp:
            with ended_after(patience_s, lambda: smtp.sock):
                self._open(smtp)
                _command(smtp, f"MAIL FROM:<{self._author.addr_spec}>", ours=True)
                _command(smtp, f"RCPT TO:<{dispatch.recipient.email}>")
                _command(smtp, "DATA")
            with ended_after(patience_s + ANSWER_S, lambda: smtp.sock):
                # Not every server says that it takes letters of eight bits.
                plain = message.policy.clone(cte_type="7bit")
                _hand_over(smtp, message.as_bytes(policy=plain))
        return str(message["Message-ID"])

    def written(self, dispatch: Dispatch) -> EmailMessage:
        """The mail: text, HTML and photo, from the office to the recipient."""
        message = mail(dispatch.letter, dispatch)
        recipient = dispatch.recipient
        name = dispatch.key.replace("/", ".").lower()
        headers: dict[str, object] = {
            "From": self._author,
            "To": _address_of(recipient),
            "Reply-To": self.settings.reply_to,
            "Message-ID": f"<{name}@{self._author.domain}>",
            "Auto-Submitted": "auto-generated",  # no holiday replies (RFC 3834)
        }
        for header, value in headers.items():
            del message[header]
            if value:
                message[header] = value
        return message

    @property
    def _author(self) -> Address:
        return Address(self.settings.name_of_office, addr_spec=self.settings.author)

    @contextmanager
    def _client(self) -> Iterator[smtplib.SMTP]:
        wait_s = self.settings.patience_s
        encrypted = self.settings.tls == "tls"
        smtp = (
            smtplib.SMTP_SSL(timeout=wait_s, context=self._trust)
            if encrypted
            else smtplib.SMTP(timeout=wait_s)
        )
        try:
            yield smtp
        finally:
            with suppress(OSError, smtplib.SMTPException):
                if smtp.sock is not None:
                    smtp.sock.settimeout(1)
                    smtp.quit()
            smtp.close()

    def _open(self, smtp: smtplib.SMTP) -> None:
        """Begin a session that takes letters; no letter is to blame if there is none."""
        where = f"mail server {self.settings.host}:{self.settings.port}"
        try:
            # Without it SMTP_SSL and starttls check the certificate of no name.
            smtp._host = self.settings.host  # type: ignore[attr-defined] # noqa: SLF001
            code, said = smtp.connect(self.settings.host, self.settings.port)
            if code // 100 != 2:
                raise ProviderDown(f"{where} turns everybody away ({_told(code, said)}).")
            smtp.ehlo_or_helo_if_needed()
            if self.settings.tls == "starttls":
                smtp.starttls(context=self._trust)
                smtp.ehlo()
            if self.settings.user:
                smtp.login(self.settings.user, self._password())
        except smtplib.SMTPResponseException as error:
            told = _told(error.smtp_code, error.smtp_error)
            raise ProviderDown(
                f"{where} refused the session ({told}). Check user and password; "
                "`speedcam notify test` tries again."
            ) from None
        except (OSError, smtplib.SMTPException, UnicodeEncodeError) as error:  # of a password
            raise ProviderDown(
                f"{where} gives no session ({_kind(error)}). Check host, port, tls and "
                "certificate; it is tried again by itself."
            ) from None

    def _password(self) -> str:
        settings = self.settings
        return secret_in(self.office, file=settings.password_file, env=settings.password_env)


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        told = error.strerror or "it holds no certificate"
        raise SettingsError(f"cannot use {ca_file}: {told}. Put the server's there.") from None


def _address_of(recipient: Recipient) -> Address:
    # The mail package decodes an encoded word in a name, and a line break in it begins a header.
    name = "" if "=?" in recipient.name else recipient.name
    with suppress(ValueError, MessageError, AttributeError):  # the last is the package's own fault
        address = Address(name, addr_spec=recipient.email)
        if address.addr_spec == recipient.email:  # and not what is left of it without a comment
            return address
    raise Refused("the recipient's address is none that a mail can go to. Mend it.")


def _command(smtp: smtplib.SMTP, line: str, *, ours: bool = False) -> None:
    """Say a line before the final dot, and expect to go on."""
    verb = line.split(" ", 1)[0]
    try:
        code, said = smtp.docmd(line)
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(f"the mail server was gone at {verb} ({_kind(error)}).") from None
    told = f"the mail server answered {verb} with {_told(code, said)}"
    if code == CLOSING or (ours and code // 100 == 5):
        raise ProviderDown(f"{told}. It takes nothing from this office now.")
    _require_taken(code, told)


def _hand_over(smtp: smtplib.SMTP, content: bytes) -> None:
    """Send the mail with its final dot, and wait for what the server says to it."""
    lines = _DOT_AT_START.sub(b"..", content)
    end = b".\r\n" if lines.endswith(b"\r\n") else b"\r\n.\r\n"
    try:
        smtp.send(lines)
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(f"the mail server was gone in the mail ({_kind(error)}).") from None
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(ANSWER_S)
        smtp.send(end)
        code, said = smtp.getreply()
        _require_reply(code)
    except (OSError, smtplib.SMTPException) as error:
        raise Unclear(
            f"the mail server was gone after the final dot ({_kind(error)}): it may have the mail. "
            "It is asked again later, with the same Message-ID."
        ) from None
    _require_taken(code, f"the mail server answered the mail with {_told(code, said)}")


def _require_reply(code: int) -> None:
    if code < 0:  # smtplib's word for an answer that begins with no number
        raise smtplib.SMTPException


def _require_taken(code: int, told: str) -> None:
    if code // 100 == 5:
        raise Refused(f"{told}. Check the recipient's address.")
    if code // 100 not in {2, 3}:
        raise Unreachable(f"{told}.")


def _told(code: int, said: bytes | str) -> str:
    """An answer without its words."""
    words = said if isinstance(said, bytes) else said.encode("utf-8", "replace")
    detail = _DETAIL.match(words)
    return f"{code} {detail.group().decode()}" if detail else str(code)


def _kind(error: Exception) -> str:
    """What happened to a connection, without what was said on it."""
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
