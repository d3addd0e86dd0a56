"""What each check notices on the sample site: the figures of docs/calibration.md."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from speedcam.drive import Run, reference_drive
from speedcam.ground import fit_survey, ground_of
from speedcam.site import TapeCheck, load_site
from speedcam.survey_checks import contradictions, weaknesses

ROOT = Path(__file__).resolve().parents[2]
SITE = load_site(ROOT / "sample_videos" / "sun_two_way.site.toml")
SIZE = (1920, 1080)
TRUE = ground_of(fit_survey(SITE.survey, SIZE))
"""The sample's survey is exact, so that this is the road as it is."""

BARE = replace(SITE.survey, lens_height_m=None)
ENDS = replace(BARE, points=tuple(p for p in BARE.points if p.m[1] in (11.2, 36.0)))
FOUR = replace(BARE, points=tuple(BARE.points[n] for n in (0, 2, 12, 14)))
TAPED = replace(
    BARE,
    checks=(
        TapeCheck(
            name="the tape", from_px=BARE.points[0].px, to_px=BARE.points[12].px,
            distance_m=24.8, uncertainty_m=0.02,
        ),
    ),
)  # fmt: skip
FOCAL = replace(BARE, focal_px=2650.0)


def moved(survey, number, *, px=0.0, m=0.0):
    """One point found so much too low, or measured so much too far."""
    points = list(survey.points)
    (u, v), (x, y) = points[number].px, points[number].m
    points[number] = replace(points[number], px=(u, v + px), m=(x, y + m))
    return replace(survey, points=tuple(points))


def stretched(survey, along=0.0, across=0.0):
    """All distances too long by these shares."""
    return replace(
        survey,
        points=tuple(
            replace(p, m=(p.m[0] * (1 + across), p.m[1] * (1 + along))) for p in survey.points
        ),
    )


def height_m(y_m, crest_m):
    share = (y_m - 11.2) / 24.8
    return 4 * crest_m * share * (1 - share)


def on_a_crest(survey, crest_m):
    """The same points on a road that is so much higher midway; lower where negative."""
    m = np.array([point.m for point in survey.points])
    px = TRUE.image_at(m, height_m(m[:, 1], crest_m)).tolist()
    points = (replace(p, px=tuple(at)) for p, at in zip(survey.points, px, strict=True))
    return replace(survey, points=tuple(points))


def found(survey):
    """What follows: measuring refused, no fines, or nothing."""
    fitted = fit_survey(survey, SIZE)
    if any(contradictions(fitted)):
        return "refused"
    return "no fines" if any(weaknesses(fitted)) else ""


def too_fast_percent(survey, crest_m=0.0):
    """By how much a vehicle in the middle of the road is then read too fast."""
    y_m = np.linspace(SITE.zone.near_m, SITE.zone.far_m, 60)
    middle = np.column_stack([np.full_like(y_m, -3.35), y_m])
    read_m = ground_of(fit_survey(survey, SIZE)).road(TRUE.image_at(middle, height_m(y_m, crest_m)))
    return 100 * (np.polyfit(y_m, read_m[:, 1], 1)[0] - 1)


@pytest.mark.parametrize(
    ("wrong", "size", "follows", "left_percent"),
    [
        (lambda px: moved(BARE, 13, px=px), 1.7, "refused", 0.17),
        (lambda px: moved(BARE, 12, px=px), 2.0, "refused", 0.22),
        (lambda px: moved(BARE, 2, px=px), 6.6, "refused", 0.05),
        (lambda m: moved(BARE, 4, m=m), 0.062, "refused", 0.13),
        (lambda m: moved(BARE, 14, m=m), 0.22, "refused", 0.20),
        (lambda s: stretched(replace(BARE, lens_height_m=4.6), s, s), 0.035, "refused", 3.4),
        (lambda s: stretched(TAPED, s), 0.006, "refused", 0.6),
        (lambda s: stretched(FOCAL, s), 0.066, "no fines", 6.6),
        (lambda s: stretched(BARE, s), 0.15, "no fines", 14),
    ],
    ids=["13 px", "12 px", "2 px", "4 m", "14 m", "height", "tape", "focal", "cropped"],
)
def test_an_error_is_found_from_the_size_that_the_guide_states(wrong, size, follows, left_percent):
    assert found(wrong(size)) == follows
    assert found(wrong(0.9 * size)) == ""
    assert abs(too_fast_percent(wrong(0.9 * size))) <= left_percent


@pytest.mark.parametrize("survey", [BARE, replace(BARE, lens_height_m=4.6)], ids=["bare", "height"])
def test_no_point_and_no_lens_height_finds_a_survey_stretched_along_the_road(survey):
    assert found(stretched(survey, along=0.1)) == ""
    assert too_fast_percent(stretched(survey, along=0.1)) == pytest.approx(10, abs=0.1)


def test_a_focal_length_refuses_a_stretch_of_a_tenth():
    assert found(stretched(FOCAL, along=0.1)) == "refused"


@pytest.mark.parametrize(("share", "agrees"), [(0.006, True), (0.007, False)])
def test_three_runs_to_a_tenth_of_a_kmh_find_a_scale_that_is_off_by_so_much(share, agrees):
    run = Run(reading_kmh=40 * (1 + share), true_kmh=40.0, true_uncertainty_kmh=0.1)
    assert reference_drive([run] * 3, date(2026, 10, 2), correct=False).confirms is agrees


@pytest.mark.parametrize("along", [0.12, 0.15, 0.2, 0.3])
def test_a_stretch_that_passes_for_a_cropped_picture_fines_nobody(along):
    assert found(stretched(BARE, max(along, 0.15))) == "no fines"
    (weakness,) = weaknesses(fit_survey(stretched(FOCAL, along), SIZE))
    assert weakness.startswith("the picture seems to be cut out of a larger one")
    assert found(stretched(replace(FOCAL, checks=TAPED.checks), along)) == "refused"


CROPPED = replace(BARE, points=tuple(replace(p, px=(p.px[0], p.px[1] - 320)) for p in BARE.points))
"""The same picture without 420 px on the right and 320 px at the top."""


def a_tape(a, b, distance_m, uncertainty_m=0.02):
    """Between two points of the cropped picture."""
    from_px, to_px = (CROPPED.points[n].px for n in (a, b))
    return TapeCheck(
        name="the tape", from_px=from_px, to_px=to_px, distance_m=distance_m,
        uncertainty_m=uncertainty_m,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tapes", "weak"),
    [
        ((), True),
        ((a_tape(0, 12, 24.8),), False),
        ((a_tape(0, 2, 7.0),), True),
        ((a_tape(0, 12, 24.8, uncertainty_m=0.2),), True),
    ],
    ids=["no tape", "along", "across", "vague"],
)
def test_a_cropped_picture_may_fine_where_a_tape_tells_that_it_is_not_stretched(tapes, weak):
    fitted = fit_survey(replace(CROPPED, checks=tapes), (1500, 760))
    assert fitted.fit.cropped
    assert not any(contradictions(fitted))
    assert any(weaknesses(fitted)) is weak


@pytest.mark.parametrize("crest_m", [0.027, -0.027], ids=["crest", "hollow"])
def test_points_midway_find_a_bent_road_and_follow_one_that_they_do_not_find(crest_m):
    assert found(on_a_crest(BARE, crest_m)) == "no fines"
    less_m = 0.9 * crest_m
    assert found(on_a_crest(BARE, less_m)) == ""
    assert abs(too_fast_percent(on_a_crest(BARE, less_m), less_m)) < 0.05


@pytest.mark.parametrize("crest_m", [0.035, -0.035], ids=["crest", "hollow"])
def test_a_bent_road_passes_for_a_cropped_picture_until_it_is_proven_bent(crest_m):
    bent, less = (
        weaknesses(fit_survey(on_a_crest(BARE, c), SIZE)) for c in (crest_m, 0.9 * crest_m)
    )
    assert [text.split(":")[0] for text in bent] == ["the road is not flat"]
    assert [text.split(":")[0] for text in less] == [
        "the picture seems to be cut out of a larger one"
    ]


@pytest.mark.parametrize(("crest_m", "percent"), [(0.05, 0.61), (-0.05, -0.60)])
def test_points_at_the_ends_alone_do_not_find_a_bent_road(crest_m, percent):
    survey = on_a_crest(ENDS, crest_m)
    assert found(survey) == ""
    assert too_fast_percent(survey, crest_m) == pytest.approx(percent, abs=0.01)


def test_four_points_find_no_wrong_one_among_them_and_never_fine():
    slipped = moved(FOUR, 3, px=1.0)
    assert found(slipped) == "no fines"
    assert not any(contradictions(fit_survey(moved(FOUR, 3, px=10.0), SIZE)))
    assert too_fast_percent(slipped) == pytest.approx(0.26, abs=0.01)
