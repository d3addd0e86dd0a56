"""Laying vehicles and their mirror images over the picture of the still world."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import Floats, Image
from speedcam.simulate.camera import Camera, project
from speedcam.simulate.lamps import shine
from speedcam.simulate.noise import Field
from speedcam.simulate.pose import Pose
from speedcam.simulate.raster import Region, draw, region_of, shade, standing
from speedcam.simulate.roadside import tunnel_light
from speedcam.simulate.scene import Scene
from speedcam.simulate.sunlight import Sunlight
from speedcam.simulate.user import RoadUser
from speedcam.simulate.vehicle import Model, stand
from speedcam.simulate.water import rippled
from speedcam.simulate.world import World

_LONG_S = 0.004
"""A longer shutter than this blurs so far that more pictures of a vehicle are averaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The still world from where the camera looks for a while."""

    camera: Camera
    world: World
    empty: Image
    sunlight: Sunlight


def pose_of(scene: Scene, user: RoadUser, time_s: float) -> Pose:
    """Where a vehicle is when the picture's first row is exposed, and how it goes on."""
    return user.pose(time_s, scene.sensor.readout_s / (scene.camera.size_px[1] - 1))


def lay_vehicle(
    scene: Scene,
    view: View,
    radiance: Field,
    user: RoadUser,
    *,
    model: Model,
    time_s: float,
) -> Region | None:
    """Lay a vehicle over the picture, blurred by its motion while the shutter is open."""
    camera, light = view.camera, scene.light
    half = scene.sensor.shutter_s / 2
    first = _spread(model, pose_of(scene, user, time_s - half), camera)
    last = _spread(model, pose_of(scene, user, time_s + half), camera)
    if first is None or last is None:
        return None
    region = region_of(np.concatenate([first, last]), camera.size_px, 3)
    if region is None:
        return None
    steps = _steps(scene, first, last)
    pose = pose_of(scene, user, time_s)
    shading = shade(model, pose, camera, light, sun_left=_sun_on(view, model, pose, time_s))
    samples = _samples(scene, region)
    colour = np.zeros((region.height, region.width, 3), np.float32)
    cover = np.zeros((region.height, region.width), np.float32)
    for step in range(steps):
        at = time_s + ((step + 0.5) / steps - 0.5) * 2 * half
        drawn, covered = draw(
            model, pose_of(scene, user, at), shading, camera, region, samples=samples
        )
        colour += drawn / steps
        cover += covered / steps
    if scene.sensor.soft_px > 0:
        colour = _softened(colour, scene.sensor.soft_px)
        cover = _softened(cover, scene.sensor.soft_px)
    y_m = user.contact_m(time_s)
    _lay(scene, view.world, radiance, region, colour=colour, cover=cover, y_m=y_m)
    if light.headlamps and user.body.lit:
        return _joined(
            region, shine(radiance, view.world, camera, light, body=user.body, pose=pose)
        )
    return region


def _steps(scene: Scene, first: Floats, last: Floats) -> int:
    """How many pictures of a vehicle its motion blur is made of."""
    blur_px = float(np.abs(last - first).max()) if len(last) == len(first) else 2.0
    most = 4 if scene.sensor.shutter_s <= _LONG_S else 14
    return int(np.clip(round(blur_px / 1.6), 1, most))


def _joined(one: Region, other: Region | None) -> Region:
    """The smallest rectangle around both."""
    if other is None:
        return one
    left, top = min(one.left, other.left), min(one.top, other.top)
    right = max(one.left + one.width, other.left + other.width)
    bottom = max(one.top + one.height, other.top + other.height)
    return Region(left=left, top=top, width=right - left, height=bottom - top)


def _sun_on(view: View, model: Model, pose: Pose, time_s: float) -> Floats | None:
    """Share of the sun that reaches each point of a vehicle; None where it always does."""
    if not view.sunlight.varies:
        return None
    points = stand(model, pose)
    return view.sunlight.left_above(points, time_s)


def lay_mirror_image(
    scene: Scene,
    view: View,
    radiance: Field,
    user: RoadUser,
    *,
    model: Model,
    time_s: float,
) -> Region | None:
    """Lay a vehicle's mirror image into the wet road."""
    world, camera = view.world, view.camera
    assert world.mirror is not None  # noqa: S101 - asked only on wet roads
    assert world.mirrored is not None  # noqa: S101 - asked only on wet roads
    pose = replace(pose_of(scene, user, time_s), mirrored=True)
    spread = _spread(model, pose, camera)
    region = region_of(spread, camera.size_px, 24) if spread is not None else None
    if region is None:
        return None
    below = replace(camera, height_m=-camera.height_m)
    shading = shade(model, pose, below, scene.light, sun_left=_sun_on(view, model, pose, time_s))
    colour, cover = draw(model, pose, shading, camera, region, samples=2)
    depth_m = max(user.contact_m(time_s), 3.0)
    part = (region.rows, region.columns)
    gain = world.vignette[part][..., None]
    colour = rippled(colour, camera, depth_m)
    cover = rippled(cover, camera, depth_m)
    hidden = cover[..., None] * world.mirrored[part]
    radiance[part] += world.mirror[part][..., None] * gain * (colour - hidden)
    return region


def _softened(picture: Field, soft_px: float) -> Field:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), soft_px), np.float32)


def _spread(model: Model, pose: Pose, camera: Camera) -> NDArray[np.float64] | None:
    """Pixels of every point of the vehicle that lies before the lens."""
    pixels, depth = project(camera, standing(model, pose, camera))
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
