"""Whether somebody stands between the camera and the measured vehicle."""

from dataclasses import replace

import numpy as np
import pytest

from speedcam.speed import measure
from speedcam.subject import stands_clear
from tests.builders_camera import ZONE, a_ground, a_track, camera_px

GROUND = a_ground()


def judged(track, place, samples=None):
    measured = measure(track, GROUND, ZONE)
    sighting = track.sightings[place]
    return stands_clear(sighting, measured.samples if samples is None else samples, GROUND)


WAYS = [
    pytest.param({"from_m": 44.0, "to_m": 13.0}, id="approaching"),
    pytest.param({"from_m": 13.0, "to_m": 44.0}, id="receding"),
]


@pytest.mark.parametrize("way", WAYS)
def test_a_vehicle_by_itself_stands_clear(way):
    track = a_track(noise_px=0.3, **way)
    assert all(judged(track, place) for place in range(len(track.sightings)))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ahead_m", [2.0, 5.0])
def test_an_outline_that_begins_nearer_to_the_camera_holds_somebody_else(way, ahead_m):
    track = a_track(**way)
    place = len(track.sightings) // 2
    sighting = track.sightings[place]
    y_m = GROUND.road(np.array([sighting.contact_px]))[0, 1] - ahead_m
    feet_v = camera_px(np.array([1.5]), np.array([y_m]))[0, 1]
    nearer = replace(sighting, box=replace(sighting.box, bottom=float(feet_v)))
    sightings = (*track.sightings[:place], nearer, *track.sightings[place + 1 :])
    assert not judged(replace(track, sightings=sightings), place)


def test_a_shared_outline_is_never_clear():
    track = a_track()
    shared = replace(track.sightings[20], merged=True)
    samples = measure(track, GROUND, ZONE).samples
    assert not stands_clear(shared, samples, GROUND)


def test_without_a_way_nothing_is_clear():
    assert not judged(a_track(), 20, samples=())
