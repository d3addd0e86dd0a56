"""The occasion of a letter, ready to print."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from services.errors import LetterError
from services.model import LetterKind, Money
from services.notifier.language import Language, amount, local_day, short_day
from services.occasion import OCCASIONS, ObjectionAnswered, Occasion, Receipt, Reminder

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
    stands_still: bool = False
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
