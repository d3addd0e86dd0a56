"""The background learns by the clock, not by the frame: every rate learns alike."""

from __future__ import annotations

import numpy as np
import pytest

from speedcam.adapters.motion import MotionDetector
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
