"""Shadows of vehicles on the road: the dark under them in any light, and the sun's hard one."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import Floats
from speedcam.simulate.camera import Camera, project
from speedcam.simulate.light import Light, on_ground, shadow_lean
from speedcam.simulate.noise import Field
from speedcam.simulate.pose import Pose
from speedcam.simulate.raster import Region, caught, region_of
from speedcam.simulate.vehicle import Model, stand
from speedcam.simulate.world import World

_SHIFT = 4
_SAMPLES = 2


def darken(
    radiance: Field,
    world: World,
    camera: Camera,
    light: Light,
    *,
    model: Model,
    pose: Pose,
    sun_left: Callable[[Field, Field], Field] | None = None,
) -> Region | None:
    """Multiply the road's radiance in place by what the vehicle leaves of the light.

    ``sun_left`` tells, for x and y of road points, which share of the sun gets there at all.

    Returns:
        The part of the picture that changed, or None.
    """
    points = stand(model, pose)
    spread = _ground_points(light, points)
    spread = (
        np.concatenate([spread, caught(spread, pose, camera)])
        if pose.step_m is not None
        else spread
    )
    pixels, depth = project(camera, spread)
    if depth.min() < 0.8:
        pixels = pixels[depth > 0.8]
        if len(pixels) == 0:
            return None
    region = region_of(pixels, camera.size_px, 3)
    if region is None:
        return None
    x, y = world.x_m[region.rows, region.columns], world.y_m[region.rows, region.columns]
    rows = np.arange(region.rows.start, region.rows.stop)[:, None]
    open_sky = _under(model, pose, x, y, rows)
    sky, sun = on_ground(light)
    whole = np.asarray(sky + sun, np.float32)
    if sun_left is not None:
        sun = sun * sun_left(x, y)[..., None]
        whole = np.asarray(sky + sun, np.float32)
    gain = np.float32(sky) * open_sky[..., None]
    if light.towards_sun is not None:
        lit = 1 - _cast(model, pose, light, camera, points=points, region=region)
        gain = gain + np.float32(sun) * (lit * np.minimum(1, open_sky * 1.6))[..., None]
    radiance[region.rows, region.columns] *= gain / whole
    return region


def _ground_points(light: Light, points: Floats) -> Floats:
    """Points on the road that bound everything the vehicle darkens."""
    low, high = points.min(axis=0) - 1.0, points.max(axis=0) + 1.0
    corners = np.array([[x, y, 0.0] for x in (low[0], high[0]) for y in (low[1], high[1])])
    if light.towards_sun is None:
        return corners
    return np.concatenate([corners, _fallen(points, light)])


def _fallen(points: Floats, light: Light) -> Floats:
    """Points projected along the sun's rays onto the road."""
    assert light.towards_sun is not None  # noqa: S101 - callers ask only in sunlight
    lean = np.array([*shadow_lean(light.towards_sun), 0.0])
    fallen = points + points[:, 2:3] * lean
    fallen[:, 2] = 0.0
    return np.asarray(fallen)


def _under(model: Model, pose: Pose, x: Field, y: Field, rows: NDArray[np.int64]) -> Field:
    """How much of the sky the ground sees beside and beneath the body, 0..1."""
    body = model.body
    wide = body.width_m if body.ground_m is None else body.ground_m
    half_x, half_y = wide / 2, body.length_m / 2
    aside, along = pose.seen_from(half_y, x, y, rows)
    dx = np.abs(aside) - np.float32(half_x)
    dy = np.abs(along) - np.float32(half_y)
    contact = _ramp(dx, 0.14, 0.02) * _ramp(dy, 0.12, 0.02)
    # Farther out the whole body hides a part of the sky, fading over about its height.
    out = np.sqrt(np.maximum(dx, 0) ** 2 + np.maximum(dy, 0) ** 2)
    ambient = np.exp(-out / np.float32(0.30 * body.height_m))
    return np.asarray((1 - 0.90 * contact) * (1 - 0.30 * ambient * (1 - contact)), np.float32)


def _ramp(outside: Field, soft: float, shift: float) -> Field:
    """1 well inside, 0 well outside, half ``shift`` metres inside the edge."""
    t = np.clip(0.5 - (outside + shift) / (2 * soft), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _cast(
    model: Model, pose: Pose, light: Light, camera: Camera, *, points: Floats, region: Region
) -> Field:
    """The sun's shadow over the region, 0..1, its edge a little soft."""
    assert light.towards_sun is not None  # noqa: S101 - callers ask only in sunlight
    normals = pose.turned(model.face_normals)
    facing = normals @ np.array(light.towards_sun) > 0
    pixels, depth = project(camera, caught(_fallen(points, light), pose, camera))
    faces = model.faces[facing]
    faces = faces[depth[faces].min(axis=1) > 0.8]
    at = (pixels - [region.left, region.top] + 0.5) * _SAMPLES - 0.5
    corners = np.round(at[faces] * (1 << _SHIFT)).astype(np.int32)
    mask = np.zeros((region.height * _SAMPLES, region.width * _SAMPLES), np.uint8)
    for quad in corners:
        cv2.fillConvexPoly(mask, quad, 255, cv2.LINE_8, _SHIFT)
    small = cv2.resize(mask, (region.width, region.height), interpolation=cv2.INTER_AREA)
    near = camera.focal_px / max(float(np.median(depth)), 1.0)
    soft = cv2.GaussianBlur(small.astype(np.float32), (0, 0), max(0.6, 0.009 * near))
    return np.asarray(soft / 255, np.float32)
