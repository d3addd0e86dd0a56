"""Left-out frames: what is left of a thinned stream and stamped evenly moves by fits and starts.

A vehicle that does so (:mod:`speedcam.pace`) is not measured by its stamps. One kind of stream can
be put right: a converter that brings a camera's rate down to a lower one shows at each instant the
picture that came last. Then the pictures' true instants follow from that rate alone, none is off
its stamp by more than a step of it, and in them every vehicle of the whole footage runs evenly.

What no vehicle can show is whether the stamps keep the mean rate: a stream of 25 a second that
loses each sixth picture and closes the gaps looks like one of 30 brought down to 25. The second is
a common setting and the first a fault, but by that fault every speed would be a fifth too high:
such readings serve statistics only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from speedcam.cadence import RATES, Cadence, moved
from speedcam.model import Floats, Reason, Refusal, Track
from speedcam.pace import NO_PACE, Pace, joined, pace_of

MIN_WITNESSES = 5
"""Vehicles whose left-out pictures must fit one clock: where a recorder drops pictures whenever it
is late, two vehicles would fit by chance in two of five cases, five in one of forty."""
HIGHER = 1.02
"""A camera's rate is so much above that of the stream it was thinned to, at least."""
MISTAKEN = 0.1
"""Share of its frames up to which a witness may be followed badly. Where 30 a second are brought
down to 25, two of five frames jerk by a wrong clock."""
LYING = 0.5
"""Where such a share of the witnesses jerk, it is the clock: where the stamps are true, at most two
of 17 were followed so badly, by dusk."""
LATEST = 20
"""Vehicles of a live stream whose witness counts for those who cannot tell."""
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
    paces: list[Pace] = []
    waiting: list[tuple[Timed, Pace]] = []
    mixed = False
    for seen in tracks:
        single = cadence.retimed(seen)
        mixed = mixed or single is not seen
        one = _unsure(seen, single) if isinstance(single, Refusal) else Timed(track=single)
        # What is left of repeated frames has been put right by its own rule.
        pace = pace_of(seen, cadence.times_s, road) if single is seen else NO_PACE
        paces.append(pace)
        if waiting or pace.jerks:
            waiting.append((one, pace))
        else:
            yield one
    stamped_s = cadence.times_s
    taken_s = None if mixed or not waiting else _taken_s(paces, stamped_s)
    lies = _lie(paces)
    for one, pace in waiting:
        if taken_s is None:
            yield _judged(one, pace, lies=lies)
        else:
            anew = Timed(track=moved(one.track, stamped_s, taken_s), rebuilt=True)
            yield _judged(anew, pace.by(stamped_s, taken_s), lies=False)


def timed_at_once(
    tracks: Iterable[Track],
    cadence: Cadence,
    road: Callable[[Floats], Floats],
    doubt: Callable[[Track], Refusal | None],
) -> Iterator[Timed]:
    """As :func:`timed`, of a stream that does not end: nobody waits, and no clock is rebuilt.

    Args:
        tracks: In order of their leaving, made of the frames that ``cadence`` was shown.
        cadence: Knows the stamps, and what repeats.
        road: ``(n, 2)`` metres on the road of ``(n, 2)`` pixels.
        doubt: Why somebody cannot be measured by the stamps that he was shown with, or None.
    """
    latest: deque[Pace] = deque(maxlen=LATEST)
    for seen in tracks:
        single = cadence.retimed(seen)
        one = _unsure(seen, single) if isinstance(single, Refusal) else Timed(track=single)
        pace = pace_of(seen, cadence.times_s, road) if single is seen else NO_PACE
        latest.append(pace)
        judged = _judged(one, pace, lies=_lie(latest))
        yield judged if judged.unsure else replace(judged, unsure=doubt(seen))


def _judged(one: Timed, pace: Pace, *, lies: bool) -> Timed:
    """As it was, or in doubt: it moves unevenly, or cannot tell where the clock ``lies``."""
    if one.unsure is None and (pace.jerks or (lies and not pace.is_witness)):
        numbers = {"uneven_frames": pace.jerks, "frames": len(pace.frame)}
        return _unsure(one.track, Refusal(reason=Reason.TIME_UNSURE, numbers=numbers))
    return one


def _unsure(track: Track, why: Refusal) -> Timed:
    return Timed(track=track, unsure=why)


def _lie(paces: Iterable[Pace]) -> bool:
    """Whether so many vehicles gainsay the stamps that those who cannot tell are in doubt too."""
    uneven = [pace.jerks > 0 for pace in paces if pace.is_witness]
    return sum(uneven) >= LYING * max(1, len(uneven))


def _taken_s(paces: Sequence[Pace], stamped_s: Floats) -> Floats | None:
    """``(n,)`` seconds at which the frames were taken, if one thinned camera explains them all.

    None where too few vehicles bear witness, or one of them gainsays that clock.
    """
    witnesses = [pace for pace in paces if pace.is_witness]
    if len(witnesses) < MIN_WITNESSES:
        return None
    together = joined(witnesses)
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
