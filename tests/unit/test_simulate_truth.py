"""What a simulated clip says of itself is exactly what it shows."""

import json
import tomllib
from dataclasses import replace

import av
import cv2
import numpy as np
import pytest

from speedcam.model import Direction
from speedcam.simulate import SCENES
from speedcam.simulate.bodies import bodies
from speedcam.simulate.camera import project, project_road
from speedcam.simulate.plates import BAND_M, PLATE_M
from speedcam.simulate.pose import Pose
from speedcam.simulate.raster import draw, region_of, shade
from speedcam.simulate.traffic import schedule
from speedcam.simulate.truth import nearest_seen_m, site_toml, survey, truth_json
from speedcam.simulate.vehicle import build_model, stand
from speedcam.site import load_site
from tests.builders_simulate import a_clip, a_scene

SHIPPED = list(SCENES.values())


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return a_clip(tmp_path_factory.mktemp("clip"))


def test_the_same_scene_gives_the_same_bytes(clip, tmp_path):
    again = a_clip(tmp_path)
    for one, other in (
        (clip.video, again.video),
        (clip.site, again.site),
        (clip.truth, again.truth),
    ):
        assert one.read_bytes() == other.read_bytes()


def test_another_seed_gives_other_traffic():
    assert truth_json(*_with_traffic(a_scene())) != truth_json(*_with_traffic(a_scene(seed=8)))


def _with_traffic(scene):
    return scene, schedule(scene)


def test_no_half_written_file_is_left(clip):
    assert not list(clip.video.parent.glob("*.part"))


def test_frames_come_at_a_constant_rate(clip):
    with av.open(str(clip.video)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([i / 25 for i in range(75)])


def test_a_vehicle_darkens_the_road_exactly_from_its_contact_end(clip):
    scene = a_scene()
    drive = next(d for d in schedule(scene) if d.direction is Direction.APPROACHING)
    frames = _luma(clip.video)
    empty = np.median(frames[:: len(frames) // 9], axis=0)
    index = round(drive.pass_s * 25)
    u, v = project_road(scene.camera, drive.x_m, drive.contact_m(index / 25))
    column = np.abs(frames[index].astype(float) - empty)[:, round(u) - 5 : round(u) + 6].mean(
        axis=1
    )
    lowest = np.flatnonzero(column > 25).max()
    assert lowest == pytest.approx(v, abs=2.0)


def _luma(path):
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="gray") for f in container.decode(video=0)])


@pytest.mark.parametrize("kind", sorted(k for k, body in bodies().items() if body.plated))
@pytest.mark.parametrize("direction", list(Direction))
def test_a_plate_appears_where_the_camera_says(kind, direction):
    scene = SCENES["overcast_main_road"]
    body = bodies()[kind]
    model = build_model(body, "#33373b", "AB123CD", np.random.default_rng(1))
    pose = Pose(direction=direction, x_m=0.4, y_m=15.3, rolled_m=0.0)
    points = stand(model, pose)
    region = region_of(project(scene.camera, points)[0], scene.camera.size_px, 3)
    shading = shade(model, pose, scene.camera, scene.light)
    colour, _ = draw(model, pose, shading, scene.camera, region, samples=4)
    corners = points[_plate_points(model, front=direction is Direction.APPROACHING)]
    expected = _white_edges(scene.camera, corners) - [region.left, region.top]
    found = _measured_white_edges(colour, expected)
    assert found == pytest.approx(expected[:, 0], abs=0.35)


def _plate_points(model, *, front):
    height = model.body.plate_front_m if front else model.body.plate_rear_m
    y = model.points[:, 1]
    ends = y < 0 if front else y > model.body.length_m / 2
    on_plate = (
        ends
        & (np.abs(np.abs(model.points[:, 0]) - PLATE_M[0] / 2) < 1e-9)
        & (np.abs(np.abs(model.points[:, 2] - height) - PLATE_M[1] / 2) < 1e-9)
    )
    return np.flatnonzero(on_plate)


def _white_edges(camera, corners):
    """Where the white field begins and ends on the plate's middle line, in pixels."""
    left, right = corners[:, 0].min(), corners[:, 0].max()
    middle = corners.mean(axis=0)
    ends = [[x, middle[1], middle[2]] for x in (left + BAND_M, right - BAND_M)]
    return project(camera, np.array(ends))[0]


def _measured_white_edges(colour, expected):
    """The steepest rise of red from blue band to white field, to a part of a pixel."""
    (u0, v0), (u1, v1) = expected
    found = []
    for u, v, sign in ((u0, v0, 1), (u1, v1, -1)):
        across = np.arange(-3, 3.01, 0.05)
        line = cv2.remap(
            np.ascontiguousarray(colour[..., 2]),
            (u + across).astype(np.float32)[None],
            np.full((1, len(across)), v, np.float32),
            cv2.INTER_LINEAR,
        )[0]
        rise = np.clip(np.gradient(line) * sign, 0, None)
        found.append(u + float((rise * across).sum() / rise.sum()))
    return found


@pytest.mark.parametrize("scene", SHIPPED, ids=lambda scene: scene.name)
def test_survey_points_lie_where_the_road_is_seen(scene):
    points = survey(scene)
    assert 12 <= len(points) <= 18
    for point in points:
        assert project_road(scene.camera, *point.m) == pytest.approx(point.px, abs=0.006)


@pytest.mark.parametrize("scene", SHIPPED, ids=lambda scene: scene.name)
def test_the_zone_is_inside_the_picture_with_room_before_and_after(scene):
    width, height = scene.camera.size_px
    for lane in scene.plan.lanes:
        for x in (lane.left_m, lane.right_m):
            for y in (scene.zone.near_m, scene.zone.far_m):
                u, v = project_road(scene.camera, x, y)
                assert 0 <= u < width
                assert 0 <= v < height
    for drive in schedule(scene):
        assert nearest_seen_m(scene, drive) < scene.zone.near_m - 0.3


@pytest.mark.parametrize("scene", SHIPPED, ids=lambda scene: scene.name)
def test_site_files_are_valid_and_complete(scene, tmp_path):
    path = tmp_path / "x.site.toml"
    path.write_text(site_toml(scene), encoding="utf-8")
    site = load_site(path)
    assert site.zone == scene.zone
    assert set(site.limit_reason) == {"sq", "en"}
    assert site.certificate.valid_until > site.clip_starts_at.date()
    assert len(tomllib.loads(site_toml(scene))["survey"]["points"]) == len(survey(scene))


def test_truth_gives_the_time_in_the_middle_of_the_zone():
    scene = a_scene()
    document = json.loads(truth_json(scene, schedule(scene)))
    for vehicle, drive in zip(document["vehicles"], schedule(scene), strict=True):
        assert vehicle["speed_kmh"] == pytest.approx(drive.speed_m_s * 3.6, abs=1e-3)
        assert drive.contact_m(vehicle["time_at_23_m_s"]) == pytest.approx(23.0, abs=0.01)


def test_a_smaller_picture_shows_the_same_view():
    big, small = SCENES["sun_two_way"], a_scene(size_px=(960, 540))
    u, v = project_road(big.camera, -3.0, 20.0)
    assert project_road(small.camera, -3.0, 20.0) == pytest.approx(
        ((u + 0.5) / 2 - 0.5, (v + 0.5) / 2 - 0.5)
    )
    assert replace(small.camera, size_px=(1920, 1080)).pitch_deg == big.camera.pitch_deg
