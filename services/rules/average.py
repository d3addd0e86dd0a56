"""What an average speed between two cameras lacks before anybody may be fined for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from services.model import Violation
from services.rules.engine import local_day
from services.stretch import Stretch
from services.worded import Worded, worded
from speedcam.model import Passage, PlateReading, Refusal

_CUT_KMH = Decimal("0.3")
"""By so much an average may have been cut down: a tenth of a mile and one of a kilometre."""

_ROUNDED = timedelta(milliseconds=1)


def average_lacks(violation: Violation, sure: float) -> Iterator[str]:
    """What the average speed of a violation does not rest on.

    Args:
        violation: Of kind section.
        sure: Confidence below which a plate is not sure.
    """
    stretch, entry, end = violation.stretch, violation.entry, violation.passage
    if stretch is None or entry is None:
        yield worded(
            "it does not keep the certified distance and the time: receive the section again"
        )
        return
    if violation.retained_kmh <= violation.limit_kmh:
        yield not_above(violation)
    if entry.provenance.clip_sha256 == end.provenance.clip_sha256:
        yield worded("one recording stands for both cameras")
    yield from _plates(entry, end, sure)
    yield from _certificate(stretch, end)
    yield from _time(stretch, entry, end)
    if not _gives(stretch, violation.measured_kmh):
        yield worded(
            "distance and time do not give an average of {kmh} km/h", kmh=violation.measured_kmh
        )


def not_above(violation: Violation) -> Worded:
    """Says that the speed is not above the limit."""
    return worded(
        "{kmh} km/h is not above {limit_kmh} km/h",
        kmh=violation.retained_kmh,
        limit_kmh=violation.limit_kmh,
    )


def _plates(entry: Passage, end: Passage, sure: float) -> Iterator[str]:
    readings = [each.plate for each in (entry, end) if isinstance(each.plate, PlateReading)]
    if len({reading.text for reading in readings}) > 1:
        yield worded("the plates at both ends are not the same")
    if any(each.repaired or not sure <= each.confidence <= 1 for each in readings):
        yield worded(
            "the plates at both ends are not sure: two vehicles may have been taken for one"
        )


def _certificate(stretch: Stretch, end: Passage) -> Iterator[str]:
    if not (stretch.certified_by.strip() and stretch.certificate.strip()):
        yield worded("the section names no certificate of its distance")
    if stretch.valid_until < local_day(end):
        yield worded("the certificate of the distance ended on {day}", day=stretch.valid_until)


def _time(stretch: Stretch, entry: Passage, end: Passage) -> Iterator[str]:
    if not _in_sight(entry, stretch.entered_at):
        yield worded("the line where the section begins was not crossed while the camera measured")
    if not _in_sight(end, stretch.left_at):
        yield worded("the line where the section ends was not crossed while the camera measured")


def _in_sight(passage: Passage, crossed: datetime) -> bool:
    if isinstance(passage.speed, Refusal) or not passage.speed.samples:
        return False
    samples = passage.speed.samples
    over = timedelta(seconds=samples[-1].time_s - samples[0].time_s)
    return passage.at - over - _ROUNDED <= crossed <= passage.at + _ROUNDED


def _gives(stretch: Stretch, measured_kmh: Decimal) -> bool:
    if not (stretch.distance_m > 0 and stretch.seconds > 0):
        return False
    return 0 <= stretch.average_kmh - measured_kmh < _CUT_KMH
