"""How evenly a vehicle moves from frame to frame: what tells whether the stamps are true.

No vehicle doubles its pace from one frame to the next and halves it again. Where the features of
one say so, its time stamps are wrong there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speedcam.cadence import SLACK_S, SMOOTH_PX, frame_of
from speedcam.model import FeatureTrack, Floats, Sighting, Track

JERK = 0.3
"""Change of pace, in logarithms, that no vehicle makes from one frame to the next: at 25 frames a
second and 30 km/h it is 7 g. A picture left out makes 0.69, or 0.41 where every other one was left
out anyway; no vehicle that was read in good time passes 0.13 (docs/time-and-motion.md)."""
MOST_JERK = float(np.log(4))
"""Larger ones are not told apart: what hardly moves has none."""
MIN_FEATURES = 5
"""So many features must show a change of pace, so that none of them is believed alone."""
TELLING_PX = 2.0
"""Rows per frame from which on a vehicle would show a picture left out."""
MIN_POINTS = 12
"""Frames in which it must move so to bear witness to the clock of the footage."""
TINY_M_S = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How the pace of one vehicle changed at each frame, by the stamps.

    Attributes:
        frame: ``(n,)`` ordinals of frames, each with the frames before and after it in view.
        change: ``(n,)`` logarithm of the pace after it over the pace before it, on the road.
        step_px: ``(n,)`` rows that it moves per frame there.
    """

    frame: NDArray[np.intp]
    change: Floats
    step_px: Floats

    def by(self, stamped_s: Floats, taken_s: Floats) -> Pace:
        """The same if the frames stamped ``(m,)`` were taken at ``(m,)`` seconds."""
        longer = np.log(np.diff(taken_s) / np.diff(stamped_s))
        change = self.change - (longer[self.frame] - longer[self.frame - 1])
        return Pace(frame=self.frame, change=change, step_px=self.step_px)

    @property
    def jerks(self) -> int:
        """At how many frames it changes as no vehicle does."""
        change = np.abs(self.change)
        return int(np.sum((change > JERK) & (change * self.step_px / 2 > SMOOTH_PX)))

    @property
    def mistaken(self) -> float:
        """The share of such frames."""
        return self.jerks / len(self.frame)

    @property
    def unevenness(self) -> float:
        """Root mean square of the changes."""
        return float(np.sqrt(np.mean(self.change**2)))

    @property
    def is_witness(self) -> bool:
        """Whether it moves fast enough for long enough to tell of pictures left out."""
        return int(np.sum(self.step_px > TELLING_PX)) >= MIN_POINTS


def joined(paces: Sequence[Pace]) -> Pace:
    """All of them as if they were one vehicle's."""
    return Pace(
        frame=np.concatenate([each.frame for each in paces]),
        change=np.concatenate([each.change for each in paces]),
        step_px=np.concatenate([each.step_px for each in paces]),
    )


NO_PACE = Pace(frame=np.empty(0, np.intp), change=np.empty(0), step_px=np.empty(0))


def pace_of(track: Track, times_s: Floats, road: Callable[[Floats], Floats]) -> Pace:
    """How ``track`` moves: medians over its features, where it is seen whole and by itself.

    Nothing where the stamps themselves are uneven: somebody took the time for each picture, and
    that he took it badly is for the fit to bear.
    """
    if not _is_even(times_s, track):
        return NO_PACE
    own = frame_of(np.array([s.time_s for s in track.sightings if _is_whole(s)]), times_s)
    seen = [_changes(feature, times_s, road) for feature in track.features]
    frame, change, step_px = np.concatenate(seen).T if seen else np.empty((3, 0))
    frames, counts = np.unique(frame.astype(np.intp), return_counts=True)
    frames = frames[(counts >= MIN_FEATURES) & np.isin(frames, own)]
    return Pace(
        frame=frames,
        change=np.array([np.median(change[frame == each]) for each in frames]),
        step_px=np.array([np.median(step_px[frame == each]) for each in frames]),
    )


def _is_even(times_s: Floats, track: Track) -> bool:
    """Whether the stamps from its first frame to its last lie on an even grid, gaps aside."""
    first_s, last_s = track.sightings[0].time_s, track.sightings[-1].time_s
    steps_s = np.diff(times_s[(times_s >= first_s) & (times_s <= last_s)])
    off_s = np.abs(steps_s - np.median(steps_s) * np.rint(steps_s / np.median(steps_s)))
    return bool(np.max(off_s) <= SLACK_S)


def _is_whole(sighting: Sighting) -> bool:
    cut = sighting.touches_border or sighting.box.top <= 0
    return not (cut or sighting.merged or sighting.corrupt)


def _changes(feature: FeatureTrack, times_s: Floats, road: Callable[[Floats], Floats]) -> Floats:
    """``(n, 3)``: each frame with both neighbours in view, the change of pace, the rows moved."""
    frame = frame_of(feature.time_s, times_s)
    step_px = np.abs(np.diff(feature.px[:, 1]))
    pace = np.diff(road(feature.px)[:, 1]) / np.diff(feature.time_s)
    least = np.where(np.abs(pace[:-1]) < TINY_M_S, TINY_M_S, pace[:-1])
    change = np.log(np.clip(pace[1:] / least, np.exp(-MOST_JERK), np.exp(MOST_JERK)))
    rows = np.column_stack([frame[1:-1], change, (step_px[1:] + step_px[:-1]) / 2])
    return np.asarray(rows[(np.diff(frame[:-1]) == 1) & (np.diff(frame[1:]) == 1)])
