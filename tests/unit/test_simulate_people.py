"""People on two wheels and on foot have real sizes, and the truth knows where they are."""

import json
from dataclasses import replace

import numpy as np
import pytest

from speedcam.model import Direction
from speedcam.simulate.bodies import bodies
from speedcam.simulate.camera import project
from speedcam.simulate.light import Light
from speedcam.simulate.pose import Pose
from speedcam.simulate.render import view_of
from speedcam.simulate.scene import PlannedDrive
from speedcam.simulate.slim import PEDESTRIAN
from speedcam.simulate.traffic import schedule
from speedcam.simulate.truth import truth_json
from speedcam.simulate.vehicle import build_model, stand
from speedcam.simulate.walk import Walk
from speedcam.validate.truth import read_truth
from tests.builders_simulate import a_scene, planned

TWO_WHEELS = {kind: body for kind, body in bodies().items() if not body.shells}
PERSON = build_model(PEDESTRIAN, "#000000", "", np.random.default_rng(1))
ACROSS = Walk(from_m=(-8.0, 22.0), to_m=(1.0, 22.0), starts_s=2.0, m_s=1.5)
STREET = a_scene(seconds=12.0)


def _model(kind):
    return build_model(bodies()[kind], "#a9adb0", "", np.random.default_rng(1))


@pytest.mark.parametrize("kind", TWO_WHEELS)
def test_only_tyres_touch_the_road(kind):
    model = _model(kind)
    wheels = np.zeros(len(model.points), bool)
    for wheel in model.wheels:
        wheels[wheel.first : wheel.last] = True
    assert model.points[wheels, 2].min() == pytest.approx(0.0, abs=0.02)
    assert model.points[~wheels, 2].min() > 0.05


@pytest.mark.parametrize("body", [*TWO_WHEELS.values(), PEDESTRIAN], ids=lambda body: body.kind)
def test_outward_faces_are_turned_outwards(body):
    """A closed mesh of outward normals has the volume of what it encloses, not its negative."""
    model = build_model(body, "#a9adb0", "", np.random.default_rng(1))
    torso = [i for i, face in enumerate(model.faces) if model.points[face, 2].min() > 1.0]
    corner = model.points[model.faces[torso]]
    area = 0.5 * np.linalg.norm(
        np.cross(corner[:, 2] - corner[:, 0], corner[:, 3] - corner[:, 1]), axis=1
    )
    flux = np.sum(corner.mean(axis=1) * model.face_normals[torso], axis=1) * area
    assert 0.02 < flux.sum() / 3 < 0.25


@pytest.mark.parametrize("rolled_m", [0.0, 0.35, 0.7, 1.9])
def test_a_walker_always_has_a_foot_on_the_ground(rolled_m):
    pose = Pose(direction=Direction.RECEDING, x_m=0.0, y_m=20.0, rolled_m=rolled_m)
    points = stand(PERSON, pose)
    assert points[:, 2].min() == pytest.approx(0.0, abs=1e-9)
    assert 1.60 < points[:, 2].max() < 1.80


def test_the_legs_of_a_walker_swing_against_each_other():
    pose = Pose(direction=Direction.RECEDING, x_m=0.0, y_m=20.0, rolled_m=0.35)
    points = stand(PERSON, pose)
    feet = points[points[:, 2] < 0.15]
    left, right = feet[feet[:, 0] < 0, 1].mean(), feet[feet[:, 0] > 0, 1].mean()
    assert abs(left - right) > 0.5


def test_a_walker_is_where_the_plan_says():
    assert ACROSS.ends_s == pytest.approx(8.0)
    for time_s, x_m in ((0.0, -8.0), (2.0, -8.0), (5.0, -3.5), (8.0, 1.0), (11.0, 1.0)):
        middle = stand(PERSON, ACROSS.pose(time_s)).mean(axis=0)
        assert middle[:2] == pytest.approx([x_m, 22.0], abs=0.05)


def test_a_walker_looks_where_he_goes():
    toes = stand(PERSON, ACROSS.pose(2.0))
    lowest = toes[toes[:, 2] < 0.03, 0]
    assert lowest.mean() > -8.0 + 0.03
    assert ACROSS.contact_m(5.0) == pytest.approx(22.0 - PEDESTRIAN.width_m / 2)


def test_rows_that_are_read_later_find_a_walker_farther_on():
    one, later = ACROSS.pose(5.0, row_s=1e-3), ACROSS.pose(5.001)
    assert later.x_m - one.x_m == pytest.approx(one.aside_per_row)
    assert ACROSS.pose(11.0, row_s=1e-3).step_m is None


def test_walkers_are_no_vehicles_of_the_truth(tmp_path):
    scene = planned(STREET, PlannedDrive(lane="2", kind="hatch", kmh=40, pass_s=4.0))
    scene = replace(scene, traffic=replace(scene.traffic, walks=(ACROSS,)))
    text = truth_json(scene, schedule(scene))
    assert json.loads(text)["others"] == [
        {"id": "walk 0", "kind": "pedestrian", "first_s": 2.0, "last_s": 8.0}
    ]
    path = tmp_path / "x.truth.json"
    path.write_text(text, encoding="utf-8")
    assert [vehicle.kind for vehicle in read_truth(path).vehicles] == ["hatch"]


def test_a_motorcycle_has_no_plate_that_says_something():
    scene = planned(STREET, PlannedDrive(lane="2", kind="motorcycle", kmh=40, pass_s=4.0))
    (vehicle,) = json.loads(truth_json(scene, schedule(scene)))["vehicles"]
    assert (vehicle["kind"], vehicle["plate"]) == ("motorcycle", None)


def test_a_walker_is_seen_in_the_picture_where_the_camera_says():
    empty = planned(STREET)
    scene = replace(empty, traffic=replace(empty.traffic, walks=(ACROSS,)))
    changed = np.abs(view_of(scene, (), 5.0).astype(int) - view_of(empty, (), 5.0)).max(axis=2)
    pixels, _ = project(scene.camera, stand(PERSON, ACROSS.pose(5.0)))
    (left, top), (right, bottom) = pixels.min(axis=0), pixels.max(axis=0)
    rows, columns = np.nonzero(changed > 25)
    assert rows.min() == pytest.approx(top, abs=2)
    assert left - 2 <= np.median(columns) <= right + 30
    assert rows.max() <= bottom + 6


@pytest.mark.parametrize(("kind", "lamps"), [("motorcycle", True), ("bicycle", False)])
def test_a_motorcycle_is_lit_at_night_and_this_bicycle_is_not(kind, lamps):
    light = replace(_dusk(STREET.light), headlamps=1.0)
    dark = replace(planned(STREET), light=light)
    scene = planned(dark, PlannedDrive(lane="1", kind=kind, kmh=40, pass_s=4.0))
    shown = view_of(scene, schedule(scene), 4.0)
    assert (np.count_nonzero(shown.min(axis=2) > 200) > 10) == lamps


def _dusk(light: Light) -> Light:
    return replace(light, towards_sun=None, sun=(0.0, 0.0, 0.0), sky=(0.02, 0.02, 0.02),
                   zenith=(0.02, 0.02, 0.02), horizon=(0.02, 0.02, 0.02))  # fmt: skip
