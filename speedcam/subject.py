"""What is known of the measured vehicle in a picture that is to leave the sealed store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from speedcam.ground import Ground
from speedcam.model import Box, Sample, Sighting, VehicleClass

AHEAD_M = 1.0
"""So far before a vehicle's place on its way its outline may begin: shade clings to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The measured vehicle in a picture that is to leave the sealed store, and what is near it.

    What is not known is taken for the worst: the defaults show least.

    Attributes:
        vehicle: Its box in pixels.
        plate: Its plate, or None where there is none to see.
        kind: What it is.
        front: Its front faces the camera.
        clear: Nobody stands between it and the camera, as far as its outline tells.
        others: Outlines of everybody else in the picture.
        nearest_px_per_m: Pixels of a metre on the road where the picture comes nearest to the
            camera, or None where that is not known.
    """

    vehicle: Box
    plate: Box | None
    kind: VehicleClass = VehicleClass.UNKNOWN
    front: bool = False
    clear: bool = False
    others: tuple[Box, ...] = ()
    nearest_px_per_m: float | None = None

    def scaled(self, by: float) -> Subject:
        """The same in a picture that is ``by`` times as large."""
        near = self.nearest_px_per_m
        return replace(
            self,
            vehicle=_scaled(self.vehicle, by),
            plate=self.plate and _scaled(self.plate, by),
            others=tuple(_scaled(other, by) for other in self.others),
            nearest_px_per_m=near and by * near,
        )


def _scaled(box: Box, by: float) -> Box:
    return Box(left=by * box.left, top=by * box.top, right=by * box.right, bottom=by * box.bottom)


def plate_from_afar(near: Subject, vehicle: Box) -> Box | None:
    """Where the plate of ``near`` is in an outline of the same vehicle, or None where it is nearer.

    The farther away, the flatter the camera sees a vehicle, and the larger the share of its outline
    that lies below its glass. So the plate is where this says, or above; nearer than ``near`` that
    would not hold.

    Args:
        near: The vehicle where its plate was found.
        vehicle: Its outline in another frame, in pixels of the same camera.
    """
    plate, outline = near.plate, near.vehicle
    if plate is None or vehicle.height > outline.height or outline.area <= 0:
        return None
    across, down = vehicle.width / outline.width, vehicle.height / outline.height
    return Box(
        left=vehicle.left + across * (plate.left - outline.left),
        top=vehicle.bottom - down * (outline.bottom - plate.top),
        right=vehicle.left + across * (plate.right - outline.left),
        bottom=vehicle.bottom - down * (outline.bottom - plate.bottom),
    )


def stands_clear(sighting: Sighting, samples: Sequence[Sample], ground: Ground) -> bool:
    """Whether the vehicle's outline begins where the vehicle itself must have been.

    An outline that begins well nearer to the camera holds somebody else before the vehicle, who
    need not have been followed as one of his own.

    Args:
        sighting: The vehicle in one frame.
        samples: Its measured positions.
        ground: The road plane.
    """
    if sighting.merged or len(samples) < 2:
        return False
    foot = np.array([[(sighting.box.left + sighting.box.right) / 2, sighting.box.bottom]])
    speed_m_s, at_m = np.polyfit([s.time_s for s in samples], [s.y_m for s in samples], 1)
    expected_m = at_m + speed_m_s * sighting.contact_s
    return bool(ground.road(foot)[0, 1] > expected_m - AHEAD_M)
