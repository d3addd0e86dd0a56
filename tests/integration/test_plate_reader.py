"""The reader with its real models, on drawn plates."""

import math
from dataclasses import replace

import numpy as np
import pytest

from speedcam.adapters.plates import RapidPlateReader
from speedcam.model import PlateReading, Reason
from speedcam.plate import Outcome, outcome, vote, width_px
from speedcam.ports import Look
from tests.builders_plates import a_drawn_plate, a_frame

TEXTS = ["AB 123 CD", "KR 508 TL", "EH 946 NZ", "MP 277 XV"]


@pytest.fixture(scope="module")
def reader():
    return RapidPlateReader()


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("yaw_deg", [-18, 4, 22])
def test_a_plate_of_100_px_is_read_exactly(reader, text, yaw_deg):
    drawn = a_drawn_plate(text, yaw_deg=yaw_deg)
    sighting = reader.read(drawn.frame, drawn.vehicle)
    assert sighting.text == text.replace(" ", "")
    assert len(sighting.character_confidence) == len(sighting.text)
    assert all(0 <= sure <= 1 for sure in sighting.character_confidence)


@pytest.mark.parametrize("width", [70, 100, 130])
def test_corners_and_white_edges_are_where_they_are(reader, width):
    drawn = a_drawn_plate(width_px=width)
    sighting = reader.read(drawn.frame, drawn.vehicle)
    assert np.abs(np.array(sighting.corners_px) - drawn.corners_px).max() < 0.06 * width
    assert math.dist(*sighting.white_edges_px) == pytest.approx(drawn.white_width_px, rel=0.008)


def test_several_frames_make_a_reading(reader):
    drawn = [a_drawn_plate("KR 508 TL", width_px=90, seed=seed, noise=4) for seed in range(3)]
    sightings = [
        reader.read(replace(one.frame, index=index), one.vehicle) for index, one in enumerate(drawn)
    ]
    reading = vote(sightings)
    assert isinstance(reading, PlateReading)
    assert (reading.text, reading.repaired) == ("KR508TL", False)


def test_a_plate_of_40_px_is_refused(reader):
    drawn = [a_drawn_plate("KR 508 TL", width_px=40, seed=seed) for seed in range(3)]
    sightings = [reader.read(one.frame, one.vehicle) for one in drawn]
    found = [sighting for sighting in sightings if sighting is not None]
    assert all(width_px(sighting) < 60 for sighting in found)
    assert vote(found).reason in {Reason.PLATE_TOO_SMALL, Reason.PLATE_NOT_FOUND}


def test_a_plate_smeared_beyond_reading_is_refused(reader):
    drawn = [
        a_drawn_plate("KR 508 TL", width_px=70, seed=seed, smear_px=14, blur_px=1.5)
        for seed in range(4)
    ]
    sightings = [reader.read(one.frame, one.vehicle) for one in drawn]
    found = [sighting for sighting in sightings if sighting is not None]
    assert not isinstance(vote(found), PlateReading)


def test_figures_smeared_by_motion_lose_their_confidence(reader):
    # Six pixels are 0.45 of the letters' height here: 8 and 9 would be read as a sure 0.
    drawn = a_drawn_plate("PL 811 XD", width_px=90, smear_px=6)
    sighting = reader.read(drawn.frame, drawn.vehicle)
    assert max(sighting.character_confidence, default=0.0) <= 0.3


def test_no_plate_is_none(reader):
    drawn = a_drawn_plate(plate=False)
    assert reader.read(drawn.frame, drawn.vehicle) is None


@pytest.mark.parametrize("size", [(1, 1), (8, 400), (400, 8)])
def test_a_box_too_small_to_hold_a_plate_is_none(reader, size):
    drawn = a_drawn_plate()
    box = replace(drawn.vehicle, right=150 + size[0], bottom=90 + size[1])
    assert reader.read(drawn.frame, box) is None


def test_a_box_that_leaves_the_picture_is_no_fault(reader):
    drawn = a_drawn_plate("AB 123 CD")
    box = replace(drawn.vehicle, left=-50, bottom=600, right=900)
    assert reader.read(drawn.frame, box).text == "AB123CD"


def test_the_same_frame_gives_the_same_sighting(reader):
    drawn = a_drawn_plate()
    assert reader.read(drawn.frame, drawn.vehicle) == reader.read(drawn.frame, drawn.vehicle)


def test_pure_noise_spells_no_plate(reader):
    rng = np.random.default_rng(3)
    frame = a_frame(rng.integers(0, 256, (480, 640, 3), dtype=np.uint8))
    sighting = reader.read(frame, a_drawn_plate().vehicle)
    assert sighting is None or not isinstance(vote([sighting] * 3), PlateReading)


def test_a_plate_is_followed_through_the_frames_and_read_until_it_is_sure(reader):
    drawn = [a_drawn_plate("KR 508 TL", width_px=110 - 4 * i, seed=i) for i in range(6)]
    frames = [replace(one.frame, index=i, time_s=i / 25) for i, one in enumerate(drawn)]
    looks = [Look(frame=f, vehicle=d.vehicle) for f, d in zip(frames, drawn, strict=True)]
    sightings = reader.read_track(looks)
    assert {sighting.frame_index for sighting in sightings} == set(range(6))
    assert [sighting.text for sighting in sightings].count("") == 3
    reading = vote(sightings)
    assert (reading.text, outcome(reading)) == ("KR508TL", Outcome.READ)


def test_a_plate_too_smeared_to_be_found_is_followed_by_its_picture(reader):
    # Its letters are found in two frames of six; its ends are as sharp as ever in all of them.
    drawn = [
        a_drawn_plate("KR 508 TL", width_px=70 - i, smear_px=14, noise=1.5, seed=i)
        for i in range(6)
    ]
    frames = [replace(one.frame, index=i, time_s=i / 25) for i, one in enumerate(drawn)]
    looks = [Look(frame=f, vehicle=d.vehicle) for f, d in zip(frames, drawn, strict=True)]
    assert sum(reader.read(look.frame, look.vehicle) is not None for look in looks) < 4
    sightings = reader.read_track(looks)
    assert {sighting.frame_index for sighting in sightings} == set(range(6))
    for sighting in sightings:
        true_px = drawn[sighting.frame_index].white_width_px
        assert math.dist(*sighting.white_edges_px) == pytest.approx(true_px, rel=0.005)
    assert not isinstance(vote(sightings), PlateReading)


@pytest.mark.parametrize("objection", ["KR508TX", "KR508T", ""])
def test_a_second_reader_can_only_object(objection):
    drawn = a_drawn_plate("KR 508 TL")
    sure = (0.9,) * len(objection)
    alone = RapidPlateReader().read(drawn.frame, drawn.vehicle)
    doubted = RapidPlateReader(lambda _: (objection, sure)).read(drawn.frame, drawn.vehicle)
    assert doubted.text == alone.text
    assert math.prod(doubted.character_confidence) < 0.3 < math.prod(alone.character_confidence)
