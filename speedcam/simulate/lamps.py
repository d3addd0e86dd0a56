"""Lit lamps of vehicles: what they throw on the road, and how they dazzle the lens."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from speedcam.model import Direction, Floats
from speedcam.simulate.body import Body
from speedcam.simulate.camera import Camera, project
from speedcam.simulate.light import Colour, Light, on_ground
from speedcam.simulate.noise import Field
from speedcam.simulate.pose import Pose
from speedcam.simulate.raster import Region, caught, region_of
from speedcam.simulate.world import World

_WHITE: Colour = (0.82, 0.95, 1.05)
_RED: Colour = (0.02, 0.03, 0.75)
_HEAD_RADIANCE, _TAIL_RADIANCE = 260.0, 14.0
"""Of a lamp's glass, for each unit of irradiance that headlamps bring to the road."""

_REACH_M, _BESIDE_M = 48.0, 9.0
_GLASS_M = 0.075
_GLARE = ((0.0022, 0.10), (0.0085, 0.05), (0.03, 0.03))
"""Spread of stray light in the lens in focal lengths, and its share of the lamp's light."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lamps:
    """The pair of lamps that a vehicle turns to the camera."""

    places_m: Floats
    radiance: Floats


def light_road(
    radiance: Field, world: World, camera: Camera, light: Light, *, body: Body, pose: Pose
) -> Region | None:
    """Add, in place, what a vehicle's lamps throw on the road before (and behind) it.

    Returns:
        The part of the picture that changed, or None.
    """
    region = _pool_region(camera, body, pose)
    if region is None or world.ground is None:
        return None
    part = (region.rows, region.columns)
    rows = np.arange(region.rows.start, region.rows.stop)[:, None]
    approaching = pose.direction is Direction.APPROACHING
    front = 0.0 if approaching else body.length_m
    aside, along = pose.seen_from(front, world.x_m[part], world.y_m[part], rows)
    ahead = -along if approaching else along
    thrown = _pool(ahead, aside)[..., None] * np.array(_WHITE, np.float32)
    thrown += _tail_pool(-ahead - body.length_m, aside)[..., None] * np.array(_RED, np.float32)
    sky, sun = on_ground(light)
    gain = thrown * np.float32(light.headlamps) / np.float32(sky + sun)
    radiance[part] *= 1 + gain * world.ground[part][..., None]
    return region


def _front_m(body: Body, pose: Pose) -> float:
    return pose.y_m + (0.0 if pose.direction is Direction.APPROACHING else body.length_m)


def _pool(ahead: Field, aside: Field) -> Field:
    """Irradiance of a pair of dipped headlamps on the road, 1 at the brightest."""
    far = np.maximum(ahead, 0.1)
    rise = np.clip((ahead - 0.6) / 4.0, 0, 1)
    fall = 1 / (1 + (far / 13.0) ** 2.4) * np.clip((_REACH_M - far) / 16.0, 0, 1)
    wide = 0.85 + 0.11 * far
    left, right = (aside + 0.55) / wide, (aside - 0.55) / wide
    across = 0.5 * (np.exp(-(left**2)) + np.exp(-(right**2)))
    return np.asarray(1.25 * rise * rise * (3 - 2 * rise) * fall * across, np.float32)


def _tail_pool(behind: Field, aside: Field) -> Field:
    back = np.clip(behind / 0.4, 0, 1) * np.exp(-np.maximum(behind, 0) / 1.6)
    return np.asarray(0.10 * back * np.exp(-((aside / 1.2) ** 2)), np.float32)


def _pool_region(camera: Camera, body: Body, pose: Pose) -> Region | None:
    front = _front_m(body, pose)
    low, high = sorted(
        (front - _REACH_M, front + body.length_m + 6)
        if pose.direction is Direction.APPROACHING
        else (front - body.length_m - 6, front + _REACH_M)
    )
    corners = [
        [pose.x_m + x, y, 0.0] for x in (-_BESIDE_M, _BESIDE_M) for y in np.linspace(low, high, 12)
    ]
    placed = pose.headed(np.array(corners))
    placed[:, 1] = np.maximum(placed[:, 1], 2.0)
    pixels, depth = project(camera, placed)
    ahead = pixels[depth > 0.8]
    return region_of(ahead, camera.size_px, 3) if len(ahead) else None


def shine(
    radiance: Field, world: World, camera: Camera, light: Light, *, body: Body, pose: Pose
) -> Region | None:
    """Add, in place, the lamps that face the camera, their glare and their mirror images.

    Returns:
        The part of the picture that changed, or None.
    """
    lamps = _lamps(body, pose, light)
    pixels, depth = project(camera, caught(lamps.places_m, pose, camera))
    if depth.min() < 1.0:
        return None
    margin = int(2.6 * _GLARE[-1][0] * camera.focal_px)
    region = region_of(pixels, camera.size_px, margin)
    if region is None:
        return None
    discs = _discs(camera, region, pixels, depth)
    shown = discs + _glare(camera, discs)
    part = (region.rows, region.columns)
    gain = world.vignette[part][..., None]
    radiance[part] += shown[..., None] * lamps.radiance.astype(np.float32) * gain
    if world.mirror is not None:
        return _streaks(radiance, world, camera, lamps, pose) or region
    return region


def _lamps(body: Body, pose: Pose, light: Light) -> _Lamps:
    front = pose.direction is Direction.APPROACHING
    low, high = body.head_lamp_z if front else body.tail_lamp_z
    apart = body.width_m / 2 * (0.72 if front else 0.80)
    y = pose.y_m + (0.06 if front else -0.02)
    sides = (0,) if body.lone_lamp else (-1, 1)
    places = [[pose.x_m + side * apart, y, (low + high) / 2] for side in sides]
    strength = light.headlamps * (_HEAD_RADIANCE if front else _TAIL_RADIANCE)
    return _Lamps(
        places_m=pose.headed(np.array(places)),
        radiance=np.array(_WHITE if front else _RED) * strength,
    )


def _discs(camera: Camera, region: Region, pixels: Floats, depth: Floats) -> Field:
    """The glass of the lamps, 1 inside; smaller ones than a pixel keep their light."""
    discs = np.zeros((region.height, region.width), np.float32)
    for (u, v), far in zip(pixels - [region.left, region.top], depth, strict=True):
        radius = camera.focal_px * _GLASS_M / far
        drawn = max(radius, 0.8)
        at = (round(float(u) * 16), round(float(v) * 16))
        layer = np.zeros_like(discs)
        cv2.circle(layer, at, round(drawn * 16), 1.0, -1, cv2.LINE_8, 4)
        discs += layer * np.float32((radius / drawn) ** 2)
    return np.asarray(cv2.GaussianBlur(discs, (0, 0), 0.7), np.float32)


def _glare(camera: Camera, discs: Field) -> Field:
    glare = np.zeros_like(discs)
    for spread, share in _GLARE:
        glare += np.float32(share) * cv2.GaussianBlur(discs, (0, 0), spread * camera.focal_px)
    return glare


def _streaks(
    radiance: Field, world: World, camera: Camera, lamps: _Lamps, pose: Pose
) -> Region | None:
    """The lamps in the wet road: mirror images drawn out towards the camera by ripples."""
    assert world.mirror is not None  # noqa: S101 - asked only on wet roads
    sunken = lamps.places_m * [1, 1, -1]
    pixels, depth = project(camera, caught(sunken, pose, camera))
    long = float(camera.focal_px * 0.35 / depth.mean())
    region = region_of(pixels, camera.size_px, int(3 * long + 3))
    if region is None:
        return None
    discs = _discs(camera, region, pixels, depth)
    drawn = cv2.GaussianBlur(discs, (0, 0), sigmaX=max(long / 9, 0.8), sigmaY=max(long, 0.8))
    part = (region.rows, region.columns)
    shown = drawn * world.mirror[part]
    radiance[part] += shown[..., None] * lamps.radiance.astype(np.float32)
    return region
