"""The benchmark's streets show what they are there for, inside their pictures."""

from itertools import product

import numpy as np
import pytest

from speedcam.simulate.camera import project_road
from speedcam.simulate.traffic import schedule
from speedcam.simulate.truth import survey
from tests.bench.streets import CLIPS
from tests.bench.streets_light import sun
from tests.bench.streets_plans import Carriageway, in_country, in_town
from tests.bench.streets_sites import SITES

WANTED = {
    "sun", "overcast", "dusk", "wet", "shade of trees", "cloud", "lens",
    "crf 18", "crf 32", "12.5 per s", "50 per s", "60 per s", "variable rate", "lost", "repeated",
    "shake", "drift", "knocked", "moved", "rolling shutter",
    "queue", "platoon", "overtaking", "merged", "hidden", "braking", "lane change",
    "two wheels", "pedestrian",
}  # fmt: skip


def _across_m(scene):
    return scene.plan.lanes[0].left_m, scene.plan.lanes[-1].right_m


def _shape(scene):
    camera = scene.camera
    return (camera.size_px, camera.focal_px, camera.height_m, camera.pitch_deg, camera.yaw_deg)


@pytest.mark.parametrize("name", SITES)
def test_the_zone_lies_in_the_picture(name):
    scene = SITES[name]
    width, height = scene.camera.size_px
    for x_m, y_m in product(_across_m(scene), (scene.zone.near_m, scene.zone.far_m)):
        u, v = project_road(scene.camera, x_m, y_m)
        assert 0 < u < width - 1
        assert 0 < v < height - 1


@pytest.mark.parametrize("name", CLIPS)
def test_the_survey_lies_in_the_picture_around_the_zone(name):
    scene = CLIPS[name].scene
    points = survey(scene)
    u, v = np.array([point.px for point in points]).T
    width, height = scene.camera.size_px
    assert len(points) >= 12
    assert (u >= 0).all()
    assert (u <= width - 1).all()
    assert (v >= 0).all()
    assert (v <= height - 1).all()
    along = [point.m[1] for point in points]
    assert min(along) < scene.zone.near_m < scene.zone.far_m < max(along)


@pytest.mark.parametrize("name", SITES)
def test_a_plate_is_wide_enough_to_be_read_somewhere_in_the_zone(name):
    scene = SITES[name]
    left, right = _across_m(scene)
    middle, near = (left + right) / 2, scene.zone.near_m + 1
    ends = [project_road(scene.camera, x, near) for x in (middle - 0.26, middle + 0.26)]
    assert np.hypot(*np.subtract(*ends)) > 66


def test_sites_differ_in_height_angle_lens_and_picture():
    scenes = list(SITES.values())
    assert len({_shape(scene) for scene in scenes}) == len(scenes) >= 8
    heights = [scene.camera.height_m for scene in scenes]
    assert min(heights) <= 4.0
    assert max(heights) >= 9.0
    assert len({scene.camera.size_px for scene in scenes}) == 3
    assert sum(scene.camera.k1 != 0 for scene in scenes) >= 2


def test_every_condition_has_a_clip():
    shown = {condition for clip in CLIPS.values() for condition in clip.conditions}
    assert shown >= WANTED


def test_hundreds_of_vehicles_drive_from_20_to_170_kmh():
    kmh = [
        share * lane.limit_kmh + offset
        for clip in CLIPS.values()
        for lane in clip.scene.plan.lanes
        for share, offset in clip.scene.traffic.speeds.get(lane.name, ())
    ]
    assert len(kmh) >= 340
    assert min(kmh) < 25
    assert max(kmh) > 160


def test_the_most_crowded_road_has_room_for_everybody():
    crowded = max(
        (clip.scene for clip in CLIPS.values()),
        key=lambda scene: sum(map(len, scene.traffic.speeds.values())) / scene.seconds,
    )
    assert len(schedule(crowded)) == sum(map(len, crowded.traffic.speeds.values()))


@pytest.mark.parametrize("surroundings", [in_town, in_country])
def test_traffic_keeps_to_the_right_and_lanes_touch(surroundings):
    plan = surroundings(Carriageway(left_m=-4.0, lanes="aarr", lane_m=3.0))
    assert [lane.direction.value for lane in plan.lanes] == ["approaching"] * 2 + ["receding"] * 2
    assert [lane.left_m for lane in plan.lanes] == [-4.0, -1.0, 2.0, 5.0]
    assert plan.left_m < -4.0 < 8.0 < plan.right_m


def test_the_sun_stands_where_it_is_said_to():
    assert sun(from_deg=90, high_deg=30).towards_sun == pytest.approx((0.75**0.5, 0, 0.5))
