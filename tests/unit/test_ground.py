from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.drive import Run, reference_drive
from speedcam.errors import SurveyError
from speedcam.ground import fit_ground
from speedcam.site import TapeCheck
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


def a_grid(along=1.0, across=1.0):
    """Pixels of twelve points, and their metres as a wrong tape would have them."""
    m = np.array([(x, y) for x in (-4.0, 0.0, 4.0) for y in (14.0, 22.0, 32.0, 44.0)])
    return camera_px(m[:, 0], m[:, 1]), m * [across, along]


def test_the_lens_follows_from_the_survey(ground):
    x, y, z = ground.lens_m
    assert (x, y, z) == pytest.approx((0.0, 0.0, 6.0), abs=0.01)
    assert float(ground.pose.focal_px) == pytest.approx(2600, rel=1e-3)


@given(x=st.floats(-4, 4), y=st.floats(14, 44), height=st.floats(0, 3))
def test_what_stands_above_the_road_is_seen_where_it_is(ground, x, y, height):
    px = camera_px(np.array([x]), np.array([y]), height)
    np.testing.assert_allclose(ground.image_at(np.array([[x, y]]), height), px, atol=0.05)


@pytest.mark.parametrize("k1", [-0.3, -0.1, 0.05])
def test_a_lens_that_bends_is_recognised(k1):
    m = np.array([(x, y) for x in (-4.0, -1.0, 1.0, 4.0) for y in (15.0, 20.0, 28.0, 38.0)])
    bent = bent_by(k1, camera_px(m[:, 0], m[:, 1]))
    bulging = fit_ground(a_survey(bent, m), (1920, 1080))
    assert float(bulging.pose.k1) == pytest.approx(k1, abs=0.03)
    between = np.array([[-2.5, 17.0], [2.0, 30.0]])
    px = bent_by(k1, camera_px(between[:, 0], between[:, 1]))
    np.testing.assert_allclose(bulging.road(px), between, atol=0.01)


def bent_by(k1, px):
    flat = (px - [960, 540]) / 2600
    return 2600 * flat * (1 + k1 * np.sum(flat**2, axis=1, keepdims=True)) + [960, 540]


def test_distances_that_are_all_too_long_contradict_the_lens_height():
    px, m = a_grid(along=1.08, across=1.08)
    survey = replace(a_survey(px, m), lens_height_m=6.0)
    with pytest.raises(SurveyError, match=r"stated to be 6 m .* by the surveyed points it is 6\.4"):
        fit_ground(survey)
    fit_ground(replace(a_survey(*a_grid()), lens_height_m=6.0))


def test_distances_too_long_along_the_road_contradict_the_focal_length():
    survey = replace(a_survey(*a_grid(along=1.12)), focal_px=2600.0)
    with pytest.raises(SurveyError, match="focal length is stated to be 2600 px"):
        fit_ground(survey, (1920, 1080))
    fit_ground(replace(a_survey(*a_grid()), focal_px=2600.0), (1920, 1080))


def test_a_focal_length_that_is_not_quite_right_fines_nobody():
    survey = replace(a_survey(*a_grid(along=1.08)), focal_px=2600.0)
    (weakness,) = fit_ground(survey, (1920, 1080)).weaknesses
    assert "focal length is stated to be 2600 px" in weakness
    honest = replace(a_survey(*a_grid()), focal_px=2600.0)
    assert not fit_ground(honest, (1920, 1080)).weaknesses


def test_distances_too_long_along_the_road_contradict_a_taped_one():
    px, m = a_grid(along=1.02)
    tape = TapeCheck(
        name="the tape",
        from_px=tuple(px[0]),
        to_px=tuple(px[3]),
        distance_m=30.0,
        uncertainty_m=0.02,
    )
    with pytest.raises(SurveyError, match=r"the tape was taped as 30 m, and .* it is 30\.6"):
        fit_ground(replace(a_survey(px, m), checks=(tape,)))
    fit_ground(replace(a_survey(*a_grid()), checks=(tape,)))


def test_a_reference_drive_that_corrects_moves_the_metres_along_the_road():
    px, m = a_grid(along=0.98)
    runs = [Run(reading_kmh=49.0, true_kmh=50.0, true_uncertainty_kmh=0.1)] * 4
    drive = reference_drive(runs, date(2026, 10, 2), correct=True)
    corrected = fit_ground(a_survey(px, m), None, drive)
    true = a_grid()[1]
    np.testing.assert_allclose(corrected.road(px)[:, 0], true[:, 0], atol=0.01)
    np.testing.assert_allclose(np.diff(corrected.road(px)[:, 1]), np.diff(true[:, 1]), atol=0.02)
    np.testing.assert_allclose(corrected.image(corrected.road(px)), px, atol=1e-6)
    told = reference_drive(runs, date(2026, 10, 2), correct=False)
    np.testing.assert_allclose(fit_ground(a_survey(px, m), None, told).road(px), m, atol=0.01)


def test_a_reference_drive_that_disagrees_fines_nobody_unless_it_corrects():
    runs = [Run(reading_kmh=49.0, true_kmh=50.0, true_uncertainty_kmh=0.1)] * 4
    told, corrected = (
        fit_ground(
            a_survey(*a_grid()), None, reference_drive(runs, date(2026, 10, 2), correct=correct)
        )
        for correct in (False, True)
    )
    (weakness,) = told.weaknesses
    assert weakness.startswith(
        "in the reference drive of 2026-10-02 true speeds were 1.0204 ± 0.0054 (k = 2) times the "
    )
    assert "`correct = true`" in weakness
    assert not corrected.weaknesses


def test_three_points_are_no_road_plane():
    m = np.array([[0.0, 10.0], [3.0, 10.0], [0.0, 30.0]])
    with pytest.raises(SurveyError, match="at least 4"):
        fit_ground(a_survey(camera_px(m[:, 0], m[:, 1]), m))


def test_points_on_one_line_are_no_road_plane():
    m = np.array([[0.0, y] for y in (10.0, 20.0, 30.0, 40.0, 50.0)])
    with pytest.raises(SurveyError, match="one line"):
        fit_ground(a_survey(camera_px(m[:, 0], m[:, 1]), m))
