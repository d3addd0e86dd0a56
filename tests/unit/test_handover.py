"""A track that goes on with another vehicle is measured on one of them alone."""

from dataclasses import replace

import numpy as np
import pytest

from speedcam.handover import its_own
from speedcam.model import Box, SpeedMeasurement, Track
from speedcam.speed import measure
from tests.builders_camera import ZONE, a_ground, a_track

GROUND = a_ground()


def joined(first: Track, then: Track, *, cut: int = 0) -> Track:
    """One track of two; the first ends with ``cut`` sightings at the picture's edge."""
    left = len(first.sightings) - cut
    at_edge = (replace(s, touches_border=True, contact_px=None) for s in first.sightings[left:])
    sightings = (*first.sightings[:left], *at_edge, *then.sightings)
    features = first.features + then.features
    return Track(
        ordinal=0,
        sightings=tuple(replace(s, frame_index=k) for k, s in enumerate(sightings)),
        features=features,
    )


def near_then_far(*, cut: int = 0) -> Track:
    """The near vehicle until it is at 16 m; then the one behind it, in the other lane."""
    near = a_track(60, from_m=30, to_m=16, times_s=np.arange(0, 0.84, 0.04))
    far = a_track(45, from_m=42, to_m=14, x_m=-2, times_s=np.arange(1, 3.2, 0.04))
    return joined(near, far, cut=cut)


def kmh(track: Track) -> float:
    speed = measure(its_own(track, GROUND), GROUND, ZONE)
    assert isinstance(speed, SpeedMeasurement)
    return speed.speed_kmh


def test_what_an_outline_of_two_was_before_it_came_apart_does_not_count():
    track = its_own(near_then_far(), GROUND)
    assert [s.merged for s in track.sightings] == [True] * 21 + [False] * 55
    assert kmh(near_then_far()) == pytest.approx(45, abs=0.2)


def test_whatever_follows_a_vehicle_that_has_left_the_picture_does_not_count():
    track = its_own(near_then_far(cut=3), GROUND)
    assert [s.merged for s in track.sightings] == [False] * 21 + [True] * 55
    assert all(s.contact_px is None for s in track.sightings if s.merged)


@pytest.mark.parametrize("to_m", [13.0, 44.0])
@pytest.mark.parametrize("lost", [set(), {9, 10, 11, 12}])
def test_one_vehicle_is_left_as_it_is(to_m, lost):
    track = a_track(70, from_m=57 - to_m, to_m=to_m)
    seen = tuple(s for k, s in enumerate(track.sightings) if k not in lost)
    track = replace(track, sightings=seen)
    assert its_own(track, GROUND) is track


@pytest.mark.parametrize(
    ("aside_px", "up_px"), [(300, 0), (0, 120)], ids=["a shadow beside it", "a dark bumper"]
)
def test_an_outline_that_flickers_is_no_other_vehicle(aside_px, up_px):
    track = a_track(60)

    def flickering(box: Box) -> Box:
        return replace(box, right=box.right + aside_px, bottom=box.bottom - up_px)

    seen = (
        replace(s, box=flickering(s.box)) if k % 7 == 3 else s
        for k, s in enumerate(track.sightings)
    )
    track = replace(track, sightings=tuple(seen))
    assert its_own(track, GROUND) is track


def test_a_track_that_never_left_the_edge_of_the_picture_is_left_as_it_is():
    track = a_track(60)
    cut = replace(track, sightings=tuple(replace(s, touches_border=True) for s in track.sightings))
    assert its_own(cut, GROUND) is cut
