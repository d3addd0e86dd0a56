"""When each picture of a clip is taken, and what its time stamp says."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from speedcam.simulate.scene import Scene

_FINE = Fraction(1, 90_000)
_AT_ONCE_S = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture of the file.

    Attributes:
        taken_s: Footage time of the middle of its (first row's) exposure.
        ticks: Its time stamp, in units of the timeline.
    """

    taken_s: float
    ticks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All pictures of a file; two in a row with the same ``taken_s`` show the same picture.

    Attributes:
        shots: In the order of their stamps.
        unit_s: Of the stamps.
        per_s: Nominal rate of the file.
    """

    shots: tuple[Shot, ...]
    unit_s: Fraction
    per_s: Fraction

    def stamp_s(self, shot: Shot) -> float:
        """What the file says of a picture's time."""
        return float(shot.ticks * self.unit_s)


def timeline(scene: Scene) -> Timeline:
    """The pictures of a scene's file, the same for the same seed."""
    rate, stream = Fraction(scene.frames_per_s), scene.stream
    rng = np.random.default_rng([scene.seed, 31])
    count = round(scene.seconds * rate)
    late = rng.uniform(-0.5, 0.5, count) * stream.irregular
    late[:1] = 0.0
    taken = [float((k + late[k]) / float(rate)) for k in range(count)]
    arrived = [k for k in range(count) if k == 0 or rng.random() >= stream.lost]
    if stream.delivered_per_s is not None:
        return _converted([taken[k] for k in arrived], stream.delivered_per_s, scene.seconds)
    if stream.irregular == 0 and stream.stamp_error_s == 0:
        shots = tuple(Shot(taken_s=taken[k], ticks=k) for k in arrived)
        return Timeline(shots=shots, unit_s=1 / rate, per_s=rate)
    wrong_s = rng.normal(0, 1, count) * stream.stamp_error_s
    wrong_s[:1] = 0.0  # an MP4 keeps the start of a clip to whole milliseconds only
    shots = _stamped([(taken[k], taken[k] + float(wrong_s[k])) for k in arrived])
    return Timeline(shots=shots, unit_s=_FINE, per_s=rate)


def _stamped(times_s: list[tuple[float, float]]) -> tuple[Shot, ...]:
    """Shots with stamps that always grow, as a file needs."""
    shots: list[Shot] = []
    for taken_s, said_s in times_s:
        ticks = max(round(said_s / _FINE), shots[-1].ticks + 1 if shots else 0)
        shots.append(Shot(taken_s=taken_s, ticks=ticks))
    return tuple(shots)


def _converted(taken_s: list[float], per_s: Fraction, seconds: float) -> Timeline:
    """At each instant of a constant rate, the picture that arrived last."""
    shots = []
    for number in range(round(seconds * per_s)):
        latest = bisect_right(taken_s, number / float(per_s) + _AT_ONCE_S) - 1
        shots.append(Shot(taken_s=taken_s[max(latest, 0)], ticks=number))
    return Timeline(shots=tuple(shots), unit_s=1 / per_s, per_s=per_s)
