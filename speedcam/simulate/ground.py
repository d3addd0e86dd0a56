"""The colour of the ground at any point in road metres, free of detail finer than a pixel."""

from __future__ import annotations

import math

import numpy as np

from speedcam.simulate.light import Colour, linear
from speedcam.simulate.noise import Field, Grain
from speedcam.simulate.plan import Line, Patch, RoadPlan, Strip


class Ground:
    """Albedo of a road plan; ``footprint_m`` is the longer side of what one sample covers."""

    def __init__(self, plan: RoadPlan, grain: Grain) -> None:
        self.plan = plan
        self.grain = grain

    def albedo(self, x: Field, y: Field, footprint_m: float, across_m: float) -> Field:
        """Linear blue-green-red reflectance, ``(..., 3)``.

        Args:
            x: Metres to the right.
            y: Metres along the road.
            footprint_m: What one sample covers along the road.
            across_m: What one sample covers across the road.
        """
        seen = _View(self.grain, x, y, footprint_m, across_m)
        colour = _verge(seen, "grass")
        for strip in self.plan.strips:
            _lay(colour, _strip_cover(seen, strip), _verge(seen, strip.surface))
        asphalt = _asphalt(seen, self.plan)
        edge = seen.noise(1.4, 5, 0.03) + seen.noise(0.15, 6, 0.015)
        cover = _band(x + edge, self.plan.left_m, self.plan.right_m, across_m)
        _lay(colour, cover, asphalt)
        for line in self.plan.lines:
            _lay(colour, _paint_cover(seen, line), _paint(seen))
        for centre in self.plan.manholes:
            _manhole(seen, colour, centre)
        return colour


class _View:
    """Where samples lie and what each covers."""

    def __init__(self, grain: Grain, x: Field, y: Field, along_m: float, across_m: float) -> None:
        self.x, self.y, self.along_m, self.across_m = x, y, along_m, across_m
        self._grain = grain

    def noise(self, wave_m: float, salt: int, amplitude: float) -> Field | float:
        """One octave; the geometric mean of the footprint decides what is left of it."""
        footprint = math.sqrt(self.along_m * self.across_m)
        return amplitude * self._grain.seen(self.x, self.y, wave_m, footprint, salt)

    def streaks(self, wave_m: float, salt: int, amplitude: float, stretch: float) -> Field | float:
        """An octave drawn out along the road."""
        kept = self._grain.seen(
            self.x,
            self.y / np.float32(stretch),
            wave_m,
            max(self.across_m, self.along_m / stretch),
            salt,
        )
        return amplitude * kept

    def flat(self, colour: Colour) -> Field:
        """A field of one colour."""
        return np.broadcast_to(np.array(colour, np.float32), (*self.x.shape, 3)).copy()


def _lay(colour: Field, cover: Field, over: Field) -> None:
    colour += cover[..., None] * (over - colour)


def _band(x: Field, left: float, right: float, soft: float) -> Field:
    soft = max(soft, 1e-3)
    inside = np.minimum(x - left, right - x) / soft + 0.5
    return np.asarray(np.clip(inside, 0, 1), np.float32)


def _strip_cover(seen: _View, strip: Strip) -> Field:
    rough = 0.0 if strip.surface == "pavement" else 1.0
    edge = seen.noise(1.6, 7, 0.07 * rough) + seen.noise(0.12, 8, 0.03 * rough)
    soft = seen.across_m + 0.08 * rough
    return _band(seen.x + edge, strip.left_m, strip.right_m, soft)


def _verge(seen: _View, surface: str) -> Field:
    makers = {"grass": _grass, "gravel": _gravel, "pavement": _pavement, "soil": _soil}
    return makers[surface](seen)


def _grass(seen: _View) -> Field:
    lush = np.clip(
        0.62 + seen.noise(9.0, 1, 0.16) + seen.noise(2.1, 2, 0.13) + seen.noise(0.5, 3, 0.12), 0, 1
    )
    lush = np.broadcast_to(np.asarray(lush, dtype=np.float32), seen.x.shape)
    green, straw = np.array(linear("#5b6b38"), np.float32), np.array(linear("#857f56"), np.float32)
    colour = straw + lush[..., None] * (green - straw)
    blades = (
        1.0
        + seen.noise(0.7, 3, 0.16)
        + seen.noise(0.21, 1, 0.24)
        + seen.noise(0.07, 2, 0.30)
        + seen.noise(0.03, 0, 0.32)
    )
    flowers = np.clip(np.asarray(seen.noise(0.16, 7, 1.0), dtype=np.float32) - 2.7, 0, 0.35)
    shaded = colour * np.clip(blades, 0.25, 2.0)[..., None] if np.ndim(blades) else colour * blades
    return np.asarray(shaded + np.asarray(flowers)[..., None] * 0.5, dtype=np.float32)


def _gravel(seen: _View) -> Field:
    colour = seen.flat(linear("#8c857a"))
    stones = (
        1.0
        + seen.noise(2.0, 1, 0.10)
        + seen.noise(0.09, 2, 0.20)
        + seen.noise(0.04, 3, 0.28)
        + seen.noise(0.45, 5, 0.10)
    )
    return np.asarray(colour * np.asarray(np.clip(stones, 0.3, 2))[..., None], dtype=np.float32)


def _soil(seen: _View) -> Field:
    colour = seen.flat(linear("#7d6b50"))
    lumps = 1.0 + seen.noise(1.3, 1, 0.14) + seen.noise(0.3, 2, 0.16) + seen.noise(0.07, 3, 0.2)
    return np.asarray(colour * np.asarray(np.clip(lumps, 0.3, 2))[..., None], dtype=np.float32)


def _pavement(seen: _View) -> Field:
    colour = seen.flat(linear("#9d978c"))
    slab = np.sin(np.floor(seen.x / 0.5) * 12.9898 + np.floor(seen.y / 0.5) * 78.233) * 43758.5453
    slab = (slab - np.floor(slab)).astype(np.float32) - 0.5
    fade = math.exp(-2 * (seen.along_m / 0.5) ** 2)
    tone = 1.0 + slab * 0.22 * fade + seen.noise(3.0, 1, 0.06) + seen.noise(0.25, 2, 0.05)
    tone = tone + seen.noise(0.03, 3, 0.08)
    tone = tone * (1 - 0.45 * _joint(seen.x, 0.5, 0.012, seen.across_m))
    tone = tone * (1 - 0.45 * _joint(seen.y, 0.5, 0.012, seen.along_m))
    return np.asarray(colour * tone[..., None], dtype=np.float32)


def _joint(along: Field, every_m: float, width_m: float, footprint_m: float) -> Field:
    offset = np.abs(np.mod(along + every_m / 2, every_m) - every_m / 2)
    spread = max(width_m, footprint_m)
    return np.asarray(np.clip(1 - offset / spread, 0, 1) * min(1.0, width_m / spread))


def _asphalt(seen: _View, plan: RoadPlan) -> Field:
    colour = seen.flat(linear("#787674"))
    tone = 1.0 + seen.noise(14.0, 1, 0.05) + seen.noise(3.5, 2, 0.05) + seen.noise(0.9, 3, 0.04)
    tone = tone + seen.streaks(0.5, 6, 0.05, 9.0) + seen.streaks(0.16, 7, 0.04, 14.0)
    tone = tone + seen.noise(0.05, 4, 0.10) + seen.noise(0.02, 5, 0.22)
    tone = np.broadcast_to(np.asarray(tone, dtype=np.float32), seen.x.shape).copy()
    for lane in plan.lanes:
        _wear(seen, tone, lane.centre_m)
    for patch in plan.patches:
        _mend(seen, tone, patch)
    _crack(seen, tone)
    middle = np.abs(seen.x - (plan.left_m + plan.right_m) / 2)
    tone *= 1 + 0.10 * np.clip(middle / (plan.right_m - plan.left_m) * 2 - 0.80, 0, 0.2) / 0.2
    tint = np.ones(3, np.float32) + np.asarray(seen.noise(6.0, 9, 0.008))[..., None] * (
        np.array([-1.0, 0.0, 1.0], np.float32)
    )
    return np.asarray(colour * np.clip(tone, 0.15, 2.2)[..., None] * tint, dtype=np.float32)


def _wear(seen: _View, tone: Field, centre_m: float) -> None:
    """Tyres polish two paths; engines drip between them."""
    sway = np.asarray(seen.streaks(1.2, 2, 0.06, 12.0), dtype=np.float32)
    offset = seen.x + sway - centre_m
    for side in (-0.78, 0.78):
        tone *= 1 - (0.15 + 0.05 * np.asarray(seen.streaks(0.8, 4, 1.0, 20.0))) * np.exp(
            -(((offset - side) / 0.30) ** 2)
        )
    drips = np.clip(1 + np.asarray(seen.streaks(0.35, 3, 0.5, 6.0), dtype=np.float32), 0.2, 2)
    tone *= 1 - 0.13 * drips * np.exp(-((offset / 0.26) ** 2))
    spots = np.clip(np.asarray(seen.noise(0.30, 3, 1.0), dtype=np.float32) - 1.7, 0, 0.6)
    tone *= 1 - 0.7 * spots * np.exp(-((offset / 0.45) ** 2))


def _mend(seen: _View, tone: Field, patch: Patch) -> None:
    rough = seen.noise(0.5, 4, 0.025)
    inside = np.minimum(
        _band(seen.x + rough, patch.left_m, patch.right_m, seen.across_m),
        _band(seen.y + rough, patch.near_m, patch.far_m, seen.along_m),
    )
    outer = np.minimum(
        _band(seen.x + rough, patch.left_m - 0.05, patch.right_m + 0.05, seen.across_m),
        _band(seen.y + rough, patch.near_m - 0.05, patch.far_m + 0.05, seen.along_m),
    )
    mottled = patch.tone * (1.0 + np.asarray(seen.noise(1.3, 8, 0.05), dtype=np.float32))
    tone *= (1 - outer) + outer * 0.62
    tone *= 1 + inside * (mottled / 0.62 - 1)


def _crack(seen: _View, tone: Field) -> None:
    """Hair cracks follow the zero lines of a noise, where a coarser noise lets them."""
    field = np.asarray(seen.noise(2.3, 3, 1.0), dtype=np.float32)
    field = field + np.asarray(seen.noise(0.4, 6, 0.22), dtype=np.float32)
    where = np.clip(np.asarray(seen.noise(7.0, 6, 1.0), dtype=np.float32) - 0.35, 0, 0.5) * 2
    spread = max(0.012, math.sqrt(seen.along_m * seen.across_m))
    depth = np.clip(1 - np.abs(field) / (1.9 * spread), 0, 1) * (0.012 / spread) ** 0.5
    tone *= 1 - 0.6 * depth * where


def _paint_cover(seen: _View, line: Line) -> Field:
    rough = seen.noise(0.12, 2, 0.0035)
    half = line.width_m / 2
    cover = _band(seen.x + rough, line.x_m - half, line.x_m + half, seen.across_m)
    if line.dash_m:
        phase = np.mod(seen.y, np.float32(line.dash_m + line.gap_m)) + rough
        dash = _band(np.asarray(phase, np.float32), 0.0, line.dash_m, seen.along_m)
        cover = np.minimum(cover, dash)
    chips = (
        np.asarray(seen.noise(0.16, 5, 0.8), dtype=np.float32)
        + np.asarray(seen.noise(0.045, 6, 0.7), dtype=np.float32)
        + np.asarray(seen.noise(1.7, 7, 0.5), dtype=np.float32)
    )
    kept = np.clip(1.9 - 2.2 * line.worn - chips * 0.62, 0.25 * (1 - line.worn), 1)
    return np.asarray(cover * kept * 0.93, dtype=np.float32)


def _paint(seen: _View) -> Field:
    colour = seen.flat(linear("#dcdbd3"))
    grime = (
        1.0 + seen.noise(0.6, 4, 0.05) + seen.noise(0.1, 3, 0.04) + seen.streaks(0.1, 2, 0.04, 8)
    )
    return np.asarray(colour * np.asarray(grime)[..., None], dtype=np.float32)


def _manhole(seen: _View, colour: Field, centre: tuple[float, float]) -> None:
    away = np.hypot(seen.x - centre[0], seen.y - centre[1])
    soft = max(seen.along_m, 0.01)
    collar = np.clip((0.46 - away) / soft + 0.5, 0, 1)
    ring = np.clip((0.34 - away) / soft + 0.5, 0, 1)
    lid = np.clip((0.31 - away) / soft + 0.5, 0, 1)
    studs = np.sin(seen.x * 55) * np.sin(seen.y * 55) * math.exp(-((seen.along_m / 0.05) ** 2))
    colour *= (1 - 0.25 * collar)[..., None]
    colour *= (1 - 0.6 * ring)[..., None]
    _lay(colour, (lid * 0.8).astype(np.float32), seen.flat(linear("#6d6660")))
    colour *= (1 + 0.3 * lid * studs)[..., None]
