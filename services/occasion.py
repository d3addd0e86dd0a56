"""What a letter that is no notice has to tell beside the fine. Pure values.

A notice needs the fine alone. Every other kind of letter follows from something that happened,
and that is its occasion: small, frozen, handed in by whoever knows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.model import LetterKind, Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """Something is still owed.

    Attributes:
        on: The day for which ``owed`` holds.
        owed: What is missing on that day.
        until: Last day on which it stays so; None: it grows, or may grow, from day to day.
        paid: What came in so far; None: nothing.
        object_until: Last day to object, where that day is not over yet.
    """

    on: date
    owed: Money
    until: date | None = None
    paid: Money | None = None
    object_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A payment arrived.

    Attributes:
        paid: How much.
        paid_on: The day that counts for it.
        owed: What is still missing; None: it is settled.
        until: Last day on which ``owed`` stays so, if there is one.
        stands_still: The clock of the terms does, so that ``owed`` does not grow either.
        back: What was too much and goes back; None: nothing.
    """

    paid: Money
    paid_on: date
    owed: Money | None = None
    until: date | None = None
    stands_still: bool = False
    back: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Nothing is to be paid any more.

    Attributes:
        on: The day of the decision.
        our_fault: The notice was wrong; else it is merely not asked for any more.
        reason: Why, in the words of whoever decided; may be empty.
        back: What was paid and goes back; None: nothing was.
        erase_on: When the pictures are erased.
    """

    on: date
    our_fault: bool
    reason: str = ""
    back: Money | None = None
    erase_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionReceived:
    """An objection arrived.

    Attributes:
        on: The day that counts for it.
    """

    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionAnswered:
    """A person decided about an objection.

    Attributes:
        on: The day of the decision.
        by: Who decided.
        accepted: The notice is cancelled; else it stands.
        reason: Why, in the words of whoever decided.
        owed: Where the notice stands: what is missing; None: nothing.
        until: Last day on which ``owed`` stays so, if there is one.
        stands_still: The clock of the terms does, so that ``owed`` does not grow either.
        back: Where it is cancelled: what was paid and goes back; None: nothing was.
        erase_on: Where it is cancelled: when the pictures are erased.
    """

    on: date
    by: str
    accepted: bool
    reason: str
    owed: Money | None = None
    until: date | None = None
    stands_still: bool = False
    back: Money | None = None
    erase_on: date | None = None


Occasion = Reminder | Receipt | Withdrawal | ObjectionReceived | ObjectionAnswered

OCCASIONS: Mapping[LetterKind, type[Occasion] | None] = {
    LetterKind.NOTICE: None,
    LetterKind.REMINDER: Reminder,
    LetterKind.RECEIPT: Receipt,
    LetterKind.WITHDRAWAL: Withdrawal,
    LetterKind.OBJECTION_RECEIVED: ObjectionReceived,
    LetterKind.OBJECTION_ANSWERED: ObjectionAnswered,
}
"""What each kind of letter needs beside the fine."""
