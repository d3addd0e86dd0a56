"""Frames: the still world, the shadows on it, the vehicles over it, then lens and sensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import Image
from speedcam.simulate.camera import project
from speedcam.simulate.light import tone
from speedcam.simulate.noise import Field
from speedcam.simulate.raster import Pose, Region, draw, region_of, shade
from speedcam.simulate.roadside import tunnel_light
from speedcam.simulate.scene import Scene
from speedcam.simulate.shadow import darken
from speedcam.simulate.timeline import Shot
from speedcam.simulate.traffic import Drive
from speedcam.simulate.vehicle import Model, build_model, stand
from speedcam.simulate.world import World, build_world


def frames(scene: Scene, drives: Sequence[Drive], shots: Sequence[Shot]) -> Iterator[Image]:
    """Every frame of the clip as planar YUV 4:2:0, ``(height * 3 / 2, width)``."""
    world = _world(scene)
    empty = tone(world.radiance, scene.light.exposure)
    models = {
        drive.ordinal: build_model(
            drive.body,
            drive.colour,
            drive.plate,
            np.random.default_rng([scene.seed, 5, drive.ordinal]),
        )
        for drive in drives
    }
    sensor = _SensorNoise(scene)
    for taken_s, same in groupby(shots, key=lambda shot: shot.taken_s):
        picture = _exposed(scene, world, empty, drives=drives, models=models, time_s=taken_s)
        planes = sensor.taken(picture)
        for _ in same:
            yield planes


def _world(scene: Scene) -> World:
    return build_world(
        scene.camera,
        scene.light,
        scene.plan,
        seed=scene.seed,
        samples=scene.world_samples,
        soft_px=scene.sensor.soft_px,
    )


def _exposed(
    scene: Scene,
    world: World,
    empty: Image,
    *,
    drives: Sequence[Drive],
    models: Mapping[int, Model],
    time_s: float,
) -> Image:
    """The picture before the sensor, 8-bit blue-green-red."""
    present = [d for d in drives if _in_sight(scene, d, time_s)]
    picture = empty.copy()
    if not present:
        return picture
    radiance = world.radiance.copy()
    touched: list[Region] = []
    for drive in present:
        region = darken(
            radiance,
            world,
            scene.camera,
            scene.light,
            model=models[drive.ordinal],
            pose=_pose(drive, time_s),
        )
        touched += [region] if region else []
    for drive in sorted(present, key=lambda d: -d.contact_m(time_s)):
        region = _composite(
            scene, world, radiance, drive, model=models[drive.ordinal], time_s=time_s
        )
        touched += [region] if region else []
    for region in touched:
        part = radiance[region.rows, region.columns]
        picture[region.rows, region.columns] = tone(part, scene.light.exposure)
    return picture


def _in_sight(scene: Scene, drive: Drive, time_s: float) -> bool:
    return -drive.body.length_m < drive.contact_m(time_s) < scene.traffic.far_m


def _pose(drive: Drive, time_s: float) -> Pose:
    return Pose(
        direction=drive.direction,
        x_m=drive.x_m,
        y_m=drive.contact_m(time_s),
        rolled_m=drive.speed_m_s * time_s,
    )


def _composite(
    scene: Scene,
    world: World,
    radiance: Field,
    drive: Drive,
    *,
    model: Model,
    time_s: float,
) -> Region | None:
    """Lay a vehicle over the picture, blurred by its motion while the shutter is open."""
    camera = scene.camera
    half = scene.sensor.shutter_s / 2
    first = _spread(scene, model, _pose(drive, time_s - half))
    last = _spread(scene, model, _pose(drive, time_s + half))
    if first is None or last is None:
        return None
    region = region_of(np.concatenate([first, last]), camera.size_px, 3)
    if region is None:
        return None
    blur_px = float(np.abs(last - first).max()) if len(last) == len(first) else 2.0
    steps = int(np.clip(round(blur_px / 1.6), 1, 4))
    shading = shade(model, _pose(drive, time_s), camera, scene.light)
    samples = _samples(scene, region)
    colour = np.zeros((region.height, region.width, 3), np.float32)
    cover = np.zeros((region.height, region.width), np.float32)
    for step in range(steps):
        at = time_s + ((step + 0.5) / steps - 0.5) * 2 * half
        drawn, covered = draw(model, _pose(drive, at), shading, camera, region, samples=samples)
        colour += drawn / steps
        cover += covered / steps
    if scene.sensor.soft_px > 0:
        colour = _softened(colour, scene.sensor.soft_px)
        cover = _softened(cover, scene.sensor.soft_px)
    y_m = drive.contact_m(time_s)
    _lay(scene, world, radiance, region, colour=colour, cover=cover, y_m=y_m)
    return region


def _softened(picture: Field, soft_px: float) -> Field:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), soft_px), np.float32)


def _spread(scene: Scene, model: Model, pose: Pose) -> NDArray[np.float64] | None:
    """Pixels of every point of the vehicle that lies before the lens."""
    points = stand(model, pose.direction, pose.x_m, pose.y_m, pose.rolled_m)
    pixels, depth = project(scene.camera, points)
    ahead = pixels[depth > 0.5]
    return ahead if len(ahead) else None


def _samples(scene: Scene, region: Region) -> int:
    """More samples for small vehicles, where they are cheap and needed."""
    wide = max(region.width, region.height)
    if wide < 70:
        return scene.vehicle_samples + 2
    return scene.vehicle_samples if wide < 230 else max(scene.vehicle_samples - 1, 2)


def _lay(
    scene: Scene,
    world: World,
    radiance: Field,
    region: Region,
    *,
    colour: Field,
    cover: Field,
    y_m: float,
) -> None:
    haze = 1 - float(np.exp(-y_m / scene.light.haze_m))
    tint = np.array(scene.light.horizon, np.float32)
    colour = colour * np.float32(1 - haze) + cover[..., None] * tint * np.float32(haze)
    cover = cover[..., None]
    if scene.plan.dark_beyond_m is not None and y_m > scene.plan.dark_beyond_m - 3:
        inside = y_m - scene.plan.dark_beyond_m
        kept = np.float32(tunnel_light(max(inside, 0)) * (2 if inside < 0 else 1))
        kept = np.float32(kept * (1 - 0.5 * (1 + inside / 3)) if inside < 0 else kept)
        fade = np.float32(np.clip(kept / 0.05, 0, 1))
        colour, cover = colour * kept * fade, cover * fade
    part = radiance[region.rows, region.columns]
    gain = world.vignette[region.rows, region.columns, None]
    part *= 1 - cover
    part += colour * gain


class _SensorNoise:
    """Noise that follows the light, and the slow sway of the mast."""

    def __init__(self, scene: Scene) -> None:
        width, height = scene.camera.size_px
        self._rng = np.random.default_rng([scene.seed, 17])
        grain = self._rng.standard_normal((height + 64, width + 64)).astype(np.float32)
        self._grain = grain
        self._shake_px = scene.sensor.shake_px
        self._sway = np.zeros(2)
        level = np.arange(256) / 255
        self._gain = (scene.sensor.noise * (0.45 + 0.9 * np.sqrt(level))).astype(np.float32)

    def taken(self, picture: Image) -> Image:
        """The picture as the sensor delivers it, planar YUV 4:2:0."""
        if self._shake_px > 0:
            self._sway = 0.8 * self._sway + 0.6 * self._rng.normal(0, self._shake_px, 2)
            picture = _shifted(picture, self._sway)
        planes = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
        height, width = picture.shape[:2]
        luma = planes[:height]
        down, right = self._rng.integers(0, 64, 2)
        grain = self._grain[down : down + height, right : right + width]
        if self._rng.random() < 0.5:
            grain = grain[::-1]
        noisy = cv2.add(luma, cv2.multiply(cv2.LUT(luma, self._gain), grain), dtype=cv2.CV_8U)
        planes[:height] = noisy
        return np.asarray(planes, np.uint8)


def _shifted(picture: Image, by_px: NDArray[np.float64]) -> Image:
    shift = np.array([[1, 0, by_px[0]], [0, 1, by_px[1]]], np.float32)
    size = (picture.shape[1], picture.shape[0])
    moved = cv2.warpAffine(
        picture, shift, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


def view_of(scene: Scene, drives: Sequence[Drive], time_s: float) -> Image:
    """One picture without sensor noise, blue-green-red, for looking at a scene."""
    world = _world(scene)
    near = [d for d in drives if _in_sight(scene, d, time_s)]
    models = {
        d.ordinal: build_model(
            d.body, d.colour, d.plate, np.random.default_rng([scene.seed, 5, d.ordinal])
        )
        for d in near
    }
    empty = tone(world.radiance, scene.light.exposure)
    return _exposed(scene, world, empty, drives=near, models=models, time_s=time_s)
