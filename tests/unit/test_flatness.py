import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speedcam.errors import SurveyError
from speedcam.flatness import flatness
from speedcam.ground import fit_ground, fit_survey
from tests.builders_camera import a_survey, camera_px


def surveyed(bump_m, rows=(14.0, 22.0, 32.0, 44.0), seed=None):
    """A survey of a road whose middle lies ``bump_m`` above the chord between its ends."""
    m = np.array([(x, y) for x in (-4.0, 0.0, 4.0) for y in rows])
    share = (m[:, 1] - rows[0]) / (rows[-1] - rows[0])
    px = camera_px(m[:, 0], m[:, 1], bump_m * 4 * share * (1 - share))
    if seed is not None:
        px = px + np.random.default_rng(seed).normal(0, 0.3, px.shape)
    return a_survey(px, m)


@settings(max_examples=10)
@given(bump_m=st.floats(-0.1, 0.1))
def test_a_crest_or_a_hollow_is_measured(bump_m):
    road = flatness(fit_survey(surveyed(bump_m), (1920, 1080)).fit)
    assert road.bump_m == pytest.approx(bump_m, abs=0.01 + 0.1 * abs(bump_m))
    assert road.is_told


@pytest.mark.parametrize("seed", range(5))
def test_a_flat_road_is_not_called_bent(seed):
    assert not flatness(fit_survey(surveyed(0.0, seed=seed), (1920, 1080)).fit).is_bent


def test_points_at_both_ends_alone_tell_nothing_of_the_middle():
    assert not flatness(fit_survey(surveyed(0.05, (14.0, 44.0), seed=1), (1920, 1080)).fit).is_told


@pytest.mark.parametrize(("bump_m", "word"), [(0.05, "higher"), (-0.05, "lower")])
def test_a_road_that_is_not_flat_fines_nobody(bump_m, word):
    (weakness,) = fit_ground(surveyed(bump_m), (1920, 1080)).weaknesses
    assert f"cm) {word} than its ends say" in weakness


def test_a_hollow_too_shallow_to_be_proven_looks_like_a_cropped_picture_and_fines_nobody():
    (weakness,) = fit_ground(surveyed(-0.035), (1920, 1080)).weaknesses
    assert weakness.startswith("the picture seems to be cut out of a larger one")
    assert "so may a road that is not flat" in weakness
    assert not fit_ground(surveyed(-0.02), (1920, 1080)).weaknesses


def test_a_road_that_is_anything_but_flat_is_not_measured_on():
    with pytest.raises(SurveyError, match=r"survey point \d+ .* the road is not flat: midway"):
        fit_ground(surveyed(0.15), (1920, 1080))


def test_four_points_and_five_fine_nobody():
    m = np.array([[-4.0, 14.0], [4.0, 14.0], [-4.0, 44.0], [4.0, 44.0], [0.0, 25.0], [0.0, 35.0]])
    px = camera_px(m[:, 0], m[:, 1])
    weak = [fit_ground(a_survey(px[:n], m[:n]), (1920, 1080)).weaknesses for n in (4, 5, 6)]
    assert [len(each) for each in weak] == [1, 1, 0]
    assert "the survey has 4 points" in weak[0][0]
