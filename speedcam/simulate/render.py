"""Frames: the still world, the shadows on it, the vehicles over it, then lens and sensor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import numpy as np

from speedcam.model import Image
from speedcam.simulate.camera import Camera
from speedcam.simulate.drive import Drive
from speedcam.simulate.hiding import back_to_front
from speedcam.simulate.lamps import light_road
from speedcam.simulate.light import tone
from speedcam.simulate.noise import Field
from speedcam.simulate.overlay import View, lay_mirror_image, lay_vehicle, pose_of
from speedcam.simulate.raster import Region
from speedcam.simulate.scene import Scene
from speedcam.simulate.sensor import Sensor
from speedcam.simulate.shadow import darken
from speedcam.simulate.sunlight import Sunlight
from speedcam.simulate.timeline import Shot
from speedcam.simulate.user import RoadUser
from speedcam.simulate.vehicle import Model, build_model
from speedcam.simulate.world import build_world


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Somebody in the picture: who it is, and what it looks like."""

    user: RoadUser
    model: Model


class Studio:
    """Renders any instant of a scene; keeps what all of its pictures share."""

    def __init__(self, scene: Scene, drives: Sequence[Drive]) -> None:
        self._scene, self._drives = scene, drives
        self._models: dict[tuple[int, int], Model] = {}

    def picture(self, time_s: float) -> Image:
        """The picture before mast and sensor, 8-bit blue-green-red."""
        knocked = self._scene.mast.knocked_s
        view = self._first if knocked is None or time_s < knocked else self._knocked
        return _exposed(self._scene, view, seen=self._seen(time_s), time_s=time_s)

    def _seen(self, time_s: float) -> list[Seen]:
        users: list[tuple[RoadUser, tuple[int, int]]] = [(d, (5, d.ordinal)) for d in self._drives]
        users += [(walk, (43, number)) for number, walk in enumerate(self._scene.traffic.walks)]
        return [
            Seen(user=user, model=self._model(user, draws))
            for user, draws in users
            if _in_sight(self._scene, user, time_s)
        ]

    def _model(self, user: RoadUser, draws: tuple[int, int]) -> Model:
        if draws not in self._models:
            rng = np.random.default_rng([self._scene.seed, *draws])
            self._models[draws] = build_model(user.body, user.colour, user.plate, rng)
        return self._models[draws]

    @cached_property
    def _first(self) -> View:
        return _view(self._scene, self._scene.camera)

    @cached_property
    def _knocked(self) -> View:
        camera, (right, down) = self._scene.camera, self._scene.mast.knock_deg
        turned = replace(camera, yaw_deg=camera.yaw_deg + right, pitch_deg=camera.pitch_deg + down)
        return _view(self._scene, turned)


def frames(scene: Scene, drives: Sequence[Drive], shots: Sequence[Shot]) -> Iterator[Image]:
    """Every frame of the clip as planar YUV 4:2:0, ``(height * 3 / 2, width)``."""
    studio, sensor = Studio(scene, drives), Sensor(scene)
    for taken_s, same in groupby(shots, key=lambda shot: shot.taken_s):
        planes = sensor.taken(studio.picture(taken_s), taken_s)
        for _ in same:
            yield planes


def _view(scene: Scene, camera: Camera) -> View:
    world = build_world(
        camera,
        scene.light,
        scene.plan,
        seed=scene.seed,
        samples=scene.world_samples,
        soft_px=scene.sensor.soft_px,
    )
    empty = tone(world.radiance, scene.light.exposure)
    return View(camera=camera, world=world, empty=empty, sunlight=Sunlight(scene.light, scene.seed))


def _exposed(
    scene: Scene,
    view: View,
    *,
    seen: Sequence[Seen],
    time_s: float,
) -> Image:
    exposure = view.sunlight.exposure(time_s)
    steady = not view.sunlight.varies and exposure == scene.light.exposure
    if steady and not seen:
        return view.empty.copy()
    radiance = _still(view, time_s)
    touched = _on_the_road(scene, view, radiance, seen=seen, time_s=time_s)
    for one in _far_first(seen, time_s):
        touched += [lay_vehicle(scene, view, radiance, one.user, model=one.model, time_s=time_s)]
    if not steady:
        return tone(radiance, exposure)
    picture = view.empty.copy()
    for region in touched:
        if region is not None:
            part = radiance[region.rows, region.columns]
            picture[region.rows, region.columns] = tone(part, exposure)
    return picture


def _still(view: View, time_s: float) -> Field:
    """The empty scene in the light of an instant."""
    world = view.world
    if world.unsunny is None:
        return world.radiance.copy()
    left = view.sunlight.left(world.x_m, world.y_m, time_s)[..., None]
    return np.asarray(world.unsunny + left * (world.radiance - world.unsunny), np.float32)


def _on_the_road(
    scene: Scene,
    view: View,
    radiance: Field,
    *,
    seen: Sequence[Seen],
    time_s: float,
) -> list[Region | None]:
    """Shadows, then pools of light, then mirror images of all vehicles, far ones first."""
    world, camera, light = view.world, view.camera, scene.light
    touched: list[Region | None] = []
    for one in seen:
        pose = pose_of(scene, one.user, time_s)
        touched.append(
            darken(
                radiance,
                world,
                camera,
                light,
                model=one.model,
                pose=pose,
                sun_left=view.sunlight.at(time_s),
            )
        )
    for one in (one for one in seen if light.headlamps and one.user.body.lit):
        pose, body = pose_of(scene, one.user, time_s), one.user.body
        touched.append(light_road(radiance, world, camera, light, body=body, pose=pose))
    for one in _far_first(seen, time_s) if light.wet else ():
        user, model = one.user, one.model
        touched += [lay_mirror_image(scene, view, radiance, user, model=model, time_s=time_s)]
    return touched


def _far_first(seen: Sequence[Seen], time_s: float) -> list[Seen]:
    return [seen[number] for number in back_to_front([one.user for one in seen], time_s)]


def _in_sight(scene: Scene, user: RoadUser, time_s: float) -> bool:
    return -user.body.length_m < user.contact_m(time_s) < scene.traffic.far_m


def view_of(scene: Scene, drives: Sequence[Drive], time_s: float) -> Image:
    """One picture without sensor noise, blue-green-red, for looking at a scene."""
    return Studio(scene, drives).picture(time_s)
