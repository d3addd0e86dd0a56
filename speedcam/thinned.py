"""Left-out frames: what is left of a thinned stream and stamped evenly moves by fits and starts.

No vehicle doubles its pace from one frame to the next and halves it again. Where the features of
one say so, its time stamps are wrong, and it is not measured by them. One kind of stream can be put
right: a converter that brings a camera's rate down to a lower one shows at each instant the picture
that came last. Then the pictures' true instants follow from that rate alone, none is off its stamp
by more than a step of it, and in them every vehicle of the whole footage runs evenly.

What no vehicle can show is whether the stamps keep the mean rate: a stream of 25 a second that
loses each sixth picture and closes the gaps looks like one of 30 brought down to 25. The second is
a common setting and the first a fault, but by that fault every speed would be a fifth too high:
such readings serve statistics only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speedcam.cadence import RATES, SLACK_S, SMOOTH_PX, Cadence, frame_of, moved
from speedcam.model import FeatureTrack, Floats, Reason, Refusal, Sighting, Track

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
MIN_WITNESSES = 5
"""Vehicles whose left-out pictures must fit one clock: where a recorder drops pictures whenever it
is late, two vehicles would fit by chance in two of five cases, five in one of forty."""
HIGHER = 1.02
"""A camera's rate is so much above that of the stream it was thinned to, at least."""
TINY = 1e-6
MISTAKEN = 0.1
"""Share of its frames up to which a witness may be followed badly. By a wrong clock two of five
frames jerk."""
CLEARLY = 0.3
"""The right clock leaves at most this share of the unevenness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A track with what is known of its clock.

    Attributes:
        track: At the instants at which its pictures were taken, as far as they are known.
        unsure: Why it cannot be measured by them, or None.
        rebuilt: The stamps were wrong and a thinned stream's clock was put in their place.
    """

    track: Track
    unsure: Refusal | None = None
    rebuilt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """How the pace of one vehicle changed at each frame, by the stamps.

    Attributes:
        frame: ``(n,)`` ordinals of frames, each with the frames before and after it in view.
        change: ``(n,)`` logarithm of the pace after it over the pace before it, on the road.
        step_px: ``(n,)`` rows that it moves per frame there.
    """

    frame: NDArray[np.intp]
    change: Floats
    step_px: Floats

    def by(self, stamped_s: Floats, taken_s: Floats) -> _Pace:
        """The same if the frames stamped ``(m,)`` were taken at ``(m,)`` seconds."""
        longer = np.log(np.diff(taken_s) / np.diff(stamped_s))
        change = self.change - (longer[self.frame] - longer[self.frame - 1])
        return _Pace(frame=self.frame, change=change, step_px=self.step_px)

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


_NO_PACE = _Pace(frame=np.empty(0, np.intp), change=np.empty(0), step_px=np.empty(0))


def timed(
    tracks: Iterable[Track], cadence: Cadence, road: Callable[[Floats], Floats]
) -> Iterator[Timed]:
    """Each track at the instants at which its pictures were taken, in the same order.

    From the first one on that gainsays the stamps all wait until the footage ends: only all
    vehicles together can say what its clock is.

    Args:
        tracks: In order of their leaving, made of the frames that ``cadence`` was shown.
        cadence: Knows the stamps, and what repeats.
        road: ``(n, 2)`` metres on the road of ``(n, 2)`` pixels.
    """
    paces: list[_Pace] = []
    waiting: list[tuple[Timed, _Pace]] = []
    mixed = False
    for seen in tracks:
        single = cadence.retimed(seen)
        mixed = mixed or single is not seen
        one = _unsure(seen, single) if isinstance(single, Refusal) else Timed(track=single)
        # What is left of repeated frames has been put right by its own rule.
        pace = _pace(seen, cadence.times_s, road) if single is seen else _NO_PACE
        paces.append(pace)
        if waiting or pace.jerks:
            waiting.append((one, pace))
        else:
            yield one
    taken_s = None if mixed or not waiting else _taken_s(paces, cadence.times_s)
    for one, pace in waiting:
        yield _judged(one, pace, cadence.times_s, taken_s)


def _judged(one: Timed, pace: _Pace, stamped_s: Floats, taken_s: Floats | None) -> Timed:
    if taken_s is not None:
        pace = pace.by(stamped_s, taken_s)
        one = Timed(track=moved(one.track, stamped_s, taken_s), rebuilt=True)
    if pace.jerks and one.unsure is None:
        numbers = {"jerks": pace.jerks, "frames": len(pace.frame)}
        return _unsure(one.track, Refusal(reason=Reason.TIME_UNSURE, numbers=numbers))
    return one


def _unsure(track: Track, why: Refusal) -> Timed:
    return Timed(track=track, unsure=why)


def _taken_s(paces: Sequence[_Pace], stamped_s: Floats) -> Floats | None:
    """``(n,)`` seconds at which the frames were taken, if one thinned camera explains them all.

    None where too few vehicles bear witness, or one of them gainsays that clock.
    """
    witnesses = [pace for pace in paces if pace.is_witness]
    if len(witnesses) < MIN_WITNESSES:
        return None
    together = _Pace(
        frame=np.concatenate([each.frame for each in witnesses]),
        change=np.concatenate([each.change for each in witnesses]),
        step_px=np.concatenate([each.step_px for each in witnesses]),
    )
    clocks = _clocks(stamped_s, together.frame)
    taken_s = min(clocks, key=lambda each: together.by(stamped_s, each).unevenness, default=None)
    if taken_s is None:
        return None
    left = together.by(stamped_s, taken_s).unevenness / together.unevenness
    agree = all(each.by(stamped_s, taken_s).mistaken <= MISTAKEN for each in witnesses)
    return taken_s if agree and left < CLEARLY else None


def _clocks(stamped_s: Floats, frames: NDArray[np.intp]) -> Iterator[Floats]:
    """Every clock by which a camera of a higher rate can have been brought down to these stamps.

    At each stamp the picture that came last is shown. Two clocks of one rate differ in where they
    pass a picture over: phases between which no stamp meets a picture are the same.
    """
    shown_per_s = 1 / float(np.median(np.diff(stamped_s)))
    told = np.unique(np.concatenate([frames - 1, frames, frames + 1]))
    for rate in (each for each in RATES if each > shown_per_s * HIGHER):
        place = stamped_s * rate
        for phase in np.unique(np.round(-place[told] % 1, 4)) + 5e-5:
            ordinal = np.floor(place + phase)
            if np.all(np.diff(ordinal) > 0):
                yield np.asarray((ordinal + 0.5 - phase) / rate)


def _pace(track: Track, times_s: Floats, road: Callable[[Floats], Floats]) -> _Pace:
    """Medians over the features, where the vehicle is seen whole and by itself.

    None at all where the stamps themselves are uneven: somebody took the time for each picture, and
    that he took it badly is for the fit to bear.
    """
    if not _is_even(times_s, track):
        return _NO_PACE
    own = frame_of(np.array([s.time_s for s in track.sightings if _is_whole(s)]), times_s)
    seen = [_changes(feature, times_s, road) for feature in track.features]
    frame, change, step_px = np.concatenate(seen).T if seen else np.empty((3, 0))
    frames, counts = np.unique(frame.astype(np.intp), return_counts=True)
    frames = frames[(counts >= MIN_FEATURES) & np.isin(frames, own)]
    return _Pace(
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
    least = np.where(np.abs(pace[:-1]) < TINY, TINY, pace[:-1])
    change = np.log(np.clip(pace[1:] / least, np.exp(-MOST_JERK), np.exp(MOST_JERK)))
    rows = np.column_stack([frame[1:-1], change, (step_px[1:] + step_px[:-1]) / 2])
    return np.asarray(rows[(np.diff(frame[:-1]) == 1) & (np.diff(frame[1:]) == 1)])
