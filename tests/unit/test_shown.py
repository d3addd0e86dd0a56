"""Stills and film: many frames tell no more of anybody than one, and nobody can be recognised."""

import io
from dataclasses import replace

import av
import cv2
import numpy as np
import pytest

from speedcam.adapters.film import MOST_S, encode_mp4, moments
from speedcam.adapters.redact import MosaicRedactor, block_px, mosaic, sharp_part
from speedcam.adapters.shown import COARSE_PX_PER_M, Taken, coarsened, under
from speedcam.adapters.veil import veil_of
from speedcam.model import FILM_STEP_S, Box, Sighting
from speedcam.subject import Subject, plate_from_afar

SIZE = (360, 640)
VEHICLE = Box(left=200, top=120, right=440, bottom=330)
PLATE = Box(left=290, top=270, right=370, bottom=288)
SUBJECT = Subject(vehicle=VEHICLE, plate=PLATE, clear=True)
STRANGER = Box(left=500, top=200, right=600, bottom=330)


def noise(seed):
    return np.random.default_rng(seed).integers(0, 256, (*SIZE, 3), dtype=np.uint8)


def is_seen_in(subject):
    """The pixels that may be sharp."""
    seen, part = np.zeros(SIZE, bool), sharp_part(subject)
    seen[int(part.top) : int(part.bottom) + 1, int(part.left) : int(part.right) + 1] = True
    return seen


def a_veil():
    redacted = Taken(
        sighting=a_sighting(0), picture=noise(9), subject=SUBJECT, shown=np.zeros(SIZE)
    )
    return veil_of([noise(seed) for seed in range(5)], redacted.vehicle(), 20)


def a_sighting(frame, *, border=False):
    return Sighting(
        frame_index=frame,
        time_s=frame * 0.04,
        box=VEHICLE,
        contact_px=None,
        contact_s=frame * 0.04,
        touches_border=border,
    )


def test_outside_the_sharp_part_every_frame_shows_the_same():
    veil, seen = a_veil(), is_seen_in(SUBJECT)
    one, other = (under(veil, noise(seed), SUBJECT) for seed in (1, 2))
    assert np.array_equal(one[~seen], other[~seen])
    assert not np.array_equal(one[seen], other[seen])


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(replace(SUBJECT, clear=False), id="somebody may stand before it"),
        pytest.param(replace(SUBJECT, vehicle=replace(VEHICLE, right=200.0)), id="no outline"),
        pytest.param(replace(SUBJECT, others=(VEHICLE,)), id="somebody over all of it"),
    ],
)
def test_a_doubtful_frame_shows_nothing_of_its_own(subject):
    veil = a_veil()
    one, other = (under(veil, noise(seed), subject) for seed in (1, 2))
    assert np.array_equal(one, other)


def test_somebody_else_is_a_grey_box_wherever_he_is():
    veil = a_veil()
    there = under(veil, noise(1), replace(SUBJECT, others=(STRANGER,)))
    alone = under(veil, noise(1), SUBJECT)
    rows, columns = slice(200, 330), slice(500, 600)
    assert not np.array_equal(there[rows, columns], alone[rows, columns])
    assert there[rows, columns].std() < alone[rows, columns].std()


def test_somebody_else_before_the_vehicle_is_not_seen_either():
    veil = a_veil()
    before = Box(left=280, top=290, right=330, bottom=330)
    one, other = (under(veil, noise(s), replace(SUBJECT, others=(before,))) for s in (1, 2))
    rows, columns = slice(290, 330), slice(280, 330)
    assert np.array_equal(one[rows, columns], other[rows, columns])


def test_the_veil_of_the_vehicle_is_what_the_photo_tells_of_it():
    picture = noise(3)
    taken = Taken(sighting=a_sighting(0), picture=picture, subject=SUBJECT, shown=np.zeros(SIZE))
    hidden = mosaic(picture, block_px(SIZE[0], SUBJECT))
    assert np.array_equal(taken.vehicle(), hidden[120:330, 200:440])


def test_who_drives_by_is_not_in_the_road():
    empty = np.full((*SIZE, 3), 120, np.uint8)
    frames = [
        cv2.rectangle(empty.copy(), (60 * k, 100), (60 * k + 50, 200), 0, -1) for k in range(9)
    ]
    road = veil_of(frames, noise(0)[:9, :9], 20).road
    assert np.array_equal(road, empty)


def test_the_frame_of_the_photo_is_as_sharp_as_the_photo():
    picture = noise(4)
    shown = MosaicRedactor().shown(picture, SUBJECT)
    taken = Taken(sighting=a_sighting(0), picture=picture, subject=SUBJECT, shown=shown)
    assert np.array_equal(taken.under(a_veil())[shown == 1], picture[shown == 1])
    assert (shown == 1).any()


def test_a_coarse_picture_has_no_finer_detail_than_a_small_one():
    stripes = np.zeros((*SIZE, 3), np.uint8)
    stripes[:, ::2] = 255
    near, far = coarsened(stripes, 4 * COARSE_PX_PER_M), coarsened(stripes, COARSE_PX_PER_M)
    assert near.shape == stripes.shape
    assert np.ptp(near) < 8
    assert np.array_equal(far, stripes)


def test_farther_away_the_plate_is_as_far_up_its_outline():
    half = Box(left=100, top=60, right=220, bottom=165)
    assert plate_from_afar(SUBJECT, half) == Box(left=145, top=135, right=185, bottom=144)


@pytest.mark.parametrize(
    ("near", "vehicle"),
    [
        pytest.param(SUBJECT, replace(VEHICLE, bottom=340.0), id="nearer than it was seen"),
        pytest.param(replace(SUBJECT, plate=None), VEHICLE, id="never seen"),
    ],
)
def test_elsewhere_nobody_knows_where_the_plate_is(near, vehicle):
    assert plate_from_afar(near, vehicle) is None


def test_a_film_goes_in_even_steps_and_is_short():
    sightings = [a_sighting(frame) for frame in range(300)]
    shown = moments(sightings, 6.0)
    times_s = np.array([sighting.time_s for sighting in shown])
    assert np.allclose(np.diff(times_s), FILM_STEP_S)
    assert times_s[0] <= 6.0 <= times_s[-1]
    assert times_s[-1] - times_s[0] <= MOST_S + 1e-9


def test_a_film_shows_no_vehicle_that_the_border_cuts():
    sightings = [a_sighting(frame, border=frame < 10 or frame > 40) for frame in range(50)]
    shown = moments(sightings, 1.6)
    assert {s.frame_index for s in shown} <= set(range(10, 41))
    assert moments([a_sighting(0, border=True)], 0.0) == []


@pytest.fixture(scope="module")
def film():
    return encode_mp4([np.full((81, 120, 3), 10 * k, np.uint8) for k in range(20)])


def test_a_film_can_be_played_by_any_browser(film):
    with av.open(io.BytesIO(film)) as container:
        (stream,) = container.streams
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        frames = list(container.decode(stream))
    assert [frame.time for frame in frames] == pytest.approx([k * FILM_STEP_S for k in range(20)])
    assert film.index(b"moov") < film.index(b"mdat")


def test_a_film_says_nothing_of_what_made_it(film):
    assert b"x264" not in film
    assert b"Lavf" not in film


def test_equal_pictures_give_equal_films(film):
    assert encode_mp4([np.full((81, 120, 3), 10 * k, np.uint8) for k in range(20)]) == film
