"""Parts of a road user that turn while it moves on: wheels that roll, limbs that swing."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """Turns about its axle as it rolls.

    Attributes:
        axle_m: Its axle: behind the front, and above the road.
        radius_m: Of its tyre.
        first: Of its points in the model.
        last: One past its last point.
    """

    axle_m: tuple[float, float]
    radius_m: float
    first: int = 0
    last: int = 0

    def angle_rad(self, rolled_m: float) -> float:
        """How far it has turned, its top forwards."""
        return rolled_m / self.radius_m


@dataclass(frozen=True, slots=True, kw_only=True)
class Limb:
    """Swings to and fro about a hip or a shoulder.

    Attributes:
        axle_m: The hip: behind the front, and above the road.
        reach_rad: Amplitude; of the other sign for the limb of the other side.
        stride_m: Way on which it swings once to and fro.
        first: Of its points in the model.
        last: One past its last point.
    """

    axle_m: tuple[float, float]
    reach_rad: float
    stride_m: float
    first: int = 0
    last: int = 0

    def angle_rad(self, rolled_m: float) -> float:
        """Where it is in its swing, its foot backwards."""
        return self.reach_rad * math.sin(2 * math.pi * rolled_m / self.stride_m)
