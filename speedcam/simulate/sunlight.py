"""Light that changes during a clip: leaves that stir above the road, a cloud that passes."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from speedcam.model import Floats
from speedcam.simulate.light import Canopy, Cloud, Light, shadow_lean
from speedcam.simulate.noise import Field, Grain

_EDGE_M = 2.5


class Sunlight:
    """How much of the sun the leaves and the cloud leave at a place and an instant."""

    def __init__(self, light: Light, seed: int) -> None:
        self._light, self._grain = light, Grain(seed + 41)

    @property
    def varies(self) -> bool:
        """Whether the sun on the still world is another from picture to picture."""
        return self._light.towards_sun is not None and (
            self._light.canopy is not None or self._light.cloud is not None
        )

    def exposure(self, time_s: float) -> float:
        """Gain before the tone curve; under an overcast sky a cloud dims all of the light."""
        if self._light.towards_sun is None and self._light.cloud is not None:
            return self._light.exposure * cloud_leaves(self._light.cloud, time_s)
        return self._light.exposure

    def at(self, time_s: float) -> Callable[[Field, Field], Field] | None:
        """:meth:`left` at an instant; None where the sun does not change."""
        return partial(self.left, time_s=time_s) if self.varies else None

    def left(self, x_m: Field, y_m: Field, time_s: float) -> Field:
        """Share of the sun that reaches road points of equal, any shape; 0 to 1."""
        cloud = 1.0 if self._light.cloud is None else cloud_leaves(self._light.cloud, time_s)
        left = np.full(x_m.shape, cloud, np.float32)
        if self._light.canopy is not None:
            left *= 1 - self._shade(self._light.canopy, x_m, y_m, time_s)
        return left

    def left_above(self, points_m: Floats, time_s: float) -> Floats:
        """The same for ``(n, 3)`` points above the road: what falls on them would fall beside."""
        assert self._light.towards_sun is not None  # noqa: S101 - callers ask only in sunlight
        lean = shadow_lean(self._light.towards_sun)
        x = points_m[:, 0] + points_m[:, 2] * lean[0]
        y = points_m[:, 1] + points_m[:, 2] * lean[1]
        left = self.left(x[:, None].astype(np.float32), y[:, None].astype(np.float32), time_s)
        return left[:, 0].astype(np.float64)

    def _shade(self, canopy: Canopy, x_m: Field, y_m: Field, time_s: float) -> Field:
        phase = 2 * math.pi * time_s / canopy.stir_s
        east = np.float32(canopy.stir_m * math.sin(phase))
        north = np.float32(canopy.stir_m * math.sin(1.31 * phase + 0.6))
        x, y = x_m + east, y_m + north
        leaves = 0.9 * self._grain.octave(x, y, 1.9, 1) + 0.7 * self._grain.octave(x, y, 0.55, 2)
        gaps = np.clip(0.72 + 0.85 * leaves, 0, 1)
        inside = np.minimum(y_m - canopy.near_m, canopy.far_m - y_m) / _EDGE_M + 0.5
        edge = np.clip(inside + 0.5 * leaves, 0, 1)
        return np.asarray(canopy.dark * gaps * edge, np.float32)


def cloud_leaves(cloud: Cloud, time_s: float) -> float:
    """Share of the light that a passing cloud leaves."""
    from_middle = min(abs(time_s - cloud.at_s) / (cloud.lasts_s / 2), 1.0)
    return 1 - cloud.dark * math.cos(from_middle * math.pi / 2) ** 2
