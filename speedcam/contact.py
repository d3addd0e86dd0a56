"""Where a vehicle meets the road: the edge that faces the camera, to a fraction of a pixel.

Only what touches the road has the height 0 that the ground plane assumes; a point 10 cm above it
would read 1.7 % too fast under a 6 m pole. So the edge is looked for on the road itself: along a
strip in the vehicle's lane, the difference to the empty road rises from noise to the shadow
beneath the vehicle, which lies on the road as well, and on to the vehicle. The edge is where it
passes a fixed level. A share of the rise would suit a hard edge better, but under a dull sky the
shadow fades out over a metre, and then such a share jumps between the shadow and the bumper.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from speedcam.ground import Ground
from speedcam.model import Box, Floats, Image

STRIP_WIDTH_M = 1.0
"""Across the vehicle: wide enough to average noise, narrow enough to stay on any car."""

NEARER_M, FARTHER_M = 1.6, 1.2
"""How far before and behind the blob's lower edge the strip reaches."""

STEP_M = 0.02
SMOOTH = 5
"""Steps over which the difference is averaged: 10 cm."""

RISE = 16.0
"""Grey levels above the road's own difference. Lower, and the blur of far pixels draws the edge
out by a tenth of a metre (speeds 0.3 % low); higher, and a pale car has no edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFinder:
    """Finds the road-contact edge of vehicles on one road plane."""

    ground: Ground

    def find(self, luma: Image, still: Image, gain: float, box: Box) -> tuple[float, float] | None:
        """Pixel ``(u, v)`` of the contact edge, or None where it does not stand out.

        Args:
            luma: The frame.
            still: The empty scene.
            gain: Brightness of the frame relative to the empty scene.
            box: The moving blob; its lower edge is where the search starts.
        """
        foot = np.array([[(box.left + box.right) / 2, box.bottom]])
        x_m, y_m = self.ground.road(foot)[0]
        along = np.arange(y_m - NEARER_M, y_m + FARTHER_M, STEP_M)
        edge_m = self._edge(luma, still, gain, x_m, along)
        if edge_m is None:
            return None
        u, v = self.ground.image(np.array([[x_m, edge_m]]))[0]
        return float(u), float(v)

    def width_m(self, box: Box) -> float:
        """Width on the road of the lower edge of ``box``."""
        corners = np.array([[box.left, box.bottom], [box.right, box.bottom]])
        left, right = self.ground.road(corners)
        return float(np.hypot(*(right - left)))

    def _edge(
        self, luma: Image, still: Image, gain: float, x_m: float, along: Floats
    ) -> float | None:
        across = x_m + np.linspace(-STRIP_WIDTH_M / 2, STRIP_WIDTH_M / 2, 24)
        grid = np.stack(np.meshgrid(across, along), axis=-1)
        px = self.ground.image(grid.reshape(-1, 2)).reshape(grid.shape)
        if not _inside(px, luma.shape):
            return None
        difference = np.abs(_sample(luma, px) - gain * _sample(still, px)).mean(axis=1)
        return _rise(along, difference)


def _inside(px: Floats, shape: tuple[int, ...]) -> bool:
    height, width = shape
    low, high = px.min(axis=(0, 1)), px.max(axis=(0, 1))
    return bool(low[0] >= 0 and low[1] >= 0 and high[0] < width - 1 and high[1] < height - 1)


def _sample(image: Image, px: Floats) -> Floats:
    left, top = np.floor(px.min(axis=(0, 1))).astype(int)
    right, bottom = np.ceil(px.max(axis=(0, 1))).astype(int) + 1
    patch = np.asarray(image[top:bottom, left:right], dtype=np.float32)
    shifted = (px - np.array([left, top])).astype(np.float32)
    sampled = cv2.remap(patch, shifted[..., 0], shifted[..., 1], cv2.INTER_LINEAR)
    return np.asarray(sampled, dtype=np.float64)


def _rise(along: Floats, difference: Floats) -> float | None:
    """Where ``difference`` first rises above the road's own by ``RISE``."""
    smooth = np.convolve(difference, np.full(SMOOTH, 1 / SMOOTH), mode="same")
    floor = float(np.median(smooth[: len(smooth) // 4]))
    level = floor + RISE
    inner = smooth[SMOOTH:-SMOOTH]
    above = np.flatnonzero(inner > level)
    if len(above) == 0 or above[0] == 0:
        return None
    crossing = SMOOTH + int(above[0])
    before, after = smooth[crossing - 1], smooth[crossing]
    return float(along[crossing] - STEP_M * (after - level) / (after - before))
