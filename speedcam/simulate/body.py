"""What a body is: its size, its hulls, its windows, its lamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speedcam.model import Floats

Profile = tuple[tuple[float, float], ...]
"""``(distance behind the front, value)`` corners of a line, joined and then rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """One closed hull.

    Attributes:
        top: Height of the middle line over the length.
        belt: Height of the shoulder where the side windows begin.
        base: Height of the lower edge.
        half_width: Half of the width at the shoulder.
        tumble: How far the roof is narrower than the shoulder, as a share.
        bow_front: How much the front bulges forward at the middle.
        bow_rear: The same at the rear.
        round_m: Radius-like smoothing of the profiles along the length.
    """

    top: Profile
    belt: float
    base: float
    half_width: float
    tumble: float
    bow_front: float = 0.16
    bow_rear: float = 0.10
    round_m: float = 0.06

    @property
    def front_m(self) -> float:
        """Where it begins."""
        return self.top[0][0]

    @property
    def rear_m(self) -> float:
        """Where it ends."""
        return self.top[-1][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glazing:
    """Windows: ``(from, to)`` along the length for those seen from above, polygons in (y, z).

    Attributes:
        screen: The windscreen on the upper surface, or None when it is in the front face.
        rear: The rear window on the upper surface, or None.
        front_z: A windscreen in the front face, from and to height.
        rear_z: A rear window in the rear face, from and to height.
        sides: Side windows, each a polygon of (distance behind the front, height).
    """

    screen: tuple[float, float] | None
    rear: tuple[float, float] | None
    sides: tuple[Profile, ...]
    front_z: tuple[float, float] | None = None
    rear_z: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One kind of road user. Dimensions are those of everyday models of the kind.

    Attributes:
        kind: Its name.
        length_m: From end to end.
        width_m: Across, without mirrors.
        height_m: Of its highest point.
        axles_m: Behind the front.
        wheel_radius_m: Of all wheels.
        shells: Hulls, from the front to the rear; none for those made of limbs and tubes.
        glazing: Windows.
        doors_m: Seams of doors, behind the front.
        plate_front_m: Height of the middle of the front plate.
        plate_rear_m: The same at the rear.
        tail_lamp_z: Lower and upper edge of the tail lamps.
        head_lamp_z: The same of the headlamps.
        tall_tail: Whether the rear is a flat wall.
        plated: Whether its plates say something; else it has none, or a blank one.
        lit: Whether it has lamps that it lights in the dark.
        lone_lamp: Whether it has one lamp at each end, in the middle.
        ground_m: Width of what keeps the sky from the road beneath; None: all of its width.
    """

    kind: str
    length_m: float
    width_m: float
    height_m: float
    axles_m: tuple[float, ...]
    wheel_radius_m: float
    shells: tuple[Shell, ...]
    glazing: Glazing
    doors_m: tuple[float, ...]
    plate_front_m: float
    plate_rear_m: float
    tail_lamp_z: tuple[float, float]
    head_lamp_z: tuple[float, float]
    tall_tail: bool = False
    plated: bool = True
    lit: bool = True
    lone_lamp: bool = False
    ground_m: float | None = None

    @property
    def skyline(self) -> Profile:
        """Height of the outline over the length."""
        if not self.shells:
            return ((0.0, self.height_m), (self.length_m, self.height_m))
        return tuple(corner for shell in self.shells for corner in shell.top)


def profile(corners: Profile, at: Floats, round_m: float) -> Floats:
    """A line through ``corners``, its kinks rounded over about ``round_m``."""
    y, value = np.array(corners).T
    fine = np.linspace(y[0], y[-1], 1200)
    line = np.interp(fine, y, value)
    step = (y[-1] - y[0]) / 1199
    reach = max(int(3 * round_m / step), 1)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / max(round_m, 1e-6)) ** 2)
    padded = np.pad(line, reach, mode="reflect", reflect_type="odd")
    smooth = np.convolve(padded, weights / weights.sum(), mode="valid")
    # The ends stay where they are: bumpers are given, not rounded away.
    ends = np.clip(np.minimum(fine - y[0], y[-1] - fine) / (2 * round_m), 0, 1)
    return np.asarray(np.interp(at, fine, line + ends * (smooth - line)))
