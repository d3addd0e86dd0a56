"""Dense traffic keeps its distances, and the truth says who was hidden."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from speedcam.errors import SpeedcamError
from speedcam.model import Direction
from speedcam.simulate import SCENES
from speedcam.simulate.bodies import bodies
from speedcam.simulate.hiding import back_to_front, blocks, hidden_share
from speedcam.simulate.planned import Stop, queue
from speedcam.simulate.pose import Pose
from speedcam.simulate.scene import PlannedDrive
from speedcam.simulate.traffic import schedule
from speedcam.simulate.truth import truth_json
from speedcam.simulate.way import braking
from tests.builders_simulate import a_scene, planned

ROAD = replace(SCENES["overcast_main_road"], seconds=20.0)
STREET = a_scene(seconds=30.0)


def _gaps(drives, times):
    """Bumper to bumper of each vehicle to the one ahead, ``(vehicles - 1, times)``."""
    fronts = []
    for drive in drives:
        contact = drive.contact_m(times)
        approaching = drive.direction is Direction.APPROACHING
        fronts.append(-contact if approaching else contact + drive.body.length_m)
    return np.array(
        [a - d.body.length_m - b for (a, b), d in zip(pairwise(fronts), drives[:-1], strict=True)]
    )


@pytest.mark.parametrize("way", [(), (braking(2.0),)], ids=["steady", "braking"])
@pytest.mark.parametrize("lane", ["1", "2"], ids=["approaching", "receding"])
def test_close_traffic_keeps_the_gaps_that_are_asked_for(lane, way):
    traffic = replace(
        STREET.traffic, speeds={lane: ((0.8, 0.0),) * 6}, gap_m=(4.0, 6.0), ways={lane: way}
    )
    drives = schedule(replace(STREET, traffic=traffic))
    times = np.arange(0, 30, 0.02)
    gaps = _gaps(drives, times)
    y = np.array([drive.contact_m(times) for drive in drives[1:]])
    on_road = (y > STREET.zone.near_m) & (y < STREET.traffic.far_m)
    least = np.where(on_road, gaps, np.inf).min(axis=1)
    assert np.all(least > 3.7)
    assert np.all(least < 9.0)


@pytest.mark.parametrize("lane", ["1", "2"], ids=["approaching", "receding"])
def test_a_queue_stands_with_its_gaps_and_goes_on(lane):
    stop = Stop(front_at_m=20.0, from_s=9.0, until_s=18.0)
    kinds = ("hatch", "lorry", "sedan")
    cars = queue(STREET, lane=lane, kinds=kinds, kmh=30.0, stop=stop, gap_m=2.5)
    drives = schedule(planned(STREET, *cars))
    assert [drive.body.kind for drive in drives] == list(kinds)
    front = drives[0].contact_m(15.0) + (drives[0].body.length_m if lane == "2" else 0.0)
    assert front == pytest.approx(20.0)
    assert [drive.now_m_s(15.0) for drive in drives] == pytest.approx([0, 0, 0], abs=1e-9)
    assert _gaps(drives, np.array([15.0])) == pytest.approx(2.5)
    assert _gaps(drives, np.arange(0, 30, 0.05)).min() > 2.45
    assert {drive.course.name for drive in drives} == {"queue"}
    assert drives[-1].now_m_s(28.0) == pytest.approx(30 / 3.6)


def test_a_planned_vehicle_passes_when_it_is_planned():
    wanted = PlannedDrive(lane="2", kind="van", kmh=50, pass_s=7.0, aside_m=-0.2)
    (drive,) = schedule(planned(STREET, wanted))
    assert drive.contact_m(7.0) == drive.middle_m
    assert drive.body.kind == "van"
    assert drive.x_m == pytest.approx(-1.8)


def test_planned_vehicles_that_would_collide_are_refused():
    wanted = (PlannedDrive(lane="2", kind="van", kmh=50, pass_s=t) for t in (7.0, 7.2))
    with pytest.raises(SpeedcamError, match="farther apart"):
        schedule(planned(STREET, *wanted))


def test_an_unknown_lane_or_kind_is_said():
    with pytest.raises(SpeedcamError, match="tank"):
        schedule(planned(STREET, PlannedDrive(lane="2", kind="tank", kmh=50, pass_s=7.0)))


def test_a_planned_vehicle_that_is_not_wholly_seen_is_left_out():
    early = PlannedDrive(lane="2", kind="van", kmh=50, pass_s=0.2)
    assert schedule(planned(STREET, early)) == ()


def test_drawn_traffic_keeps_clear_of_planned():
    scene = planned(SCENES["sun_two_way"], PlannedDrive(lane="1", kind="van", kmh=45, pass_s=20.0))
    traffic = replace(scene.traffic, speeds={"1": ((1.0, 0.0),) * 3}, kinds={"suv": 1})
    drives = schedule(replace(scene, traffic=traffic))
    assert len(drives) == 4
    assert _gaps(drives, np.arange(0, 40, 0.1)).min() > 0.2


def test_traffic_can_be_side_by_side():
    def together_s(scene):
        times = np.arange(0, scene.seconds, 0.05)
        two, three = (
            [d.contact_m(times) for d in schedule(scene) if d.lane.name == lane]
            for lane in ("2", "3")
        )
        zone = scene.zone
        return sum(
            0.05 * np.sum((abs(a - b) < 5) & (a > zone.near_m) & (a < zone.far_m))
            for a in two
            for b in three
        )

    speeds = {"2": ((1.0, 0),) * 3, "3": ((0.8, 0),) * 3}
    apart = replace(ROAD, traffic=replace(ROAD.traffic, speeds=speeds))
    abreast = replace(apart, traffic=replace(apart.traffic, abreast=True))
    assert together_s(apart) < 0.3
    assert together_s(abreast) > 1.0


def _hidden(scene):
    return [v["occluded"] for v in json.loads(truth_json(scene, schedule(scene)))["vehicles"]]


def test_a_car_close_behind_a_lorry_is_hidden_and_a_free_one_is_not():
    lorry = PlannedDrive(lane="1", kind="lorry", kmh=60, pass_s=6.0)
    behind = PlannedDrive(lane="1", kind="hatch", kmh=60, pass_s=6.0 + 11 / (60 / 3.6))
    free = PlannedDrive(lane="1", kind="hatch", kmh=60, pass_s=12.0)
    assert _hidden(planned(ROAD, lorry, behind, free)) == [0.0, 1.0, 0.0]


def test_a_car_beside_a_lorry_is_hidden_where_the_lorry_is_before_it():
    lorry = PlannedDrive(lane="2", kind="lorry", kmh=30, pass_s=6.0)
    beyond = PlannedDrive(lane="1", kind="hatch", kmh=30, pass_s=4.1)
    assert _hidden(planned(STREET, beyond))[0] == 0.0
    assert 0.2 < _hidden(planned(STREET, lorry, beyond))[0] < 0.8


def test_a_body_blocks_rays_through_it_and_not_over_its_bonnet():
    sedan = bodies()["sedan"]
    pose = Pose(direction=Direction.APPROACHING, x_m=0.0, y_m=20.0, rolled_m=0.0)
    lens = np.array([0.0, 0.0, 5.0])
    through = np.array([[0.0, 26.0, 0.3]])
    assert blocks(sedan, pose, lens, through)
    assert not blocks(sedan, pose, lens, np.array([[2.5, 26.0, 0.3]]))
    assert not blocks(sedan, pose, lens, np.array([[0.0, 34.0, 0.3]]))
    over_bonnet = np.array([[0.0, 20.5, 0.85]])
    assert not blocks(sedan, pose, lens, over_bonnet)


def test_of_two_side_by_side_the_one_nearer_to_the_lens_is_drawn_last():
    lorry = PlannedDrive(lane="2", kind="lorry", kmh=60, pass_s=6.0)
    car = PlannedDrive(lane="3", kind="hatch", kmh=60, pass_s=6.1)
    drives = schedule(planned(ROAD, lorry, car))
    ordered = back_to_front(drives, 6.0)
    assert drives[1].contact_m(6.0) < drives[0].contact_m(6.0)
    assert [drives[number].body.kind for number in ordered] == ["hatch", "lorry"]


def test_the_shipped_truths_keep_their_form():
    one = PlannedDrive(lane="1", kind="hatch", kmh=60, pass_s=6.0)
    for scene in SCENES.values():
        lone = replace(scene, traffic=replace(scene.traffic, speeds={}, planned=(one,)))
        assert "occluded" not in truth_json(lone, schedule(lone))


def test_traffic_of_no_kind_is_refused():
    with pytest.raises(SpeedcamError, match="no kinds"):
        schedule(replace(STREET, traffic=replace(STREET.traffic, kinds={})))


def test_nobody_hides_himself():
    (drive,) = schedule(planned(STREET, PlannedDrive(lane="2", kind="van", kmh=50, pass_s=7.0)))
    assert hidden_share(STREET, drive, [drive]) == 0.0
