"""The background learns by the clock, not by the frame: every rate learns alike."""

from __future__ import annotations

import numpy as np
import pytest

from speedcam.adapters.motion import MotionDetector, _Part, _pieces, empty_scene
from speedcam.model import Frame, Image

ROAD = 100


def learnt(rate: float, seconds: float, more: int) -> float:
    """What the background took in of ``more`` light after so long at so many frames a second."""
    detector = MotionDetector([_road(0)] * 3, lambda _: False)
    for index in range(round(seconds * rate) + 1):
        detector.detect(_frame(index, index / rate, _road(more)))
    return float(detector.still[60, 125]) - ROAD


def _road(more: int) -> Image:
    """An even road, a part of which is lighter."""
    luma = np.full((120, 240), ROAD, np.uint8)
    luma[40:80, 100:150] += more
    return luma


def _frame(index: int, time_s: float, luma: Image) -> Frame:
    return Frame(index=index, time_s=time_s, luma=luma, corrupt=False, colour=lambda: luma)


@pytest.mark.parametrize("rate", [12.5, 25, 30, 60])
@pytest.mark.parametrize("seconds", [1, 2, 5])
def test_a_slow_change_of_light_is_learnt_alike_at_every_rate(rate: float, seconds: float) -> None:
    assert learnt(rate, seconds, 12) == pytest.approx(12 * (1 - np.exp(-seconds / 2)), abs=1.6)


def scene(*levels: int) -> int:
    """What a place on an even road shows by itself that had these grey levels."""
    return int(empty_scene([_glimpse(level) for level in levels])[12, 12])


def _glimpse(level: int, light: float = 1.0) -> Image:
    luma = np.full((64, 64), ROAD, np.uint8)
    luma[8:16, 8:16] = level
    return np.asarray(luma * light, np.uint8)


BUSY = [20, 31, 43, 52, 60, 66, 71, 78, 140, 149, 160, 171, 180, 190, 199, 210, 222, 233]


def test_the_empty_road_is_what_shows_most_often_however_dense_the_traffic() -> None:
    assert scene(*BUSY, 99, 100, 100, 100, 101, 101, 102) == pytest.approx(100, abs=2)
    assert scene(*[level for level in BUSY if level < 90], *[118] * 4) == pytest.approx(118, abs=2)


def test_what_stands_still_for_less_than_half_of_the_time_is_no_road() -> None:
    assert scene(*[95, 97, 99, 100, 101, 103, 105] * 2, *[40] * 11) == pytest.approx(100, abs=6)


def test_light_that_is_never_the_same_leaves_its_middle() -> None:
    assert scene(*range(30, 130, 4)) == pytest.approx(80, abs=4)


def test_no_cloud_before_the_sun_leaves_a_vehicle_on_the_empty_road() -> None:
    sunny = [_glimpse(40)] * 8 + [_glimpse(ROAD)] * 6
    cloudy = [_glimpse(ROAD, light) for light in (0.95, 0.85, 0.8, 0.75, 0.7, 0.75, 0.8, 0.9)]
    still = empty_scene([*sunny, *cloudy])
    assert np.ptp(still.astype(int)) <= 2


def test_glimpses_in_the_same_light_are_taken_as_they_are() -> None:
    ones = [_glimpse(200), _glimpse(198), _glimpse(198) + np.uint8(1)]
    assert empty_scene(ones)[12, 12] == 199


def _side_by_side(joint: int, shade: int) -> Image:
    """Two rough bodies, 80 rows high, with a joint and even shade so high between them."""
    luma = np.full((200, 480), ROAD, np.uint8)
    rough = np.random.default_rng(7).integers(0, 2, (200, 480), dtype=np.uint8) * 160 + 20
    for left in (100, 220):
        luma[60:140, left : left + 100] = rough[60:140, left : left + 100]
    luma[140 - shade : 140, 200:220] = 60
    luma[140 - joint : 140, 200:220] = rough[140 - joint : 140, 200:220]
    return luma


@pytest.mark.parametrize(
    ("joint", "shade", "wide", "vehicles"),
    [
        pytest.param(8, 30, True, 2, id="abreast, joined by shade"),
        pytest.param(8, 30, False, 1, id="no wider than one"),
        pytest.param(8, 80, True, 1, id="an even side moves in full height"),
        pytest.param(40, 45, True, 1, id="half as high is no neck"),
    ],
)
def test_a_wide_outline_is_parted_at_a_neck(
    joint: int, shade: int, *, wide: bool, vehicles: int
) -> None:
    road = np.full((200, 480), ROAD, np.uint8)
    detector = MotionDetector([road] * 3, lambda _: wide)
    detector.detect(_frame(0, 0.0, road))
    found = detector.detect(_frame(1, 0.04, _side_by_side(joint, shade)))
    assert len(found) == vehicles
    assert {each.box.bottom for each in found} == {140}
    assert sum(each.box.right - each.box.left for each in found) == pytest.approx(220, abs=2)


def test_no_blob_is_parted_into_nothing() -> None:
    core, mask = np.zeros((40, 80), bool), np.zeros((40, 80), bool)
    core[:, 2:30] = mask[:, 2:30] = mask[:, 50:78] = mask[35:, 30:50] = True
    core[::2, 50:78] = True  # so thin that it is noise
    assert _pieces(_Part(0, 0, mask), core, at_necks=True) == []
