"""Small simulated clips with truth, for tests that need footage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from speedcam.simulate import SCENES, Scene, SimulatedClip, simulate, vary
from speedcam.simulate.scene import PlannedDrive, Traffic


def a_scene(**overrides: Any) -> Scene:
    """A quick variant of the street: one vehicle each way, three seconds, 480x270.

    ``overrides`` are fields of :class:`Scene`, or ``size_px``.
    """
    street = SCENES["sun_two_way"]
    quick = replace(
        vary(street, size_px=overrides.pop("size_px", (480, 270))),
        name="quick",
        seconds=3.0,
        world_samples=1,
        vehicle_samples=2,
        plan=replace(street.plan, things=street.plan.things[:2], dark_beyond_m=None),
        traffic=Traffic(
            speeds={"1": ((1.5, 0.0),), "2": ((1.8, 0.0),)},
            far_m=90.0,
            kinds={"hatch": 1, "sedan": 1},
        ),
    )
    return replace(quick, **overrides)


def a_clip(folder: Path, **overrides: Any) -> SimulatedClip:
    """A quick clip on disk, with its site and truth files."""
    return simulate(a_scene(**overrides), folder)


def planned(scene: Scene, *drives: PlannedDrive) -> Scene:
    """The scene with these vehicles and no others."""
    traffic = Traffic(speeds={}, far_m=scene.traffic.far_m, kinds={}, planned=drives)
    return replace(scene, traffic=traffic)
