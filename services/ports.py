"""What the office asks of the outside: each port is a role with one method."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from services.model import Fine, Letter
from services.recipient import Dispatch, Recipient, Telling


class Clock(Protocol):
    """The only source of the present instant, so that tests can choose it."""

    def now(self) -> datetime:
        """The present instant, aware."""
        ...


class Sender(Protocol):
    """Hands letters over by one channel."""

    channel: str
    """The channel's name, as in :class:`services.model.Channel` or one of its own."""

    def send(self, dispatch: Dispatch) -> str:
        """Hand a letter over and return the receipt, in which nothing personal stands.

        The same key again is the same letter: hand it over once, or so that whoever receives
        it can tell.

        Raises:
            Refused: Turned down for good, by this channel.
            Unreachable: Not possible now; worth another attempt.
            ProviderDown: The same, and no fault of this letter.
            Unclear: The same, but it may have been taken.
        """
        ...


class OwnerRegister(Protocol):
    """Knows who kept a vehicle. Asked about decided fines only, and each question is told."""

    def owner(self, plate: str, country: str, on: date, purpose: str) -> Recipient | None:
        """Whoever kept the vehicle on that day, or None where the register knows nobody.

        Args:
            plate: Letters and digits only.
            country: Whose plate it is, ISO 3166-1 alpha-2. A register that does not know this
                country's vehicles knows nobody, whoever bears the same plate elsewhere.
            on: Local day of the violation.
            purpose: Why it is asked: the number of the fine.

        Raises:
            ProviderDown: It does not answer now.
        """
        ...


class LetterRenderer(Protocol):
    """Writes the letters of a fine."""

    def __call__(self, fine: Fine, photo: bytes, telling: Telling) -> Letter:
        """The letter with ``photo`` (the redacted picture, JPEG).

        Raises:
            LetterError: Something the law wants in the letter is missing.
        """
        ...


class LetterPrinter(Protocol):
    """Prints letters on paper."""

    def __call__(self, letter: Letter, fine: Fine, *, recipient: Sequence[str]) -> bytes:
        """The letter as PDF, with the lines of the address in its window.

        Raises:
            LetterError: It cannot be set on paper.
        """
        ...
