"""Ways of driving are exact: places, times and speeds agree, whatever a vehicle does."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.errors import SpeedcamError
from speedcam.model import Direction
from speedcam.simulate.scene import PlannedDrive
from speedcam.simulate.traffic import schedule
from speedcam.simulate.truth import truth_json
from speedcam.simulate.vehicle import build_model, stand
from speedcam.simulate.way import (
    STEADY,
    Spurt,
    Way,
    braking,
    changing_lane,
    speeding_up,
    swerving,
)
from speedcam.validate.truth import read_truth
from tests.builders_simulate import a_scene, planned

STOPS = Way(
    name="stop",
    spurts=(
        Spurt(after_s=-8.0, lasts_s=math.inf, m_s2=-2.0),
        Spurt(after_s=1.0, lasts_s=4.0, m_s2=1.5),
    ),
)
WAYS = {
    "steady": STEADY,
    "braking": braking(4.0),
    "speeding up": speeding_up(2.5, after_s=-2.0, lasts_s=3.0),
    "stops": STOPS,
    "lane change": changing_lane(3.5),
    "swerve": swerving(-1.0),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_course_is_the_integral_of_its_speed(way):
    course = way.course(12.0)
    times = np.linspace(-12, 12, 240_001)
    speeds = np.array([course.now_m_s(t) for t in times[::100]])
    middle = (speeds[1:] + speeds[:-1]) / 2
    gone = course.gone_m(times[::100])
    assert np.diff(gone) == pytest.approx(middle * (times[100] - times[0]), abs=2e-4)
    assert course.gone_m(0.0) == 0.0


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@given(gone_m=st.floats(-60, 60))
def test_a_vehicle_is_where_it_says_when_it_says(way, gone_m):
    course = way.course(12.0)
    assert course.gone_m(course.after_s(gone_m)) == pytest.approx(gone_m, abs=1e-6)


def test_a_vehicle_brakes_until_it_stands_and_goes_on():
    course = STOPS.course(12.0)
    assert [course.now_m_s(t) for t in (-9, -5, -1, 0, 1, 3, 9)] == pytest.approx(
        [12, 6, 0, 0, 0, 3, 6]
    )
    assert course.after_s(course.gone_m(0.0)) == pytest.approx(-2.0)


def test_a_vehicle_that_never_gets_somewhere_says_so():
    stands = Way(spurts=(Spurt(after_s=0.0, lasts_s=math.inf, m_s2=-2.0),)).course(10.0)
    assert stands.after_s(24.9) < math.inf
    assert stands.after_s(25.1) == math.inf


def test_nobody_brakes_until_he_drives_backwards():
    twice = (
        Spurt(after_s=0.0, lasts_s=4.0, m_s2=-2.0),
        Spurt(after_s=1.0, lasts_s=4.0, m_s2=-2.0),
    )
    with pytest.raises(SpeedcamError, match="backwards"):
        Way(spurts=twice).course(10.0)


@given(gone_m=st.floats(-40, 40))
def test_the_slope_is_that_of_the_path(gone_m):
    course, step = changing_lane(3.5).course(10.0), 1e-4
    rise = (course.aside_m(gone_m + step) - course.aside_m(gone_m - step)) / (2 * step)
    assert course.slope(gone_m) == pytest.approx(rise, abs=1e-6)


def test_a_lane_change_ends_in_the_other_lane_and_a_swerve_where_it_began():
    assert changing_lane(3.5).course(10.0).aside_m(99.0) == pytest.approx(3.5)
    swerve = swerving(-1.0).course(10.0)
    assert swerve.aside_m(0.0) == pytest.approx(-1.0)
    assert swerve.aside_m(99.0) == pytest.approx(0.0)


@pytest.mark.parametrize("lane", ["1", "2"], ids=["approaching", "receding"])
def test_a_body_points_along_its_path(lane):
    scene = planned(a_scene(seconds=8.0), PlannedDrive(lane=lane, kind="hatch", kmh=40, pass_s=4.0))
    drive = replace(schedule(scene)[0], course=changing_lane(2.0).course(11.0))
    model = build_model(drive.body, "#a9adb0", "AB123CD", np.random.default_rng(1))
    points = stand(model, drive.pose(4.0))
    wheels = [points[w.first : w.last].mean(axis=0) for w in model.wheels]
    front, rear = wheels[0] + wheels[2], wheels[-2] + wheels[-4]
    body = (front - rear)[:2]
    path = [drive.across_m(drive.contact_m(t)) for t in (3.99, 4.01)]
    along = drive.contact_m(4.01) - drive.contact_m(3.99)
    assert body[0] / body[1] == pytest.approx((path[1] - path[0]) / along, rel=1e-3)
    assert abs(body[0] / body[1]) > 0.05
    assert body[1] * drive.onwards > 0


def test_a_vehicle_that_changes_lane_slides_aside_while_rows_are_read():
    scene = planned(a_scene(seconds=8.0), PlannedDrive(lane="1", kind="hatch", kmh=40, pass_s=4.0))
    drive = replace(schedule(scene)[0], course=changing_lane(2.0).course(11.0))
    one, next_row = drive.pose(4.0, row_s=1e-4), drive.pose(4.0 + 1e-4)
    assert next_row.x_m - one.x_m == pytest.approx(one.aside_per_row, rel=1e-3)
    assert next_row.y_m - one.y_m == pytest.approx(one.m_per_row, rel=1e-3)


def _truth(scene):
    return json.loads(truth_json(scene, schedule(scene)))["vehicles"]


def test_the_truth_is_the_mean_speed_along_the_zone():
    way = braking(3.0, after_s=-0.5, lasts_s=1.0)
    scene = planned(
        a_scene(seconds=8.0),
        PlannedDrive(lane="1", kind="hatch", kmh=60, pass_s=4.0, way=way),
        PlannedDrive(lane="2", kind="hatch", kmh=30, pass_s=4.0),
    )
    braked, steady = _truth(scene)
    times = np.arange(0, 8, 1e-5)
    drive = schedule(scene)[0]
    y = drive.contact_m(times)
    inside = times[(y < scene.zone.far_m) & (y > scene.zone.near_m)]
    mean = (scene.zone.far_m - scene.zone.near_m) / (inside[-1] - inside[0]) * 3.6
    assert braked["speed_kmh"] == pytest.approx(mean, abs=0.01)
    assert braked["way"] == "braking"
    assert braked["speed_min_kmh"] == pytest.approx(60 - 3 * 3.6)
    assert braked["speed_max_kmh"] == pytest.approx(60.0)
    assert steady["speed_kmh"] == 30.0
    assert not {"way", "speed_min_kmh", "speed_max_kmh"} & set(steady)


def test_a_truth_with_ways_is_read_as_any_other(tmp_path):
    scene = planned(
        a_scene(seconds=8.0),
        PlannedDrive(lane="2", kind="hatch", kmh=40, pass_s=4.0, way=speeding_up(2.0)),
    )
    path = tmp_path / "x.truth.json"
    path.write_text(truth_json(scene, schedule(scene)), encoding="utf-8")
    (vehicle,) = read_truth(path).vehicles
    assert vehicle.speed_kmh == pytest.approx(_truth(scene)[0]["speed_kmh"])
    assert vehicle.direction is Direction.RECEDING


def test_the_lane_is_the_one_in_which_the_vehicle_passes():
    move = changing_lane(3.4, after_s=-3.0, lasts_s=2.0)
    scene = planned(
        a_scene(seconds=12.0), PlannedDrive(lane="1", kind="hatch", kmh=40, pass_s=6.0, way=move)
    )
    (vehicle,) = _truth(scene)
    assert (vehicle["lane"], vehicle["direction"]) == ("2", "approaching")
    assert vehicle["x_m"] == pytest.approx(scene.plan.lanes[0].centre_m + 3.4)


def test_drawn_traffic_drives_in_the_ways_of_its_lane():
    scene = a_scene(seconds=12.0)
    ways = {"1": (braking(2.0), STEADY)}
    speeds = {"1": ((1.0, 0.0),) * 4}
    scene = replace(scene, traffic=replace(scene.traffic, speeds=speeds, ways=ways))
    names = sorted(drive.course.name for drive in schedule(scene))
    assert names == ["", "", "braking", "braking"]
