"""Light on the road is no vehicle, and what is as light as it is not mistaken for it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from speedcam.adapters.lamplight import LIT_S, LOOK_S, LOOKS
from speedcam.adapters.motion import MotionDetector
from speedcam.model import Box, Frame, Image

HEIGHT, WIDTH = 270, 480
POOL_PX = np.s_[60:200, 40:300]
Place = tuple[slice, slice]
CAR = np.s_[100:150, 220:280]
LIGHTER = 1.5


def a_road(seed: int = 0) -> Image:
    """Asphalt with its texture, in the dusk."""
    rough = np.random.default_rng(seed).normal(70, 5, (HEIGHT, WIDTH))
    return np.round(cv2.GaussianBlur(rough, (0, 0), 0.7)).astype(np.uint8)


ROAD = a_road()


def lit(place: Place = POOL_PX) -> Image:
    """The road with a pool of light on it."""
    luma = ROAD.copy()
    luma[place] = np.round(ROAD[place] * LIGHTER)
    return luma


def covered(place: Place = POOL_PX) -> Image:
    """The road behind something pale, even and as light as a pool."""
    luma = ROAD.copy()
    luma[place] = np.round(a_road(1)[place] * LIGHTER)
    return luma


def a_detector(*, wide: bool = True) -> MotionDetector:
    return MotionDetector([ROAD] * 3, lambda _: wide)


def shown(detector: MotionDetector, *pictures: Image, from_s: float = 0.0) -> list[list[Box]]:
    """What the detector finds in pictures that it looks at one by one."""
    found = []
    for index, luma in enumerate(pictures):
        frame = Frame(
            index=index,
            time_s=from_s + index * LOOK_S,
            luma=luma,
            corrupt=False,
            colour=lambda: ROAD,
        )
        found.append([detection.box for detection in detector.detect(frame)])
    return found


def test_a_pool_that_stays_in_sight_is_light_and_no_vehicle() -> None:
    detector = a_detector()
    *_, last = shown(detector, *[lit()] * LOOKS)
    assert detector.lit
    assert last == []


def test_what_covers_the_road_is_a_vehicle_however_evenly_light() -> None:
    detector = a_detector()
    *_, last = shown(detector, *[covered()] * 2 * LOOKS)
    assert not detector.lit
    assert len(last) == 1


@pytest.mark.parametrize(
    ("pictures", "wide"),
    [([lit()] * (LOOKS - 1) + [ROAD, lit()], True), ([lit()] * 2 * LOOKS, False)],
    ids=["not for long", "no wider than a vehicle"],
)
def test_a_chance_likeness_is_no_lamplight(pictures: list[Image], wide: bool) -> None:
    detector = a_detector(wide=wide)
    *_, last = shown(detector, *pictures)
    assert not detector.lit
    assert len(last) == 1


def test_lamps_are_forgotten_when_no_pool_has_been_seen_for_long() -> None:
    detector = a_detector()
    shown(detector, *[lit()] * LOOKS)
    shown(detector, ROAD, from_s=LIT_S)
    assert detector.lit
    shown(detector, ROAD, from_s=LIT_S + LOOKS * LOOK_S)
    assert not detector.lit


def test_a_vehicle_is_seen_though_light_has_changed_all_around_it() -> None:
    changed = np.round(ROAD * np.linspace(0.6, 1.5, WIDTH)).astype(np.uint8)
    changed[CAR] = 20
    *_, last = shown(a_detector(wide=False), changed, changed)
    left, right = CAR[1].start, CAR[1].stop
    assert any(abs(box.left - left) < 6 and abs(box.right - right) < 6 for box in last)
