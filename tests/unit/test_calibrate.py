"""What the report on a site says before a vehicle comes."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from speedcam.calibrate.appraisal import Verdict, appraise
from speedcam.calibrate.document import document
from speedcam.calibrate.forecast import error_map, forecast
from speedcam.calibrate.labels import Sheet, around, box_of
from speedcam.calibrate.overlay import arrow_scale
from speedcam.calibrate.words import facts, headline, reasons
from speedcam.drive import Run, reference_drive
from speedcam.model import Reason, Refusal, SpeedMeasurement
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


def a_drive(reading_kmh, correct=False):
    """Four runs of a vehicle that was 50 km/h fast."""
    runs = [Run(reading_kmh=reading_kmh, true_kmh=50.0, true_uncertainty_kmh=0.1)] * 4
    return reference_drive(runs, date(2026, 10, 2), correct=correct)


@pytest.mark.parametrize(
    ("drive", "said"),
    [
        (a_drive(50.0), "1.0000 ± 0.0054 times the reading: agrees; speeds are not corrected"),
        (a_drive(52.0), "DISAGREES; speeds are not corrected, their doubt holds all of"),
        (a_drive(52.0, correct=True), "0.9615 ± 0.0053 times the reading; every speed is"),
    ],
    ids=["agrees", "disagrees", "corrects"],
)
def test_a_reference_drive_is_told_with_its_date_ratio_and_effect(drive, said):
    report = appraise(replace(a_surveyed_site(), drive=drive), SIZE)
    told = dict(facts(report))["reference drive"]
    assert told.startswith("2026-10-02, 4 runs: true speed is")
    assert said in told


def test_a_reference_drive_that_disagrees_widens_what_is_foretold():
    agreeing, off = (
        appraise(replace(a_surveyed_site(), drive=a_drive(kmh)), SIZE) for kmh in (50.0, 52.0)
    )
    assert off.forecasts[0].whole_kmh > agreeing.forecasts[0].whole_kmh + 0.03 * off.limit_kmh


@pytest.mark.parametrize(
    ("drive", "verdict"),
    [
        (a_drive(50.0), Verdict.FINES),
        (a_drive(51.0), Verdict.STATISTICS),
        (a_drive(51.0, correct=True), Verdict.FINES),
    ],
    ids=["agrees", "disagrees", "corrects"],
)
def test_a_site_whose_reference_drive_disagrees_and_corrects_nothing_may_not_fine(drive, verdict):
    assert appraise(replace(a_surveyed_site(), drive=drive), SIZE).verdict is verdict


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kmh", [50.0, 90.0])
def test_a_forecast_is_what_a_real_passage_then_states(seed, kmh):
    ground = a_ground()
    told = forecast(ground, ZONE, (a_lane(left_m=0.0, right_m=3.0),), kmh, EVERY_S)
    measured = measure(a_track(kmh, noise_px=0.3, seed=seed), ground, ZONE)
    assert isinstance(measured, SpeedMeasurement)
    assert told.whole_kmh == pytest.approx(measured.uncertainty_kmh, rel=0.15)


VAGUE = a_surveyed_site(uncertainty_m=0.8, uncertainty_px=15.0)


def test_from_the_speed_that_is_told_on_vehicles_are_refused_as_too_uncertain():
    report = appraise(VAGUE, SIZE)
    assert report.refused_from_kmh is not None
    slower, faster = (
        measure(a_track(report.refused_from_kmh + more, x_m=2.0), report.ground, VAGUE.zone)
        for more in (-2, 2)
    )
    assert isinstance(slower, SpeedMeasurement)
    assert isinstance(faster, Refusal)
    assert faster.reason is Reason.TOO_UNCERTAIN


@pytest.mark.parametrize(
    ("limit_kmh", "verdict", "said"),
    [
        (20, Verdict.FINES, "This site may fine: "),
        (40, Verdict.FINES, "This site may fine, below 44 km/h: "),
        (50, Verdict.NOTHING, "This site cannot measure: "),
    ],
)
def test_a_site_that_is_too_vague_for_its_limit_cannot_measure(limit_kmh, verdict, said):
    lanes = tuple(replace(lane, limit_kmh=limit_kmh) for lane in LANES)
    report = appraise(replace(VAGUE, lanes=lanes), SIZE)
    assert report.verdict is verdict
    assert headline(report).startswith(said)
    refused = [text for kind, text in reasons(report) if kind == "refused"]
    assert [text.split(" even ")[0] for text in refused] == ["From 44 km/h on"][: limit_kmh // 40]


def test_a_camera_that_was_moved_measures_nothing():
    report = appraise(a_surveyed_site(), SIZE, moved="by 3.0 px; 1 px are allowed")
    assert report.verdict is Verdict.NOTHING
    assert "does not stand as surveyed (by 3.0 px" in next(reasons(report))[1]


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


def test_a_camera_that_tilts_does_to_speeds_what_is_told():
    site = a_surveyed_site()
    report = appraise(site, SIZE)
    tilted = tuple(replace(p, px=(p.px[0], p.px[1] - 1.0)) for p in site.survey.points)
    survey = replace(site.survey, points=tilted)
    truth = appraise(replace(site, survey=survey), SIZE)
    places = np.array([[0.0, 15.0], [0.0, 42.0]])
    # The old calibration reads a picture in which everything lies a pixel lower than it knows.
    read_m = report.ground.road(truth.ground.image(places) + np.array([0.0, 2.0]))
    assert np.diff(read_m[:, 1])[0] / 27.0 - 1 == pytest.approx(report.tilt, abs=1e-4)
    assert abs(report.tilt) > 2e-3


def test_uncertainty_is_foretold_at_the_limit_where_a_fine_begins():
    lanes = (replace(LANES[0], limit_kmh=40), replace(LANES[1], limit_kmh=60))
    report = appraise(replace(a_surveyed_site(), lanes=lanes), SIZE)
    assert [told.speed_kmh for told in report.forecasts] == [60.0, 90.0]
    assert document(report)["error_map"]["speed_kmh"] == 60


def test_the_sources_of_a_foretold_uncertainty_add_up_to_it():
    told = appraise(a_surveyed_site(), SIZE).forecasts[0]
    whole = np.linalg.norm([2 * doubt.standard_kmh for doubt in told.budget])
    assert whole == pytest.approx(told.whole_kmh)


def test_a_contradicted_survey_is_told_without_what_its_wrong_fit_would_say():
    site = a_surveyed_site()
    points = list(site.survey.points)
    points[5] = replace(points[5], m=(points[5].m[0], points[5].m[1] + 1.5))
    report = appraise(replace(site, survey=replace(site.survey, points=tuple(points))), SIZE)
    assert report.verdict is Verdict.NOTHING
    assert "survey point 5" in report.contradictions[0]
    assert not any("uncertainties explain" in caution for caution in report.cautions)
    assert not any(name.startswith("at ") for name, _ in facts(report))


def test_a_hollow_road_is_found_by_points_midway_and_may_not_fine():
    m = np.array([(x, y) for x in (-4.0, 0.0, 4.0) for y in (14.0, 20.0, 26.0, 35.0, 44.0)])
    share = (m[:, 1] - 14.0) / 30.0
    px = camera_px(m[:, 0], m[:, 1], -0.05 * 4 * share * (1 - share))
    report = appraise(replace(a_surveyed_site(), survey=a_survey(px, m)), SIZE)
    assert report.verdict is Verdict.STATISTICS
    assert "the road is not flat: midway it lies" in report.weaknesses[0]
    assert "below the line between the ends" in dict(facts(report))["flatness"]


def test_a_key_of_the_site_file_is_not_written_with_a_capital():
    site = a_surveyed_site(along=1.1, checks=(replace(a_tape(), name="survey.checks[0]"),))
    assert next(reasons(appraise(site, SIZE)))[1].startswith("survey.checks[0] was taped")


@pytest.mark.parametrize("apart", [2.0, 8.0, 40.0])
def test_no_label_covers_another_or_leaves_the_picture(apart):
    sheet = Sheet(width=300.0, height=200.0)
    placed = []
    for number in range(30):
        x, y = 10 + (number % 6) * apart, 10 + (number // 6) * apart
        centre = sheet.place(str(number), 11.0, around(x, y, str(number), 11.0, 5.0))
        placed += [box_of(str(number), 11.0, *centre)] if centre else []
    assert len(placed) >= {2.0: 3, 8.0: 13, 40.0: 30}[apart]
    assert all(box.left >= 0 and box.top >= 0 and box.right <= 300 for box in placed)
    assert not any(one.meets(two) for n, one in enumerate(placed) for two in placed[:n])


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
