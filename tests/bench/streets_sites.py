"""Ten places to measure at: they differ in height, angle, lens, picture, road and surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from speedcam.simulate import SCENES, Scene
from speedcam.simulate.camera import Camera, on_road
from speedcam.simulate.plan import RoadPlan
from speedcam.simulate.scene import Sensor, Traffic
from speedcam.site import Zone
from tests.bench.streets_light import OVERCAST
from tests.bench.streets_plans import Carriageway, in_country, in_town

HD, FULL_HD, QUAD_HD = (1280, 720), (1920, 1080), (2560, 1440)

SENSOR = Sensor(shutter_s=0.001, noise=1.5, shake_px=0.05, soft_px=0.55, crf=24)
MIX = {"sedan": 3, "hatch": 4, "suv": 3, "estate": 2, "van": 2, "lorry": 1}

_SURVEYED = (-0.02, 0.15, 0.38, 0.68, 1.03)
"""Where survey points lie along the zone, as shares of its length."""

_MOST_M = 125.0
"""Nobody sees from where vehicles come, farther than this."""


def place(name: str, *, camera: Camera, plan: RoadPlan, near_m: float, far_m: float) -> Scene:
    """A site on an overcast day before anybody drives there: the clips fill in the rest."""
    paper = SCENES["overcast_main_road"].paperwork
    long_m = far_m - near_m
    return Scene(
        name=name,
        title=f"Benchmark site {name}",
        seed=1,
        seconds=30.0,
        frames_per_s=25,
        camera=camera,
        light=OVERCAST,
        plan=plan,
        zone=Zone(near_m=near_m, far_m=far_m),
        survey_y_m=tuple(round(near_m + share * long_m, 1) for share in _SURVEYED),
        sensor=SENSOR,
        traffic=Traffic(speeds={}, far_m=_beyond_the_picture_m(camera), kinds=MIX),
        paperwork=replace(
            paper, camera_id=f"BENCH-{name.upper().replace('_', '-')}", camera_name=f"Site {name}"
        ),
        survey_noise_px=0.3,
        survey_noise_m=0.01,
    )


def _beyond_the_picture_m(camera: Camera) -> float:
    """Just past where the upper edge of the picture meets the road."""
    _, y_m = on_road(camera, np.array([camera.centre_px[0]]), np.array([0.0]))
    return float(round(min(y_m[0] + 4.0, _MOST_M)))


def _school() -> Scene:
    return place(
        "school",
        camera=Camera(size_px=FULL_HD, focal_px=2500, height_m=5.0, pitch_deg=12.7, yaw_deg=12),
        plan=in_town(Carriageway(left_m=0.6, lanes="ar", seed=11)),
        near_m=11.5,
        far_m=34.0,
    )


def _gantry() -> Scene:
    return place(
        "gantry",
        camera=Camera(size_px=FULL_HD, focal_px=2700, height_m=6.5, pitch_deg=15.0, yaw_deg=0),
        plan=in_country(Carriageway(left_m=-5.25, lanes="arr", seed=12)),
        near_m=14.0,
        far_m=38.0,
    )


def _low_pole() -> Scene:
    return place(
        "low_pole",
        camera=Camera(size_px=HD, focal_px=1680, height_m=4.0, pitch_deg=10.9, yaw_deg=-11),
        plan=in_town(Carriageway(left_m=-6.6, lanes="ar", lane_m=3.25, seed=13)),
        near_m=10.8,
        far_m=28.0,
    )


def _motorway() -> Scene:
    return place(
        "motorway",
        camera=Camera(size_px=FULL_HD, focal_px=3300, height_m=9.0, pitch_deg=15.3, yaw_deg=0),
        plan=in_country(Carriageway(left_m=-5.6, lanes="rrr", lane_m=3.75, seed=14)),
        near_m=21.0,
        far_m=52.0,
    )


def _wide() -> Scene:
    return place(
        "wide",
        camera=Camera(
            size_px=FULL_HD, focal_px=1800, height_m=5.5, pitch_deg=15.4, yaw_deg=-3, k1=-0.16
        ),
        plan=in_town(Carriageway(left_m=-7.0, lanes="aarr", lane_m=3.2, seed=15)),
        near_m=10.9,
        far_m=28.0,
    )


def _verge() -> Scene:
    return place(
        "verge",
        camera=Camera(size_px=FULL_HD, focal_px=2700, height_m=6.0, pitch_deg=12.2, yaw_deg=-20),
        plan=in_country(Carriageway(left_m=-12.0, lanes="aar", seed=16)),
        near_m=15.5,
        far_m=38.0,
    )


def _village() -> Scene:
    return place(
        "village",
        camera=Camera(size_px=HD, focal_px=2130, height_m=7.0, pitch_deg=18.7, yaw_deg=6, k1=-0.06),
        plan=in_country(Carriageway(left_m=-2.5, lanes="ar", lane_m=3.25, seed=17)),
        near_m=13.5,
        far_m=33.0,
    )


def _boulevard() -> Scene:
    return place(
        "boulevard",
        camera=Camera(size_px=QUAD_HD, focal_px=3500, height_m=7.5, pitch_deg=16.0, yaw_deg=-2),
        plan=in_town(Carriageway(left_m=-7.1, lanes="aarr", lane_m=3.25, seed=18)),
        near_m=16.6,
        far_m=42.0,
    )


def _overpass() -> Scene:
    return place(
        "overpass",
        camera=Camera(size_px=FULL_HD, focal_px=4600, height_m=8.5, pitch_deg=11.1, yaw_deg=2),
        plan=in_country(Carriageway(left_m=-2.0, lanes="rr", lane_m=3.6, seed=19)),
        near_m=28.0,
        far_m=60.0,
    )


def _alley() -> Scene:
    return place(
        "alley",
        camera=Camera(size_px=HD, focal_px=2550, height_m=5.5, pitch_deg=12.7, yaw_deg=9.5),
        plan=in_town(Carriageway(left_m=0.2, lanes="aa", lane_m=3.3, seed=20)),
        near_m=15.5,
        far_m=36.0,
    )


def sites() -> Mapping[str, Scene]:
    """The sites by name."""
    made = (
        _school(),
        _gantry(),
        _low_pole(),
        _motorway(),
        _wide(),
        _verge(),
        _village(),
        _boulevard(),
        _overpass(),
        _alley(),
    )
    return MappingProxyType({scene.name: scene for scene in made})


SITES: Mapping[str, Scene] = sites()
