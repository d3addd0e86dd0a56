"""A survey from taped lengths alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speedcam.errors import SurveyError
from speedcam.ground import fit_ground
from speedcam.model import Floats
from speedcam.pose import on_plane, pose_of, theta_from_homography
from speedcam.tape import Taped, survey_by_tape

SIZE = (1920, 1080)
SQUARE_M = np.array([[0.0, 0.0], [0.0, 28.0], [-8.0, 0.0], [-8.0, 28.0], [-9.5, 0.0], [-9.5, 28.0]])
"""Marks of the right edge, of a line across, and of the left shoulder, as if all were square."""


def skewed(near_m: float, far_m: float) -> Floats:
    """The same marks where the far ends of both lines across the road lie farther or nearer."""
    shift = np.array([0.0, 0.0, near_m, far_m, near_m * 9.5 / 8, far_m * 9.5 / 8])
    return np.asarray(SQUARE_M + np.column_stack([np.zeros(6), shift]))


def seen(marks_m: Floats) -> Floats:
    """Their pixels from a bridge 10 m up, 15 m before the nearest."""
    tilt = np.radians(22)
    down, ahead = (0.0, -np.sin(tilt), -np.cos(tilt)), (0.0, np.cos(tilt), -np.sin(tilt))
    rotation = np.array([(1.0, 0.0, 0.0), down, ahead])
    lens = np.array([[2000.0, 0, 960], [0, 2000, 540], [0, 0, 1]])
    place = -rotation @ np.array([-4.0, -15.0, 10.0])
    to_image = lens @ np.column_stack([rotation[:, 0], rotation[:, 1], place])
    theta = theta_from_homography(to_image, 2000.0, np.array([960.0, 540.0]))
    return np.asarray(pose_of(theta).image(on_plane(marks_m)))


def lengths(marks_m: Floats) -> list[Taped]:
    """Both edges and both lines across, exactly."""
    ends = {(0, 1): True, (4, 5): True, (0, 2): False, (1, 3): False}
    return [
        Taped(ends=pair, length_m=float(np.hypot(*(marks_m[pair[0]] - marks_m[pair[1]]))), along=a)
        for pair, a in ends.items()
    ]


@settings(max_examples=4, deadline=None)
@given(near_m=st.floats(-0.15, 0.15), far_m=st.floats(-0.15, 0.15))
def test_lines_across_that_are_not_square_do_not_change_lengths_along_any_lane(
    near_m: float, far_m: float
) -> None:
    marks_m = skewed(near_m, far_m)
    survey = survey_by_tape(seen(marks_m), SQUARE_M, lengths(marks_m), SIZE)
    ground = fit_ground(survey, SIZE)
    for x_m in (-2.0, -6.0):
        ends = ground.road(seen(np.array([[x_m, 0.0], [x_m, 28.0]])))
        assert np.hypot(*(ends[1] - ends[0])) == pytest.approx(28.0, abs=0.03)


def test_an_edge_keeps_its_own_length_though_the_guess_has_it_square() -> None:
    marks_m = skewed(0.0, 0.2)
    survey = survey_by_tape(seen(marks_m), SQUARE_M, lengths(marks_m), SIZE)
    y_m = np.array([point.m[1] for point in survey.points])
    assert y_m[5] - y_m[4] == pytest.approx(28.2375, abs=0.02)


def test_the_order_of_lengths_does_not_matter() -> None:
    marks_m = skewed(-0.05, 0.1)
    one, other = (
        survey_by_tape(seen(marks_m), SQUARE_M, tapes, SIZE)
        for tapes in (lengths(marks_m), lengths(marks_m)[::-1])
    )
    assert np.allclose([p.m for p in one.points], [p.m for p in other.points], atol=1e-3)


def test_lengths_across_alone_are_no_survey() -> None:
    marks_m = skewed(0.0, 0.0)
    across = [tape for tape in lengths(marks_m) if not tape.along]
    with pytest.raises(SurveyError, match="one length along the road"):
        survey_by_tape(seen(marks_m), SQUARE_M, across, SIZE)
