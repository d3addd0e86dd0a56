"""Where on the road features are, whatever their height, and what is another body."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.parting import APART_M, along_the_road_m, beyond_free_road

LENS_M = 6.0


def seen_from_above(px):
    """A road whose pixels are metres."""
    return px[:, 1]


def course(place_m, height_m, speed_m_s=-15.0, seconds=0.6):
    """How a point at a height goes, that is over ``place_m`` in the end."""
    time_s = np.arange(0.0, seconds, 0.04)
    road_m = place_m + speed_m_s * (time_s - time_s[-1])
    seems_m = road_m * LENS_M / (LENS_M - height_m)
    return np.column_stack([time_s, np.zeros_like(time_s), seems_m])


@given(st.lists(st.floats(0.0, 3.5), min_size=2, max_size=12), st.floats(10.0, 60.0))
def test_a_features_height_does_not_change_where_it_is(heights_m, place_m):
    found = along_the_road_m([course(place_m, h) for h in heights_m], seen_from_above)
    assert found == pytest.approx(found[0])
    # The lowest feature is not on the road itself, so that all seem a little faster than they are.
    assert found[0] == pytest.approx(place_m * LENS_M / (LENS_M - min(heights_m)))


@pytest.mark.parametrize("speed_m_s", [15.0, -15.0])
def test_both_ways_are_alike(speed_m_s):
    found = along_the_road_m([course(20.0, h, speed_m_s) for h in (0.3, 1.2)], seen_from_above)
    assert found == pytest.approx([20.0 / 0.95] * 2)


def test_what_crawls_or_was_just_found_tells_nothing():
    crawls, new = course(20.0, 0.3, speed_m_s=-1.0), course(20.0, 0.3, seconds=0.3)
    assert np.isnan(along_the_road_m([crawls, new, np.empty((0, 3))], seen_from_above)).all()
    assert along_the_road_m([], seen_from_above).size == 0


def test_only_what_is_beyond_free_road_is_another_body():
    near, far = np.linspace(20.0, 24.0, 9), np.linspace(29.0 + APART_M, 37.0, 9)
    assert beyond_free_road([near, far]) == [1]
    assert beyond_free_road([far, near]) == [0]
    assert beyond_free_road([near, near + 4.0, far]) == [2]
    assert beyond_free_road([near, near + 4.0]) == []
    assert beyond_free_road([np.linspace(20.0, 36.0, 9), near, far]) == []


def test_few_features_make_no_body():
    near, few = np.linspace(20.0, 24.0, 9), np.array([40.0, 41.0, np.nan, 42.0])
    assert beyond_free_road([near, few]) == []
