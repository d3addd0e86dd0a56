"""The uncertainty budget: every component is there, and their squares make the whole."""

from dataclasses import replace
from datetime import date

import pytest

from speedcam.anchors import anchor_by_plate
from speedcam.budget import expanded_kmh, own_kmh, shared, standard_kmh
from speedcam.drive import Run, reference_drive
from speedcam.model import Doubt, Grade
from speedcam.speed import measure
from tests.builders_camera import (
    ZONE,
    a_ground,
    a_track,
    plate_sightings,
)


def reading(**track):
    return measure(a_track(72, from_m=15.0, **track), a_ground(), ZONE)


def test_the_stated_uncertainty_is_twice_the_root_of_the_squares():
    measured = reading(noise_px=0.3)
    assert measured.uncertainty_kmh == pytest.approx(expanded_kmh(measured.budget))
    assert {doubt.name for doubt in measured.budget} == {
        "fit", "survey", "contact height", "road flatness", "edge blur", "clock",
    }  # fmt: skip


def test_what_two_anchors_share_is_not_averaged_away():
    contact = reading()
    both = anchor_by_plate(contact, plate_sightings(72), a_ground())
    assert both.grade is Grade.A
    assert both.uncertainty_kmh == pytest.approx(expanded_kmh(both.budget))
    assert standard_kmh(shared(both.budget)) == pytest.approx(standard_kmh(shared(contact.budget)))
    assert own_kmh(both.budget) < own_kmh(contact.budget)


def test_anchors_that_are_apart_leave_more_doubt():
    contact = reading()
    agreeing, apart = (
        anchor_by_plate(contact, plate_sightings(kmh), a_ground()) for kmh in (72, 73.4)
    )
    assert apart.uncertainty_kmh > agreeing.uncertainty_kmh


def test_a_worse_survey_makes_every_speed_more_doubtful():
    doubts = [
        next(d.standard_kmh for d in measured.budget if d.name == "survey")
        for measured in (
            measure(a_track(72), a_ground(uncertainty_m=m), ZONE) for m in (0.005, 0.02, 0.05)
        )
    ]
    assert doubts == sorted(doubts)
    assert doubts[0] < doubts[-1] / 3


def test_no_component_makes_the_whole_smaller():
    whole = reading().budget
    more = (*whole, Doubt(name="something else", standard_kmh=0.1))
    assert expanded_kmh(more) > expanded_kmh(whole)
    assert expanded_kmh([replace(d, standard_kmh=0.0) for d in whole]) == 0.0


def test_a_drive_that_corrects_moves_the_speed_and_states_its_own_doubt():
    runs = [Run(reading_kmh=49.0, true_kmh=50.0, true_uncertainty_kmh=0.2)] * 4
    ground = a_ground()
    plain = measure(a_track(54), ground, ZONE)
    corrected, told = (
        measure(
            a_track(54),
            replace(ground, drive=reference_drive(runs, date(2026, 10, 2), correct=correct)),
            ZONE,
        )
        for correct in (True, False)
    )
    assert corrected.speed_kmh == pytest.approx(54 * 50 / 49, rel=1e-3)
    assert told.speed_kmh == pytest.approx(plain.speed_kmh)
    # Left uncorrected, what the runs show stays in every speed, and is doubted in full.
    assert told.uncertainty_kmh > 2 * 54 / 50 > corrected.uncertainty_kmh > plain.uncertainty_kmh
