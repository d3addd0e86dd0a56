"""Where a clip is cut follows from the clip alone, and nothing of it falls between two segments."""

from __future__ import annotations

from itertools import pairwise
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.segments import WHOLE, Cut

MINUTES = np.arange(0, 240, 0.04)


def keys(gop_s: float, times_s: np.ndarray = MINUTES) -> np.ndarray:
    return np.arange(0, times_s[-1], gop_s)


@given(
    seconds=st.floats(1, 2000),
    gop_s=st.floats(0.5, 60),
    least_s=st.floats(5, 200),
    warm_up_s=st.floats(0, 30),
)
def test_each_instant_is_one_segments_own_and_each_begins_at_a_key_frame(
    seconds: float, gop_s: float, least_s: float, warm_up_s: float
) -> None:
    times_s = np.arange(0, seconds, 0.5)
    key_s = keys(gop_s, times_s)
    segments = Cut(least_s=least_s, warm_up_s=warm_up_s).segments(times_s, key_s)
    assert [each.number for each in segments] == list(range(len(segments)))
    assert (segments[0].start_s, segments[-1].end_s) == (-inf, inf)
    for one, other in pairwise(segments):
        assert one.end_s == other.start_s
        assert other.start_s in key_s
        assert other.warm_s in key_s
        assert other.warm_s <= max(0.0, other.start_s - warm_up_s)
        assert other.first_index == np.sum(times_s < other.warm_s)


def test_no_segment_is_much_shorter_than_is_said() -> None:
    lengths_s = np.diff([0, *(s.end_s for s in Cut().segments(MINUTES, keys(2))[:-1]), 240])
    assert list(lengths_s) == [120, 120]


@pytest.mark.parametrize(
    ("times_s", "key_s"),
    [
        (MINUTES[MINUTES < 179], keys(2)),
        (MINUTES, np.array([0.0])),
        (np.empty(0), np.empty(0)),
        (np.array([0.0]), np.array([0.0])),
    ],
    ids=["short", "one key frame", "no time stamps", "one frame"],
)
def test_what_cannot_be_cut_stays_whole(times_s: np.ndarray, key_s: np.ndarray) -> None:
    assert Cut().segments(times_s, key_s) == (WHOLE,)


def test_a_segment_is_told_in_words() -> None:
    assert [str(each) for each in Cut().segments(MINUTES, keys(2))] == [
        "0 s to 120 s",
        "120 s to the end",
    ]
