"""What a letter that is no notice has to tell beside the fine, and the same ready to print.

A notice needs the fine alone. Every other kind of letter follows from something that happened,
and that is its occasion: small, frozen, handed in by whoever knows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from services.errors import LetterError
from services.model import LetterKind, Money
from services.notifier.language import Language, amount, local_day, short_day


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
        back: What was too much and goes back; None: nothing.
    """

    paid: Money
    paid_on: date
    owed: Money | None = None
    until: date | None = None
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
        back: Where it is cancelled: what was paid and goes back; None: nothing was.
        erase_on: Where it is cancelled: when the pictures are erased.
    """

    on: date
    by: str
    accepted: bool
    reason: str
    owed: Money | None = None
    until: date | None = None
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

_NEVER_EMPTY = {Reminder: ("owed",), Receipt: ("paid",), ObjectionAnswered: ("by", "reason")}


@dataclass(frozen=True, slots=True, kw_only=True)
class OccasionFacts:
    """An occasion as it is printed in one language; empty where there is nothing to say.

    Attributes:
        until_short: ``until`` in digits, for the short message.
    """

    on: str = ""
    owed: str = ""
    until: str = ""
    until_short: str = ""
    object_until: str = ""
    paid: str = ""
    paid_on: str = ""
    back: str = ""
    erase_on: str = ""
    by: str = ""
    reason: str = ""
    accepted: bool = False
    our_fault: bool = False


def require_occasion(number: str, kind: LetterKind, occasion: Occasion | None) -> None:
    """Raise LetterError unless ``occasion`` is what a letter of ``kind`` needs, and whole."""
    wanted = OCCASIONS[kind]
    if type(occasion) is not (wanted or type(None)):
        needs = f"a {wanted.__name__}" if wanted else "nothing"
        raise LetterError(
            f"the {kind.replace('_', ' ')} of notice {number} needs {needs} beside the fine and "
            f"was handed {type(occasion).__name__}. Hand in what happened."
        )
    lacking = [name for name in _NEVER_EMPTY.get(type(occasion), ()) if not _says(occasion, name)]
    if lacking:
        raise LetterError(
            f"the {kind.replace('_', ' ')} of notice {number} cannot be written: it lacks "
            f"{', '.join(lacking)}. Complete the step in the office and write it again."
        )


def occasion_facts(occasion: Occasion | None, language: Language, country: str) -> OccasionFacts:
    """``occasion`` as it is printed in ``language``."""
    known = {each.name: getattr(occasion, each.name) for each in fields(occasion or _Nothing())}
    shown: dict[str, Any] = {
        name: _shown(value, language, country) for name, value in known.items()
    }
    if until := known.get("until"):
        shown["until_short"] = short_day(until, language)
    return OccasionFacts(**shown)


@dataclass(frozen=True, slots=True)
class _Nothing:
    """What a notice needs beside the fine."""


def _says(occasion: Occasion | None, name: str) -> bool:
    value = getattr(occasion, name)
    return value.minor > 0 if isinstance(value, Money) else bool(value.strip())


def _shown(value: Money | date | str | bool | None, language: Language, country: str) -> str | bool:
    match value:
        case Money():
            return amount(value, language, country) if value.minor > 0 else ""
        case date():
            return local_day(value, language, country)
        case bool():
            return value
        case _:
            return (value or "").strip()
