"""The picture of the driver, where a site asks for one: cut out of the frame of the photo.

Everybody else is not hidden in it but left out of it, before it is enlarged or compressed: what is
not in a picture cannot be had back from it. Fail closed: what is doubtful gives none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from speedcam.adapters.redact import Finder
from speedcam.adapters.shown import Taken, resized
from speedcam.adapters.unwanted import Faces
from speedcam.driver import Facing, Part, Side, driver_part, seat_of
from speedcam.ground import Ground
from speedcam.model import (
    Box,
    Image,
    Passage,
    PlateReading,
    Sample,
    SpeedMeasurement,
    VehicleClass,
)
from speedcam.subject import Subject

TALL_PX = 720
"""Height of the picture; a head on it is some 200 pixels wide."""
GREY = (146, 138, 132)
"""Blue, green and red of what is beside the car."""
_STRAIGHT = 0.05
"""Metres aside for each metre along the road: a car that changes its lane is seen askew."""
_ONE_FACE = 0.15
"""Two finds that share less than this part of the smaller one are two faces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverLook:
    """Looks for the driver in the frame of a photo.

    Attributes:
        ground: The road plane.
        seat: On which side drivers sit in the country of the site.
        faces: Where it finds two faces, there is no picture.
    """

    ground: Ground
    seat: Side
    faces: Finder = field(default_factory=Faces)

    def __call__(self, passage: Passage, taken: Taken) -> Image | None:
        """The driver alone, enlarged; None where it is not sure that nobody else is in it."""
        car = self._facing(passage, taken)
        part = driver_part(car, self.ground, self.seat) if car else None
        if part is None or any(part.box.overlap(other) for other in taken.subject.others):
            return None
        cut = _cut(taken.picture, part)
        if not cut.size or self._shows_two(cut, taken.subject):
            return None
        return resized(cut, (round(cut.shape[1] * TALL_PX / cut.shape[0]), TALL_PX))

    def _facing(self, passage: Passage, taken: Taken) -> Facing | None:
        """The car in the photo, or None where it is not surely a car whose driver sits there."""
        vehicle, plate, subject = passage.vehicle, passage.plate, taken.subject
        foot = _foot(passage, taken.sighting.frame_index)
        whole = not (taken.sighting.touches_border or taken.sighting.corrupt)
        if vehicle is None or vehicle.size is None or subject.plate is None or foot is None:
            return None
        if not (subject.front and subject.clear and whole and not taken.sighting.adrift):
            return None
        if vehicle.kind is not VehicleClass.CAR or not isinstance(plate, PlateReading):
            return None
        if seat_of(plate) != self.seat:
            return None
        return Facing(
            vehicle=subject.vehicle, plate=subject.plate, size=vehicle.size, front_m=foot.y_m
        )

    def _shows_two(self, cut: Image, subject: Subject) -> bool:
        # Cascades know no small faces.
        large = resized(cut, (2 * cut.shape[1], 2 * cut.shape[0]))
        found = self.faces(large, subject, _whole(large))
        return any(
            one.overlap(two) < _ONE_FACE * min(one.area, two.area)
            for one, two in combinations(found, 2)
        )


def _foot(passage: Passage, frame_index: int) -> Sample | None:
    """Where the car stood in a frame that was measured; None where it did not drive straight."""
    if not isinstance(passage.speed, SpeedMeasurement) or len(passage.speed.samples) < 2:
        return None
    samples = passage.speed.samples
    aside, _ = np.polyfit([each.y_m for each in samples], [each.x_m for each in samples], 1)
    if abs(aside) > _STRAIGHT:
        return None
    return next((each for each in samples if each.frame_index == frame_index), None)


def _cut(picture: Image, part: Part) -> Image:
    """The pixels that lie wholly inside ``part``, and grey for those that show no car."""
    top, left = max(0, math.ceil(part.box.top)), max(0, math.ceil(part.box.left))
    bottom, right = max(0, math.floor(part.box.bottom)), max(0, math.floor(part.box.right))
    cut = picture[top:bottom, left:right].copy()
    v, u = np.mgrid[top : top + cut.shape[0], left : left + cut.shape[1]].astype(np.float64)
    cut[part.is_beyond(u, v)] = GREY
    return cut


def _whole(picture: Image) -> Box:
    return Box(left=0, top=0, right=picture.shape[1], bottom=picture.shape[0])
