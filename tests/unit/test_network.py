"""Marks that only lengths tell: where they lie among one another, and how they err together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from speedcam.budget import contact_budget
from speedcam.errors import SurveyError
from speedcam.ground import Ground, fit_ground
from speedcam.line import fit_line
from speedcam.model import Floats, Sample
from speedcam.network import LOOSE_M, Network, free_network
from speedcam.pose import on_plane, pose_of, slopes
from speedcam.pose_fit import fit_camera
from tests.builders_camera import a_ground, a_survey, camera_px

TAPE_M = 0.02
MARKS_M = np.array([(x, y) for x in (-4.0, 4.0) for y in (14.0, 24.0, 34.0, 44.0)])
PAIRS = np.array([(i, j) for i in range(8) for j in range(i) if np.ptp(MARKS_M[[i, j], 1]) < 11])
"""Lengths of both edges, and across and aslant between neighbours."""


def lengths(marks_m: Floats) -> Floats:
    return np.asarray(np.hypot(*(marks_m[PAIRS[:, 0]] - marks_m[PAIRS[:, 1]]).T))


def adjusted(taped_m: Floats, near_m: Floats = MARKS_M) -> Network:
    return free_network(lambda m: (lengths(m) - taped_m) / TAPE_M, near_m)


@pytest.fixture(scope="module")
def repeated() -> Floats:
    """``(400, 16)`` networks, each taped anew."""
    rng = np.random.default_rng(7)
    true_m = lengths(MARKS_M)
    found = [adjusted(true_m + TAPE_M * rng.normal(size=len(PAIRS))).m for _ in range(400)]
    return np.array(found).reshape(400, -1)


def test_marks_taped_again_and_again_scatter_as_the_covariance_says(repeated: Floats) -> None:
    stated = adjusted(lengths(MARKS_M)).covariance_m2
    found = np.cov(repeated.T)
    size = np.sqrt(np.diag(stated))
    # 400 repeats leave a correlation in doubt by 0.05, standard.
    assert np.abs((found - stated) / np.outer(size, size)).max() < 0.2
    assert np.trace(found) == pytest.approx(np.trace(stated), rel=0.06)


def test_neighbours_err_together(repeated: Floats) -> None:
    """Marks 0 and 1 follow each other along an edge."""
    y_m = repeated[:, 1::2]
    stated = adjusted(lengths(MARKS_M)).covariance_m2[1::2, 1::2]
    alone = np.sqrt(stated[0, 0] + stated[1, 1])
    together = np.sqrt(stated[0, 0] + stated[1, 1] - 2 * stated[0, 1])
    assert np.std(y_m[:, 0] - y_m[:, 1]) == pytest.approx(together, rel=0.1)
    assert together < 0.9 * alone


def test_where_a_network_lies_and_how_it_is_turned_changes_no_length_and_no_doubt_of_one() -> None:
    turn = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    one, other = (adjusted(lengths(MARKS_M), near) for near in (MARKS_M, MARKS_M @ turn.T + 30))
    both = np.kron(np.eye(8), turn)
    assert np.allclose(lengths(one.m), lengths(other.m), atol=1e-6)
    assert np.allclose(both @ one.covariance_m2 @ both.T, other.covariance_m2, atol=1e-8)


def test_a_mark_that_nothing_joins_is_left_where_it_was_and_said_to_be_anywhere() -> None:
    near_m = np.vstack([MARKS_M, [[9.0, 20.0]]])
    network = free_network(lambda m: (lengths(m[:8]) - lengths(MARKS_M)) / TAPE_M, near_m)
    assert np.allclose(network.m, near_m, atol=1e-6)
    assert np.sqrt(np.diag(network.covariance_m2))[-2:].min() > 0.5 * LOOSE_M


def survey_doubt(ground: Ground) -> float:
    """Relative, of a vehicle that drives through."""
    time_s, y_m = np.linspace(0, 1.5, 30), np.linspace(15, 43, 30)
    px = camera_px(np.full(30, 1.0), y_m)
    line = fit_line(time_s, y_m, np.ones(30))
    used = [
        Sample(frame_index=i, time_s=t, u_px=u, v_px=v, x_m=1.0, y_m=y)
        for i, (t, y, (u, v)) in enumerate(zip(time_s, y_m, px, strict=True))
    ]
    budget = contact_budget(line, used, np.ones(30), ground)
    return budget[1].standard_kmh / (abs(line.speed_m_s) * 3.6)


def a_taped_ground(scale: float, uncertainty_m: float = 1e-4) -> Ground:
    px = camera_px(*MARKS_M.T)
    survey = a_survey(px, MARKS_M, uncertainty_px=0.01, uncertainty_m=uncertainty_m)
    return fit_ground(replace(survey, uncertainty_scale=scale))


def test_a_common_scale_alone_is_the_doubt_of_every_speed() -> None:
    ground = a_taped_ground(scale=0.01)
    roads = ground.roads(camera_px(np.array([-3.0, 3.0, 0.0]), np.array([15.0, 20.0, 43.0])))
    ways = np.hypot(*np.diff(roads, axis=1).T)
    factors = ways / ways.mean(axis=1, keepdims=True)
    assert np.allclose(factors[0], factors[1], rtol=2e-3), "one factor for all that is measured"
    # A standard deviation of 40 is known to 11 %.
    assert survey_doubt(ground) == pytest.approx(0.01, rel=0.3)
    assert survey_doubt(ground) == pytest.approx(np.std(factors[1], ddof=1), rel=0.02)


def test_a_common_scale_changes_no_speed() -> None:
    with_it, without = a_taped_ground(scale=0.01), a_taped_ground(scale=0.0)
    assert np.array_equal(with_it.pose.lens_m, without.pose.lens_m)


def test_a_common_scale_adds_to_what_else_is_in_doubt() -> None:
    alone, both = (survey_doubt(a_taped_ground(s, uncertainty_m=0.1)) for s in (0.0, 0.01))
    assert both == pytest.approx(np.hypot(alone, 0.01), rel=0.2)


def test_points_that_err_each_by_themselves_are_weighed_alike_in_either_form() -> None:
    px = camera_px(*MARKS_M.T) + np.random.default_rng(3).normal(0, 0.3, (8, 2))
    apart = a_survey(px, MARKS_M)
    independent = tuple(map(tuple, (apart.uncertainty_m**2 * np.eye(16)).tolist()))
    together = replace(apart, covariance_m2=independent)
    one, other = fit_ground(apart), fit_ground(together)
    assert one.lens_m == pytest.approx(other.lens_m, abs=1e-4)
    assert survey_doubt(one) == pytest.approx(survey_doubt(other), rel=0.4)


def test_the_fit_doubts_a_length_as_camera_and_network_adjusted_together_do() -> None:
    """Weighing marks by their covariance is adjusting them along (Aitken's theorem)."""
    px, taped_m = camera_px(*MARKS_M.T), lengths(MARKS_M)
    covariance = adjusted(taped_m).covariance_m2
    survey = replace(a_survey(px, MARKS_M), covariance_m2=tuple(map(tuple, covariance.tolist())))
    fit = fit_camera(survey, px, MARKS_M, (1920, 1080))
    ends = camera_px(np.array([1.0, 1.0]), np.array([15.0, 43.0]))

    def way_m(theta: Floats) -> Floats:
        return np.asarray(np.hypot(*np.diff(pose_of(theta).plane(ends), axis=-2).T)).T

    def all_together(unknown: Floats) -> Floats:
        theta, m = unknown[:10], unknown[10:].reshape(-1, 2)
        camera = (theta[6:] - fit.sightings.prior_mean) / fit.sightings.prior_sd
        seen = (pose_of(theta).image(on_plane(m)) - px).ravel() / survey.uncertainty_px
        datum = 1e4 * np.array([m[0, 0], m[0, 1], m[3, 0]])
        return np.concatenate([seen, camera, (lengths(m) - taped_m) / TAPE_M, datum])

    here = np.concatenate([fit.theta, MARKS_M.ravel()])
    steps = 1e-6 * np.eye(len(here))
    slope = np.array([all_together(here + s) - all_together(here - s) for s in steps]).T / 2e-6
    joint = np.linalg.inv(slope.T @ slope)[:10, :10]
    own = slopes(fit.sightings.residuals, fit.theta)
    gradient = slopes(way_m, fit.theta)[0]
    doubt_m = np.sqrt(gradient @ np.linalg.inv(own.T @ own) @ gradient)
    assert doubt_m == pytest.approx(np.sqrt(gradient @ joint @ gradient), rel=0.01)


def test_a_point_found_wrongly_is_named_also_where_points_err_together() -> None:
    px = camera_px(*MARKS_M.T)
    px[5] += (0.0, 25.0)
    covariance = adjusted(lengths(MARKS_M)).covariance_m2
    survey = replace(a_survey(px, MARKS_M), covariance_m2=tuple(map(tuple, covariance.tolist())))
    with pytest.raises(SurveyError, match="survey point 5"):
        fit_ground(survey)


def test_a_survey_of_points_alone_states_the_doubt_that_it_always_stated() -> None:
    stated = (0.008676097, 0.360000880, 0.085230509)
    assert a_ground().lens_uncertainty_m == pytest.approx(stated, rel=1e-6)
