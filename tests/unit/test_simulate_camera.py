"""A simulated lens bends as OpenCV says, and a rolling shutter shows each row at its instant."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.model import Direction
from speedcam.pose import Pose as FittedPose
from speedcam.simulate import SCENES
from speedcam.simulate.bodies import bodies
from speedcam.simulate.camera import on_road, project, project_road
from speedcam.simulate.overlay import pose_of
from speedcam.simulate.pose import Pose
from speedcam.simulate.raster import draw, region_of, shade, standing
from speedcam.simulate.scene import Mast
from speedcam.simulate.sensor import moved_px
from speedcam.simulate.traffic import schedule
from speedcam.simulate.truth import survey
from speedcam.simulate.vehicle import build_model, stand
from tests.builders_simulate import a_scene

CAMERA = replace(SCENES["overcast_main_road"].camera, focal_px=1900.0, k1=-0.22, yaw_deg=6.0)
ROAD = np.array([[x, y, 0.0] for x in (-5.0, 0.0, 4.0) for y in (12.0, 18.0, 30.0, 60.0)])
READOUT_S = 0.025
VAN = build_model(bodies()["van"], "#a9adb0", "AB123CD", np.random.default_rng(1))


def test_the_lens_bends_as_opencv_says():
    turn = CAMERA.axes()
    inner = np.array(
        [[CAMERA.focal_px, 0, CAMERA.centre_px[0]], [0, CAMERA.focal_px, CAMERA.centre_px[1]]]
    )
    expected, _ = cv2.projectPoints(
        ROAD - CAMERA.position_m,
        cv2.Rodrigues(turn)[0],
        np.zeros(3),
        np.vstack([inner, [0, 0, 1]]),
        np.array([CAMERA.k1, 0, 0, 0]),
    )
    assert project(CAMERA, ROAD)[0] == pytest.approx(expected[:, 0], abs=1e-6)


def test_the_lens_bends_as_the_fitted_camera_does():
    fitted = FittedPose(
        rotation=CAMERA.axes(),
        lens_m=CAMERA.position_m,
        focal_px=np.array(CAMERA.focal_px),
        k1=np.array(CAMERA.k1),
        centre_px=np.array(CAMERA.centre_px),
    )
    assert fitted.image(ROAD) == pytest.approx(project(CAMERA, ROAD)[0], abs=1e-6)


@given(
    k1=st.floats(-0.35, 0.35),
    u=st.floats(0, 1919),
    v=st.floats(500, 1079),
    focal_px=st.floats(1200, 4000),
)
def test_unbending_and_bending_a_pixel_gives_it_back(k1, u, v, focal_px):
    camera = replace(CAMERA, k1=k1, focal_px=focal_px, yaw_deg=0.0)
    x, y = on_road(camera, np.array([u]), np.array([v]))
    assert project_road(camera, float(x[0]), float(y[0])) == pytest.approx((u, v), abs=1e-3)


def test_survey_points_are_bent_too():
    scene = replace(SCENES["overcast_main_road"], camera=CAMERA)
    for point in survey(scene):
        assert point.px == pytest.approx(project_road(CAMERA, *point.m), abs=0.006)


def test_a_surveyor_errs_by_what_the_scene_says():
    exact, wrong = (
        survey(a_scene(seed=5, survey_noise_px=px, survey_noise_m=m))
        for px, m in ((0.0, 0.0), (0.5, 0.02))
    )
    off_m = np.array([p.m for p in wrong]) - np.array([p.m for p in exact])
    off_px = np.array([p.px for p in wrong]) - np.array([p.px for p in exact])
    assert 0.01 < off_m.std() < 0.03
    assert 0.25 < off_px.std() < 0.75


def _rolling_scene():
    scene = SCENES["overcast_main_road"]
    return replace(scene, camera=CAMERA, sensor=replace(scene.sensor, readout_s=READOUT_S))


@pytest.mark.parametrize("direction", list(Direction))
def test_each_point_is_caught_at_the_instant_of_its_row(direction):
    """The wheel on the road, where it is at the instant when its own row is read."""
    scene = _rolling_scene()
    drive = next(d for d in schedule(scene) if d.direction is direction)
    time_s = drive.time_at(19.0)
    points = standing(VAN, pose_of(scene, drive, time_s), CAMERA)
    pixels, _ = project(CAMERA, points)
    instants = time_s + pixels[:, 1] / (CAMERA.size_px[1] - 1) * READOUT_S
    wheels = np.concatenate([np.arange(w.first, w.last) for w in VAN.wheels])
    lowest = wheels[np.argsort(points[wheels, 2])[:8]]
    for i in lowest:
        there = pose_of(
            replace(scene, sensor=replace(scene.sensor, readout_s=0.0)), drive, instants[i]
        )
        still = stand(VAN, replace(there, rolled_m=drive.speed_m_s * time_s))
        assert pixels[i] == pytest.approx(project(CAMERA, still[i : i + 1])[0][0], abs=0.02)


@pytest.mark.parametrize("direction", list(Direction))
def test_a_rolling_shutter_stretches_what_comes_down_the_picture(direction):
    scene = _rolling_scene()
    drive = next(d for d in schedule(scene) if d.direction is direction)
    pose = pose_of(scene, drive, drive.time_at(20.0))
    rolling, at_once = (
        np.ptp(project(CAMERA, standing(VAN, p, CAMERA))[0][:, 1])
        for p in (pose, replace(pose, m_per_row=0.0))
    )
    stretch = rolling / at_once - 1
    assert 0.005 < abs(stretch) < 0.1
    assert (stretch > 0) == (direction is Direction.APPROACHING)


@pytest.mark.parametrize("k1", [0.0, -0.3])
@pytest.mark.parametrize("m_per_row", [0.0, -5e-4])
def test_the_drawn_tyre_stands_where_the_camera_says(k1, m_per_row):
    """Its lowest edge in the picture, against the outline of the wheel's own points."""
    camera = replace(CAMERA, k1=k1)
    pose = Pose(
        direction=Direction.APPROACHING, x_m=-3.0, y_m=17.0, rolled_m=0.0, m_per_row=m_per_row
    )
    pixels = project(camera, standing(VAN, pose, camera))[0]
    region = region_of(pixels, camera.size_px, 3)
    shading = shade(VAN, pose, camera, SCENES["overcast_main_road"].light)
    _, cover = draw(VAN, pose, shading, camera, region, samples=16)
    wheel = pixels[VAN.wheels[0].first : VAN.wheels[1].last]
    for u in _columns_of(wheel):
        column = cover[:, u - region.left]
        shown_v = region.top - 0.5 + _bottom_of(column)
        assert shown_v == pytest.approx(_outline_v(wheel, u), abs=0.1)


def _columns_of(wheel):
    """Some columns that the flat of the tyre fills, clear of the bumper that hides its outside."""
    low = wheel[wheel[:, 1] > wheel[:, 1].max() - 1.2, 0]
    return np.arange(int(low.mean()) + 2, int(low.max()) - 2, 2)


def _bottom_of(column):
    """Rows from the top to the lower edge of what is covered, a part of a row included."""
    last_full = np.flatnonzero(column > 0.999).max()
    return last_full + 1 + column[last_full + 1 :].sum()


def _outline_v(points, u):
    """The lowest row of the points' hull in the middle of a column."""
    hull = cv2.convexHull(points.astype(np.float32))[:, 0]
    crossings = []
    for (u0, v0), (u1, v1) in zip(hull, np.roll(hull, -1, axis=0), strict=True):
        if min(u0, u1) <= u <= max(u0, u1) and u0 != u1:
            crossings.append(v0 + (v1 - v0) * (u - u0) / (u1 - u0))
    return max(crossings)


@given(time_s=st.floats(0, 60))
def test_a_mast_sways_and_drifts_as_the_scene_says(time_s):
    mast = Mast(sway_px=(0.4, 0.9), sway_hz=3.0, drift_px_per_s=(0.1, -0.2))
    moved = moved_px(a_scene(mast=mast), time_s)
    swing = moved - np.array([0.1, -0.2]) * time_s
    assert np.all(np.abs(swing) <= [0.4 + 1e-9, 0.9 + 1e-9])
