"""A comparison as values: pooled, per group, per vehicle. Pure, for any presentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from speedcam.errors import TruthError
from speedcam.model import Passage, PlateReading, Refusal, SpeedMeasurement
from speedcam.validate.figures import (
    NOT_STATED,
    Figures,
    Pair,
    figures,
    grouped,
    outcome_or_grade,
    speed_band,
)
from speedcam.validate.matching import Extra, match
from speedcam.validate.readings import Reading
from speedcam.validate.vehicles import SpeedSource, Truth, TruthVehicle

PlateVerdict = Literal["right", "wrong", "refused", "not looked", "no truth"]

Outcome = Literal["measured", "refused", "missed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleResult(Pair):
    """One vehicle of the truth and what became of it.

    Attributes:
        id: Its name in the truth.
        kind: What it is, or "not stated".
        direction: Which way it drove.
        lane: The truth's name of its lane, or "not stated".
        truth_source: Where its true speed comes from.
        outcome: Whether it has a reading, a refusal, or no passage at all.
        plate_truth: Its plate, or None.
        plate_read: What was read, or None.
        plate: Whether that is right.
        passage_id: The passage, or the track ("track 13"), or None.
    """

    id: str
    kind: str
    direction: str
    lane: str
    truth_source: SpeedSource
    outcome: Outcome
    plate_truth: str | None
    plate_read: str | None
    plate: PlateVerdict
    passage_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraResult:
    """A passage that no vehicle of the truth made; see :class:`Extra` for ``beside``.

    A track of a track file has no times of its own here: ``first_s`` and ``last_s`` are None.
    """

    passage_id: str
    first_s: float | None
    last_s: float | None
    direction: str | None
    lane: str | None
    reading_kmh: float | None
    uncertainty_kmh: float | None
    grade: str | None
    refusal: str | None
    beside: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole comparison.

    Attributes:
        truth: Name of the truth file.
        exact: Whether that truth is exact.
        truth_uncertainty: What it says of itself.
        pooled: All vehicles.
        groups: Figures by kind of group ("direction"), then by its value.
        refusals: How often each reason stands among the vehicles.
        grades: How many readings of the vehicles have each grade.
        ghosts: How many of ``extra`` have a reading: of something that nobody drove, or a second
            one of a vehicle that has its own. They enter none of the figures.
        vehicles: In order of appearance.
        extra: In order of time.
    """

    truth: str
    exact: bool
    truth_uncertainty: str
    pooled: Figures
    groups: Mapping[str, Mapping[str, Figures]]
    refusals: Mapping[str, int]
    grades: Mapping[str, int]
    ghosts: int
    vehicles: tuple[VehicleResult, ...]
    extra: tuple[ExtraResult, ...]


_GROUPS: Mapping[str, Callable[[VehicleResult], str]] = {
    "direction": lambda vehicle: vehicle.direction,
    "kind": lambda vehicle: vehicle.kind,
    "lane": lambda vehicle: vehicle.lane,
    "speed_band_kmh": lambda vehicle: speed_band(vehicle.truth_kmh),
    "grade": outcome_or_grade,
    "truth_source": lambda vehicle: vehicle.truth_source,
}


def compare(truth: Truth, passages: Sequence[Passage]) -> Report:
    """Match ``passages`` to the truth's vehicles and count.

    Raises:
        TruthError: The truth is a reference that does not say how uncertain it is.
    """
    matching = match(truth.vehicles, passages)
    refused = (p.speed for _, p in matching.pairs if p and isinstance(p.speed, Refusal))
    return _report(
        truth,
        [vehicle_result(vehicle, passage) for vehicle, passage in matching.pairs],
        [speed.reason.value for speed in refused],
        [_extra_result(extra) for extra in matching.extra],
    )


def compare_tracks(truth: Truth, readings: Sequence[Reading]) -> Report:
    """Count ``readings`` against the vehicles of their tracks.

    Raises:
        TruthError: The truth is not of a track file, or does not say how uncertain it is.
    """
    if any(vehicle.track_id is None for vehicle in truth.vehicles):
        raise TruthError(f"{truth.name} holds no tracks. Compare it with passages.")
    of_track = {reading.track_id: reading for reading in readings}
    pairs = [(v, of_track.pop(v.track_id, None)) for v in truth.vehicles if v.track_id is not None]
    return _report(
        truth,
        [track_result(vehicle, reading) for vehicle, reading in pairs],
        [reading.refusal for _, reading in pairs if reading and reading.refusal],
        [_extra_track(reading) for reading in of_track.values()],
    )


def _report(
    truth: Truth,
    vehicles: Sequence[VehicleResult],
    refusals: Iterable[str],
    extra: Sequence[ExtraResult],
) -> Report:
    truth.require_uncertainty()
    return Report(
        truth=truth.name,
        exact=truth.exact,
        truth_uncertainty=truth.uncertainty,
        pooled=figures(vehicles),
        groups={name: grouped(vehicles, key) for name, key in _GROUPS.items()},
        refusals=_counts(refusals),
        grades=_counts(outcome_or_grade(v) for v in vehicles if v.reading_kmh is not None),
        ghosts=sum(result.reading_kmh is not None for result in extra),
        vehicles=tuple(vehicles),
        extra=tuple(extra),
    )


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def document(report: Report) -> dict[str, Any]:
    """The report as JSON has it: the fields, and of each vehicle its error and E_n."""
    content = asdict(report)
    for row, vehicle in zip(content["vehicles"], report.vehicles, strict=True):
        row |= {"error_kmh": vehicle.error_kmh, "e_n": vehicle.e_n}
    return content


def vehicle_result(vehicle: TruthVehicle, passage: Passage | None) -> VehicleResult:
    """What became of ``vehicle``, whose passage is ``passage`` or was missed."""
    speed = passage.speed if passage else None
    measured = speed if isinstance(speed, SpeedMeasurement) else None
    return VehicleResult(
        id=vehicle.id,
        kind=vehicle.kind or NOT_STATED,
        direction=vehicle.direction.value,
        lane=vehicle.lane or NOT_STATED,
        truth_kmh=vehicle.speed_kmh,
        truth_uncertainty_kmh=vehicle.uncertainty_kmh,
        truth_source=vehicle.speed_source,
        outcome="missed" if passage is None else "measured" if measured else "refused",
        reading_kmh=measured.speed_kmh if measured else None,
        uncertainty_kmh=measured.uncertainty_kmh if measured else None,
        grade=measured.grade.value if measured else None,
        refusal=speed.text() if isinstance(speed, Refusal) else None,
        plate_truth=vehicle.plate,
        plate_read=_plate_text(passage),
        plate=_plate_verdict(vehicle.plate, passage),
        passage_id=passage.id if passage else None,
    )


def track_result(vehicle: TruthVehicle, reading: Reading | None) -> VehicleResult:
    """What became of ``vehicle``, whose track was read as ``reading`` or not at all."""
    return VehicleResult(
        id=vehicle.id,
        kind=vehicle.kind or NOT_STATED,
        direction=vehicle.direction.value,
        lane=vehicle.lane or NOT_STATED,
        truth_kmh=vehicle.speed_kmh,
        truth_uncertainty_kmh=vehicle.uncertainty_kmh,
        truth_source=vehicle.speed_source,
        outcome="missed" if not reading else "measured" if reading.speed_kmh else "refused",
        reading_kmh=reading.speed_kmh if reading else None,
        uncertainty_kmh=reading.uncertainty_kmh if reading else None,
        grade=reading.grade if reading else None,
        refusal=reading.refusal if reading else None,
        plate_truth=vehicle.plate,
        plate_read=None,
        plate="not looked",
        passage_id=f"track {vehicle.track_id}" if reading else None,
    )


def _plate_text(passage: Passage | None) -> str | None:
    plate = passage.plate if passage else None
    return plate.text if isinstance(plate, PlateReading) else None


def _plate_verdict(truth: str | None, passage: Passage | None) -> PlateVerdict:
    if passage is None or passage.plate is None:
        return "not looked"
    if isinstance(passage.plate, Refusal):
        return "refused"
    if truth is None:
        return "no truth"
    return "right" if _bare(truth) == _bare(passage.plate.text) else "wrong"


def _bare(plate: str) -> str:
    return "".join(sign for sign in plate.upper() if sign.isalnum())


def _extra_result(extra: Extra) -> ExtraResult:
    passage, speed = extra.passage, extra.passage.speed
    measured = speed if isinstance(speed, SpeedMeasurement) else None
    return ExtraResult(
        passage_id=passage.id,
        first_s=passage.first_s,
        last_s=passage.last_s,
        direction=passage.direction.value if passage.direction else None,
        lane=passage.lane,
        reading_kmh=measured.speed_kmh if measured else None,
        uncertainty_kmh=measured.uncertainty_kmh if measured else None,
        grade=measured.grade.value if measured else None,
        refusal=speed.text() if isinstance(speed, Refusal) else None,
        beside=extra.beside,
    )


def _extra_track(reading: Reading) -> ExtraResult:
    return ExtraResult(
        passage_id=f"track {reading.track_id}",
        first_s=None,
        last_s=None,
        direction=None,
        lane=None,
        reading_kmh=reading.speed_kmh,
        uncertainty_kmh=reading.uncertainty_kmh,
        grade=reading.grade,
        refusal=reading.refusal,
        beside=None,
    )
