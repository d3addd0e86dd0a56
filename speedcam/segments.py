"""A long clip is measured in segments, each by itself, whoever does which and when.

Where a clip is cut follows from the clip alone. A segment is shown from a warm-up before it, in
which the empty road is learnt and whoever is in view at its start is followed from his entry, to a
run-out after it, in which whoever was in view at its end leaves. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np

from speedcam.model import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of footage time that is measured by itself; without arguments, a whole clip.

    Attributes:
        number: From 0, in order of time.
        warm_s: The key frame from which it is shown; 0 is the footage's beginning.
        first_index: Ordinal of that frame in the footage.
        start_s: It owns who leaves from here on.
        end_s: The next one owns who leaves from here on.
        until_s: Its run-out ends here at the latest.
        in_view_s: From where to where glimpses of the empty road are taken; None: the whole clip.
    """

    number: int = 0
    warm_s: float = 0.0
    first_index: int = 0
    start_s: float = -inf
    end_s: float = inf
    until_s: float = inf
    in_view_s: tuple[float, float] | None = None

    @property
    def from_s(self) -> float:
        """``start_s`` for people: a clip begins at 0."""
        return max(0.0, self.start_s)

    @property
    def to_s(self) -> float | None:
        """``end_s`` for people; None is the clip's end."""
        return None if self.end_s == inf else self.end_s

    def __str__(self) -> str:
        """From when to when, in seconds of the clip."""
        return f"{self.from_s:.0f} s to {'the end' if self.to_s is None else f'{self.to_s:.0f} s'}"

    def answers_for(self, first_s: float, last_s: float) -> bool:
        """Whether a vehicle in view from ``first_s`` to ``last_s`` may be this segment's.

        Who was in view at its end belongs to the next one, unless that did not see him.
        """
        return first_s < self.end_s and last_s >= self.start_s


WHOLE = Segment()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How clips are cut.

    Attributes:
        least_s: No segment is shorter: a clip under twice this is not cut. Each costs its warm-up
            once more, and is what a killed worker loses.
        warm_up_s: Longer than a vehicle takes through the view at 25 km/h.
        run_out_s: As long; who is still there then stands, and is the next segment's.
    """

    least_s: float = 90.0
    warm_up_s: float = 15.0
    run_out_s: float = 15.0

    def segments(self, times_s: Floats, key_s: Floats) -> tuple[Segment, ...]:
        """The segments of a clip, evenly long but for the places of its key frames.

        Args:
            times_s: ``(n,)`` seconds at which its frames are shown, rising.
            key_s: ``(k,)`` those of its key frames, rising.
        """
        count = int((times_s[-1] - times_s[0]) // self.least_s) if len(times_s) else 0
        borders_s = _borders_s(times_s, key_s, count)
        if not borders_s:
            return (WHOLE,)
        ends = pairwise([-inf, *borders_s, inf])
        return tuple(
            self._segment(number, start_s, end_s, times_s, key_s)
            for number, (start_s, end_s) in enumerate(ends)
        )

    def _segment(
        self, number: int, start_s: float, end_s: float, times_s: Floats, key_s: Floats
    ) -> Segment:
        before_s = key_s[key_s <= start_s - self.warm_up_s]
        warm_s = max(0.0, float(before_s[-1])) if len(before_s) else 0.0
        until_s = end_s + self.run_out_s
        return Segment(
            number=number,
            warm_s=warm_s,
            first_index=int(np.searchsorted(times_s, warm_s)),
            start_s=start_s,
            end_s=end_s,
            until_s=until_s,
            in_view_s=(warm_s, min(until_s, float(times_s[-1]))),
        )


def _borders_s(times_s: Floats, key_s: Floats, count: int) -> list[float]:
    """The first key frame at or after each place where the clip would be cut evenly."""
    if count < 2:
        return []
    wanted_s = np.linspace(times_s[0], times_s[-1], count + 1)[1:-1]
    places = np.searchsorted(key_s, wanted_s)
    return [float(each) for each in np.unique(key_s[places[places < len(key_s)]])]
