"""What is owed on a day, from the terms that were frozen at issue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from services.fines import Standing
from services.lapse import Lapse
from services.life import OWES_NOTHING, State
from services.model import Money, Terms
from services.rules.terms import due


class Stage(StrEnum):
    """Where a day lies among the terms."""

    REDUCED = "reduced"
    FULL = "full"
    LATE = "late"
    CAPPED = "capped"
    """Late, and the amount does not grow any more."""
    ENDED = "ended"
    """Nothing is asked for any more."""
    UNSERVED = "unserved"
    """The law's time to serve it is over, and no service is on record."""
    PRESCRIBED = "prescribed"
    """The law's time to pursue it is over."""
    SETTLED = "settled"
    """All of it is paid."""
    PAUSED = "paused"
    """The clock of the terms stands still."""
    MOVED = "moved"
    """It stood still for some days, so that every printed date is that much later."""
    PART = "part"
    """Some of it is paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What is owed on one day.

    Attributes:
        late_days: Days of interest in the amount, or by which the dates moved; 0 otherwise.
    """

    stage: Stage
    amount: Money
    late_days: int = 0


NOTHING_ASKED = frozenset({Stage.ENDED, Stage.UNSERVED, Stage.PRESCRIBED, Stage.SETTLED})
"""There is nothing to pay."""

_LAPSED: Mapping[Lapse | None, Stage] = MappingProxyType(
    {Lapse.NOT_SERVED: Stage.UNSERVED, Lapse.PRESCRIBED: Stage.PRESCRIBED}
)

_STANDS_STILL = frozenset({State.ISSUED, State.CONTESTED, State.ON_HOLD})
"""The clock of the terms waits: for service, for a decision, for the end of an incident."""


def owed_by(standing: Standing, terms: Terms, on: date) -> Owed:
    """What is still owed on the local day ``on``, after all that was done to the fine."""
    left = Money(minor=standing.account.owed, currency=standing.currency)
    if stage := _beside_the_terms(standing):
        return Owed(stage=stage, amount=left)
    if moved := (on - standing.clock_day).days:
        return Owed(stage=Stage.MOVED, amount=left, late_days=moved)
    return owed(terms, on)


def _beside_the_terms(standing: Standing) -> Stage | None:
    """What was done to the fine, where that says more than where the day lies."""
    stages = (
        (standing.state in OWES_NOTHING, Stage.ENDED),
        (standing.account.settled_on, Stage.SETTLED),
        (standing.lapse, _LAPSED.get(standing.lapse)),
        (standing.state in _STANDS_STILL, Stage.PAUSED),
        (standing.account.paid, Stage.PART),
    )
    return next((stage for holds, stage in stages if holds), None)


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
