"""Light to see a street in: sun from four sides, overcast, dusk with headlamps; dry or wet."""

from __future__ import annotations

import math
from dataclasses import replace

from speedcam.simulate import SCENES
from speedcam.simulate.light import Canopy, Light

OVERCAST = SCENES["overcast_main_road"].light


def sun(*, from_deg: float, high_deg: float) -> Light:
    """A clear day.

    Args:
        from_deg: Where the sun stands, clockwise from straight ahead: 90 is to the right.
        high_deg: How high above the horizon.
    """
    across, up = math.radians(from_deg), math.radians(high_deg)
    towards = (math.cos(up) * math.sin(across), math.cos(up) * math.cos(across), math.sin(up))
    return replace(SCENES["sun_two_way"].light, towards_sun=towards)


LEFT_BEHIND = sun(from_deg=-122, high_deg=50)
RIGHT_BEHIND = sun(from_deg=140, high_deg=38)
RIGHT_AHEAD = sun(from_deg=55, high_deg=32)
LEFT_LOW = sun(from_deg=-95, high_deg=22)

SHADED = replace(LEFT_BEHIND, canopy=Canopy(near_m=9.0, far_m=45.0))
"""Leaves over the whole measuring zone."""

DUSK = replace(
    OVERCAST,
    sky=(0.034, 0.026, 0.020),
    bounce=(0.005, 0.005, 0.005),
    zenith=(0.050, 0.032, 0.020),
    horizon=(0.060, 0.050, 0.055),
    exposure=16.0,
    headlamps=0.10,
)
"""The sun is down, everybody drives with dipped lamps."""


def wet(light: Light, share: float) -> Light:
    """The same light on a road under a film of water, 1 a mirror."""
    return replace(light, wet=share)
