"""Where a vehicle is at one instant, which way it looks, and how it goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speedcam.model import Direction, Floats
from speedcam.simulate.noise import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Where a vehicle is at one instant.

    Attributes:
        direction: Which way it drives.
        x_m: Middle of its contact end across the road.
        y_m: Its contact end: the front when approaching, the rear when receding.
        rolled_m: Distance driven, which turns the wheels.
        heading_rad: How far its nose points to the right of straight along the road, seen from
            the camera; it turns about the middle of its contact end.
        m_per_row: How far along the road it moves until the sensor reads its next row.
        aside_per_row: How far to the right it moves meanwhile.
        mirrored: Meant is its mirror image below the road.
    """

    direction: Direction
    x_m: float
    y_m: float
    rolled_m: float
    heading_rad: float = 0.0
    m_per_row: float = 0.0
    aside_per_row: float = 0.0
    mirrored: bool = False

    @property
    def facing(self) -> tuple[int, int, int]:
        """Vehicle axes in road axes, but for the heading: by which signs they differ."""
        return (-1, 1, 1) if self.direction is Direction.APPROACHING else (1, -1, 1)

    @property
    def step_m(self) -> Floats | None:
        """``(3,)``: how it moves from row to row; None where it does not."""
        moves = self.m_per_row or self.aside_per_row
        return np.array([self.aside_per_row, self.m_per_row, 0.0]) if moves else None

    def headed(self, points_m: Floats) -> Floats:
        """Points of a vehicle straight along the road, turned about its contact end."""
        if not self.heading_rad:
            return points_m
        contact = np.array([self.x_m, self.y_m, 0.0])
        return np.asarray(contact + (points_m - contact) @ self._turn())

    def turned(self, vectors: Floats) -> Floats:
        """Directions in vehicle axes, ``(n, 3)``, in road axes."""
        straight = np.asarray(vectors * self.facing)
        return straight @ self._turn() if self.heading_rad else straight

    def seen_from(
        self, beyond_m: float, x_m: Field, y_m: Field, rows: NDArray[np.int64]
    ) -> tuple[Field, Field]:
        """Road points in axes that move and turn with the vehicle.

        Args:
            beyond_m: The axes' origin, so far from the contact end along the body.
            x_m: Of the points, one for each pixel.
            y_m: The same, along the road.
            rows: ``(height, 1)``: the pixels' rows in the picture.

        Returns:
            How far the points are to the right of the origin, and beyond it, when they are read.
        """
        (cos, minus_sin, _), _, _ = self._turn()
        middle_x = self.x_m - beyond_m * minus_sin + rows * self.aside_per_row
        middle_y = self.y_m + beyond_m * cos + rows * self.m_per_row
        aside, along = x_m - middle_x.astype(np.float32), y_m - middle_y.astype(np.float32)
        if not self.heading_rad:
            return aside, along
        c, s = np.float32(cos), np.float32(minus_sin)
        return aside * c + along * s, along * c - aside * s

    def _turn(self) -> Floats:
        """``(3, 3)`` for row vectors."""
        sign = -1 if self.direction is Direction.APPROACHING else 1
        cos, sin = math.cos(self.heading_rad), sign * math.sin(self.heading_rad)
        return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
