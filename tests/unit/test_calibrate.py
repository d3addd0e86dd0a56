"""What the report on a site says before a vehicle comes."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from speedcam.calibrate.appraisal import Verdict, appraise
from speedcam.calibrate.forecast import error_map, forecast
from speedcam.calibrate.overlay import arrow_scale
from speedcam.calibrate.words import document, reasons
from speedcam.drive import Run, reference_drive
from speedcam.model import SpeedMeasurement
from speedcam.site import TapeCheck, Zone
from speedcam.speed import measure
from tests.builders_camera import ZONE, a_ground, a_survey, a_track, camera_px
from tests.builders_site import a_lane, a_site

SIZE = (1920, 1080)
EVERY_S = 0.04
LANES = (a_lane(left_m=-4.0, right_m=0.0), a_lane(name="2", left_m=0.0, right_m=4.0))


def a_surveyed_site(along=1.0, noise_px=0.0, **survey):
    """A site on that camera's road; ``along`` times too long by a wrong tape."""
    m = np.array([(x, y) for x in (-4.0, 0.0, 4.0) for y in (14.0, 22.0, 32.0, 44.0)])
    px = camera_px(m[:, 0], m[:, 1]) + np.random.default_rng(2).normal(0, noise_px, m.shape)
    points = replace(a_survey(px, m * [1.0, along]), **survey)
    return a_site(survey=points, zone=Zone(near_m=15.0, far_m=42.0), lanes=LANES)


def a_tape(px_of=((-4.0, 14.0), (-4.0, 44.0)), m=30.0):
    ends = camera_px(*np.array(px_of).T)
    return TapeCheck(
        name="the tape", from_px=tuple(ends[0]), to_px=tuple(ends[1]), distance_m=m,
        uncertainty_m=0.02,
    )  # fmt: skip


def cautions(site):
    return " ".join(appraise(site, SIZE).cautions)


def test_a_sound_site_may_fine():
    sound = appraise(a_surveyed_site(checks=(a_tape(),)), SIZE)
    assert sound.verdict is Verdict.FINES
    assert list(reasons(sound)) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"certificate": None}, "no certificate"),
        ({"signs_checked_on": None}, "warning signs"),
        ({"signs_checked_on": date(2026, 12, 1)}, "after the footage"),
    ],
    ids=["certificate", "signs", "signs later"],
)
def test_what_the_office_would_miss_is_told_before_anybody_drives(changes, said):
    report = appraise(replace(a_surveyed_site(), **changes), SIZE)
    assert report.verdict is Verdict.STATISTICS
    assert said in " ".join(report.weaknesses)


def test_a_survey_stretched_along_the_road_measures_nothing_where_a_tape_tells():
    report = appraise(a_surveyed_site(along=1.1, checks=(a_tape(),)), SIZE)
    assert report.verdict is Verdict.NOTHING
    assert "was taped as 30 m, and by the surveyed points it is 33" in report.contradictions[0]


def test_a_scale_that_nothing_checks_is_told():
    words = "nothing checks the scale along the road"
    assert words in cautions(a_surveyed_site(along=1.1))
    across = a_tape(((-4.0, 14.0), (4.0, 14.0)), 8.0)
    assert words in cautions(a_surveyed_site(checks=(across,)))
    assert words not in cautions(a_surveyed_site(checks=(a_tape(),)))
    assert words not in cautions(a_surveyed_site(focal_px=2600.0))


def test_a_reference_drive_that_disagrees_is_told():
    runs = [Run(reading_kmh=52.0, true_kmh=50.0, true_uncertainty_kmh=0.1)] * 4
    drive = reference_drive(runs, date(2026, 10, 2), correct=False)
    assert "true speeds were 0.96" in cautions(replace(a_surveyed_site(), drive=drive))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kmh", [50.0, 90.0])
def test_a_forecast_is_what_a_real_passage_then_states(seed, kmh):
    ground = a_ground()
    told = forecast(ground, ZONE, (a_lane(left_m=0.0, right_m=3.0),), kmh, EVERY_S)
    measured = measure(a_track(kmh, noise_px=0.3, seed=seed), ground, ZONE)
    assert isinstance(measured, SpeedMeasurement)
    assert told.whole_kmh == pytest.approx(measured.uncertainty_kmh, rel=0.15)


def test_a_vaguer_survey_forecasts_a_wider_doubt_everywhere():
    fine, vague = (error_map(a_ground(uncertainty_m=u), ZONE, LANES).relative for u in (0.01, 0.1))
    assert (vague > fine).all()


def test_a_point_that_slips_shows_in_its_own_row():
    site = a_surveyed_site()
    points = list(site.survey.points)
    u, v = points[5].px
    points[5] = replace(points[5], px=(u, v + 3.0))
    slipped = appraise(replace(site, survey=replace(site.survey, points=tuple(points))), SIZE)
    worst = max(slipped.points, key=lambda point: abs(point.left_out_m[1]))
    assert worst is slipped.points[5]
    assert worst.off_px[1] > 1.0


def test_a_slip_of_one_pixel_does_to_speeds_what_the_table_says():
    site = a_surveyed_site()
    before = appraise(site, SIZE)
    points = list(site.survey.points)
    u, v = points[3].px
    points[3] = replace(points[3], px=(u, v + 1.0))
    after = appraise(replace(site, survey=replace(site.survey, points=tuple(points))), SIZE)
    ends = before.ground.image(np.array([[0.0, 15.0], [0.0, 42.0]]))
    length_m = float(np.diff(after.ground.road(ends)[:, 1])[0])
    assert length_m / 27.0 - 1 == pytest.approx(before.points[3].slip, abs=1e-4)
    assert abs(before.points[3].slip) > 2e-4


def test_arrows_are_as_long_as_can_be_seen_and_absent_where_nothing_is_off():
    assert arrow_scale(appraise(a_surveyed_site(), SIZE), 1920) == 0
    noisy = appraise(a_surveyed_site(noise_px=0.3), SIZE)
    longest = max(np.hypot(*point.off_px) for point in noisy.points)
    assert 0.02 * 1920 < arrow_scale(noisy, 1920) * longest <= 0.06 * 1920


def test_the_document_is_plain_json_and_the_same_every_time():
    first, second = (
        json.dumps(document(appraise(a_surveyed_site(), SIZE)), allow_nan=False) for _ in range(2)
    )
    assert first == second
    assert json.loads(first)["may_fine"] is True
