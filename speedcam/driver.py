"""Where the driver of a car sits in a picture: the driver's place, and nobody else's.

The place follows from the camera, the road plane, the plate and the car's size. A part of the
picture is named only where everybody who may sit beside the driver, or behind between the seats,
lies outside of it wherever the driver's head may be. What is doubtful gives none.

Pure: no files, no clock, no OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from speedcam.ground import Ground
from speedcam.model import Box, Floats, PlateReading, VehicleSize

Side = Literal["left", "right"]
"""On which side of the car its driver sits, as the driver sees it."""

LEAST_PX_PER_M = 125.0
"""IEC 62676-4 asks for so many pixels a metre to recognise whom one knows: a head has 30 then."""

_RIGHT = frozenset({"CY", "GB", "IE", "MT"})
"""Countries of Europe in which drivers sit on the right."""

_PLATE_M = 0.52
_PLATE_WIDTHS = (0.75, 1.2)
"""Of a plate in the picture over 0.52 m at the car's foot: else one of them is wrong."""
_PLATE_HEIGHTS_M = (0.1, 0.9)
"""Where above the road the middle of a car's front plate can seem to hang: its foot is known to a
metre or so."""
_FLANK_M = 0.95
"""The outline of a car reaches so far from its middle at most: where it does more on the driver's
side, its plate hangs well aside of the middle, or shade or somebody else clings to it."""

# All of a car's inside is told from its plate: metres behind it, to the driver's side of the car's
# middle, and above the road. Eyes of drivers are 1.5 m (the smallest cars) to 2.5 m behind it.
_DRIVER_BEHIND_M = (1.5, 2.5)
_DRIVER_HEIGHTS_M = (0.9, 1.55)
_DOOR_M = 0.55
_HEAD_M = (0.36, 2.0, 1.2)
"""The middle of most drivers' heads."""
_HALF_HEAD_M = 0.1
"""Less of a face than this beside its middle is not worth a picture."""
_BESIDE_M = (0.10, (1.4, 2.7))
"""So far to the driver's side somebody on the seat beside may lean, and where that seat is."""
_BEHIND_M = (0.14, (2.9, 3.7))
"""The same of somebody in the middle of the seat behind."""
_PILLAR_M = ((0.82, 1.0, 0.9), (0.64, 1.9, 1.4))
"""The lower and the upper end of the pillar between windscreen and door, of the widest cars."""
_EVERY_HEIGHT_M = (0.0, 1.6)
"""From the road to above most heads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facing:
    """A car that faces the camera and drives along the road, in one picture.

    Attributes:
        vehicle: Its outline in pixels.
        plate: Its plate, which hangs at its front.
        size: Its outer measures.
        front_m: Where its foot is along the road.
    """

    vehicle: Box
    plate: Box
    size: VehicleSize
    front_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The part of a picture with the driver.

    Attributes:
        box: In pixels.
        pillar_px: Two places on the pillar beside the driver, the lower one first: beyond them the
            road is seen again, and whoever stands there.
        side: 1 where that is to the right of them, -1 where it is to the left.
    """

    box: Box
    pillar_px: tuple[tuple[float, float], tuple[float, float]]
    side: float

    def is_beyond(self, u: Floats, v: Floats) -> NDArray[np.bool_]:
        """Which pixels show no car any more."""
        (low_u, low_v), (high_u, high_v) = self.pillar_px
        pillar_u = low_u + (v - low_v) * (high_u - low_u) / (high_v - low_v)
        return np.asarray(self.side * (u - pillar_u) > 0)


def seat_of(plate: PlateReading) -> Side | None:
    """On which side drivers sit in the country of a plate, or None where that is not sure.

    A plate of a format that several countries use is sure where all of them agree.
    """
    told = [plate.told_country] if plate.told_country else plate.countries
    sides: set[Side] = {"right" if country in _RIGHT else "left" for country in told}
    return sides.pop() if len(sides) == 1 else None


def driver_part(car: Facing, ground: Ground, seat: Side) -> Part | None:
    """The part of the picture with the driver and none of the others on board, or None.

    Args:
        car: What is known of it.
        ground: The road plane.
        seat: On which side its driver sits.
    """
    inside = _Inside(car=car, ground=ground, side=1.0 if seat == "left" else -1.0)
    if not (inside.is_plausible() and inside.px_per_m >= LEAST_PX_PER_M):
        return None
    inner, outer = inside.columns()
    if inside.out(inside.at(*_HEAD_M)) < inner + _HALF_HEAD_M * inside.px_per_m:
        return None
    left, right = sorted((inside.side * inner, inside.side * outer))
    top, bottom = inside.rows()
    box = _common(Box(left=left, top=top, right=right, bottom=bottom), car.vehicle)
    return Part(box=box, pillar_px=inside.pillar(), side=inside.side) if box else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inside:
    """A car's inside in the picture. ``out`` counts pixels from its middle to its driver's side.

    Attributes:
        side: 1 where the driver's side is the picture's right, -1 where it is the left.
    """

    car: Facing
    ground: Ground
    side: float

    @property
    def _middle_m(self) -> tuple[float, float]:
        """Where across the road the car's middle is, and how high its plate hangs."""
        plate = self.car.plate
        centre = np.array([[(plate.left + plate.right) / 2, (plate.top + plate.bottom) / 2]])
        (x_m, y_m), (lens_x, lens_y, lens_z) = self.ground.road(centre)[0], self.ground.lens_m
        share = (self.car.front_m - lens_y) / (y_m - lens_y)
        return float(lens_x + share * (x_m - lens_x)), float(lens_z * (1 - share))

    @property
    def px_per_m(self) -> float:
        """Pixels of a metre across the road where the plate is."""
        x_m, _ = self._middle_m
        ends = self.ground.image(np.array([[x_m + d, self.car.front_m] for d in (-0.5, 0.5)]))
        return float(ends[1, 0] - ends[0, 0])

    def at(self, aside_m: float, behind_m: float, height_m: float) -> Floats:
        """``(1, 2)`` pixels of a place in the car."""
        x_m, _ = self._middle_m
        place = np.array([[x_m + self.side * aside_m, self.car.front_m + behind_m]])
        return self.ground.image_at(place, height_m)

    def out(self, px: Floats) -> float:
        """How far to the driver's side the farthest of ``(n, 2)`` pixels lies."""
        return float(np.max(self.side * px[:, 0]))

    def columns(self) -> tuple[float, float]:
        """Where nobody else can be any more, and where the driver's door is."""
        heights = _EVERY_HEIGHT_M
        others = [
            self.at(aside, behind, height)
            for aside, reach in (_BESIDE_M, _BEHIND_M)
            for behind, height in product(reach, heights)
        ]
        door = [self.at(_DOOR_M, *rest) for rest in product(_DRIVER_BEHIND_M, heights)]
        return self.out(np.vstack(others)), self.out(np.vstack(door))

    def rows(self) -> tuple[float, float]:
        """Above and below the driver's head and shoulders."""
        low, high = _DRIVER_HEIGHTS_M
        heights = (low, min(high, self.car.size.height_m))
        places = [self.at(_HEAD_M[0], *rest) for rest in product(_DRIVER_BEHIND_M, heights)]
        rows = np.vstack(places)[:, 1]
        return float(rows.min()), float(rows.max())

    def pillar(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The pillar on the driver's side, at its lower and its upper end."""
        (low,), (high,) = (self.at(*place) for place in _PILLAR_M)
        return (float(low[0]), float(low[1])), (float(high[0]), float(high[1]))

    def is_plausible(self) -> bool:
        """Whether plate, foot and outline tell of one and the same car."""
        plate, vehicle = self.car.plate, self.car.vehicle
        edge = max(self.side * vehicle.left, self.side * vehicle.right)
        _, plate_m = self._middle_m
        wide = plate.width / (_PLATE_M * self.px_per_m)
        return (
            _PLATE_HEIGHTS_M[0] <= plate_m <= _PLATE_HEIGHTS_M[1]
            and _PLATE_WIDTHS[0] <= wide <= _PLATE_WIDTHS[1]
            and edge <= self._flank()
        )

    def _flank(self) -> float:
        """How far to the driver's side the outline of a car can reach."""
        corners = product((0.0, self.car.size.length_m), _EVERY_HEIGHT_M)
        return self.out(np.vstack([self.at(_FLANK_M, *corner) for corner in corners]))


def _common(box: Box, other: Box) -> Box | None:
    left, top = max(box.left, other.left), max(box.top, other.top)
    right, bottom = min(box.right, other.right), min(box.bottom, other.bottom)
    if right <= left or bottom <= top:
        return None
    return Box(left=left, top=top, right=right, bottom=bottom)
