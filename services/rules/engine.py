"""What the law of its day makes of a passage. Pure; doubt goes to the driver at every step.

A measured speed is cut down, and its uncertainty raised, to 0.1 km/h before anything else; all
that follows is exact decimal arithmetic. What counts is the lower of two speeds: measured less
the law's tolerance, and measured less the expanded uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.errors import CaseError
from services.model import Money, Violation
from services.rules.edition import Edition
from services.rules.pack import Band, Tolerance
from speedcam.model import Grade, Passage, Refusal, SpeedMeasurement

SPEEDING = "speeding"
"""The one offence a passage can be. It names the case whichever edition or band applies, so that
a passage judged again under other rules can never become a second case."""

_STEP = Decimal("0.1")

FASTEST_KMH = 1000
"""No road vehicle drives so fast: a larger number is damage and not a speed."""


class Finding(StrEnum):
    """Why a passage is no violation."""

    WITHIN_LIMIT = "within_limit"
    WITHIN_TOLERANCE = "within_tolerance"
    WITHIN_UNCERTAINTY = "within_uncertainty"
    NO_READING = "no_reading"
    STATISTICS_ONLY = "statistics_only"
    OUTSIDE_LANES = "outside_lanes"
    NO_LIMIT = "no_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoViolation:
    """The passage proves nothing against anybody.

    Attributes:
        finding: The code a program branches on.
        text: The reason in words with its figures.
    """

    finding: Finding
    text: str

    @property
    def lawful(self) -> bool:
        """The speed was lawful; otherwise nothing could be proven."""
        return self.finding in {Finding.WITHIN_LIMIT, Finding.WITHIN_TOLERANCE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """A measurement in the law's numbers, km/h."""

    measured: Decimal
    uncertainty: Decimal
    tolerance: Decimal

    @property
    def retained(self) -> Decimal:
        """What counts against the driver."""
        return self.measured - max(self.tolerance, self.uncertainty)


def local_day(passage: Passage) -> date:
    """The calendar day of the passage where it happened.

    Raises:
        CaseError: The passage does not say on which day it was.
    """
    if passage.at.tzinfo is None:
        raise CaseError(f"passage {passage.id} has a time without zone: process the footage again.")
    try:
        return passage.at.astimezone(ZoneInfo(passage.place.timezone)).date()
    except OverflowError:
        raise CaseError(
            f"passage {passage.id} has the time {passage.at.isoformat()}, which no calendar there "
            "reaches: mend the clip's start in the site file and process the footage again."
        ) from None
    except (ZoneInfoNotFoundError, ValueError):
        raise CaseError(
            f"passage {passage.id} names the time zone {passage.place.timezone!r}, which does not "
            "exist: mend the site file and process the footage again."
        ) from None


def judge(passage: Passage, edition: Edition, key: str) -> Violation | NoViolation:
    """The violation that ``passage`` proves under ``edition``, or why it proves none.

    Args:
        passage: What the camera recorded.
        edition: The law in force there on that local day.
        key: The case key of this passage and :data:`SPEEDING`.

    Raises:
        CaseError: What it says of its speed cannot be.
    """
    measurement, limit_kmh = passage.speed, passage.limit_kmh
    if isinstance(measurement, Refusal):
        return NoViolation(finding=Finding.NO_READING, text=measurement.text())
    if passage.lane is None:
        return NoViolation(finding=Finding.OUTSIDE_LANES, text="it drove in no lane of the site")
    if limit_kmh is None or limit_kmh <= 0:
        return NoViolation(finding=Finding.NO_LIMIT, text="no limit is known for its lane")
    if max(measurement.speed_kmh, measurement.uncertainty_kmh) >= FASTEST_KMH:
        raise CaseError(f"passage {passage.id} holds no speed of a vehicle: process it again.")
    speeds = legal_speeds(measurement, edition.pack.tolerance)
    acquittal = _acquittal(speeds, limit_kmh, measurement.grade)
    return acquittal or _violation(passage, edition, key, speeds, limit_kmh)


def legal_speeds(measurement: SpeedMeasurement, tolerance: Tolerance) -> Speeds:
    """The measurement in the law's numbers, rounded in the driver's favour to 0.1 km/h."""
    # Through str: 66.3 is meant, not the binary 66.2999… nearest to it.
    measured = Decimal(str(float(measurement.speed_kmh))).quantize(_STEP, ROUND_FLOOR)
    uncertainty = Decimal(str(float(measurement.uncertainty_kmh))).quantize(_STEP, ROUND_CEILING)
    fixed, share = Decimal(tolerance.kmh), measured * tolerance.pct / 100
    deducted = fixed if measured <= tolerance.switch_at_kmh else share
    return Speeds(measured=measured, uncertainty=uncertainty, tolerance=deducted)


def _acquittal(speeds: Speeds, limit_kmh: int, grade: Grade) -> NoViolation | None:
    """Why these speeds prove nothing, or None where they prove a violation."""
    if speeds.measured <= limit_kmh:
        text = f"{speeds.measured} km/h, limit {limit_kmh} km/h"
        return NoViolation(finding=Finding.WITHIN_LIMIT, text=text)
    if speeds.measured - speeds.tolerance <= limit_kmh:
        less = f"{speeds.tolerance.normalize():f} km/h tolerance"
        text = f"{speeds.measured} km/h less {less} is not above {limit_kmh} km/h"
        return NoViolation(finding=Finding.WITHIN_TOLERANCE, text=text)
    if speeds.retained <= limit_kmh:
        text = f"{speeds.measured} ± {speeds.uncertainty} km/h may have been {limit_kmh} km/h"
        return NoViolation(finding=Finding.WITHIN_UNCERTAINTY, text=text)
    if grade is not Grade.A:
        text = f"measured with grade {grade}: for statistics only"
        return NoViolation(finding=Finding.STATISTICS_ONLY, text=text)
    return None


def _violation(
    passage: Passage, edition: Edition, key: str, speeds: Speeds, limit_kmh: int
) -> Violation:
    over_kmh = speeds.retained - limit_kmh
    band = edition.pack.band(passage.place.road_kind, over_kmh)
    return Violation(
        key=key,
        passage=passage,
        offence=band.code,
        reference=band.reference,
        measured_kmh=speeds.measured,
        uncertainty_kmh=speeds.uncertainty,
        tolerance_kmh=speeds.tolerance,
        retained_kmh=speeds.retained,
        limit_kmh=limit_kmh,
        over_kmh=over_kmh,
        amount_min=Money(minor=band.fine.min, currency=edition.pack.currency),
        amount_max=Money(minor=band.fine.max, currency=edition.pack.currency),
        points=band.points.value,
        suspension_months=band.suspension.months if band.suspension else None,
        needs_person=_needs_person(band),
        source=edition.source,
    )


def _needs_person(band: Band) -> bool:
    # A licence is never taken by a machine, whatever a pack forgets to say.
    return band.decide == "human" or band.suspension is not None
