"""Tickets: what opens one notice, for as long as a visit may last. The keeper alone makes them."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from itsdangerous import BadData, URLSafeSerializer

from services.ports import Clock
from services.store.instants import to_ms
from services.web.session import ABSOLUTE


class Tickets:
    """Makes and reads tickets.

    Args:
        secret: Signs them; the process that hands them on must not have it.
        clock: Says when they are over.
    """

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._clock = clock
        self._seal = URLSafeSerializer(
            secret,
            salt="speedcam.web.ticket",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def of(self, number: str) -> str:
        """A ticket for the notice with this number."""
        until = self._clock.now() + ABSOLUTE
        return str(self._seal.dumps([number, to_ms(until)]))

    def number(self, ticket: str) -> str | None:
        """Whose notice a ticket opens; None: forged, or over."""
        try:
            number, until_ms = self._seal.loads(ticket)
        except BadData:
            return None
        left = timedelta(milliseconds=until_ms - to_ms(self._clock.now()))
        # One from the future was made by a clock that has been set back since.
        return str(number) if timedelta() < left <= ABSOLUTE else None
