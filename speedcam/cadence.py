"""Repeated frames: a recorder that fills up a higher rate shows one picture at two instants.

A repeated frame is nearly its predecessor where everything else moves. It is left out, which by
itself costs precision and never adds speed. What is left can still bear wrong instants: 25
pictures a second spread over 29.97 were not taken when their time stamps say. Whether they were
spread is decided by each vehicle itself, whose course is smooth in the right time only.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import FeatureTrack, Floats, Frame, Image, Reason, Refusal, Track

SMALL = 4
LIVELIEST = 500
"""One pixel in so many, those that change most, tell whether anything drives."""
LIVELY = 8.0
"""Grey levels by which they change, at least, where anything drives."""
REPEATED = 0.3
"""Share of the usual change that a repeated frame, coded anew, stays under."""
AROUND = 8
"""Frames before, and as many after, among which a change is unusual."""

RATES = (10, 12, 12.5, 15, 20, 24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60)
"""Pictures a second that cameras take."""
SLACK_S = 0.002
"""Time stamps are rounded to milliseconds in some containers."""
SMOOTHER = 0.7
"""The right time leaves this much less of a vehicle's course unexplained."""
SMOOTH_PX = 0.5
SMOOTH = 0.08
"""A course this smooth in the stamped time, in pixels or in steps, needs no other one: wrongly
stamped, a step over a repeated frame is off by a third of it."""
MIN_POINTS = 12
"""Kept frames without which nobody can tell how they were spread."""
MIN_FEATURE_POINTS = 6


class Cadence:
    """Knows when the pictures were taken; show it every frame in order."""

    def __init__(self) -> None:
        self._before: Image | None = None
        self._times_s: list[float] = []
        self._changes: list[float] = []

    def is_repeat(self, frame: Frame) -> bool:
        """Whether the frame repeats the one before, as far as can be told at once."""
        height, width = frame.luma.shape
        size = (width // SMALL, height // SMALL)
        small: Image = np.asarray(
            cv2.resize(frame.luma, size, interpolation=cv2.INTER_AREA), dtype=np.uint8
        )
        change = 255.0 if self._before is None else _change(self._before, small)
        self._before = small
        self._times_s.append(frame.time_s)
        self._changes.append(change)
        recent = self._changes[-1 - AROUND :]
        return len(recent) > AROUND and _is_low(change, recent)

    @property
    def times_s(self) -> Floats:
        """``(n,)`` stamped times of all frames shown so far."""
        return np.array(self._times_s)

    def retimed(self, track: Track) -> Track | Refusal:
        """The track without repeated frames, at the instants at which its pictures were taken.

        Returns:
            A refusal where those instants cannot be told.
        """
        times_s, repeated = self._during(track)
        if not repeated.any():
            return track
        single = _without(track, times_s[repeated], times_s)
        stamped_px = _unevenness_px(single)
        taken_s = _taken_s(times_s, ~repeated)
        if taken_s is not None:
            spread = moved(single, times_s[~repeated], taken_s)
            if _unevenness_px(spread) < SMOOTHER * stamped_px:
                return spread
        if stamped_px < max(SMOOTH_PX, SMOOTH * _step_px(single)):
            return single
        numbers = {"repeated": int(repeated.sum()), "uneven_px": round(min(stamped_px, 99.0), 2)}
        return Refusal(reason=Reason.TIME_UNSURE, numbers=numbers)

    def _during(self, track: Track) -> tuple[Floats, NDArray[np.bool_]]:
        """The stamped times of the track's frames, and which of them repeat."""
        times_s = np.array(self._times_s)
        first = int(np.searchsorted(times_s, track.sightings[0].time_s))
        end = int(np.searchsorted(times_s, track.sightings[-1].time_s, side="right"))
        low = [
            _is_low(self._changes[i], self._changes[max(0, i - AROUND) : i + AROUND + 1])
            for i in range(first, end)
        ]
        # What came before the footage's first frame, and whether it was the same, nobody knows.
        if first == 0 and any(low):
            low[0] = True
        return times_s[first:end], np.array(low, dtype=bool)


def _change(before: Image, now: Image) -> float:
    """By how many grey levels the liveliest pixels changed."""
    counts = np.bincount(cv2.absdiff(now, before).ravel(), minlength=256)
    wanted = max(1, before.size // LIVELIEST)
    above = np.minimum(np.cumsum(counts[::-1]), wanted)
    return float(np.diff(above, prepend=0) @ np.arange(255, -1, -1) / wanted)


def _is_low(change: float, around: list[float]) -> bool:
    usual = float(np.percentile(around, 60))
    return usual > LIVELY and change < REPEATED * usual


def _taken_s(times_s: Floats, kept: NDArray[np.bool_]) -> Floats | None:
    """When the kept pictures were taken if they were spread evenly; None if they were not.

    A picture shown on a finer grid of times is at most one step of that grid late.
    """
    grid_s = float(np.median(np.diff(times_s)))
    shown_s, order = times_s[kept], np.arange(kept.sum())
    if len(shown_s) < MIN_POINTS:
        return None
    lateness = {rate: float(np.ptp(shown_s - order / rate)) for rate in RATES}
    rate = min(lateness, key=lambda each: lateness[each])
    if lateness[rate] > grid_s + SLACK_S:
        return None
    taken_s = order / rate
    return np.asarray(taken_s + np.mean(shown_s - taken_s))


def _without(track: Track, repeated_s: Floats, times_s: Floats) -> Track:
    """The track without the frames at ``repeated_s``."""
    gone = set(repeated_s.tolist())
    features = []
    for feature in track.features:
        kept = ~np.isin(times_s[frame_of(feature.time_s, times_s)], repeated_s)
        features.append(FeatureTrack(time_s=feature.time_s[kept], px=feature.px[kept]))
    return replace(
        track,
        sightings=tuple(s for s in track.sightings if s.time_s not in gone),
        features=tuple(features),
    )


def moved(track: Track, shown_s: Floats, taken_s: Floats) -> Track:
    """The track at the instants at which the frames shown at ``shown_s`` were taken."""
    earlier_s = taken_s - shown_s

    def at(time_s: Floats) -> Floats:
        return time_s + earlier_s[frame_of(time_s, shown_s)]

    sightings = (
        replace(s, contact_s=s.contact_s + float(at(np.array([s.time_s]))[0]) - s.time_s)
        for s in track.sightings
    )
    return replace(
        track,
        sightings=tuple(sightings),
        features=tuple(FeatureTrack(time_s=at(f.time_s), px=f.px) for f in track.features),
    )


def frame_of(time_s: Floats, times_s: Floats) -> NDArray[np.intp]:
    """Which frame each instant of a row belongs to: the last that began before it."""
    found = np.searchsorted(times_s, time_s + 1e-6, side="right") - 1
    return np.asarray(np.clip(found, 0, len(times_s) - 1))


def _unevenness_px(track: Track) -> float:
    """How far a feature's row lies off the middle of those before and after, by their times.

    Root mean square, in the median feature: a vehicle does not jerk from picture to picture.
    """
    rows = [_uneven_px(f.time_s, f.px[:, 1]) for f in _long(track)]
    return float(np.median(rows)) if rows else float("inf")


def _step_px(track: Track) -> float:
    """By how many rows the median feature moves from picture to picture."""
    steps = [float(np.median(np.abs(np.diff(f.px[:, 1])))) for f in _long(track)]
    return float(np.median(steps)) if steps else 0.0


def _long(track: Track) -> list[FeatureTrack]:
    return [f for f in track.features if len(f.time_s) >= MIN_FEATURE_POINTS]


def _uneven_px(time_s: Floats, row_px: Floats) -> float:
    part = (time_s[1:-1] - time_s[:-2]) / (time_s[2:] - time_s[:-2])
    between = row_px[:-2] + part * (row_px[2:] - row_px[:-2])
    return float(np.sqrt(np.mean((row_px[1:-1] - between) ** 2)))
