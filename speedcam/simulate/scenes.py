"""The two scenes that ship: a two-way street in sun, and a main road under an overcast sky."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from types import MappingProxyType

import numpy as np

from speedcam.model import Certificate, Direction
from speedcam.simulate.camera import Camera
from speedcam.simulate.light import Light
from speedcam.simulate.plan import LanePlan, Line, Patch, RoadPlan, Strip, Thing
from speedcam.simulate.scene import Paperwork, Scene, Sensor, Traffic
from speedcam.site import Zone

_SUMMER_TIME = timezone(timedelta(hours=2))
"""Tirana in early October."""


def _sun() -> Light:
    return Light(
        towards_sun=(-0.545, -0.36, 0.757),
        sun=(1.85, 2.2, 2.45),
        sky=(0.95, 0.78, 0.62),
        bounce=(0.22, 0.26, 0.28),
        zenith=(1.15, 0.70, 0.40),
        horizon=(1.35, 1.22, 1.10),
        haze_m=2500.0,
        exposure=0.95,
    )


def _overcast() -> Light:
    return Light(
        towards_sun=None,
        sun=(0.0, 0.0, 0.0),
        sky=(1.02, 0.98, 0.95),
        bounce=(0.16, 0.17, 0.17),
        zenith=(0.80, 0.78, 0.76),
        horizon=(1.05, 1.03, 1.02),
        haze_m=1500.0,
        exposure=2.05,
    )


def _street() -> RoadPlan:
    kerbs = tuple(
        Thing(kind="kerb", x_m=x, near_m=6, far_m=85, height_m=0.12, width_m=0.16)
        for x in (-7.22, 0.52)
    )
    houses = (
        Thing(kind="house", x_m=-16.5, near_m=24, far_m=36, height_m=6.4, width_m=10),
        Thing(kind="house", x_m=-15.5, near_m=44, far_m=60, height_m=9.5, width_m=11),
        Thing(kind="house", x_m=-15.0, near_m=66, far_m=82, height_m=6.2, width_m=10),
        Thing(kind="house", x_m=10.0, near_m=52, far_m=80, height_m=9.2, width_m=10),
    )
    walls = (
        Thing(kind="wall", x_m=-11.4, near_m=14, far_m=46, height_m=1.5, width_m=0.25),
        Thing(kind="fence", x_m=-11.4, near_m=50, far_m=80, height_m=1.5),
        Thing(kind="fence", x_m=5.2, near_m=22, far_m=80, height_m=1.4),
    )
    trees = tuple(
        Thing(kind="tree", x_m=x + 1, near_m=y, far_m=y, height_m=h, width_m=w)
        for x, y, h, w in (
            (-14.6, 21, 5.2, 3.4),
            (-14.9, 31, 6.0, 4.2),
            (-14.2, 40, 5.5, 3.8),
            (-15.0, 63, 7.5, 5.0),
            (-14.4, 78, 7.0, 4.6),
            (7.2, 40, 6.5, 4.4),
            (6.4, 49, 5.6, 3.6),
            (7.4, 66, 8.0, 5.2),
            (-26, 96, 14, 11),
            (-15, 104, 13, 11),
            (-5, 110, 14, 12),
            (4, 106, 13, 10),
            (13, 101, 14, 11),
            (23, 98, 13, 12),
            (-36, 98, 12, 11),
            (-47, 101, 14, 12),
            (-10, 100, 11, 9),
            (-31, 104, 13, 11),
        )
    )
    bushes = tuple(
        Thing(kind="bush", x_m=x + 1, near_m=y, far_m=y, height_m=h, width_m=1.9 * h)
        for x, y, h in (
            (-15.6, 24.0, 2.0),
            (-15.9, 38.5, 1.9),
            (3.6, 27, 0.9),
            (3.5, 33, 1.1),
            (3.6, 45, 1.0),
            (5.6, 30, 1.4),
            (-13.2, 48, 1.8),
            (5.2, 57, 1.5),
            (3.8, 23.5, 1.0),
            (3.4, 38, 0.8),
        )
    )
    poles = (
        Thing(kind="pole", x_m=-7.9, near_m=27.5, far_m=27.5, height_m=8.0, width_m=0.16),
        Thing(kind="pole", x_m=-7.9, near_m=57.5, far_m=57.5, height_m=8.0, width_m=0.16),
        Thing(kind="sign", x_m=1.3, near_m=44, far_m=44, height_m=2.6, width_m=0.07),
    )
    bridge = Thing(kind="underpass", x_m=-3.35, near_m=88, far_m=88, height_m=3.7, width_m=11.0)
    return RoadPlan(
        left_m=-7.15,
        right_m=0.45,
        lanes=(
            LanePlan(
                name="1",
                direction=Direction.APPROACHING,
                left_m=-6.85,
                right_m=-3.35,
                limit_kmh=40,
                trigger_kmh=45,
            ),
            LanePlan(
                name="2",
                direction=Direction.RECEDING,
                left_m=-3.35,
                right_m=0.15,
                limit_kmh=40,
                trigger_kmh=45,
            ),
        ),
        lines=(
            Line(x_m=-3.35, width_m=0.12, dash_m=3.0, gap_m=4.5, worn=0.45),
            Line(x_m=-6.85, width_m=0.12, worn=0.55),
            Line(x_m=0.15, width_m=0.12, worn=0.5),
        ),
        strips=(
            Strip(left_m=-11.4, right_m=-7.1, surface="pavement"),
            Strip(left_m=0.4, right_m=3.0, surface="pavement"),
            Strip(left_m=3.0, right_m=3.6, surface="soil"),
        ),
        patches=(
            Patch(left_m=-6.4, right_m=-4.9, near_m=28.0, far_m=34.5, tone=0.82),
            Patch(left_m=-1.4, right_m=-0.35, near_m=17.2, far_m=19.4, tone=0.74),
            Patch(left_m=-3.1, right_m=-2.3, near_m=40.0, far_m=75.0, tone=0.86),
        ),
        manholes=((-4.2, 21.5), (-2.0, 33.0)),
        things=(*kerbs, *houses, *walls, *trees, *bushes, *poles, bridge),
        dark_beyond_m=88.0,
    )


def _main_road() -> RoadPlan:
    rails = (
        Thing(kind="rail", x_m=-7.3, near_m=10, far_m=130, height_m=0.75),
        Thing(kind="rail", x_m=6.9, near_m=10, far_m=130, height_m=0.75),
    )
    posts = tuple(
        Thing(kind="delineator", x_m=x, near_m=y, far_m=y, height_m=0.95)
        for y in (25, 50, 75, 100)
        for x in (-6.75, 6.45)
    )
    rng = np.random.default_rng(7)
    trees = tuple(
        Thing(
            kind="tree",
            x_m=float(side * rng.uniform(11, 30)),
            near_m=float(y),
            far_m=float(y),
            height_m=float(rng.uniform(3, 6.5)),
            width_m=float(rng.uniform(3, 6)),
        )
        for side in (-1, 1)
        for y in rng.uniform(32, 150, 26)
    )
    bushes = tuple(
        Thing(
            kind="bush",
            x_m=float(side * rng.uniform(8.6, 13)),
            near_m=float(y),
            far_m=float(y),
            height_m=float(rng.uniform(0.5, 1.3)),
            width_m=float(rng.uniform(1.0, 2.6)),
        )
        for side in (-1, 1)
        for y in rng.uniform(14, 110, 24)
    )
    return RoadPlan(
        left_m=-6.2,
        right_m=5.9,
        lanes=(
            LanePlan(
                name="1",
                direction=Direction.APPROACHING,
                left_m=-4.875,
                right_m=-1.625,
                limit_kmh=80,
                trigger_kmh=85,
            ),
            LanePlan(
                name="2",
                direction=Direction.RECEDING,
                left_m=-1.625,
                right_m=1.625,
                limit_kmh=80,
                trigger_kmh=85,
            ),
            LanePlan(
                name="3",
                direction=Direction.RECEDING,
                left_m=1.625,
                right_m=4.875,
                limit_kmh=80,
                trigger_kmh=85,
            ),
        ),
        lines=(
            Line(x_m=-4.875, width_m=0.15, worn=0.3),
            Line(x_m=-1.735, width_m=0.12, worn=0.3),
            Line(x_m=-1.515, width_m=0.12, worn=0.3),
            Line(x_m=1.625, width_m=0.12, dash_m=4.0, gap_m=6.0, worn=0.35),
            Line(x_m=4.875, width_m=0.15, worn=0.35),
        ),
        strips=(
            Strip(left_m=-8.2, right_m=-6.0, surface="gravel"),
            Strip(left_m=5.7, right_m=7.8, surface="gravel"),
        ),
        patches=(
            Patch(left_m=1.9, right_m=4.6, near_m=27.0, far_m=41.0, tone=0.84),
            Patch(left_m=-4.4, right_m=-3.1, near_m=19.0, far_m=22.5, tone=0.78),
        ),
        things=(*rails, *posts, *trees, *bushes),
    )


def _two_way() -> Scene:
    return Scene(
        name="sun_two_way",
        title="Two-way street in sun, limit 40 km/h",
        seed=20261,
        seconds=40.0,
        frames_per_s=25,
        camera=Camera(
            size_px=(1920, 1080), focal_px=2650.0, height_m=4.6, pitch_deg=11.55, yaw_deg=-11.0
        ),
        light=_sun(),
        plan=_street(),
        zone=Zone(near_m=11.4, far_m=35.0),
        survey_y_m=(11.2, 15.0, 20.0, 27.0, 36.0),
        sensor=Sensor(shutter_s=0.001, noise=1.6, shake_px=0.0, soft_px=0.55, crf=30),
        traffic=Traffic(
            speeds={
                "1": ((1.25, 0), (0.7, 0), (1.0, 3), (1.6, 0), (1.0, -1), (0.5, 0), (1.9, 0)),
                "2": ((0.85, 0), (1.0, 1), (1.45, 0), (1.0, 6), (0.6, 0), (1.75, 0), (1.1, 0)),
            },
            far_m=98.0,
            kinds={"sedan": 3, "hatch": 4, "suv": 3, "estate": 2, "van": 2, "lorry": 1},
            tells_hidden=False,
        ),
        paperwork=Paperwork(
            camera_id="AL-DEMO-01",
            camera_name="Demo camera 1",
            place_name="Rruga e Shembullit, te ura e hekurudhës",
            road="Rruga e Shembullit",
            road_kind="urban",
            approaching_towards="Stacioni i Trenit",
            receding_towards="Ura e Hekurudhës",
            limit_reason={
                "sq": "dalja e një shkolle është 60 metra më tej",
                "en": "a school gate is 60 metres ahead",
            },
            certificate=Certificate(
                device="speedcam demo", number="DEMO-2026-001", valid_until=date(2027, 6, 30)
            ),
            signs_checked_on=date(2026, 10, 1),
            starts_at=datetime(2026, 10, 14, 8, 30, tzinfo=_SUMMER_TIME),
        ),
    )


def _overcast_main_road() -> Scene:
    return Scene(
        name="overcast_main_road",
        title="Main road under an overcast sky, limit 80 km/h",
        seed=20262,
        seconds=36.0,
        frames_per_s=25,
        camera=Camera(
            size_px=(1920, 1080), focal_px=2800.0, height_m=6.0, pitch_deg=14.6, yaw_deg=0.0
        ),
        light=_overcast(),
        plan=_main_road(),
        zone=Zone(near_m=13.5, far_m=36.0),
        survey_y_m=(13.2, 17.0, 24.0, 38.0),
        sensor=Sensor(shutter_s=0.0015, noise=1.4, shake_px=0.12, soft_px=0.5, crf=30),
        traffic=Traffic(
            speeds={
                "1": ((1.0, 4), (0.8, 0), (1.3, 0), (1.0, -1), (1.55, 0)),
                "2": ((1.0, 2), (1.35, 0), (0.95, 0), (1.9, 0), (1.15, 0)),
                "3": ((0.7, 0), (1.0, 5), (0.5, 0), (0.9, 0), (1.0, 0)),
            },
            far_m=94.0,
            kinds={"sedan": 4, "hatch": 3, "suv": 3, "estate": 2, "van": 2, "lorry": 2},
            tells_hidden=False,
        ),
        paperwork=Paperwork(
            camera_id="AL-DEMO-02",
            camera_name="Demo camera 2",
            place_name="Rruga e Provës, km 4+200",
            road="SH-DEMO",
            road_kind="main",
            approaching_towards="Durrës",
            receding_towards="Tiranë",
            limit_reason={
                "sq": "200 metra më tej rruga kryqëzohet me një hyrje fermash",
                "en": "farm vehicles turn into the road 200 metres ahead",
            },
            certificate=Certificate(
                device="speedcam demo", number="DEMO-2026-002", valid_until=date(2027, 6, 30)
            ),
            signs_checked_on=date(2026, 10, 2),
            starts_at=datetime(2026, 10, 16, 16, 5, tzinfo=_SUMMER_TIME),
        ),
    )


def scenes() -> Mapping[str, Scene]:
    """The scenes by name."""
    made = (_two_way(), _overcast_main_road())
    return MappingProxyType({scene.name: scene for scene in made})


SCENES: Mapping[str, Scene] = scenes()
