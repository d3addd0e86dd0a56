"""Where two segments meet, every vehicle counts once, whatever each of them saw of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speedcam.borders import Left, Outline, Told, joined
from speedcam.model import Box, Passage, Reason, Refusal, SpeedMeasurement
from speedcam.segments import Segment
from tests.builders_validate import a_measurement, a_passage

FRAME_S = 0.1
WARM_UP_S = RUN_OUT_S = 15.0
STANDING = Refusal(reason=Reason.STANDING)


@dataclass(frozen=True)
class Seen:
    """A vehicle as one segment saw it; ``place`` is where in the picture nobody else is."""

    name: str
    first_s: float
    last_s: float
    place: float = 0
    speed: SpeedMeasurement | Refusal = STANDING

    def passage(self, segment: Segment) -> Passage:
        told = a_passage(id=f"{self.name}/{segment.number}/{self.place}", speed=self.speed)
        return replace(told, first_s=self.first_s, last_s=self.last_s)

    def outline(self) -> Outline:
        """A box that wanders, in every frame that it was seen in."""
        ordinals = np.arange(np.ceil(self.first_s / FRAME_S), self.last_s / FRAME_S)
        left = 1000.0 * self.place
        return {
            n * FRAME_S: Box(left=left + n % 50, top=0, right=left + n % 50 + 100, bottom=80)
            for n in ordinals.tolist()
        }


def segments(*borders_s: float) -> list[Segment]:
    return [
        Segment(
            number=number,
            warm_s=max(0.0, start_s - WARM_UP_S),
            start_s=start_s,
            end_s=end_s,
            until_s=end_s + RUN_OUT_S,
        )
        for number, (start_s, end_s) in enumerate(pairwise([-inf, *borders_s, inf]))
    ]


def names(views: Sequence[tuple[Segment, Sequence[Seen] | None]]) -> list[str]:
    """Who is counted, if each segment tells of those that it may answer for."""
    outlines: dict[str, Outline] = {}
    parts = []
    for segment, seen in views:
        if seen is None:
            parts.append(Told(segment=segment, left=None))
            continue
        mine = [
            each
            for each in seen
            if segment.answers_for(each.first_s, each.last_s) and each.last_s < segment.until_s
        ]
        told = [each.passage(segment) for each in mine]
        outlines |= {p.id: each.outline() for p, each in zip(told, mine, strict=True)}
        left = [Left(passage=p, line=p.id.encode()) for p in told]
        parts.append(Told(segment=segment, left=left))
    return [
        each.line.decode().split("/")[0] for each in joined(iter(parts), lambda p: outlines[p.id])
    ]


def view(segment: Segment, truth: Sequence[Seen], off_s: Sequence[float]) -> list[Seen]:
    """What a segment sees of the traffic: each begins and ends a little off, and never outside."""
    return [
        replace(
            each,
            first_s=max(each.first_s + off, segment.warm_s),
            last_s=each.last_s + off / 2,
        )
        for each, off in zip(truth, off_s, strict=True)
        if each.last_s - 0.5 > segment.warm_s and each.first_s + 0.5 < segment.until_s
    ]


@st.composite
def traffic(draw: st.DrawFn) -> list[Seen]:
    """Vehicles of which most pass near a border, and some stand there for long."""
    times = st.tuples(st.floats(80, 220), st.floats(1.0, 60.0))
    return [
        Seen(f"v{n}", first_s, first_s + stay_s, place=n)
        for n, (first_s, stay_s) in enumerate(draw(st.lists(times, max_size=5)))
    ]


@settings(max_examples=60)
@given(truth=traffic(), data=st.data())
def test_every_vehicle_counts_once_whatever_each_segment_saw_of_it(
    truth: list[Seen], data: st.DataObject
) -> None:
    jitter = st.lists(st.floats(-0.3, 0.3), min_size=len(truth), max_size=len(truth))
    views = []
    for segment in segments(100, 200):
        off_s = data.draw(jitter)
        seen = [
            one
            for each, off in zip(truth, off_s, strict=True)
            for one in view(segment, [each], [off])
        ]
        views.append((segment, seen))
    assert sorted(names(views)) == sorted(each.name for each in truth)


ONE, OTHER = segments(100)


@pytest.mark.parametrize(
    ("earlier_s", "later_s"),
    [(99.98, 100.02), (100.02, 99.98), (99.9, 99.9), (100.1, 100.1)],
    ids=["both answer", "neither answers", "before", "after"],
)
def test_who_leaves_at_the_border_counts_once(earlier_s: float, later_s: float) -> None:
    views = [(ONE, [Seen("a", 95, earlier_s)]), (OTHER, [Seen("a", 95.2, later_s)])]
    assert names(views) == ["a"]


def test_a_queue_over_the_border_counts_each_vehicle_once() -> None:
    queue = [Seen(f"v{n}", 60 + n, 130 + 3 * n, place=n) for n in range(4)]
    views = [(ONE, queue), (OTHER, view(OTHER, queue, [0.1] * 4))]
    assert names(views) == ["v0", "v1", "v2", "v3"]


def test_two_in_line_at_the_border_are_two() -> None:
    """The one behind is in part hidden by the one in front, which has left before the border."""
    queue = [Seen("front", 90, 99.9), Seen("behind", 91, 101, place=0.06)]
    assert names([(ONE, queue), (OTHER, queue)]) == ["front", "behind"]


def test_one_measurement_under_two_names_counts_once() -> None:
    """A track that broke at the border: nothing was seen of it by both."""
    speed = a_measurement(kmh=60, at_s=99.5)
    views = [
        (ONE, [Seen("a", 98, 99.9, speed=speed)]),
        (OTHER, [Seen("b", 100.2, 102, place=1, speed=replace(speed, speed_kmh=60.3))]),
    ]
    assert names(views) == ["a"]


def test_who_follows_a_second_later_on_the_same_line_is_another() -> None:
    views = [
        (ONE, [Seen("a", 98, 99.9, speed=a_measurement(kmh=60, at_s=99.5))]),
        (OTHER, [Seen("b", 99.5, 103, place=1, speed=a_measurement(kmh=60, at_s=101.5))]),
    ]
    assert names(views) == ["a", "b"]


def test_beside_a_segment_that_nobody_could_measure_nobody_at_its_borders_counts() -> None:
    first, missing, last = segments(100, 200)
    views = [
        (first, [Seen("a", 95, 99), Seen("b", 98, 103, place=1)]),
        (missing, None),
        (last, [Seen("c", 196, 202), Seen("d", 200.5, 203, place=1), Seen("e", 204, 209, place=2)]),
    ]
    assert names(views) == ["a", "e"]


def test_who_was_told_beside_a_gap_is_told_again_once_it_is_filled() -> None:
    first, second, last = segments(100, 200)
    seen = [Seen("a", 95, 99), Seen("b", 98, 103, place=1), Seen("c", 197, 203, place=2)]
    seen += [Seen("d", 204, 209, place=3)]
    gap = names([(first, seen[:2]), (second, None), (last, seen[2:])])
    whole = names([(first, seen[:2]), (second, seen[1:3]), (last, seen[2:])])
    assert set(gap) <= set(whole)
    assert whole == ["a", "b", "c", "d"]
