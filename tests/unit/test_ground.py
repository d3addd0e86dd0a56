import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.errors import SurveyError
from speedcam.ground import fit_ground
from tests.builders_camera import a_ground, a_survey, camera_px


@pytest.fixture(scope="module")
def ground():
    return a_ground()


def test_a_surveyed_point_maps_to_its_place_and_back(ground):
    m = np.array([[1.0, 18.0], [-3.0, 40.0]])
    px = camera_px(m[:, 0], m[:, 1])
    np.testing.assert_allclose(ground.road(px), m, atol=1e-3)
    np.testing.assert_allclose(ground.image(m), px, atol=0.02)


@given(x=st.floats(-5, 5), y=st.floats(12, 60))
def test_to_the_image_and_back_is_where_it_was(ground, x, y):
    np.testing.assert_allclose(ground.road(ground.image(np.array([[x, y]])))[0], [x, y], atol=1e-6)


def test_an_exact_survey_has_no_residual(ground):
    assert ground.rms_m < 1e-4


def test_a_point_measured_wrongly_is_named_unless_the_survey_owns_up_to_such_errors():
    m = np.array([(x, y) for x in (-4.0, 0.0, 4.0) for y in (14.0, 22.0, 32.0, 44.0)])
    px = camera_px(m[:, 0], m[:, 1])
    m[5, 1] += 0.3
    with pytest.raises(SurveyError, match=r"survey point 5 .* lies 0\.\d\d m from"):
        fit_ground(a_survey(px, m))
    assert fit_ground(a_survey(px, m, uncertainty_m=0.2)).rms_m > 0.03


def test_a_vaguer_survey_states_a_wider_doubt():
    px = camera_px(np.array([0.0]), np.array([30.0]))
    spread = [np.std(a_ground(uncertainty_m=u).roads(px)[:, 0, 1]) for u in (0.005, 0.02, 0.08)]
    assert spread == sorted(spread)


def test_the_same_survey_states_the_same_doubt():
    px = camera_px(np.array([0.0, 3.0]), np.array([30.0, 20.0]))
    np.testing.assert_array_equal(a_ground().roads(px), a_ground().roads(px))


def test_three_points_are_no_road_plane():
    m = np.array([[0.0, 10.0], [3.0, 10.0], [0.0, 30.0]])
    with pytest.raises(SurveyError, match="at least 4"):
        fit_ground(a_survey(camera_px(m[:, 0], m[:, 1]), m))


def test_points_on_one_line_are_no_road_plane():
    m = np.array([[0.0, y] for y in (10.0, 20.0, 30.0, 40.0, 50.0)])
    with pytest.raises(SurveyError, match="one line"):
        fit_ground(a_survey(camera_px(m[:, 0], m[:, 1]), m))
