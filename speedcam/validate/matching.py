"""Which passage is which vehicle: one to one, by time, direction and place.

A pair is possible when it passes every gate; among all ways to pair, the one with the least sum
of costs is taken, where leaving a vehicle out costs more than any possible pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from speedcam.model import Direction, Passage, SpeedMeasurement
from speedcam.validate.assignment import assign
from speedcam.validate.vehicles import TruthVehicle

CROSSING_GATE_S = 0.5
"""A reading must cross the truth's line within this time of the vehicle: the next one in the
lane follows a second later, and a measured position is right within two metres or so."""

REFUSED_GATE_S = 0.5
"""A refused track must cover the vehicle's crossing, or end this close to it."""

EXTRAPOLATE_M = 30.0
"""So far beyond its samples a reading may be carried to the truth's line."""

NEAR_GATE_S = 1.2
"""A reference states only when a vehicle was in view. Where it is nearest to the camera, people
and trackers lose it within a second of each other; far away they differ by many."""

LATERAL_GATE_M = 2.0
"""Across the road from a reference's mark: little more than half a lane (3.5 m)."""

LANE_PENALTY = 0.3
"""Another lane's name speaks against a pair but does not forbid it: names are a convention."""

REFUSED_PENALTY = 1.0
"""A reading that passes its gate comes before a refused fragment of the same vehicle."""

UNPAIRED = 3.0
"""Above any possible pair's cost: 1 from time or place, and both penalties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """A passage that belongs to no vehicle of the truth.

    Attributes:
        passage: The passage.
        beside: Id of a vehicle that it could have been, had another passage not fitted better:
            then it is a fragment of that one. None for a ghost.
    """

    passage: Passage
    beside: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Every vehicle with its passage or None, and every passage that is left.

    Attributes:
        pairs: In the order of the truth.
        extra: In order of time.
    """

    pairs: tuple[tuple[TruthVehicle, Passage | None], ...]
    extra: tuple[Extra, ...]


def match(vehicles: Sequence[TruthVehicle], passages: Sequence[Passage]) -> Matching:
    """Pair vehicles with passages; the order of either makes no difference."""
    vehicles = sorted(vehicles, key=lambda vehicle: (vehicle.first_s, vehicle.id))
    passages = sorted(passages, key=lambda passage: (passage.first_s, passage.id))
    costs = _costs(vehicles, passages)
    chosen = assign(costs, UNPAIRED)
    pairs = [
        (vehicle, passages[chosen[row]] if row in chosen else None)
        for row, vehicle in enumerate(vehicles)
    ]
    taken = set(chosen.values())
    extra = [
        Extra(passage=passage, beside=_beside(column, vehicles, costs))
        for column, passage in enumerate(passages)
        if column not in taken
    ]
    return Matching(pairs=tuple(pairs), extra=tuple(extra))


def _costs(
    vehicles: Sequence[TruthVehicle], passages: Sequence[Passage]
) -> dict[tuple[int, int], float]:
    lanes = {vehicle.lane for vehicle in vehicles} & {passage.lane for passage in passages}
    lanes.discard(None)
    costs = {}
    for row, vehicle in enumerate(vehicles):
        for column, passage in enumerate(passages):
            cost = pair_cost(vehicle, passage)
            if cost is not None:
                # Only where both sides use the same names does a name tell anything.
                other = {vehicle.lane, passage.lane} <= lanes and vehicle.lane != passage.lane
                costs[row, column] = cost + (LANE_PENALTY if other else 0.0)
    return costs


def _beside(
    column: int, vehicles: Sequence[TruthVehicle], costs: dict[tuple[int, int], float]
) -> str | None:
    possible = [(cost, row) for (row, other), cost in costs.items() if other == column]
    return vehicles[min(possible)[1]].id if possible else None


def pair_cost(vehicle: TruthVehicle, passage: Passage) -> float | None:
    """How badly the two fit, from 0 to 2 without the lanes' names; None if they cannot be one.

    A passage whose direction could not be told may be a vehicle of either direction.
    """
    if passage.direction not in (None, vehicle.direction):
        return None
    speed = passage.speed
    if not isinstance(speed, SpeedMeasurement):
        fit = _refused_fit(vehicle, passage)
        return None if fit is None else fit + REFUSED_PENALTY
    if vehicle.crossing is not None:
        crossed_s = time_at(speed, vehicle.crossing.y_m)
        if crossed_s is None:
            return None
        return _within(abs(crossed_s - vehicle.crossing.time_s), CROSSING_GATE_S)
    nearest = min(speed.samples, key=lambda sample: sample.y_m, default=None)
    if nearest is None:
        return None
    return _nearest_fit(vehicle, nearest.time_s, nearest.x_m)


def time_at(speed: SpeedMeasurement, y_m: float) -> float | None:
    """When the measured vehicle was ``y_m`` along the road, footage seconds.

    Between two samples by interpolation; beyond them with the measured speed, but no farther
    than :data:`EXTRAPOLATE_M`, where the answer is None.
    """
    if not speed.samples:
        return None
    samples = sorted(speed.samples, key=lambda sample: sample.y_m)
    along = [sample.y_m for sample in samples]
    if along[0] <= y_m <= along[-1]:
        return float(np.interp(y_m, along, [sample.time_s for sample in samples]))
    end = samples[0] if y_m < along[0] else samples[-1]
    if abs(y_m - end.y_m) > EXTRAPOLATE_M:
        return None
    forward = 1 if speed.direction is Direction.RECEDING else -1
    return end.time_s + forward * (y_m - end.y_m) / (speed.speed_kmh / 3.6)


def _refused_fit(vehicle: TruthVehicle, passage: Passage) -> float | None:
    """A refused track has no samples: the time it was followed must do."""
    if vehicle.crossing is None:
        near_s = _near_end_s(vehicle.direction, passage.first_s, passage.last_s)
        return _nearest_fit(vehicle, near_s, passage.position_m[0])
    at_s = vehicle.crossing.time_s
    outside_s = max(passage.first_s - at_s, at_s - passage.last_s, 0.0)
    if outside_s > REFUSED_GATE_S:
        return None
    middle_s = (passage.first_s + passage.last_s) / 2
    return min(1.0, abs(at_s - middle_s) / (REFUSED_GATE_S + passage.last_s - middle_s))


def _nearest_fit(vehicle: TruthVehicle, near_s: float, x_m: float) -> float | None:
    """By when and where the passage was nearest to the camera."""
    apart_s = abs(near_s - _near_end_s(vehicle.direction, vehicle.first_s, vehicle.last_s))
    apart = _within(apart_s, NEAR_GATE_S)
    if apart is None or vehicle.x_m is None:
        return apart
    across = _within(abs(x_m - vehicle.x_m), LATERAL_GATE_M)
    return None if across is None else (apart + across) / 2


def _near_end_s(direction: Direction, first_s: float, last_s: float) -> float:
    return last_s if direction is Direction.APPROACHING else first_s


def _within(difference: float, gate: float) -> float | None:
    return difference / gate if difference <= gate else None
