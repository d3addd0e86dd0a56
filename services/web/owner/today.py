"""What is owed on a day, from the terms that were frozen at issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.model import Money, Terms


class Stage(StrEnum):
    """Where a day lies among the terms."""

    REDUCED = "reduced"
    FULL = "full"
    LATE = "late"
    CAPPED = "capped"
    """Late, and the amount does not grow any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What is owed on one day.

    Attributes:
        late_days: Days of interest in the amount; 0 unless late.
    """

    stage: Stage
    amount: Money
    late_days: int = 0


def owed(terms: Terms, on: date) -> Owed:
    """What is owed on the local day ``on``; a fraction of interest is dropped."""
    if on <= terms.reduced_until:
        return Owed(stage=Stage.REDUCED, amount=terms.reduced)
    if on <= terms.full_until:
        return Owed(stage=Stage.FULL, amount=terms.full)
    days = min((on - terms.full_until).days, terms.late_cap_days)
    interest = terms.full.minor * terms.late_pct_per_day * days // 100
    minor = min(terms.full.minor + interest, terms.late_cap.minor)
    capped = days == terms.late_cap_days or minor == terms.late_cap.minor
    return Owed(
        stage=Stage.CAPPED if capped else Stage.LATE,
        amount=Money(minor=minor, currency=terms.full.currency),
        late_days=days,
    )
