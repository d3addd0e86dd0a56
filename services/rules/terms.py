"""Days and amounts of a fine: computed once at issue, and what is due on a day. Pure.

The day of issue is day 1. All days are local calendar days of the place. Every rounding of an
amount is down, in the driver's favour.
"""

from __future__ import annotations

from datetime import date, timedelta

from services.model import Money, Terms
from services.rules.pack import Pack


def terms_of(pack: Pack, full: Money, issued_on: date) -> Terms:
    """The terms of a fine of ``full`` issued on the local day ``issued_on``.

    Where interest follows the reduced amount at once, ``full_from`` lies after ``full_until``:
    there is no day on which exactly the full amount is due.
    """
    reduced = full.minor * (100 - pack.discount.pct) // 100
    reduced_until = _day(issued_on, pack.discount.days)
    return Terms(
        issued_on=issued_on,
        reduced_until=reduced_until,
        reduced=Money(minor=reduced, currency=full.currency),
        full_from=reduced_until + timedelta(days=1),
        full_until=_day(issued_on, max(pack.discount.days, pack.late.after_days)),
        full=full,
        late_pct_per_day=pack.late.pct,
        late_cap_days=pack.late.cap_days,
        late_cap=_late(full, pack.late.pct, pack.late.cap_days),
        object_until=_day(issued_on, pack.objection.days),
        erase_on=_day(issued_on, pack.retention.days),
    )


def due(terms: Terms, on_day: date) -> Money:
    """What is to be paid on the local day ``on_day``."""
    if on_day <= terms.reduced_until:
        return terms.reduced
    if on_day <= terms.full_until:
        return terms.full
    late_days = min((on_day - terms.full_until).days, terms.late_cap_days)
    return _late(terms.full, terms.late_pct_per_day, late_days)


def _late(full: Money, pct: int, days: int) -> Money:
    return Money(minor=full.minor + full.minor * pct * days // 100, currency=full.currency)


def _day(issued_on: date, ordinal: int) -> date:
    return issued_on + timedelta(days=ordinal - 1)
