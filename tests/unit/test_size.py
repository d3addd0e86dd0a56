"""A vehicle's outlines tell how large it is, and what kind that makes it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.model import Box, Direction, VehicleClass, VehicleSize
from speedcam.simulate.bodies import bodies
from speedcam.simulate.pose import Pose
from speedcam.simulate.vehicle import build_model, stand
from speedcam.size import FEWEST, kind_of, vehicle_size
from tests.builders_camera import a_ground, a_track, camera_px

GROUND = a_ground()
BODIES = bodies()
WAYS = [
    pytest.param((13.0, 44.0), Direction.RECEDING, id="receding"),
    pytest.param((44.0, 13.0), Direction.APPROACHING, id="approaching"),
]


@cache
def a_model(kind):
    return build_model(BODIES[kind], "#808080", "AA123BB", np.random.default_rng(0))


def seen_by_the_camera(kind, way, direction, *, grid_px=4.0, x_m=1.5):
    """The track of a drawn vehicle with the outlines that a coarse grid gives it."""
    model = a_model(kind)
    track = a_track(from_m=way[0], to_m=way[1], x_m=x_m)
    sightings = []
    for sighting in track.sightings[::3]:
        y_m = float(GROUND.road(np.array([sighting.contact_px]))[0, 1])
        pose = Pose(direction=direction, x_m=x_m, y_m=y_m, rolled_m=0.0)
        points = stand(model, pose)
        px = camera_px(points[:, 0], points[:, 1], points[:, 2])
        left, top = np.floor(px.min(axis=0) / grid_px) * grid_px
        right, bottom = np.ceil(px.max(axis=0) / grid_px) * grid_px
        box = Box(left=float(left), top=float(top), right=float(right), bottom=float(bottom))
        sightings.append(replace(sighting, box=box))
    return replace(track, sightings=tuple(sightings))


@pytest.mark.parametrize(("way", "direction"), WAYS)
@pytest.mark.parametrize("kind", ["sedan", "hatch", "estate", "suv", "van", "lorry", "motorcycle"])
def test_the_true_size_lies_within_the_uncertainty(kind, way, direction):
    size = vehicle_size(seen_by_the_camera(kind, way, direction), GROUND, direction)
    body = BODIES[kind]
    mirrors_m = 0.3
    assert abs(size.length_m - body.length_m) < size.length_uncertainty_m
    assert abs(size.height_m - body.height_m) < size.height_uncertainty_m
    low_m, high_m = size.width_m - size.width_uncertainty_m, size.width_m + mirrors_m
    assert low_m < body.width_m < high_m


@pytest.mark.parametrize(("way", "direction"), WAYS)
@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("sedan", VehicleClass.CAR),
        ("hatch", VehicleClass.CAR),
        ("estate", VehicleClass.CAR),
        ("suv", VehicleClass.CAR),
        ("van", VehicleClass.VAN),
        ("motorcycle", VehicleClass.MOTORCYCLE),
    ],
)
def test_the_kind_is_told_by_the_size(kind, wanted, way, direction):
    size = vehicle_size(seen_by_the_camera(kind, way, direction), GROUND, direction)
    assert kind_of(size) is wanted


def test_few_outlines_tell_nothing():
    track = seen_by_the_camera("sedan", (13.0, 44.0), Direction.RECEDING)
    few = replace(track, sightings=track.sightings[: FEWEST - 1])
    assert vehicle_size(few, GROUND, Direction.RECEDING) is None


def test_outlines_on_one_spot_tell_nothing():
    track = seen_by_the_camera("sedan", (20.0, 22.0), Direction.RECEDING)
    many = replace(track, sightings=track.sightings * 9)
    assert vehicle_size(many, GROUND, Direction.RECEDING) is None


def test_outlines_that_are_shared_are_not_its_own():
    track = seen_by_the_camera("sedan", (13.0, 44.0), Direction.RECEDING)
    shared = tuple(replace(sighting, merged=True) for sighting in track.sightings)
    assert vehicle_size(replace(track, sightings=shared), GROUND, Direction.RECEDING) is None


def a_size(**changes):
    known = {
        "length_m": 4.3,
        "width_m": 1.9,
        "height_m": 1.5,
        "length_uncertainty_m": 0.4,
        "width_uncertainty_m": 0.2,
        "height_uncertainty_m": 0.2,
    }
    return VehicleSize(**(known | changes))


def test_no_size_is_no_kind():
    assert kind_of(None) is VehicleClass.UNKNOWN


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(a_size(height_uncertainty_m=0.9), id="car-or-van"),
        pytest.param(a_size(height_m=2.0), id="between-car-and-van"),
        pytest.param(a_size(height_m=0.4), id="flat"),
        pytest.param(a_size(length_m=20.0), id="too-long-for-its-height"),
        pytest.param(a_size(width_m=1.3, width_uncertainty_m=0.6), id="rider-or-car"),
        pytest.param(
            a_size(length_m=0.5, width_m=0.6, height_m=1.75), id="as-short-as-somebody-on-foot"
        ),
        pytest.param(a_size(length_m=12.0, width_m=2.6, height_m=3.1), id="bus-or-lorry"),
    ],
)
def test_a_size_that_allows_two_kinds_or_none_is_unknown(size):
    assert kind_of(size) is VehicleClass.UNKNOWN


def test_a_short_tall_one_is_a_truck():
    assert kind_of(a_size(length_m=7.3, width_m=2.5, height_m=3.1)) is VehicleClass.TRUCK


@given(st.floats(0.5, 25), st.floats(0.3, 5), st.floats(0.4, 5), st.floats(0.1, 3), st.floats(1, 4))
def test_more_doubt_never_tells_another_kind(length, width, height, doubt, factor):
    names = ("length_uncertainty_m", "width_uncertainty_m", "height_uncertainty_m")
    sure = a_size(length_m=length, width_m=width, height_m=height, **dict.fromkeys(names, doubt))
    unsure = replace(sure, **dict.fromkeys(names, doubt * factor))
    before, after = kind_of(sure), kind_of(unsure)
    if VehicleClass.UNKNOWN not in (before, after):
        assert before is after
