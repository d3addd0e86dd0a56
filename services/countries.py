"""Countries whose plates an officer may state, and how what they stated is told."""

from __future__ import annotations

from functools import cache

from babel import Locale

from services.errors import CaseError
from services.model import Violation
from services.worded import worded
from speedcam.model import PlateReading

_NO_COUNTRIES = frozenset(
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ")
)
"""Two letters that CLDR has beside the assigned ones: reserved, of groups, and for tests."""


@cache
def countries() -> frozenset[str]:
    """Every assigned code of ISO 3166-1 alpha-2, and XK: CLDR's for Kosovo, whose plates say RKS.

    Source: CLDR's territories, without those that ISO 3166-1 only reserves.
    """
    codes = map(str, Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2) - _NO_COUNTRIES


def require_country(typed: str, violation: Violation) -> str:
    """The code of a country that was typed for the plate of a case.

    Raises:
        CaseError: It is no country's, or of none whose plates are written as this one was read.
    """
    stated, read = typed.strip().upper(), violation.passage.plate
    if stated not in countries():
        raise CaseError(
            worded("{typed} is no country: write its two letters, as AL.", typed=repr(typed))
        )
    written = read.countries if isinstance(read, PlateReading) else ()
    if written and stated not in written:
        raise CaseError(
            worded(
                "case {key}: the plate is written as those of {countries}, and you say {stated}. "
                "Look again. If it is of none of them, reject the case or leave it to a senior "
                "officer: nobody is fined on a doubt.",
                key=violation.key,
                countries=", ".join(written),
                stated=stated,
            )
        )
    return stated


def with_country(why: str, country: str) -> str:
    """A reason for the history, with the country of the plate where an officer stated one."""
    return f"{why} (plate of {country}, as the officer states)" if country else why
