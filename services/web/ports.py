"""What the pages need of the office: to read one notice, and for some of them a little more.

Each port is handed in by itself: pages that only read never hold what could write.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import timedelta
from typing import Protocol

from services.account import Payment
from services.fines import Standing
from services.ledger.checkpoint import Checkpoint
from services.ledger.prove import Anchored
from services.model import Fine
from services.notifier.language import Language
from services.report.figures import Report
from services.store.history import Event
from speedcam.model import Exhibit, Passage


class NoticeReader(Protocol):
    """Finds one notice at a time; there is no list and no search to misuse."""

    def fine_by_number_and_plate(self, number: str, plate: str) -> Fine | None:
        """The fine that both belong to, as people type them, or None without a word which."""
        ...

    def key_of(self, fine: Fine) -> str:
        """What opens the fine again, for as long as a visit may last."""
        ...

    def fine(self, key: str) -> Fine | None:
        """The fine that this opens, or None where there is none (any more)."""
        ...

    def exhibit_bytes(self, sha256: str) -> bytes:
        """The picture with this hash. Raises an OfficeError when it is lost or altered."""
        ...


class Leavers(Protocol):
    """Takes back what opens a notice, from who leaves."""

    def leave(self, key: str) -> None:
        """Let the key open nothing any more, whoever has a copy of it."""
        ...


class Attempts(Protocol):
    """Makes guessing slow."""

    def attempt(self, address: str) -> timedelta:
        """Ask to try now. Zero: the try is counted as failed until ``forgive``; else the wait."""
        ...

    def forgive(self, address: str) -> None:
        """The try succeeded: it was no failure."""
        ...


class Accounts(Protocol):
    """Says where a fine stands now: what was done to it, and what is still owed."""

    def __call__(self, number: str) -> Standing:
        """The standing of the fine with this number, which is there."""
        ...


class Records(Protocol):
    """What else is stored on one fine."""

    def history(self, fine: Fine) -> Sequence[Event]:
        """What happened to the fine and to the case that it came of, in order of time."""
        ...

    def payments(self, fine: Fine) -> Sequence[Payment]:
        """What came in for the fine."""
        ...

    def raw_text(self, passage: Passage) -> str:
        """The raw data of one of its passages as JSON; empty where the passage names none.

        Raises an OfficeError when they are lost or altered.
        """
        ...

    def driver(self, fine: Fine) -> Exhibit | None:
        """The picture of the driver, or None where the law keeps it from the owner."""
        ...


class Desk(Protocol):
    """Takes what an owner hands in. Without a desk the pages only read."""

    def contest(self, fine: Fine, words: str) -> None:
        """Take an objection: the terms stand still until an officer decides.

        Raises:
            CaseError: The fine stands where nobody can object to it, or the words are no text.
        """
        ...

    def pay(self, fine: Fine, minor: int, *, paid_before: int) -> None:
        """Let the demo bank tell the office that so many minor units came in for the fine.

        The same amount after the same ``paid_before``, all that was paid when the form was
        answered, is the same payment, however often it is sent.

        Raises:
            CaseError: Something else is owed by now.
        """
        ...


class Printer(Protocol):
    """Prints the letter of a notice."""

    def __call__(self, fine: Fine, language: Language) -> bytes:
        """The letter as it was issued, as PDF without an address.

        It is in the languages of its country, and first in ``language``. Raises an OfficeError
        where its photo is lost or it cannot be set on paper.
        """
        ...


class Stamps(Protocol):
    """Says whether anything changed."""

    def __call__(self) -> Hashable:
        """Something else than before, once anything happened that a page may tell."""
        ...


class Ledger(Protocol):
    """What the office signed of its history."""

    def anchored(self, number: str) -> Anchored:
        """Where the fine with this number stands in it."""
        ...

    def proof(self, number: str) -> bytes | None:
        """The proof file of a fine; None while there is none to give."""
        ...

    def latest(self) -> Checkpoint | None:
        """The latest checkpoint; None while nothing was signed."""
        ...

    def public_key(self) -> str:
        """The key that it is signed with, as one line; empty while nothing was signed."""
        ...


class Counts(Protocol):
    """The figures for the public."""

    def months(self) -> Sequence[str]:
        """Every month with passages, as ``2026-10``, the latest first."""
        ...

    def report(self, month: str) -> Report:
        """The figures of one of the months."""
        ...
