"""The figures of a comparison: pooled, per group, per vehicle. Pure, for any presentation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from speedcam.model import Grade, Passage, PlateReading, Refusal, SpeedMeasurement
from speedcam.validate.matching import Extra, match
from speedcam.validate.truth import SpeedSource, Truth, TruthVehicle

BAND_KMH = 20

NOT_STATED = "not stated"

PlateVerdict = Literal["right", "wrong", "refused", "not looked", "no truth"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleResult:
    """One vehicle of the truth and what became of it.

    Attributes:
        id: Its name in the truth.
        kind: What it is, or "not stated".
        direction: Which way it drove.
        lane: The truth's name of its lane, or "not stated".
        truth_kmh: Its speed, or None where nobody knows it.
        truth_source: Where that comes from.
        outcome: Whether it has a reading, a refusal, or no passage at all.
        reading_kmh: As measured, or None.
        uncertainty_kmh: Expanded, k = 2, or None.
        error_kmh: Reading minus truth; positive is to the driver's loss. None without both.
        grade: Of the reading, or None.
        refusal: The reason in words, or None.
        plate_truth: Its plate, or None.
        plate_read: What was read, or None.
        plate: Whether that is right.
        passage_id: The passage, or None.
    """

    id: str
    kind: str
    direction: str
    lane: str
    truth_kmh: float | None
    truth_source: SpeedSource
    outcome: Literal["measured", "refused", "missed"]
    reading_kmh: float | None
    uncertainty_kmh: float | None
    error_kmh: float | None
    grade: str | None
    refusal: str | None
    plate_truth: str | None
    plate_read: str | None
    plate: PlateVerdict
    passage_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraResult:
    """A passage that no vehicle of the truth made; see :class:`Extra` for ``beside``."""

    passage_id: str
    first_s: float
    last_s: float
    direction: str | None
    lane: str | None
    reading_kmh: float | None
    uncertainty_kmh: float | None
    grade: str | None
    refusal: str | None
    beside: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The same figures for every group. Shares are fractions of the readings with a truth.

    Attributes:
        n: Vehicles of the truth.
        captured: Of them, with a reading.
        refused: Of them, with a refusal. What is left was missed.
        mean_abs_kmh: Mean size of the error, which is reading minus truth.
        median_abs_kmh: Median size.
        p95_abs_kmh: 95th percentile of the size, interpolated.
        max_abs_kmh: Largest size.
        bias_kmh: Mean error; positive reads too much.
        median_abs_pct: Median size of the error in percent of the truth.
        within_1: Share within 1 km/h or 1 %.
        within_2: Share within 2 km/h or 2 %.
        within_3: Share within 3 km/h or 3 %.
        over_3: Share that reads more than 3 km/h too much.
        coverage: Share whose error is within the stated uncertainty.
        grade_a: Share of all readings with grade A.
    """

    n: int
    captured: int
    refused: int
    mean_abs_kmh: float | None
    median_abs_kmh: float | None
    p95_abs_kmh: float | None
    max_abs_kmh: float | None
    bias_kmh: float | None
    median_abs_pct: float | None
    within_1: float | None
    within_2: float | None
    within_3: float | None
    over_3: float | None
    coverage: float | None
    grade_a: float | None


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
        vehicles: In order of appearance.
        extra: In order of time.
    """

    truth: str
    exact: bool
    truth_uncertainty: str
    pooled: Figures
    groups: Mapping[str, Mapping[str, Figures]]
    refusals: Mapping[str, int]
    vehicles: tuple[VehicleResult, ...]
    extra: tuple[ExtraResult, ...]


_GROUPS: Mapping[str, Callable[[VehicleResult], str]] = {
    "direction": lambda vehicle: vehicle.direction,
    "kind": lambda vehicle: vehicle.kind,
    "lane": lambda vehicle: vehicle.lane,
    "speed_band_kmh": lambda vehicle: speed_band(vehicle.truth_kmh),
}


def compare(truth: Truth, passages: Sequence[Passage]) -> Report:
    """Match ``passages`` to the truth's vehicles and count."""
    matching = match(truth.vehicles, passages)
    vehicles = tuple(vehicle_result(vehicle, passage) for vehicle, passage in matching.pairs)
    return Report(
        truth=truth.name,
        exact=truth.exact,
        truth_uncertainty=truth.uncertainty,
        pooled=figures(vehicles),
        groups={name: _by(key, vehicles) for name, key in _GROUPS.items()},
        refusals=_refusals(passage for _, passage in matching.pairs),
        vehicles=vehicles,
        extra=tuple(_extra_result(extra) for extra in matching.extra),
    )


def speed_band(kmh: float | None) -> str:
    """``060-080`` for 60 up to but not including 80 km/h; sorts as it counts."""
    if kmh is None:
        return NOT_STATED
    low = math.floor(kmh / BAND_KMH) * BAND_KMH
    return f"{low:03d}-{low + BAND_KMH:03d}"


def figures(vehicles: Sequence[VehicleResult]) -> Figures:
    """The figures of a group; None where it has no reading to speak of."""
    readings = [vehicle for vehicle in vehicles if vehicle.outcome == "measured"]
    compared = [vehicle for vehicle in readings if vehicle.error_kmh is not None]
    error = np.array([vehicle.error_kmh for vehicle in compared], dtype=np.float64)
    true = np.array([vehicle.truth_kmh for vehicle in compared], dtype=np.float64)
    doubt = np.array([vehicle.uncertainty_kmh for vehicle in compared], dtype=np.float64)
    size = np.abs(error)
    percent = 100 * size / true

    def share_within(limit: float) -> float | None:
        return _mean((size <= limit) | (percent <= limit))

    return Figures(
        n=len(vehicles),
        captured=len(readings),
        refused=sum(vehicle.outcome == "refused" for vehicle in vehicles),
        mean_abs_kmh=_mean(size),
        median_abs_kmh=_percentile(size, 50),
        p95_abs_kmh=_percentile(size, 95),
        max_abs_kmh=_percentile(size, 100),
        bias_kmh=_mean(error),
        median_abs_pct=_percentile(percent, 50),
        within_1=share_within(1),
        within_2=share_within(2),
        within_3=share_within(3),
        over_3=_mean(error > 3),
        coverage=_mean(size <= doubt),
        grade_a=_mean(np.array([vehicle.grade == Grade.A for vehicle in readings])),
    )


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if values.size else None


def _percentile(values: np.ndarray, percent: float) -> float | None:
    return float(np.percentile(values, percent)) if values.size else None


def _by(
    key: Callable[[VehicleResult], str], vehicles: Sequence[VehicleResult]
) -> dict[str, Figures]:
    values = sorted({key(vehicle) for vehicle in vehicles})
    return {
        value: figures([vehicle for vehicle in vehicles if key(vehicle) == value])
        for value in values
    }


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
        truth_source=vehicle.speed_source,
        outcome="missed" if passage is None else "measured" if measured else "refused",
        reading_kmh=measured.speed_kmh if measured else None,
        uncertainty_kmh=measured.uncertainty_kmh if measured else None,
        error_kmh=_error_kmh(measured, vehicle.speed_kmh),
        grade=measured.grade.value if measured else None,
        refusal=speed.text() if isinstance(speed, Refusal) else None,
        plate_truth=vehicle.plate,
        plate_read=_plate_text(passage),
        plate=_plate_verdict(vehicle.plate, passage),
        passage_id=passage.id if passage else None,
    )


def _error_kmh(measured: SpeedMeasurement | None, truth_kmh: float | None) -> float | None:
    if measured is None or truth_kmh is None:
        return None
    return measured.speed_kmh - truth_kmh


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


def _refusals(passages: Iterable[Passage | None]) -> dict[str, int]:
    reasons = [p.speed.reason.value for p in passages if p and isinstance(p.speed, Refusal)]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


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
