"""Where a vehicle is along and across the road, exact at every instant.

Times count from the vehicle's *pass*, the instant at which its contact end is in the middle of
the measuring zone; distances count from there in the direction in which it drives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import overload

import numpy as np

from speedcam.model import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Spurt:
    """A while of steady acceleration.

    Attributes:
        after_s: Begins so long after the pass; negative before it.
        lasts_s: How long; braking ends early where the vehicle stands.
        m_s2: Positive faster, negative slower.
    """

    after_s: float
    lasts_s: float
    m_s2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """A move across the road, in metres along the road: from where, how long, how far aside."""

    from_m: float
    long_m: float
    aside_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where a vehicle is, as exact functions of time: a way driven at a certain speed.

    Attributes:
        name: Of the way.
        speed_m_s: Before all spurts, positive.
        spurts: None of which makes it drive backwards.
        bends: Its moves across the road.
    """

    name: str
    speed_m_s: float
    spurts: tuple[Spurt, ...]
    bends: tuple[Bend, ...]

    @property
    def straight_on(self) -> bool:
        """Whether it keeps its speed and its place across the road."""
        return not (self.spurts or self.bends)

    @overload
    def gone_m(self, after_s: float) -> float: ...
    @overload
    def gone_m(self, after_s: Floats) -> Floats: ...
    def gone_m(self, after_s: float | Floats) -> float | Floats:
        """How far it has driven along the road since its pass; negative before."""
        return self.speed_m_s * after_s + self.gained_m(after_s)

    def gained_m(self, after_s: float | Floats) -> float | Floats:
        """How far it is ahead of one that kept its speed."""
        return sum((_gained_m(s, after_s) - _gained_m(s, 0.0) for s in self.spurts), 0.0)

    @overload
    def now_m_s(self, after_s: float) -> float: ...
    @overload
    def now_m_s(self, after_s: Floats) -> Floats: ...
    def now_m_s(self, after_s: float | Floats) -> float | Floats:
        """Its speed along the road at an instant."""
        gained = (s.m_s2 * np.clip(after_s - s.after_s, 0.0, s.lasts_s) for s in self.spurts)
        return self.speed_m_s + sum(gained, 0.0)

    @overload
    def after_s(self, gone_m: float) -> float: ...
    @overload
    def after_s(self, gone_m: Floats) -> Floats: ...
    def after_s(self, gone_m: float | Floats) -> float | Floats:
        """When it gets to ``gone_m``, for the first time; infinite where it never does."""
        if not self.spurts:
            return gone_m / self.speed_m_s
        turns = np.array(self.turns_s)
        places, speeds = self.gone_m(turns), self.now_m_s(turns)
        number = np.searchsorted(places, gone_m)
        last = np.maximum(number - 1, 0)
        rest, speed = gone_m - places[last], speeds[last]
        gain = np.append(np.diff(speeds) / np.diff(turns), 0.0)[last]
        # The root of speed·t + gain·t²/2 = rest that stays exact when gain is nearly zero.
        root = np.sqrt(np.maximum(speed**2 + 2 * gain * rest, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            since = np.where(number == 0, rest / self.speed_m_s, 2 * rest / (speed + root))
        return np.asarray(turns[last] + since)[()]

    @property
    def turns_s(self) -> list[float]:
        """When its acceleration changes, in order; between them its speed is linear in time."""
        return sorted({at for s in self.spurts for at in (s.after_s, s.after_s + s.lasts_s)})

    def fastest_and_slowest_m_s(self, from_s: float, to_s: float) -> tuple[float, float]:
        """Its highest and lowest speed in a while."""
        turns = [at for at in self.turns_s if from_s < at < to_s]
        speeds = [float(self.now_m_s(at)) for at in (from_s, *turns, to_s)]
        return max(speeds), min(speeds)

    @overload
    def aside_m(self, gone_m: float) -> float: ...
    @overload
    def aside_m(self, gone_m: Floats) -> Floats: ...
    def aside_m(self, gone_m: float | Floats) -> float | Floats:
        """How far it is to the right of where it drove before all shifts."""
        moved = (b.aside_m * _smooth((gone_m - b.from_m) / b.long_m) for b in self.bends)
        return sum(moved, 0.0)

    @overload
    def slope(self, gone_m: float) -> float: ...
    @overload
    def slope(self, gone_m: Floats) -> Floats: ...
    def slope(self, gone_m: float | Floats) -> float | Floats:
        """Metres to the right for each metre onwards: which way its nose points."""
        lean = (b.aside_m / b.long_m * _steep((gone_m - b.from_m) / b.long_m) for b in self.bends)
        return sum(lean, 0.0)


def _gained_m(spurt: Spurt, after_s: float | Floats) -> float | Floats:
    """The distance that one spurt adds until an instant."""
    since = after_s - spurt.after_s
    inside = np.clip(since, 0.0, spurt.lasts_s)
    return spurt.m_s2 * inside * (np.maximum(since, 0.0) - inside / 2)


def _smooth(share: float | Floats) -> float | Floats:
    """From 0 to 1 with level ends; Perlin's fade, whose curvature is steady too."""
    t = np.clip(share, 0.0, 1.0)
    return np.asarray(t**3 * (t * (6 * t - 15) + 10))[()]


def _steep(share: float | Floats) -> float | Floats:
    """The slope of :func:`_smooth`."""
    t = np.clip(share, 0.0, 1.0)
    return np.asarray(30 * t**2 * (1 - t) ** 2)[()]
