"""A speed in the law's own numbers: what counts, which band it falls in, what that costs. Pure.

Every number here is an exact decimal in the pack's unit. What counts is the lower of two speeds:
what the law leaves of the measured one, and measured less the expanded uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from enum import StrEnum

from services.model import Money
from services.rules.classes import ANY
from services.rules.pack import Band, Pack
from services.rules.proofs import Road
from services.rules.tolerance import Device, rounded
from speedcam.model import VehicleCategory


class Finding(StrEnum):
    """Why a passage is no violation."""

    WITHIN_LIMIT = "within_limit"
    WITHIN_TOLERANCE = "within_tolerance"
    WITHIN_UNCERTAINTY = "within_uncertainty"
    NO_READING = "no_reading"
    STATISTICS_ONLY = "statistics_only"
    OUTSIDE_LANES = "outside_lanes"
    NO_LIMIT = "no_limit"
    UNKNOWN_TO_LAW = "unknown_to_law"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the law asks beside the speed.

    Attributes:
        limit: In force, in the pack's unit.
        road: Kind of road.
        vehicles: Classes that it may belong to; the mildest band of all of them applies.
        at: Local time of day.
        device: How the speed was measured.
    """

    limit: Decimal
    road: Road
    vehicles: frozenset[VehicleCategory] = ANY
    at: time = time(12)
    device: Device = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """How the law came from a measured speed to what counts.

    Attributes:
        measured: As it entered.
        uncertainty: Expanded, k = 2.
        taken: ``measured`` after the law's rounding.
        deducted: What the law takes off.
        by_law: ``taken - deducted``.
        retained: What counts against the driver.
        over: ``retained`` less the limit.
        finding: Why it is no violation, or None.
        band: Its band, or None with a finding.
    """

    measured: Decimal
    uncertainty: Decimal
    taken: Decimal
    deducted: Decimal
    by_law: Decimal
    retained: Decimal
    over: Decimal
    finding: Finding | None
    band: Band | None


def reckon(pack: Pack, measured: Decimal, uncertainty: Decimal, around: Circumstances) -> Reckoning:
    """What ``pack`` makes of a measured speed; its device must be known to the pack.

    Args:
        pack: The law.
        measured: In its unit, more than 0.
        uncertainty: Expanded, k = 2; 0 asks what the law says of a speed that is certain.
        around: The circumstances.
    """
    law = pack.tolerance
    taken = rounded(measured, law.rounding.measured)
    deducted = law.deduction(taken, around.device) if taken > 0 else Decimal(0)
    by_law = taken - deducted
    left = rounded(by_law, law.rounding.retained)
    retained = rounded(min(by_law, measured - uncertainty), law.rounding.retained)
    finding = None
    if measured <= around.limit:
        finding = Finding.WITHIN_LIMIT
    elif law.lets_go(left, around.limit):
        finding = Finding.WITHIN_TOLERANCE
    elif law.lets_go(retained, around.limit):
        finding = Finding.WITHIN_UNCERTAINTY
    over = retained - around.limit
    return Reckoning(
        measured=measured,
        uncertainty=uncertainty,
        taken=taken,
        deducted=deducted,
        by_law=by_law,
        retained=retained,
        over=over,
        finding=finding,
        band=None
        if finding
        else pack.band(around.road, over, limit=around.limit, vehicles=around.vehicles),
    )


def price(pack: Pack, band: Band, at: time) -> tuple[Money, Money] | None:
    """The least and the most that ``band`` costs at the local time ``at``, or None: no amount."""
    if band.fine is None:
        return None
    least, most = band.fine.min, band.fine.max
    for surcharge in pack.amount.surcharges:
        if surcharge.holds_at(at):
            above, below = surcharge.times
            least, most = least * above / below, most * above / below
    return pack.money(least), pack.money(most)
