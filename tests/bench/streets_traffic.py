"""Clips of every traffic: dense, hidden, braking, shifting lanes, on two wheels, on foot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from speedcam.simulate.planned import Stop, queue
from speedcam.simulate.scene import PlannedDrive
from speedcam.simulate.walk import Walk
from speedcam.simulate.way import STEADY, braking, changing_lane, speeding_up, swerving
from tests.bench.streets_clip import RURAL, SLOW, TOWN, Clip, lit
from tests.bench.streets_light import LEFT_BEHIND, OVERCAST, RIGHT_BEHIND

STEP_M = 3.5
"""Across the road, from lane to lane of the verge's site."""

CARS = ("hatch", "sedan", "suv", "van", "estate", "hatch")


def traffic_clips() -> Iterator[Clip]:
    """One clip each; the seeds are arbitrary and fixed."""
    yield _queues()
    yield _platoons()
    yield _overtaking()
    yield _hidden()
    yield _changing()
    yield _two_wheels()
    yield _on_foot()


def _driving(clip: Clip, **traffic: Any) -> Clip:
    scene = clip.scene
    return replace(clip, scene=replace(scene, traffic=replace(scene.traffic, **traffic)))


def _queues() -> Clip:
    """A queue each way: one in the middle of the zone, one before it."""
    clip = lit("school", OVERCAST, {}, "queue", seed=301, seconds=40.0)
    towards = queue(
        clip.scene,
        lane="1",
        kinds=CARS,
        kmh=34.0,
        stop=Stop(front_at_m=15.0, from_s=9.0, until_s=15.0),
    )
    away = queue(
        clip.scene,
        lane="2",
        kinds=CARS[::-1],
        kmh=28.0,
        stop=Stop(front_at_m=30.0, from_s=14.0, until_s=22.0),
    )
    return _driving(clip, planned=(*towards, *away))


def _platoons() -> Clip:
    """Bumper to bumper at town speeds: their outlines run into one another."""
    lanes = {"1": (31, 31, 32, 32, 33), "2": (36,) * 6, "3": (41,) * 6, "4": (28,) * 5}
    clip = lit("wide", RIGHT_BEHIND, lanes, "platoon", "merged", seed=302)
    return _driving(clip, gap_m=(4.0, 6.0))


def _overtaking() -> Clip:
    """Side by side in neighbouring lanes."""
    lanes = {"1": SLOW, "2": TOWN, "3": TOWN, "4": SLOW}
    clip = lit("boulevard", OVERCAST, lanes, "overtaking", "merged", seed=303)
    return _driving(clip, abreast=True)


def _hidden() -> Clip:
    """Lorries next to the camera hide what drives in the lanes beyond, and what follows them."""
    lanes = {"1": TOWN[:5], "2": TOWN[:5], "3": SLOW[1:]}
    clip = lit("verge", LEFT_BEHIND, lanes, "hidden", "merged", seed=304)
    follows_s = 11.0 / (50 / 3.6)
    lorry = PlannedDrive(lane="2", kind="lorry", kmh=50.0, pass_s=3.0)
    car = PlannedDrive(lane="2", kind="hatch", kmh=50.0, pass_s=3.0 + follows_s)
    return _driving(clip, abreast=True, kinds={"lorry": 3, "hatch": 2}, planned=(lorry, car))


def _changing() -> Clip:
    """Nobody keeps both speed and lane but every third."""
    clip = lit("verge", RIGHT_BEHIND, {"1": TOWN, "2": RURAL, "3": TOWN}, "braking", seed=305)
    ways = {
        "1": (braking(2.5), STEADY, changing_lane(STEP_M)),
        "2": (speeding_up(2.0), swerving(0.8), STEADY),
        "3": (STEADY, braking(4.0, lasts_s=1.5), speeding_up(1.5, after_s=-2.0, lasts_s=4.0)),
    }
    changed = _driving(clip, ways=ways)
    return replace(changed, conditions=(*clip.conditions, "lane change"))


def _two_wheels() -> Clip:
    """Motorcycles among the cars, and bicycles at the edge of the road."""
    lanes = {"1": TOWN, "2": TOWN[:4]}
    clip = lit("school", LEFT_BEHIND, lanes, "two wheels", seed=306, seconds=32.0)
    bicycles = tuple(
        PlannedDrive(lane="2", kind="bicycle", kmh=kmh, pass_s=pass_s, aside_m=1.2)
        for kmh, pass_s in ((17.0, 4.0), (23.0, 28.0))
    )
    return _driving(clip, kinds={"motorcycle": 3, "hatch": 1, "van": 1}, planned=bicycles)


def _on_foot() -> Clip:
    """Somebody crosses when the road is clear, somebody walks along its edge all the while."""
    clip = lit("alley", OVERCAST, {}, "pedestrian", seed=307, seconds=24.0)
    planned = tuple(
        PlannedDrive(lane=lane, kind=kind, kmh=kmh, pass_s=pass_s)
        for lane, kind, kmh, pass_s in (
            ("1", "hatch", 48.0, 2.6),
            ("2", "suv", 55.0, 3.4),
            ("1", "sedan", 52.0, 5.0),
            ("2", "hatch", 36.0, 14.5),
            ("1", "van", 44.0, 13.2),
            ("2", "estate", 57.0, 17.0),
            ("1", "bicycle", 19.0, 21.4),
            ("2", "motorcycle", 61.0, 19.5),
            ("2", "sedan", 47.0, 22.0),
        )
    )
    crossing = Walk(from_m=(-1.0, 25.0), to_m=(7.6, 25.0), starts_s=6.2, m_s=1.4)
    along = Walk(from_m=(-0.5, 12.0), to_m=(-0.5, 44.0), starts_s=0.0, m_s=1.3)
    return _driving(clip, planned=planned, walks=(crossing, along))
