"""A figure stands only where one with a gap would look otherwise, or be read less surely."""

import cv2
import numpy as np
import pytest

from speedcam.adapters.plate_figures import may_be_others
from tests.unit.test_plate_fold import HEIGHT, LENGTH, field

CENTRES = np.array([0.06, 0.18, 0.36, 0.48, 0.60, 0.78, 0.9])
"""Of the characters of a plate, about where a recogniser sees them."""


def doubted(picture, text, centres=CENTRES, *, sure=1.0, width_px=99.0):
    return may_be_others(picture, text, [sure] * len(text), centres, width_px)


def blurred(picture, width_px):
    """What is left of a plate that was so wide."""
    small = cv2.resize(picture, (round(0.85 * width_px), round(0.2 * width_px)),
                       interpolation=cv2.INTER_AREA)  # fmt: skip
    soft = cv2.GaussianBlur(small, (0, 0), 0.6)
    return cv2.resize(soft, (LENGTH, HEIGHT), interpolation=cv2.INTER_LINEAR)


@pytest.mark.parametrize("width_px", [70, 80, 90])
def test_a_five_that_is_read_as_a_six_is_told_from_the_sixes(width_px):
    picture = blurred(field("AB656CD"), width_px)
    assert doubted(picture, "AB666CD") == (False,) * 3 + (True,) + (False,) * 3


def test_only_sixes_are_looked_at_so():
    assert not any(doubted(blurred(field("AB555CD"), 90), "AB555CD"))


def test_a_six_with_an_open_top_stands_on_its_unbroken_left_stroke():
    picture = field("AB888CD").copy()
    # A belly with a stroke above its left, and nothing at the right above it.
    left, right = (round(share * LENGTH) for share in (0.42, 0.54))
    picture[:, left:right] = picture[2, LENGTH // 3]
    cv2.ellipse(picture, (96, 31), (7, 6), 0, 0, 360, (30, 30, 30), 3)
    cv2.line(picture, (89, 31), (93, 9), (30, 30, 30), 4)
    assert not any(doubted(picture, "AB868CD"))
    assert doubted(_with_gap(picture), "AB868CD")[3]


def _with_gap(picture):
    broken = picture.copy()
    broken[31:35, 86:93] = picture[2, LENGTH // 3]
    return broken


@pytest.mark.parametrize("text", ["", "6"])
def test_too_few_characters_to_know_where_they_are_say_nothing(text):
    assert doubted(field(), text, CENTRES[: len(text)]) == (False,) * len(text)


def test_a_six_that_cannot_be_told_from_its_ground_may_be_a_five():
    blank = np.full((HEIGHT, LENGTH, 3), 200, np.uint8)
    assert doubted(blank, "AB656CD")[2]


@pytest.mark.parametrize("sure", [0.96, 0.98])
def test_a_small_closed_figure_must_be_very_sure(sure):
    told = doubted(field("AB089CD"), "AB089CD", sure=sure)
    assert told == (False, False, *[sure < 0.97] * 3, False, False)


@pytest.mark.parametrize("sure", [0.89, 0.91])
def test_a_large_closed_figure_must_be_sure_whatever_its_shape(sure):
    told = doubted(field("AB555CD"), "AB608CD", sure=sure, width_px=101.0)
    assert told == (False, False, *[sure < 0.9] * 3, False, False)
