"""A clip of the rendered benchmark: a scene and what is special about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from speedcam.simulate import Scene
from speedcam.simulate.light import Light
from tests.bench.streets_plans import LIMIT_KMH
from tests.bench.streets_sites import SITES

DOUBTFUL = frozenset({"wet", "drift", "knocked", "moved", "merged"})
"""Conditions in which a vehicle ends right or refused."""

SLOW = (22, 31, 38, 45, 52)
TOWN = (42, 51, 58, 66, 47, 74, 55)
RURAL = (72, 84, 91, 66, 103, 78, 88)
FAST = (118, 131, 104, 147, 126, 139, 112, 168)

Lanes = Mapping[str, Sequence[float]]
"""Speeds in km/h of those who drive in each lane, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A scene to render and what it is there for.

    Attributes:
        site: Where, by name.
        scene: What to render; its name is the clip's.
        conditions: What is special about it, in the words of the requirement.
        moved_before: The camera was knocked before the clip began: the scene's mast is knocked at
            0 s, and the site file names the picture of before, which was surveyed.
    """

    site: str
    scene: Scene
    conditions: tuple[str, ...]
    moved_before: bool = False

    @property
    def name(self) -> str:
        """Of its files."""
        return self.scene.name

    @property
    def doubtful(self) -> bool:
        """Whether a refusal is as good as a right reading."""
        return not DOUBTFUL.isdisjoint(self.conditions)

    @property
    def work_px(self) -> float:
        """Pixels to render, about, to begin with the longest work."""
        width, height = self.scene.camera.size_px
        return float(self.scene.seconds * self.scene.frames_per_s) * width * height


def lit(
    site: str,
    light: Light,
    lanes: Lanes,
    *conditions: str,
    seed: int,
    crf: int = 24,
    seconds: float = 20.0,
    shutter_s: float = 0.001,
) -> Clip:
    """A clip of ``site`` in that light; its name is the site and the conditions."""
    scene = driven(SITES[site], lanes)
    scene = replace(
        scene,
        name=re.sub(r"\W", "_", "_".join((site, *conditions))),
        seed=seed,
        seconds=seconds,
        light=light,
        sensor=replace(scene.sensor, crf=crf, shutter_s=shutter_s),
    )
    return Clip(site=site, scene=scene, conditions=(*conditions, f"crf {crf}"))


def driven(scene: Scene, lanes: Mapping[str, Iterable[float]]) -> Scene:
    """The scene with vehicles of these speeds in km/h in each lane, by name."""
    speeds = {
        lane: tuple((kmh / LIMIT_KMH, 0.0) for kmh in driven_kmh)
        for lane, driven_kmh in lanes.items()
    }
    return replace(scene, traffic=replace(scene.traffic, speeds=speeds))
