"""Simulated traffic obeys physics: constant speeds, and nobody drives through anybody."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speedcam.errors import SpeedcamError
from speedcam.model import Direction
from speedcam.simulate import SCENES, vary
from speedcam.simulate.plates import PATTERN, plate_texture, random_plate
from speedcam.simulate.traffic import schedule
from tests.builders_simulate import a_scene

SHIPPED = {name: schedule(scene) for name, scene in SCENES.items()}


@pytest.mark.parametrize("name", SHIPPED)
def test_vehicles_keep_their_speed(name):
    for drive in SHIPPED[name]:
        places = [drive.contact_m(t) for t in (1.0, 2.0, 7.5)]
        sign = -1 if drive.direction is Direction.APPROACHING else 1
        assert np.diff(places) == pytest.approx(
            [sign * drive.speed_m_s, sign * drive.speed_m_s * 5.5]
        )


@pytest.mark.parametrize("name", SHIPPED)
def test_vehicles_of_a_lane_never_touch(name):
    times = np.arange(0, SCENES[name].seconds, 0.04)
    for one, other in combinations(SHIPPED[name], 2):
        if one.lane.name != other.lane.name:
            continue
        a, b = (np.array([d.contact_m(t) for t in times]) for d in (one, other))
        low, high = np.minimum(a, b), np.maximum(a, b)
        length = np.where(a < b, one.body.length_m, other.body.length_m)
        seen = (low > 0) & (high < SCENES[name].traffic.far_m)
        assert np.all((high - low - length)[seen] > 2.0)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_vehicle_crosses_the_whole_zone_within_the_clip(name):
    scene = SCENES[name]
    for drive in SHIPPED[name]:
        for y in (scene.zone.near_m, scene.zone.far_m):
            assert 0 < drive.time_at(y) < scene.seconds


@pytest.mark.parametrize("name", SHIPPED)
def test_clips_hold_lawful_borderline_and_clearly_speeding_vehicles(name):
    over = [d.speed_m_s * 3.6 - d.lane.limit_kmh for d in SHIPPED[name]]
    share = [d.speed_m_s * 3.6 / d.lane.limit_kmh for d in SHIPPED[name]]
    assert len(over) >= 12
    assert sum(-1.5 <= value <= 6.5 for value in over) >= 4
    assert min(share) < 0.55
    assert max(share) > 1.85


@pytest.mark.parametrize("name", SHIPPED)
def test_vehicles_stay_in_their_lane(name):
    for drive in SHIPPED[name]:
        half = drive.body.width_m / 2
        assert drive.lane.left_m < drive.x_m - half
        assert drive.x_m + half < drive.lane.right_m


def test_plates_of_a_clip_differ():
    for drives in SHIPPED.values():
        assert len({drive.plate for drive in drives}) == len(drives)


@given(st.integers(0, 2**32))
def test_plates_have_the_albanian_format(seed):
    assert PATTERN.fullmatch(random_plate(np.random.default_rng(seed)))


def test_a_plate_is_white_between_blue_bands():
    picture = plate_texture("AB123CD")
    assert picture.shape == (220, 1040, 3)
    assert picture[15, 300:700].min() > 200
    for band in (picture[20:60, 15:60], picture[20:60, -60:-15]):
        assert band[..., 0].mean() > 3 * band[..., 2].mean()


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_any_seed_gives_traffic(seed):
    drives = schedule(a_scene(seed=seed))
    assert [drive.ordinal for drive in drives] == [0, 1]


def test_too_little_time_is_said_with_the_remedy():
    with pytest.raises(SpeedcamError, match="more seconds"):
        schedule(vary(a_scene(), seconds=0.5))


def test_a_longer_clip_has_as_dense_traffic():
    street = SCENES["sun_two_way"]
    longer = schedule(vary(street, seconds=2 * street.seconds))
    assert len(longer) == 2 * len(SHIPPED["sun_two_way"])
