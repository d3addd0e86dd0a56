"""Tickets: what opens one notice, for as long as a visit may last. The keeper alone makes them.

Who leaves ends theirs: that it is over is remembered for as long as it might have lasted, unless
twenty thousand others had something to be remembered since.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from itsdangerous import BadData, URLSafeSerializer

from services.ports import Clock
from services.store.instants import to_ms
from services.web.session import ABSOLUTE
from services.web.tally import Mark, Tally


class Tickets:
    """Makes, reads and ends tickets.

    Args:
        secret: Signs them; the process that hands them on must not have it.
        clock: Says when they are over.
        ended: Remembers those that were given back, for all keepers of a server together.
    """

    def __init__(self, secret: bytes, clock: Clock, ended: Tally) -> None:
        self._clock = clock
        self._ended = ended
        self._seal = URLSafeSerializer(
            secret,
            salt="speedcam.web.ticket",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def of(self, number: str) -> str:
        """A ticket for the notice with this number."""
        until = self._clock.now() + ABSOLUTE
        return str(self._seal.dumps([number, to_ms(until), secrets.token_urlsafe(12)]))

    def end(self, ticket: str) -> None:
        """Let a ticket open nothing any more."""
        if self.number(ticket) is not None:
            # By what is in it: the same ticket can be written in more ways than one.
            (_, _, name), now_ms = self._seal.loads(ticket), to_ms(self._clock.now())
            self._ended.change(_key(name), lambda _: Mark(count=1, at_ms=now_ms))

    def number(self, ticket: str) -> str | None:
        """Whose notice a ticket opens; None: forged, ended, over, or of an earlier version."""
        try:
            number, until_ms, name = self._seal.loads(ticket)
        except (BadData, ValueError):
            return None
        left = timedelta(milliseconds=until_ms - to_ms(self._clock.now()))
        # One from the future was made by a clock that has been set back since.
        in_time = timedelta() < left <= ABSOLUTE
        return str(number) if in_time and not self._ended.knows(_key(name)) else None


def _key(name: str) -> bytes:
    return b"ticket " + name.encode()
