"""Section control: the average speed of a vehicle between two cameras. Pure; doubt to the driver.

Passages of both sites are matched by keyed hashes of their plates, under a key of the local day
that is thrown away with it: yesterday's hashes match nothing. A plate that was seen more than once
at either end within the time that the section may take is not matched: nobody knows which drive
it was.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np

from services.model import OffenceKind, Violation
from services.policy import SURE_PLATE
from services.rules.classes import classes_of
from services.rules.edition import Edition
from services.rules.engine import (
    NoViolation,
    acquittal,
    in_tenths,
    local_day,
    local_time,
    violation_of,
)
from services.rules.reckoning import Circumstances, Finding, reckon
from services.rules.section_file import End, Section
from services.stretch import Stretch
from speedcam.model import KMH_PER_M_S, Direction, Passage, PlateReading, SpeedMeasurement

FASTEST_KMH = 300
"""An average above it is two vehicles, one of whose plates was misread."""

EDGE_M = 1.0
"""Expanded uncertainty of where a vehicle's edge was when it crossed a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """That somebody crossed one end of a section. It holds no plate.

    Attributes:
        digest: Of the plate, under the key of the day.
        at: Instant at which the vehicle's edge crossed the line.
        clock_s: By how much the camera's clock may be off.
        direction: As that camera sees it: it tells which edge of the vehicle was followed.
        passage: Where the mark comes from; the evidence, once there is a case.
    """

    digest: bytes
    at: datetime
    clock_s: float
    direction: Direction
    passage: Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """One vehicle's way through the section.

    Attributes:
        seconds: Between the two lines, in whole milliseconds, rounded up: what a notice prints
            is what was judged.
        speed_kmh: The certified distance over that time.
        uncertainty_kmh: Expanded, k = 2.
    """

    entry: Mark
    exit: Mark
    seconds: float
    speed_kmh: float
    uncertainty_kmh: float


def day_key(secret: bytes, passage: Passage) -> bytes:
    """The key of the passage's local day; without ``secret`` it cannot be made again."""
    return hmac.digest(secret, f"section/1|{local_day(passage)}".encode(), "sha256")


def mark(passage: Passage, end: End, key: bytes) -> Mark | None:
    """The mark of ``passage`` at ``end``, or None where it proves no crossing by anybody.

    There must be a plate that is sure without repair, a checked clock, and a measurement whose
    stretch holds the line.
    """
    plate, speed, clock = passage.plate, passage.speed, passage.place.clock
    if passage.place.site_id != end.site or clock is None:
        return None
    if not isinstance(plate, PlateReading) or plate.repaired or not plate.confidence >= SURE_PLATE:
        return None
    if not isinstance(speed, SpeedMeasurement):
        return None
    crossed = _crossed_before_end_s(speed, end.line_m)
    if crossed is None:
        return None
    return Mark(
        digest=hmac.digest(key, plate.text.encode(), hashlib.sha256),
        at=passage.at - timedelta(seconds=crossed),
        clock_s=clock.offset_s,
        direction=speed.direction,
        passage=passage,
    )


def _crossed_before_end_s(speed: SpeedMeasurement, line_m: float) -> float | None:
    """How long before its last sample it crossed the line, or None where it never did."""
    along_m = np.array([sample.y_m for sample in speed.samples])
    times_s = np.array([sample.time_s for sample in speed.samples])
    if len(along_m) < 2 or not along_m.min() <= line_m <= along_m.max():
        return None
    order = np.argsort(along_m)
    return float(times_s[-1] - np.interp(line_m, along_m[order], times_s[order]))


def drives(section: Section, entries: Sequence[Mark], exits: Sequence[Mark]) -> Iterator[Drive]:
    """Every drive through the section that two marks prove beyond doubt."""
    came, went = _by_digest(entries), _by_digest(exits)
    for digest, starts in came.items():
        for start in starts:
            ends = [end for end in went[digest] if _after(start, end, section)]
            again = [other for other in starts if other is not start]
            near = [o for o in again if abs((o.at - start.at).total_seconds()) <= section.longest_s]
            # With a second mark at either end nobody knows which of them belong together.
            if len(ends) == 1 and not near and _may_be_one(start, ends[0]):
                yield _drive(section, start, ends[0])


def _may_be_one(start: Mark, end: Mark) -> bool:
    """Whether it drove on in its direction, and no plate of another country spells the same."""
    plates = (start.passage.plate, end.passage.plate)
    told = {plate.told_country for plate in plates if isinstance(plate, PlateReading)} - {None}
    return start.direction is end.direction and len(told) <= 1


def _by_digest(marks: Sequence[Mark]) -> dict[bytes, list[Mark]]:
    found: dict[bytes, list[Mark]] = defaultdict(list)
    for each in marks:
        found[each.digest].append(each)
    return found


def _after(start: Mark, end: Mark, section: Section) -> bool:
    shortest_s = section.distance_m * KMH_PER_M_S / FASTEST_KMH
    return shortest_s <= (end.at - start.at).total_seconds() <= section.longest_s


def _drive(section: Section, start: Mark, end: Mark) -> Drive:
    """Distance over time. Relative uncertainties of a quotient add in squares (GUM, 5.1.6).

    Clocks are not known to be off by less than they may be, so both offsets count in full.
    """
    seconds = math.ceil((end.at - start.at) / timedelta(milliseconds=1)) / 1000
    speed_kmh = section.distance_m / seconds * KMH_PER_M_S
    of_way = math.hypot(section.uncertainty_m, EDGE_M, EDGE_M) / section.distance_m
    of_time = (start.clock_s + end.clock_s) / seconds
    return Drive(
        entry=start,
        exit=end,
        seconds=seconds,
        speed_kmh=speed_kmh,
        uncertainty_kmh=speed_kmh * math.hypot(of_way, of_time),
    )


def judge_drive(
    drive: Drive, section: Section, edition: Edition, key: str
) -> Violation | NoViolation:
    """What the law of the exit's day makes of an average speed. A person always decides.

    Args:
        drive: As :func:`drives` found it.
        section: The section, with its limit and its certificate.
        edition: The law in force at the exit on that local day.
        key: The case key of the exit's passage and :attr:`OffenceKind.SECTION`.
    """
    pack, end = edition.pack, drive.exit.passage
    limit = section.limit_kmh if pack.unit == "km/h" else section.limit_mph
    if not pack.tolerance.knows("section") or limit is None:
        text = f"{pack.id} says nothing of average speeds between two cameras"
        return NoViolation(finding=Finding.UNKNOWN_TO_LAW, text=text)
    if section.certificate.valid_until < local_day(end):
        text = f"the certificate of the distance ended on {section.certificate.valid_until}"
        return NoViolation(finding=Finding.NO_READING, text=text)
    around = Circumstances(
        limit=Decimal(limit),
        road=end.place.road_kind,
        vehicles=classes_of(end),
        at=local_time(end).time(),
        device="section",
    )
    stretch = _stretch(drive, section)
    speed, doubt = in_tenths(float(stretch.average_kmh), drive.uncertainty_kmh, pack)
    reckoning = reckon(pack, speed, doubt, around)
    acquitted = acquittal(reckoning, around, pack)
    if acquitted is not None:
        return acquitted
    conditions = replace(end.conditions, limit_mph=section.limit_mph)
    proof = replace(end, limit_kmh=section.limit_kmh, conditions=conditions)
    violation = violation_of(reckoning, around, edition, passage=proof, key=key)
    return replace(
        violation,
        kind=OffenceKind.SECTION,
        entry=drive.entry.passage,
        needs_person=True,
        stretch=stretch,
    )


def _stretch(drive: Drive, section: Section) -> Stretch:
    certificate = section.certificate
    return Stretch(
        section=section.id,
        distance_m=_to_mm(section.distance_m, ROUND_FLOOR),
        uncertainty_m=_to_mm(section.uncertainty_m, ROUND_CEILING),
        certified_by=certificate.body,
        certificate=certificate.number,
        valid_until=certificate.valid_until,
        seconds=Decimal(str(drive.seconds)),
        entered_at=drive.entry.at,
    )


def _to_mm(metres: float, rounding: str) -> Decimal:
    return Decimal(str(metres)).quantize(Decimal("0.001"), rounding)
