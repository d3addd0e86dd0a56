"""The law's time to serve a notice: one rule for cases, fines, letters and proofs of service.

Who cannot be served in time any more is not fined: their case ends, and no notice leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from services.account import day_of
from services.rules.engine import local_day
from services.rules.terms import served_by
from services.store.cases import Case, edition_of, texts_of
from services.store.store import Store
from services.worded import worded


def serve_until(store: Store, group: Sequence[Case]) -> dict[str, date | None]:
    """The last day to serve a notice of each case, by key; None where the law names none."""
    texts = texts_of(store, (case.violation for case in group))
    return {
        case.key: served_by(
            edition_of(case.violation, texts).pack, local_day(case.violation.passage)
        )
        for case in group
    }


def too_late(store: Store, group: Sequence[Case], now: datetime) -> dict[str, str]:
    """By key, why no notice of a case can be served any more; cases in time are left out.

    Args:
        store: Holds the cases, with the laws that judged them.
        group: Which are asked about.
        now: The present instant, aware.
    """
    terms = serve_until(store, group)
    told = {
        case.key: over(terms[case.key], day_of(now, case.violation.passage.place.timezone))
        for case in group
    }
    return {key: why for key, why in told.items() if why}


def over(last: date | None, day: date) -> str:
    """Why nothing can be served on ``day`` any more; empty where it can.

    Args:
        last: The last day to serve it; None: the law names none.
        day: A local day of the place.
    """
    if last is None or day <= last:
        return ""
    return worded("it can no longer be served: the law gave time until {day}", day=last)
