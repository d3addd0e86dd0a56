"""What a truth holds: vehicles that passed, with what is known of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from speedcam.errors import TruthError
from speedcam.model import Direction

SpeedSource = Literal["truth", "gate", "by_eye", "auto", "none"]

VIEW_GATE_S = 1.0
"""A vehicle crosses a line while it is in view, give or take what its view was rounded to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """The vehicle's contact end is ``y_m`` along the road at ``time_s`` of the footage."""

    y_m: float
    time_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthVehicle:
    """One vehicle that passed, as the truth knows it.

    Attributes:
        id: Its name in the file.
        kind: What it is ("sedan"), or "" where the file does not say.
        direction: Which way it drove.
        lane: Name of its lane, or None where the file does not say.
        speed_kmh: Its speed, or None where nobody knows it: it can be captured, not compared.
        speed_source: Where the speed comes from.
        uncertainty_kmh: Expanded uncertainty of that speed, k = 2; 0 where it is exact.
        first_s: Footage time at which it came into view.
        last_s: Footage time at which it was gone.
        crossing: When it was where, or None where the file does not say.
        x_m: Where it drove across the road, or None where the file does not say.
        plate: Its plate, or None where the file does not say.
        track_id: Its track in a file of tracks; None elsewhere.
    """

    id: str
    kind: str
    direction: Direction
    lane: str | None
    speed_kmh: float | None
    speed_source: SpeedSource
    first_s: float
    last_s: float
    crossing: Crossing | None
    x_m: float | None
    plate: str | None
    uncertainty_kmh: float = 0.0
    track_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A whole file.

    Attributes:
        name: Of the file.
        exact: Its speeds have no uncertainty of their own.
        uncertainty: What the file says of its own accuracy, in words.
        vehicles: In order of appearance.
    """

    name: str
    exact: bool
    uncertainty: str
    vehicles: tuple[TruthVehicle, ...]

    def require_uncertainty(self) -> None:
        """A reference is worth nothing without its uncertainty.

        Raises:
            TruthError: It is not exact and does not say how uncertain its speeds are.
        """
        vague = [v for v in self.vehicles if v.speed_kmh is not None and not v.uncertainty_kmh]
        if vague and not self.exact:
            raise TruthError(
                f"{self.name} does not say how uncertain its speeds are ('+-3 %' in its "
                "reference_uncertainty). State it with --truth-uncertainty."
            )


def in_order(vehicles: Iterable[TruthVehicle], name: str) -> tuple[TruthVehicle, ...]:
    """The vehicles in order of appearance.

    Raises:
        TruthError: Two of them, or two statements on one of them, contradict each other.
    """
    ordered = tuple(sorted(vehicles, key=lambda vehicle: (vehicle.first_s, vehicle.id)))
    if twice := _more_than_once(vehicle.id for vehicle in ordered):
        raise TruthError(f"{name} has two vehicles {twice}. Give each its own id.")
    if twice := _more_than_once(v.track_id for v in ordered if v.track_id is not None):
        raise TruthError(f"{name} gives track {twice} to two vehicles. Give each its own track.")
    for vehicle in ordered:
        _check_times(vehicle, name)
    _check_places(ordered, name)
    return ordered


def _more_than_once(values: Iterable[object]) -> str:
    counts = Counter(values)
    return ", ".join(sorted(str(value) for value, count in counts.items() if count > 1)[:5])


def _check_times(vehicle: TruthVehicle, name: str) -> None:
    if vehicle.last_s < vehicle.first_s:
        raise TruthError(f"{name}: vehicle {vehicle.id} leaves before it comes. Swap the two.")
    crossed = vehicle.crossing
    early, late = vehicle.first_s - VIEW_GATE_S, vehicle.last_s + VIEW_GATE_S
    if crossed and not early <= crossed.time_s <= late:
        raise TruthError(
            f"{name}: vehicle {vehicle.id} crosses {crossed.y_m:g} m at {crossed.time_s:g} s, but "
            f"is in view from {vehicle.first_s:g} to {vehicle.last_s:g} s. Correct one of them."
        )


def _check_places(vehicles: Iterable[TruthVehicle], name: str) -> None:
    """Two vehicles on one spot at one instant are one vehicle that was listed twice."""
    there: dict[object, TruthVehicle] = {}
    for vehicle in vehicles:
        if vehicle.crossing is None:
            continue
        spot = (vehicle.direction, vehicle.lane, vehicle.x_m, vehicle.crossing)
        if other := there.get(spot):
            raise TruthError(
                f"{name}: vehicles {other.id} and {vehicle.id} are at the same place at the same "
                f"time ({vehicle.crossing.time_s:g} s). Take one of them out."
            )
        there[spot] = vehicle
