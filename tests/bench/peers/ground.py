"""The surveyed road as every tool is given it: exact, and the same for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A rectangle of road and how it looks.

    Attributes:
        fps: Pictures per second, exact: these clips have a constant rate.
        px_to_m: Rows of the ``(3, 3)`` homography from pixels to metres on the road.
        left_m, right_m: Edges across the road.
        near_m, far_m: Ends along the road.
    """

    fps: float
    px_to_m: Sequence[Sequence[float]]
    left_m: float
    right_m: float
    near_m: float
    far_m: float

    @property
    def width_m(self) -> float:
        """Across the road."""
        return self.right_m - self.left_m

    @property
    def length_m(self) -> float:
        """Along the road."""
        return self.far_m - self.near_m

    @property
    def corners_m(self) -> Floats:
        """``(4, 2)``: far left, far right, near right, near left."""
        left, right, near, far = self.left_m, self.right_m, self.near_m, self.far_m
        return np.array([(left, far), (right, far), (right, near), (left, near)], dtype=float)

    def road_m(self, points_px: Floats) -> Floats:
        """``(n, 2)`` metres, to the right and along the road, of ``(n, 2)`` pixels."""
        return _mapped(np.array(self.px_to_m), points_px)

    def pixels(self, points_m: Floats) -> Floats:
        """``(n, 2)`` pixels of ``(n, 2)`` metres on the road."""
        return _mapped(np.linalg.inv(np.array(self.px_to_m)), points_m)

    def holds(self, points_m: Floats) -> NDArray[np.bool_]:
        """``(n,)``: which points lie on the rectangle."""
        x, y = points_m.T
        across = (self.left_m <= x) & (x <= self.right_m)
        return np.asarray(across & (self.near_m <= y) & (y <= self.far_m))

    def metres_per_pixel(self) -> float:
        """Along the road in the middle of the rectangle: the best that one number can do."""
        x, y = (self.left_m + self.right_m) / 2, (self.near_m + self.far_m) / 2
        ends = self.pixels(np.array([(x, y - 0.5), (x, y + 0.5)]))
        return float(1 / np.hypot(*(ends[1] - ends[0])))


def feet_px(boxes: Floats) -> Floats:
    """``(n, 2)`` middles of the lower edges of ``(n, 4)`` boxes: left, top, right, bottom."""
    return np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]])


def _mapped(homography: Floats, points: Floats) -> Floats:
    mapped = points @ homography[:, :2].T + homography[:, 2]
    return np.asarray(mapped[:, :2] / mapped[:, 2:])
