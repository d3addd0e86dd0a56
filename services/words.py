"""What people type to say who they are and why they act."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from services.errors import CaseError
from services.model import Money, Violation, decimals
from services.policy import seconded
from services.worded import worded

LONGEST_ID = 80
"""Characters of an officer's id, as the tables have it."""


def require_words(*words: str, second: str = "") -> None:
    """Raise CaseError unless every one says something, in characters that a text has.

    Args:
        words: What must be said.
        second: Another officer, who may be missing.
    """
    if not all(word.strip() for word in words):
        raise CaseError(
            worded("somebody does this for a reason: name the fine, who acts, and why, in words.")
        )
    typed = "".join((*words, second if second.strip() else ""))
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in typed):
        raise CaseError(
            worded(
                "the case, the officer or the reason holds characters that no text has. Type them "
                "again, in UTF-8 and on one line."
            )
        )


def require_officers(*ids: str) -> None:
    """Raise CaseError where an officer's id is longer than the history keeps."""
    if any(len(each) > LONGEST_ID for each in ids):
        raise CaseError(
            worded(
                "an officer's id has {most} characters at most: name them shorter.", most=LONGEST_ID
            )
        )


def amount_typed(typed: str, violation: Violation) -> Money:
    """What was typed, in the currency of a case, which has no smaller coin than that.

    Raises:
        CaseError: It is no amount.
    """
    least = violation.amount_min
    currency = least.currency if least else ""
    plain = re.fullmatch(r"\d{1,9}(\.\d{1,2})?", typed, re.ASCII)
    minor = Decimal(typed if plain else "NaN").scaleb(decimals(currency))
    if not plain or minor != minor.to_integral_value():
        raise CaseError(
            worded(
                "{typed} is no amount of {currency}: write 3000",
                typed=repr(typed),
                currency=currency or worded("money"),
            )
        )
    return Money(minor=int(minor), currency=currency)


def require_second(subject: str, officer: str, second: str, why: str) -> None:
    """Raise CaseError unless ``second`` is another officer than ``officer``."""
    if not seconded(officer, second):
        raise CaseError(
            worded(
                "{subject} wants two different officers ({why}): name the second one, who has seen "
                "it too.",
                subject=subject,
                why=why,
            )
        )
