"""Light of a scene, in linear blue-green-red radiance, and how a sensor turns it into pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import Floats, Image

Colour = tuple[float, float, float]
"""Linear blue, green, red."""

Lean = tuple[float, float]
"""How far a shadow reaches to the right and away, per metre of height."""

Radiance = NDArray[np.float32]
"""``(height, width, 3)`` linear blue-green-red."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canopy:
    """Leaves above the road: mottled shade that stirs in the wind.

    Attributes:
        near_m: Where the shade begins along the road.
        far_m: Where it ends.
        dark: Share of the sun that the densest leaves hide.
        stir_m: How far the shade moves to and fro.
        stir_s: Time of one swing.
    """

    near_m: float
    far_m: float
    dark: float = 0.85
    stir_m: float = 0.04
    stir_s: float = 2.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """A cloud that passes before the sun, or a darker one under an overcast sky.

    Attributes:
        at_s: When it hides most.
        lasts_s: From first to last touch.
        dark: Share of the sun (of all light when overcast) that it hides at most.
    """

    at_s: float
    lasts_s: float
    dark: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """Sun, sky, air, and what they meet: leaves, clouds, water, lamps.

    Attributes:
        towards_sun: Unit vector in road axes, or None under an overcast sky.
        sun: Irradiance on a surface that faces the sun.
        sky: Irradiance from the whole sky on a surface that faces up.
        bounce: Irradiance on a surface that faces down.
        zenith: Radiance of the sky above.
        horizon: Radiance of the sky near the horizon, also the colour of haze.
        haze_m: Distance over which haze hides 63 % of a thing.
        exposure: Gain before the tone curve.
        canopy: Leaves that shade the road, or None.
        cloud: A cloud that passes, or None.
        wet: How much of a film of water lies on the road, 0 dry to 1 a mirror.
        headlamps: Irradiance at the brightest place of a headlamp's pool on the road; 0: lamps
            are off. The sky of a clear day gives about 1, of dusk about 0.02.
    """

    towards_sun: tuple[float, float, float] | None
    sun: Colour
    sky: Colour
    bounce: Colour
    zenith: Colour
    horizon: Colour
    haze_m: float
    exposure: float
    canopy: Canopy | None = None
    cloud: Cloud | None = None
    wet: float = 0.0
    headlamps: float = 0.0


def linear(hex_rgb: str) -> Colour:
    """The linear blue-green-red of a ``"#rrggbb"`` colour."""
    red, green, blue = (int(hex_rgb[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return (blue**2.2, green**2.2, red**2.2)


def irradiance(light: Light, normals: Floats) -> Floats:
    """Light that arrives on surfaces with unit ``normals`` ``(n, 3)``, unshadowed: ``(n, 3)``."""
    up = 0.5 + 0.5 * normals[:, 2:3]
    total = up * np.array(light.sky) + (1 - up) * np.array(light.bounce)
    if light.towards_sun is not None:
        facing = np.clip(normals @ np.array(light.towards_sun), 0.0, None)
        total = total + facing[:, None] * np.array(light.sun)
    return np.asarray(total, dtype=np.float64)


def on_ground(light: Light) -> tuple[Floats, Floats]:
    """Irradiance on the level road: from the sky, and from the sun (zero when overcast)."""
    sky = np.array(light.sky)
    if light.towards_sun is None:
        return sky, np.zeros(3)
    return sky, np.array(light.sun) * light.towards_sun[2]


_BRIGHTEST = 9.0
_STEPS = 4096


def _curve() -> Image:
    """Grey level for the square root of exposed radiance: a soft shoulder and a little contrast."""
    exposed = (np.arange(_STEPS) / (_STEPS - 1)) ** 2 * _BRIGHTEST
    level = (1 - np.exp(-exposed)) ** (1 / 2.1)
    level += 0.30 * (level * level * (3 - 2 * level) - level)
    return np.round(level * 255).astype(np.uint8)


def tone(radiance: Radiance, exposure: float) -> Image:
    """Pixels of a sensor with a soft shoulder: bright things roll off instead of clipping."""
    scale = (_STEPS - 1) / np.sqrt(_BRIGHTEST)
    root = cv2.sqrt(np.maximum(radiance, 0) * np.float32(exposure))
    step = np.minimum(root * np.float32(scale), _STEPS - 1).astype(np.uint16)
    return np.asarray(_curve()[step], np.uint8)


def shadow_lean(towards_sun: tuple[float, float, float]) -> Lean:
    """Where the shadow of a thing one metre high ends."""
    return -towards_sun[0] / towards_sun[2], -towards_sun[1] / towards_sun[2]
