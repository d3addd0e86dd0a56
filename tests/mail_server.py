"""A real SMTP server that misbehaves as it is told to, one session after the other."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from tests.certificates import a_certificate

WELL = "well"
"""The mood in which a session does what it should; others are named in :class:`MoodyHandler`."""


@dataclass
class MoodyHandler:
    """Keeps what it takes, and behaves as ``mood`` says for each session.

    Moods: ``well``, ``slow``, ``down`` (ends the session at once), ``rcpt 450``, ``data 550`` and
    the like, ``drop`` (the connection ends before the final dot is answered, and the mail is lost),
    ``drop taken`` (likewise, and it is kept), and ``nonsense`` (it is kept, and the answer is no
    reply).
    """

    mood: Callable[[], str] = lambda: WELL
    slow_s: float = 0.2
    mails: list[EmailMessage] = field(default_factory=list)
    moods: Counter = field(default_factory=Counter)

    # The names of these three are the library's.
    async def handle_EHLO(self, server, session, envelope, host, responses):  # noqa: ARG002, N802
        session.host_name = host
        session.mood = self.mood()
        self.moods[session.mood] += 1
        if session.mood == "down":
            server.transport.abort()
        return responses

    async def handle_RCPT(self, server, session, envelope: Envelope, address, options):  # noqa: ARG002, N802 - the library's
        if session.mood.startswith("rcpt"):
            return f"{session.mood.split()[1]} 5.1.1 no such person {address}"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope: Envelope) -> str:  # noqa: N802 - the library's
        if session.mood == "slow":
            await asyncio.sleep(self.slow_s)
        if session.mood.startswith("data"):
            return f"{session.mood.split()[1]} not this one"
        if session.mood != "drop":
            mail = message_from_bytes(envelope.original_content, policy=policy.default)
            self.mails.append(mail)
        if session.mood.startswith("drop"):
            server.transport.abort()
        return "taken" if session.mood == "nonsense" else "250 taken"

    def ids(self) -> Counter:
        """How often each Message-ID was taken."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails)


@contextmanager
def mail_server(
    handler: MoodyHandler, *, encrypted: ssl.SSLContext | None = None, **options
) -> Iterator[int]:
    """The port of a server on this machine, in a thread of its own.

    Args:
        handler: What it does.
        encrypted: Its certificate, where all is encrypted from the first byte.
        options: Of the server.
    """
    loop = asyncio.new_event_loop()
    make = partial(SMTP, handler, loop=loop, hostname="mail.test", **options)
    opening = loop.create_server(make, "127.0.0.1", 0, ssl=encrypted)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    # A browser that tests before this left open keeps a loop of its own in this thread.
    server = asyncio.run_coroutine_threadsafe(opening, loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_closed(server, loop), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _closed(server: asyncio.Server, loop: asyncio.AbstractEventLoop) -> None:
    server.close()
    rest = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    await asyncio.sleep(0)


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A certificate of this machine: for a server, and as a file for who trusts it."""
    trusted, private = a_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return context, trusted


def only(user: str, password: str):
    """An authenticator that knows one account."""

    def known(server, session, envelope, mechanism, data) -> AuthResult:  # noqa: ARG001 - the library's
        right = (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=right, handled=False)

    return known
