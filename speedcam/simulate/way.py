"""How a vehicle drives: straight on, braking, from lane to lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from speedcam.errors import SpeedcamError
from speedcam.simulate.course import Bend, Course, Spurt

__all__ = [
    "STEADY",
    "Shift",
    "Spurt",
    "Way",
    "braking",
    "changing_lane",
    "speeding_up",
    "swerving",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A smooth move across the road.

    Attributes:
        after_s: Begins so long after the pass, as if the vehicle kept the speed that it has
            before all spurts; negative before it.
        lasts_s: How long, counted the same way.
        aside_m: How far to the right of the picture; negative to the left.
    """

    after_s: float
    lasts_s: float
    aside_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What a vehicle does beside driving straight on at its speed.

    Attributes:
        name: What the truth file calls it; empty for a vehicle that just drives.
        spurts: When it brakes and speeds up, in order.
        shifts: When it moves across the road.
    """

    name: str = ""
    spurts: tuple[Spurt, ...] = ()
    shifts: tuple[Shift, ...] = ()

    def course(self, speed_m_s: float) -> Course:
        """The way of a vehicle whose speed before all spurts is ``speed_m_s``.

        Raises:
            SpeedcamError: It would drive backwards.
        """
        bends = tuple(
            Bend(
                from_m=shift.after_s * speed_m_s,
                long_m=shift.lasts_s * speed_m_s,
                aside_m=shift.aside_m,
            )
            for shift in self.shifts
        )
        spurts = _until_standing(self.spurts, speed_m_s)
        return Course(name=self.name, speed_m_s=speed_m_s, spurts=spurts, bends=bends)


STEADY = Way()
"""Straight on, at constant speed."""


def braking(m_s2: float, *, after_s: float = -1.0, lasts_s: float = 2.0) -> Way:
    """Slow down steadily by ``m_s2`` (positive)."""
    return Way(name="braking", spurts=(Spurt(after_s=after_s, lasts_s=lasts_s, m_s2=-m_s2),))


def speeding_up(m_s2: float, *, after_s: float = -1.0, lasts_s: float = 2.0) -> Way:
    """Grow faster steadily by ``m_s2``."""
    return Way(name="speeding up", spurts=(Spurt(after_s=after_s, lasts_s=lasts_s, m_s2=m_s2),))


def changing_lane(aside_m: float, *, after_s: float = -2.0, lasts_s: float = 4.0) -> Way:
    """Move to another lane ``aside_m`` to the right of the picture, negative to the left."""
    return Way(
        name="lane change",
        shifts=(Shift(after_s=after_s, lasts_s=lasts_s, aside_m=aside_m),),
    )


def swerving(aside_m: float, *, after_s: float = -1.5, lasts_s: float = 3.0) -> Way:
    """Move aside and back again, each in half of the time."""
    half = lasts_s / 2
    out = Shift(after_s=after_s, lasts_s=half, aside_m=aside_m)
    return Way(
        name="swerve",
        shifts=(out, replace(out, after_s=after_s + half, aside_m=-aside_m)),
    )


def _until_standing(spurts: Sequence[Spurt], speed_m_s: float) -> tuple[Spurt, ...]:
    """The spurts, braking cut short where the vehicle stands."""
    cut: list[Spurt] = []
    for spurt in spurts:
        so_far = Course(name="", speed_m_s=speed_m_s, spurts=tuple(cut), bends=())
        speed = so_far.now_m_s(spurt.after_s)
        lasts_s = min(spurt.lasts_s, speed / -spurt.m_s2) if spurt.m_s2 < 0 else spurt.lasts_s
        cut.append(replace(spurt, lasts_s=lasts_s))
    whole = Course(name="", speed_m_s=speed_m_s, spurts=tuple(cut), bends=())
    if any(whole.now_m_s(at) < -1e-9 for at in whole.turns_s):
        raise SpeedcamError(
            f"a vehicle of {speed_m_s * 3.6:g} km/h would brake until it drives backwards. "
            "Let its spurts follow one another."
        )
    return tuple(cut)
