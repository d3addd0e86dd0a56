"""Frames: the still world, the shadows on it, the vehicles over it, then lens and sensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
from speedcam.simulate.vehicle import Model, build_model
from speedcam.simulate.world import build_world


class Studio:
    """Renders any instant of a scene; keeps what all of its pictures share."""

    def __init__(self, scene: Scene, drives: Sequence[Drive]) -> None:
        self._scene, self._drives = scene, drives
        self._models: dict[int, Model] = {}

    def picture(self, time_s: float) -> Image:
        """The picture before mast and sensor, 8-bit blue-green-red."""
        knocked = self._scene.mast.knocked_s
        view = self._first if knocked is None or time_s < knocked else self._knocked
        present = [d for d in self._drives if _in_sight(self._scene, d, time_s)]
        models = {drive.ordinal: self._model(drive) for drive in present}
        return _exposed(self._scene, view, drives=present, models=models, time_s=time_s)

    @cached_property
    def _first(self) -> View:
        return _view(self._scene, self._scene.camera)

    @cached_property
    def _knocked(self) -> View:
        camera, (right, down) = self._scene.camera, self._scene.mast.knock_deg
        turned = replace(camera, yaw_deg=camera.yaw_deg + right, pitch_deg=camera.pitch_deg + down)
        return _view(self._scene, turned)

    def _model(self, drive: Drive) -> Model:
        if drive.ordinal not in self._models:
            rng = np.random.default_rng([self._scene.seed, 5, drive.ordinal])
            self._models[drive.ordinal] = build_model(drive.body, drive.colour, drive.plate, rng)
        return self._models[drive.ordinal]


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
    drives: Sequence[Drive],
    models: Mapping[int, Model],
    time_s: float,
) -> Image:
    exposure = view.sunlight.exposure(time_s)
    steady = not view.sunlight.varies and exposure == scene.light.exposure
    if steady and not drives:
        return view.empty.copy()
    radiance = _still(view, time_s)
    touched = _on_the_road(scene, view, radiance, drives=drives, models=models, time_s=time_s)
    for drive in back_to_front(drives, time_s):
        model = models[drive.ordinal]
        touched += [lay_vehicle(scene, view, radiance, drive, model=model, time_s=time_s)]
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
    drives: Sequence[Drive],
    models: Mapping[int, Model],
    time_s: float,
) -> list[Region | None]:
    """Shadows, then pools of light, then mirror images of all vehicles, far ones first."""
    world, camera, light = view.world, view.camera, scene.light
    touched: list[Region | None] = []
    for drive in drives:
        model, pose = models[drive.ordinal], pose_of(scene, drive, time_s)
        touched.append(
            darken(
                radiance,
                world,
                camera,
                light,
                model=model,
                pose=pose,
                sun_left=view.sunlight.at(time_s),
            )
        )
    for drive in drives if light.headlamps else ():
        pose = pose_of(scene, drive, time_s)
        touched.append(light_road(radiance, world, camera, light, body=drive.body, pose=pose))
    for drive in back_to_front(drives, time_s) if light.wet else ():
        model = models[drive.ordinal]
        touched += [lay_mirror_image(scene, view, radiance, drive, model=model, time_s=time_s)]
    return touched


def _in_sight(scene: Scene, drive: Drive, time_s: float) -> bool:
    return -drive.body.length_m < drive.contact_m(time_s) < scene.traffic.far_m


def view_of(scene: Scene, drives: Sequence[Drive], time_s: float) -> Image:
    """One picture without sensor noise, blue-green-red, for looking at a scene."""
    return Studio(scene, drives).picture(time_s)
