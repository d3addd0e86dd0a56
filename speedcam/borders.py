"""Where two segments meet, both saw the same vehicles: each counts once.

Two views of a vehicle seldom end at the same frame, so one may end before the border in the
earlier segment's view and after it in the later one's, or the other way round. In the first case
both would answer for it, and the earlier does; in the second neither would, and the earlier does
as well. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from speedcam.anchors import same_vehicle
from speedcam.model import Box, Passage, SpeedMeasurement
from speedcam.segments import Segment

ALIKE = 0.5
"""Two outlines in one frame that share this much, intersection over union, are of one vehicle:
two views of one share more, and of two in line the nearer one hides less of the farther."""
TOGETHER_FRAMES = 3
"""Frames in which both must have been seen."""
AT_THE_BORDER_S = 1.0
"""Who comes into view later than this after a border was not seen before it under another name."""
LATEST = 20
"""Measurements before a border that may be of the same vehicle, as within a segment."""

Outline = Mapping[float, Box]
"""A vehicle's outline in each frame, by the frame's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A passage as a segment told it.

    Attributes:
        passage: What it says.
        line: Its record.
    """

    passage: Passage
    line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one segment tells.

    Attributes:
        segment: Which.
        left: Everybody it may answer for, in their order; None where nobody could measure it.
    """

    segment: Segment
    left: Sequence[Left] | None


def joined(parts: Iterator[Told], outline: Callable[[Passage], Outline]) -> Iterator[Left]:
    """Everybody who passed, once, in the order of the segments.

    Beside a segment that nobody could measure its neighbours keep silent about whoever was in view
    at the border: it may tell of him yet.

    Args:
        parts: Every segment, in order.
        outline: Of a vehicle, in the view of the segment that tells of it.
    """
    counted: Sequence[Left] = []
    waiting: Sequence[Left] = []
    missing = False
    for told in parts:
        start_s = told.segment.start_s
        if told.left is None:
            counted, waiting, missing = [], [], True
            continue
        border = _Border(at_s=start_s, counted=counted, waiting=waiting, outline=outline)
        here = [
            each
            for each in told.left
            if not (missing and each.passage.first_s < start_s + AT_THE_BORDER_S)
            and not border.is_counted(each.passage)
        ]
        yield from border.unseen_by(here)
        counted = [each for each in here if each.passage.last_s < told.segment.end_s]
        waiting = [each for each in here if each.passage.last_s >= told.segment.end_s]
        missing = False
        yield from counted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Border:
    """One border, with what the segment before it tells.

    Attributes:
        at_s: Where it is.
        counted: Who left before it.
        waiting: Who was in view there and left after it.
        outline: Of a vehicle.
    """

    at_s: float
    counted: Sequence[Left]
    waiting: Sequence[Left]
    outline: Callable[[Passage], Outline]

    def is_counted(self, later: Passage) -> bool:
        """Whether somebody who left before the border is who the later segment tells of."""
        if later.first_s < self.at_s + AT_THE_BORDER_S and self._is_measured(later):
            return True
        alike = {
            each.passage.id: self._likeness(each.passage, later)
            for each in (*self.counted, *self.waiting)
        }
        best = max(alike, key=lambda name: alike[name], default=None)
        return (
            best is not None
            and alike[best] > ALIKE
            and any(each.passage.id == best for each in self.counted)
        )

    def unseen_by(self, later: Sequence[Left]) -> list[Left]:
        """Who left after the border, and whom the later segment does not tell of."""
        return [
            each
            for each in self.waiting
            if not any(self._likeness(each.passage, other.passage) > ALIKE for other in later)
        ]

    def _is_measured(self, later: Passage) -> bool:
        speeds = [each.passage.speed for each in self.counted]
        measured = [speed for speed in speeds if isinstance(speed, SpeedMeasurement)]
        speed = later.speed
        return isinstance(speed, SpeedMeasurement) and any(
            same_vehicle(speed, other) for other in measured[-LATEST:]
        )

    def _likeness(self, earlier: Passage, later: Passage) -> float:
        """How much their outlines share in the frames that both were seen in; 0 where in few."""
        if later.first_s > earlier.last_s or earlier.first_s > later.last_s:
            return 0.0
        one, other = self.outline(earlier), self.outline(later)
        shared = [_shared(one[time_s], other[time_s]) for time_s in one.keys() & other.keys()]
        return float(np.median(shared)) if len(shared) >= TOGETHER_FRAMES else 0.0


def _shared(one: Box, other: Box) -> float:
    """Intersection over union."""
    both = one.overlap(other)
    return both / max(1.0, one.area + other.area - both)
