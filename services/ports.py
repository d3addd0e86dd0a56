"""What the office asks of the outside: each port is a role with one method."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from services.model import Fine, Letter


class Clock(Protocol):
    """The only source of the present instant, so that tests can choose it."""

    def now(self) -> datetime:
        """The present instant, aware."""
        ...


class Sender(Protocol):
    """Hands a letter over by one channel."""

    channel: str
    """The channel's name, as in :class:`services.model.Channel`."""

    def send(self, notice_key: str, letter: Letter, fine: Fine) -> str:
        """Hand ``letter`` over and return the receipt.

        The same ``notice_key`` again hands nothing over twice and returns the same receipt.

        Raises:
            Unreachable: Not possible now; worth another attempt.
            Refused: Turned down for good.
        """
        ...


class LetterRenderer(Protocol):
    """Writes the letter of a fine."""

    def __call__(self, fine: Fine, photo: bytes) -> Letter:
        """The letter with ``photo`` (the redacted picture, JPEG).

        Raises:
            LetterError: Something the law wants in the letter is missing.
        """
        ...
