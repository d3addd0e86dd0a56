"""What the law of its day makes of a passage. Pure; doubt goes to the driver at every step.

A measured speed is cut down, and its uncertainty raised, to a tenth of the pack's unit before
anything else; :mod:`services.rules.reckoning` has what follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.errors import CaseError
from services.model import OffenceKind, Violation
from services.rules.classes import classes_of
from services.rules.edition import Edition
from services.rules.pack import Pack
from services.rules.reckoning import Circumstances, Finding, Reckoning, price, reckon
from speedcam.model import Grade, Passage, Refusal, SpeedMeasurement

SPEEDING = "speeding"
"""Names the case of a passage whichever edition, band or offence applies, so that a passage
judged again under other rules can never become a second case."""

KMH_PER_MPH = Decimal("1.609344")

_STEP = Decimal("0.1")

FASTEST_KMH = 1000
"""No road vehicle drives so fast: a larger number is damage and not a speed."""


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


def local_day(passage: Passage) -> date:
    """The calendar day of the passage where it happened.

    Raises:
        CaseError: The passage does not say on which day it was.
    """
    return local_time(passage).date()


def local_time(passage: Passage) -> datetime:
    """The instant of the passage on the clocks of its place.

    Raises:
        CaseError: The passage does not say when it was.
    """
    if passage.at.tzinfo is None:
        raise CaseError(f"passage {passage.id} has a time without zone: process the footage again.")
    try:
        return passage.at.astimezone(ZoneInfo(passage.place.timezone))
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
    measurement = passage.speed
    if isinstance(measurement, Refusal):
        return NoViolation(finding=Finding.NO_READING, text=measurement.text())
    if passage.lane is None:
        return NoViolation(finding=Finding.OUTSIDE_LANES, text="it drove in no lane of the site")
    if max(measurement.speed_kmh, measurement.uncertainty_kmh) >= FASTEST_KMH:
        raise CaseError(f"passage {passage.id} holds no speed of a vehicle: process it again.")
    if passage.conditions.against_lane:
        return _wrong_way(passage, measurement, edition, key)
    around = circumstances(passage, edition.pack)
    if around is None:
        unit = edition.pack.unit
        return NoViolation(finding=Finding.NO_LIMIT, text=f"no limit in {unit} for its lane")
    reckoning = reckon(edition.pack, *in_unit(measurement, edition.pack), around)
    if reckoning.finding is None and measurement.grade is not Grade.A:
        return _statistics_only(measurement)
    acquitted = acquittal(reckoning, around, edition.pack)
    return acquitted or violation_of(reckoning, around, edition, passage=passage, key=key)


def circumstances(passage: Passage, pack: Pack) -> Circumstances | None:
    """What the law asks beside the speed, or None where no limit is known in its unit."""
    told = passage.limit_kmh if pack.unit == "km/h" else passage.conditions.limit_mph
    if told is None or told <= 0:
        return None
    return Circumstances(
        limit=Decimal(told),
        road=passage.place.road_kind,
        vehicles=classes_of(passage),
        at=_time_of_day(passage, pack),
    )


def _time_of_day(passage: Passage, pack: Pack) -> time:
    # Only a few laws ask for the hour, and a time zone is slow to reckon with.
    return local_time(passage).time() if pack.amount.surcharges else time(12)


def in_unit(measurement: SpeedMeasurement, pack: Pack) -> tuple[Decimal, Decimal]:
    """Speed and uncertainty in the pack's unit, to a tenth in the driver's favour."""
    return in_tenths(measurement.speed_kmh, measurement.uncertainty_kmh, pack)


def in_tenths(speed_kmh: float, uncertainty_kmh: float, pack: Pack) -> tuple[Decimal, Decimal]:
    """Both in the pack's unit: the speed cut down and its doubt raised to a tenth."""
    # Through str: 66.3 is meant, not the binary 66.2999… nearest to it.
    measured, doubt = Decimal(str(float(speed_kmh))), Decimal(str(float(uncertainty_kmh)))
    if pack.unit == "mph":
        measured, doubt = measured / KMH_PER_MPH, doubt / KMH_PER_MPH
    return measured.quantize(_STEP, ROUND_FLOOR), doubt.quantize(_STEP, ROUND_CEILING)


def _statistics_only(measurement: SpeedMeasurement) -> NoViolation:
    text = f"measured with grade {measurement.grade}: for statistics only"
    return NoViolation(finding=Finding.STATISTICS_ONLY, text=text)


def acquittal(reckoning: Reckoning, around: Circumstances, pack: Pack) -> NoViolation | None:
    """Why this speed proves nothing, or None where it proves a violation."""
    measured, limit, unit = reckoning.measured, around.limit, pack.unit
    match reckoning.finding:
        case None:
            return None
        case Finding.WITHIN_LIMIT:
            text = f"{measured} {unit}, limit {limit} {unit}"
        case Finding.WITHIN_TOLERANCE:
            less = f"{reckoning.deducted.normalize():f} {unit} tolerance"
            text = f"{measured} {unit} less {less} is not above {limit} {unit}"
            if pack.tolerance.kind == "threshold":
                text = f"{measured} {unit}, limit {limit}: {pack.tolerance.in_words()}"
        case _:
            text = f"{measured} ± {reckoning.uncertainty} {unit} may have been {limit} {unit}"
    return NoViolation(finding=reckoning.finding, text=text)


def violation_of(
    reckoning: Reckoning, around: Circumstances, edition: Edition, *, passage: Passage, key: str
) -> Violation:
    """The violation that a reckoning without finding is; ``passage`` states its limit."""
    band, pack = reckoning.band, edition.pack
    if band is None or passage.limit_kmh is None:
        raise CaseError(f"passage {passage.id} falls in no band of {pack.id}: mend the pack.")
    cost = price(pack, band, around.at)
    kmh = _in_kmh if pack.unit == "mph" else _as_it_is
    retained_kmh = kmh(reckoning.retained)
    return Violation(
        key=key,
        passage=passage,
        offence=band.code,
        reference=band.reference,
        measured_kmh=kmh(reckoning.measured),
        uncertainty_kmh=kmh(reckoning.uncertainty),
        tolerance_kmh=kmh(reckoning.measured - reckoning.by_law),
        retained_kmh=retained_kmh,
        limit_kmh=passage.limit_kmh,
        over_kmh=retained_kmh - passage.limit_kmh,
        amount_min=cost[0] if cost else None,
        amount_max=cost[1] if cost else None,
        points=band.points.value,
        suspension_months=band.suspension.months if band.suspension else None,
        needs_person=band.needs_person,
        source=edition.source,
        outcome=band.outcome,
    )


def _as_it_is(speed: Decimal) -> Decimal:
    return speed


def _in_kmh(speed_mph: Decimal) -> Decimal:
    """For tables that compare sites; the law itself was applied in miles per hour."""
    return (speed_mph * KMH_PER_MPH).quantize(_STEP, ROUND_FLOOR)


def _wrong_way(
    passage: Passage, measurement: SpeedMeasurement, edition: Edition, key: str
) -> Violation | NoViolation:
    """Driving against the lane's direction; its speed is not judged, the limit was not for it."""
    rule = edition.pack.wrong_way
    if rule is None:
        text = f"it drove against its lane, of which {edition.pack.id} knows nothing"
        return NoViolation(finding=Finding.UNKNOWN_TO_LAW, text=text)
    if measurement.grade is not Grade.A:
        return _statistics_only(measurement)
    measured, uncertainty = in_unit(measurement, edition.pack)
    limit_kmh = passage.limit_kmh or 0
    return Violation(
        key=key,
        passage=passage,
        offence="wrong_way",
        reference=rule.reference,
        measured_kmh=measured,
        uncertainty_kmh=uncertainty,
        tolerance_kmh=Decimal(0),
        retained_kmh=measured - uncertainty,
        limit_kmh=limit_kmh,
        over_kmh=measured - uncertainty - limit_kmh,
        amount_min=None,
        amount_max=None,
        points=0,
        suspension_months=None,
        needs_person=True,
        source=edition.source,
        kind=OffenceKind.WRONG_WAY,
        outcome=rule.outcome,
    )
