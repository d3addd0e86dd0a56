"""Simulated vehicles are rigid, stand on the road and have the size they say."""

import numpy as np
import pytest

from speedcam.model import Direction
from speedcam.simulate.bodies import bodies
from speedcam.simulate.pose import Pose
from speedcam.simulate.vehicle import build_model, stand

MODELS = {
    kind: build_model(body, "#a9adb0", "AB123CD", np.random.default_rng(1))
    for kind, body in bodies().items()
}
HULLS = [kind for kind, model in MODELS.items() if model.body.shells]
APPROACHING, RECEDING = Direction.APPROACHING, Direction.RECEDING


def _pose(direction, y_m, *, x_m=0.0, rolled_m=0.0, heading_rad=0.0):
    return Pose(direction=direction, x_m=x_m, y_m=y_m, rolled_m=rolled_m, heading_rad=heading_rad)


@pytest.mark.parametrize("kind", HULLS)
def test_wheels_touch_the_road_and_the_body_does_not(kind):
    model = MODELS[kind]
    wheels = np.zeros(len(model.points), bool)
    for wheel in model.wheels:
        wheels[wheel.first : wheel.last] = True
    assert model.points[wheels, 2].min() == pytest.approx(0.0, abs=0.01)
    assert 0.18 <= model.points[~wheels, 2].min() <= 0.27


@pytest.mark.parametrize("kind", MODELS)
def test_vehicles_have_the_size_they_say(kind):
    model, body = MODELS[kind], MODELS[kind].body
    low, high = model.points.min(axis=0), model.points.max(axis=0)
    assert high[1] - low[1] == pytest.approx(body.length_m, abs=0.03)
    assert high[2] == pytest.approx(body.height_m, abs=0.03)
    mirrors = 0.40
    assert body.width_m - 0.06 <= high[0] - low[0] <= body.width_m + mirrors


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("direction", list(Direction))
def test_the_contact_end_stands_where_the_pose_says(kind, direction):
    points = stand(MODELS[kind], _pose(direction, 20.0, x_m=-3.0))
    assert points[:, 1].min() == pytest.approx(20.0, abs=0.02)
    assert points[:, 0].mean() == pytest.approx(-3.0, abs=0.02)


@pytest.mark.parametrize("kind", MODELS)
def test_bodies_are_rigid_while_wheels_turn(kind):
    model = MODELS[kind]
    before, after = (stand(model, _pose(RECEDING, y, rolled_m=y)) for y in (20.0, 20.7))
    shift = after - before
    turned = np.zeros(len(shift), bool)
    for joint in (*model.wheels, *model.limbs):
        turned[joint.first : joint.last] = True
    assert shift[~turned] == pytest.approx(np.broadcast_to([0, 0.7, 0], shift[~turned].shape))
    assert np.abs(shift[turned] - [0, 0.7, 0]).max() > 0.1


def test_wheels_roll_forwards_without_slipping():
    """The point that touches the road stands still for an instant."""
    model = MODELS["sedan"]
    step = 1e-4
    for direction, sign in ((APPROACHING, -1), (RECEDING, 1)):
        before = stand(model, _pose(direction, 20.0))
        after = stand(model, _pose(direction, 20.0 + sign * step, rolled_m=step))
        wheel = model.wheels[0]
        part = slice(wheel.first, wheel.last)
        lowest = before[part, 2].argmin()
        slip = (after - before)[part][lowest, 1]
        assert abs(slip) < 0.05 * step


@pytest.mark.parametrize("kind", HULLS)
def test_plates_hang_at_lawful_heights(kind):
    body = MODELS[kind].body
    assert 0.35 <= body.plate_front_m <= 0.75
    assert 0.45 <= body.plate_rear_m <= 0.95
