"""A scene: everything one simulated clip depends on, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import cycle, islice
from typing import Literal

from speedcam.model import Certificate
from speedcam.simulate.camera import Camera, scaled
from speedcam.simulate.light import Light
from speedcam.simulate.plan import RoadPlan
from speedcam.site import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Paperwork:
    """What the site file says about the place, beside its geometry."""

    camera_id: str
    camera_name: str
    place_name: str
    road: str
    road_kind: Literal["urban", "rural", "main", "motorway"]
    approaching_towards: str
    receding_towards: str
    limit_reason: Mapping[str, str]
    certificate: Certificate
    signs_checked_on: date
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """How the picture is taken.

    Attributes:
        shutter_s: Time over which motion blurs.
        noise: Standard deviation of the noise in mid-tones, in grey levels of 255.
        shake_px: Standard deviation of the picture's slow sway.
        soft_px: Blur of the lens, standard deviation.
        crf: Constant rate factor of the encoder.
        preset: x264 preset of the encoder.
    """

    shutter_s: float
    noise: float
    shake_px: float
    soft_px: float
    crf: int
    preset: str = "medium"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Who drives by.

    Attributes:
        speeds: For each lane (by name), each vehicle's speed as a share of the limit plus an
            offset in km/h.
        far_m: Vehicles come into being and vanish here.
        kinds: Kinds of vehicle, and how many of each are in the mix.
    """

    speeds: Mapping[str, tuple[tuple[float, float], ...]]
    far_m: float
    kinds: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One clip to be: change a field with ``dataclasses.replace`` for another."""

    name: str
    title: str
    seed: int
    seconds: float
    frames_per_s: int
    camera: Camera
    light: Light
    plan: RoadPlan
    zone: Zone
    survey_y_m: tuple[float, ...]
    sensor: Sensor
    traffic: Traffic
    paperwork: Paperwork
    world_samples: int = 2
    vehicle_samples: int = 3


def vary(
    scene: Scene,
    *,
    seed: int | None = None,
    seconds: float | None = None,
    size_px: tuple[int, int] | None = None,
) -> Scene:
    """The scene with another seed, length or picture size; None keeps what it has.

    A smaller picture shows the same view with a shorter focal length. A clip of another
    length keeps the density of the traffic.
    """
    changed = scene
    if seed is not None:
        changed = replace(changed, seed=seed)
    if seconds is not None and seconds != scene.seconds:
        changed = replace(changed, seconds=seconds, traffic=_as_dense(scene, seconds))
    if size_px is not None and size_px != scene.camera.size_px:
        changed = replace(changed, camera=scaled(scene.camera, size_px))
    return changed


def _as_dense(scene: Scene, seconds: float) -> Traffic:
    """The traffic of a scene, shortened or repeated to keep its density."""
    share = seconds / scene.seconds
    speeds = {
        lane: tuple(islice(cycle(wanted), max(1, round(len(wanted) * share))))
        for lane, wanted in scene.traffic.speeds.items()
    }
    return replace(scene.traffic, speeds=speeds)
