"""What is owed on a day, from the terms that were frozen at issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.model import Money, Terms
from services.rules.terms import due


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
    """What is owed on the local day ``on``."""
    amount = due(terms, on)
    if on <= terms.reduced_until:
        return Owed(stage=Stage.REDUCED, amount=amount)
    if on <= terms.full_until:
        return Owed(stage=Stage.FULL, amount=amount)
    days = min((on - terms.full_until).days, terms.late_cap_days)
    stage = Stage.CAPPED if days == terms.late_cap_days else Stage.LATE
    return Owed(stage=stage, amount=amount, late_days=days)
