"""Where on a vehicle a plate can be, and how large: known from the survey of the road. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speedcam.ground import Ground
from speedcam.model import Floats

LONG_M = 0.520
"""The longest plate of Europe's countries."""
HEIGHTS_M = (0.15, 1.6)
"""Of a plate's middle above the road: low on a sports car, high on a lorry's tail."""
SHARES = (0.22, 1.25)
"""Width of a plate's text over that of a long plate: the text of a motorcycle's 180 mm has 0.27;
plates behind the contact edge look smaller, lettering found with its band a little larger."""
_MIDDLE_M = 0.6
_SLACK = 0.2
"""Of a long plate's width: the contact edge is not exactly under the plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatePlace:
    """What of one vehicle in one frame may be its plate.

    Attributes:
        foot_px: Where the vehicle meets the road.
        long_px: How wide a plate of 520 mm looks there.
        rows_px: Between which rows the middle of a plate lies, the upper first.
    """

    foot_px: tuple[float, float]
    long_px: float
    rows_px: tuple[float, float]

    def may_be(self, quad: Floats) -> bool:
        """Whether a line of text, ``(4, 2)`` corners in pixels, has a plate's size and height."""
        width = float(np.hypot(*(quad[1] - quad[0] + quad[2] - quad[3]) / 2))
        row, slack = float(quad[:, 1].mean()), _SLACK * self.long_px
        upper, lower = self.rows_px
        sized = SHARES[0] <= width / self.long_px <= SHARES[1]
        return sized and upper - slack <= row <= lower + slack


def plate_place(
    ground: Ground, foot_m: tuple[float, float], shake_px: tuple[float, float]
) -> PlatePlace:
    """Where the plate can be on the end that faces the camera.

    Args:
        ground: The road plane.
        foot_m: Where the middle of that end meets the road.
        shake_px: By how far the frame is off the surveyed camera's.
    """
    foot = np.array([foot_m])
    sides = foot + np.array([[-LONG_M / 2, 0.0], [LONG_M / 2, 0.0]])
    heights = np.array([0.0, *HEIGHTS_M])
    stand, low, high = ground.image_at(np.repeat(foot, 3, axis=0), heights) + shake_px
    left, right = ground.image_at(sides, _MIDDLE_M)
    return PlatePlace(
        foot_px=(float(stand[0]), float(stand[1])),
        long_px=float(np.hypot(*(right - left))),
        rows_px=(float(high[1]), float(low[1])),
    )
