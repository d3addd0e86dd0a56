"""Where a vehicle meets the road: the edge that faces the camera, to a fraction of a pixel.

Only what touches the road has the height 0 that the ground plane assumes; a point 10 cm above it
would read 1.7 % too fast under a 6 m pole. So the edge is looked for on the road itself: along a
strip in the vehicle's lane, the difference to the empty road rises from noise to the shadow
beneath the vehicle, which lies on the road as well, and on to the vehicle. The edge is where it
passes a fixed level. A share of the rise would suit a hard edge better, but under a dull sky the
shadow fades out over a metre, and then such a share jumps between the shadow and the bumper.

A fixed level moves out with blur: the lens and the coding smear every edge by about a pixel, which
is a centimetre of road nearby and ten far away, so that a vehicle seemed 0.15 to 0.2 % slow. So
near profiles are smeared until all are as blurred, on the road, as those at the far end of the
zone: the level then meets the same place on the vehicle everywhere, whatever the profile's shape.

By lamplight there is no level: pools of headlamps come and go on the road before the edge, and
glare lies over it. But wherever lamps throw their light, beneath the vehicle it is dark. So the
edge is where the brightness relative to the empty road first falls steeply into shade, and there
the steepest place: light that changes over metres does not move it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from speedcam.ground import Ground
from speedcam.model import Box, Floats, Image

STRIP_WIDTH_M = 1.0
"""Across the vehicle: wide enough to average noise, narrow enough to stay on any car."""

NEARER_M, FARTHER_M = 1.6, 3.0
"""How far before and behind the blob's lower edge the strip reaches: that edge may be the tip of
a shadow beside the strip."""

STEP_M = 0.02

BLUR_PX = 1.0
"""Standard deviation by which lens, pixels and coding smear an edge in the image. Chosen on one
rendered street; another, and another's renderer, agree (docs/accuracy.md)."""
LEAST_BLUR_M = 0.03
"""Even far profiles are smoothed by this much, against noise."""

LIT_M = 0.6
"""How far behind an edge there must be some shade."""

RISE = 16.0
"""Grey levels above the road's own difference: lower, and noise passes; higher, and a pale car has
no edge."""

FALL_M = 0.2
"""By lamplight brightness, relative to the empty road, is compared over this distance."""
LEAST_FALL = 0.07
"""It falls by so much at least: the slope of a pool is half as steep."""
SHADE_M = 0.4
"""How far behind the first steep place the steepest one is, and the shade beneath the vehicle."""
SHADE = 0.9
"""Darker than this much of the empty road's brightness."""
BEFORE_M = (0.3, 1.2)
EVEN = 0.2
"""So far before the edge, brightness may differ by this much: more, and it is no road but the
lower part of a vehicle. Before the 573 true edges on one rendered dusk it differed by 0.13 at
most, before eight of the eleven false ones by 0.21 and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFinder:
    """Finds the road-contact edge of vehicles on one road plane.

    Attributes:
        ground: The road plane.
        blur_m: Blur on the road that all profiles are brought to; see :func:`far_blur_m`.
    """

    ground: Ground
    blur_m: float = 0.0

    def find(
        self,
        luma: Image,
        still: Image,
        gain: float,
        box: Box,
        across_m: float,
        *,
        lit: bool = False,
    ) -> tuple[float, float] | None:
        """Pixel ``(u, v)`` of the contact edge, or None where it does not stand out.

        Args:
            luma: The frame.
            still: The empty scene.
            gain: Brightness of the frame relative to the empty scene.
            box: The moving blob; its lower edge is where the search starts.
            across_m: Where across the road the vehicle drives.
            lit: Whether vehicles light the road with their lamps.
        """
        foot = np.array([[(box.left + box.right) / 2, box.bottom]])
        y_m = self.ground.road(foot)[0, 1]
        nearer_m = NEARER_M + 2 * self.blur_m
        along = np.arange(y_m - nearer_m, y_m + FARTHER_M, STEP_M)
        edge_m = self._edge(luma, still, gain, across_m, along, lit=lit)
        if edge_m is None:
            return None
        u, v = self.ground.image(np.array([[across_m, edge_m]]))[0]
        return float(u), float(v)

    def width_m(self, box: Box) -> float:
        """Width on the road of the lower edge of ``box``."""
        corners = np.array([[box.left, box.bottom], [box.right, box.bottom]])
        left, right = self.ground.road(corners)
        return float(np.hypot(*(right - left)))

    def _edge(
        self,
        luma: Image,
        still: Image,
        gain: float,
        x_m: float,
        along: Floats,
        *,
        lit: bool,
    ) -> float | None:
        across = x_m + np.linspace(-STRIP_WIDTH_M / 2, STRIP_WIDTH_M / 2, 24)
        grid = np.stack(np.meshgrid(across, along), axis=-1)
        px = self.ground.image(grid.reshape(-1, 2)).reshape(grid.shape)
        if not _inside(px, luma.shape):
            return None
        seen, empty = _sample(luma, px), gain * _sample(still, px)
        missing_m = self._missing_blur_m(px)
        if lit:
            brightness = (seen / np.maximum(empty, 1)).mean(axis=1)
            return _fall(along, _smeared(brightness, missing_m))
        lighter = seen - empty
        edge_m = _rise(along, _smeared(np.abs(lighter).mean(axis=1), missing_m))
        if edge_m is None or _is_lit(along, lighter.mean(axis=1), edge_m):
            return None
        return edge_m

    def _missing_blur_m(self, px: Floats) -> float:
        """How much the profile must still be smeared to be as blurred as the far ones."""
        rows, columns = px.shape[:2]
        middle = px[rows // 2, columns // 2][None]
        own_m = BLUR_PX * float(self.ground.along_m_per_px(middle)[0])
        return float(np.sqrt(max(0.0, self.blur_m**2 - own_m**2) + LEAST_BLUR_M**2))


def far_blur_m(ground: Ground, x_m: float, far_m: float) -> float:
    """Blur of an edge on the road at the place ``(x_m, far_m)``, in metres."""
    px = ground.image(np.array([[x_m, far_m]]))
    return BLUR_PX * float(ground.along_m_per_px(px)[0])


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


def _smeared(profile: Floats, blur_m: float) -> Floats:
    kernel = cv2.getGaussianKernel(2 * math.ceil(3 * blur_m / STEP_M) + 1, blur_m / STEP_M)
    return np.asarray(cv2.sepFilter2D(profile, -1, np.ones(1), kernel).ravel())


def _is_lit(along: Floats, lighter: Floats, edge_m: float) -> bool:
    """Whether the road grows brighter behind the edge: the pool of headlamps, not the vehicle.

    What stands on the road hides the sky from the road beneath it, and is preceded by its shade.
    """
    behind = (along > edge_m) & (along < edge_m + LIT_M)
    return bool(np.min(lighter[behind], initial=np.inf) > 0)


def _rise(along: Floats, smooth: Floats) -> float | None:
    """Where the difference first rises above the road's own by ``RISE``."""
    level = float(np.median(smooth[: len(smooth) // 4])) + RISE
    above = np.flatnonzero(smooth > level)
    if len(above) == 0 or above[0] < 2:
        return None
    crossing = int(above[0])
    before, after = smooth[crossing - 1], smooth[crossing]
    return float(along[crossing] - STEP_M * (after - level) / (after - before))


def _fall(along: Floats, brightness: Floats) -> float | None:
    """Where the road, lit as it may be, first falls steeply into shade."""
    reach = round(FALL_M / 2 / STEP_M)
    fall = np.zeros_like(brightness)
    fall[reach:-reach] = brightness[: -2 * reach] - brightness[2 * reach :]
    steep = np.flatnonzero(fall > LEAST_FALL)
    if len(steep) == 0:
        return None
    behind = slice(int(steep[0]), int(steep[0]) + round(SHADE_M / STEP_M))
    edge = behind.start + int(np.argmax(fall[behind]))
    if np.min(brightness[behind]) > SHADE or not _is_road(brightness[:edge]):
        return None
    before, at, after = fall[edge - 1 : edge + 2]
    bend = 2 * at - before - after
    return float(along[edge] + (STEP_M / 2 * (after - before) / bend if bend > 0 else 0.0))


def _is_road(before: Floats) -> bool:
    """Whether what lies before an edge is as even as a road."""
    near, far = (len(before) - round(m / STEP_M) for m in BEFORE_M)
    stretch = before[max(far, 0) : max(near, 0)]
    return len(stretch) > 0 and float(np.ptp(stretch)) < EVEN
