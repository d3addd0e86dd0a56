"""Repeated frames are noticed, and no speed comes from instants at which nothing was taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speedcam.cadence import Cadence
from speedcam.model import Box, FeatureTrack, Frame, Image, Reason, Refusal, Sighting, Track

STEP_PX = 6.0
RNG = np.random.default_rng(1)
ROAD = cv2.GaussianBlur(RNG.uniform(60, 180, (240, 320)), (0, 0), 2)
CAR = RNG.uniform(0, 255, (40, 60))


def picture(instant: float, seed: int = 0) -> Image:
    """A car that has driven for ``instant`` frames of 25 a second, coded with a little noise."""
    seen = ROAD.copy()
    top = round(4 + STEP_PX * instant / 2)
    seen[top : top + 40, 100:160] = CAR
    seen += np.random.default_rng(seed).normal(0, 0.7, seen.shape)
    return np.clip(seen.round(), 0, 255).astype(np.uint8)


def frame(index: int, time_s: float, luma: Image) -> Frame:
    return Frame(index=index, time_s=time_s, luma=luma, corrupt=False, colour=lambda: luma)


def shown(taken: Sequence[int], rate: float) -> tuple[Cadence, list[bool], Track]:
    """Footage that shows picture ``taken[k]`` at ``k / rate``, and its car as a track."""
    cadence = Cadence()
    frames = [frame(k, k / rate, picture(n, seed=k)) for k, n in enumerate(taken)]
    repeats = [cadence.is_repeat(each) for each in frames]
    kept = [k for k, repeat in enumerate(repeats) if not repeat]
    time_s = np.array([k / rate for k in kept])
    rows = 100 + STEP_PX * np.array([taken[k] for k in kept], dtype=np.float64)
    sightings = tuple(_sighting(k, t, v) for k, t, v in zip(kept, time_s, rows, strict=True))
    noise = np.random.default_rng(2).normal(0, 0.1, (5, len(rows), 2))
    features = tuple(
        FeatureTrack(time_s=time_s, px=np.column_stack([rows, rows]) + each) for each in noise
    )
    return cadence, repeats, Track(ordinal=0, sightings=sightings, features=features)


def _sighting(index: int, time_s: float, row: float) -> Sighting:
    return Sighting(
        frame_index=index,
        time_s=time_s,
        box=Box(left=0, top=0, right=60, bottom=row),
        contact_px=(30.0, row),
        contact_s=time_s,
    )


def rows_a_second(track: Track | Refusal) -> float:
    assert isinstance(track, Track)
    rows = [s.contact_px[1] for s in track.sightings if s.contact_px]
    return float(np.polyfit([s.contact_s for s in track.sightings], rows, 1)[0])


TRUE = 25 * STEP_PX


def spread(phase: float) -> list[int]:
    """25 pictures a second on a grid of 29.97."""
    return [int(k * 25 * 1001 / 30000 + phase) for k in range(60)]


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 0.99))
def test_25_pictures_shown_as_29_97_give_the_speed_of_25(phase: float) -> None:
    cadence, _, track = shown(spread(phase), 30000 / 1001)
    assert rows_a_second(cadence.retimed(track)) == pytest.approx(TRUE, rel=0.001)


def test_repeats_are_told_at_once_after_the_first_few_frames() -> None:
    taken = spread(0.5)
    _, repeats, _ = shown(taken, 30000 / 1001)
    assert repeats[9:] == [now == before for before, now in pairwise(taken[8:])]


def test_without_repeats_nothing_is_touched() -> None:
    cadence, repeats, track = shown(range(50), 25)
    assert not any(repeats)
    assert cadence.retimed(track) is track


@pytest.mark.parametrize("lost", [{20}, {15, 26, 33}, set(range(5, 50, 6))], ids=str)
def test_a_repeat_in_place_of_a_lost_frame_leaves_the_stamped_times(lost: set[int]) -> None:
    taken = [n - 1 if n in lost else n for n in range(50)]
    cadence, _, track = shown(taken, 25)
    timed = cadence.retimed(track)
    assert rows_a_second(timed) == pytest.approx(TRUE, rel=0.001)


def test_pictures_spread_without_a_rule_are_refused() -> None:
    repeated = np.random.default_rng(3).random(70) < 0.25
    taken = np.cumsum(~repeated).tolist()[:60]
    cadence, _, track = shown(taken, 30)
    timed = cadence.retimed(track)
    assert isinstance(timed, Refusal)
    assert timed.reason is Reason.TIME_UNSURE


def test_noise_alone_repeats_nothing() -> None:
    cadence = Cadence()
    still: Callable[[int], Image] = lambda k: picture(0, seed=k)  # noqa: E731
    assert not any(cadence.is_repeat(frame(k, k / 25, still(k))) for k in range(60))
