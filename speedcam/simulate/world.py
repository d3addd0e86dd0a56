"""The still world, rendered once: sky, ground, things beside the road, haze and lens."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from speedcam.model import Floats
from speedcam.simulate.camera import Camera, on_road, rays
from speedcam.simulate.canvas import Canvas
from speedcam.simulate.ground import Ground
from speedcam.simulate.light import Lean, Light, Radiance, on_ground, shadow_lean
from speedcam.simulate.noise import Field, Grain
from speedcam.simulate.plan import RoadPlan, Thing
from speedcam.simulate.roadside import TUNNEL_M, draw_things
from speedcam.simulate.water import mirror_of, mirrored_sky, wetted

_ROWS_AT_ONCE = 16
_FAR_M = 4000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the camera sees when the road is empty.

    Attributes:
        radiance: ``(height, width, 3)`` linear, lens included.
        vignette: ``(height, width)`` gain of the lens.
        x_m: ``(height, width)`` road point under each pixel.
        y_m: The same, along the road; huge above the horizon.
        ground: ``(height, width)`` share of each pixel that shows ground; None where nobody asks.
        mirror: ``(height, width)`` share of light that a wet road mirrors; None when dry.
        mirrored: ``(height, width, 3)`` what it mirrors when empty; None when dry.
        unsunny: ``radiance`` without the sun, where its light changes; else None.
    """

    radiance: Radiance
    vignette: Field
    x_m: Field
    y_m: Field
    ground: Field | None = None
    mirror: Field | None = None
    mirrored: Radiance | None = None
    unsunny: Radiance | None = None


def build_world(
    camera: Camera, light: Light, plan: RoadPlan, *, seed: int, samples: int, soft_px: float
) -> World:
    """Render the empty scene; twice where the sun's light on it changes.

    Args: as :func:`_build`.
    """
    world = _build(camera, light, plan, seed=seed, samples=samples, soft_px=soft_px)
    if light.towards_sun is None or (light.canopy is None and light.cloud is None):
        return world
    sunless = replace(light, sun=(0.0, 0.0, 0.0))
    dark = _build(camera, sunless, plan, seed=seed, samples=samples, soft_px=soft_px)
    return replace(world, unsunny=dark.radiance)


def _build(
    camera: Camera, light: Light, plan: RoadPlan, *, seed: int, samples: int, soft_px: float
) -> World:
    """Render the empty scene.

    Args:
        camera: Where from.
        light: In which light.
        plan: What.
        seed: Of everything random.
        samples: Per pixel and side.
        soft_px: Blur of the lens, standard deviation in pixels.
    """
    canvas = Canvas(camera, light, samples)
    ground = Ground(plan, Grain(seed))
    for top in range(0, canvas.pixels.shape[0], _ROWS_AT_ONCE):
        _fill_rows(canvas, ground, top)
    bare = canvas.pixels.copy() if light.wet or light.headlamps else None
    draw_things(canvas, plan.things, seed)
    small = cv2.resize(canvas.pixels, camera.size_px, interpolation=cv2.INTER_AREA)
    if soft_px > 0:
        small = cv2.GaussianBlur(small, (0, 0), soft_px)
    vignette = _vignette(camera)
    u, v = np.meshgrid(np.arange(camera.size_px[0]), np.arange(camera.size_px[1]))
    x, y = on_road(camera, u.astype(float), v.astype(float))
    dry = World(
        radiance=np.asarray(small * vignette[..., None], np.float32),
        vignette=vignette,
        x_m=_finite(x),
        y_m=_finite(y),
    )
    if bare is None:
        return dry
    world = replace(dry, ground=_shown(bare, canvas) * (dry.y_m > 0))
    return _wet(world, camera, light, ground) if light.wet else world


def _shown(bare: Radiance, canvas: Canvas) -> Field:
    """How much of each pixel nothing was drawn over."""
    same = np.all(bare == canvas.pixels, axis=-1).astype(np.float32)
    return np.asarray(cv2.resize(same, canvas.camera.size_px, interpolation=cv2.INTER_AREA))


def _wet(world: World, camera: Camera, light: Light, ground: Ground) -> World:
    assert world.ground is not None  # noqa: S101 - made in build_world
    mirror = mirror_of(camera, light, ground, world.x_m, world.y_m) * world.ground
    mirrored = mirrored_sky(camera, light, world.x_m, world.y_m)
    radiance = wetted(world.radiance, mirror, mirrored, vignette=world.vignette, wet=light.wet)
    return replace(world, radiance=radiance, mirror=mirror, mirrored=mirrored)


def _finite(metres: Floats) -> Field:
    return np.nan_to_num(np.clip(metres, -1e5, 1e5), nan=1e5).astype(np.float32)


def _vignette(camera: Camera) -> Field:
    u = (np.arange(camera.size_px[0]) - camera.centre_px[0]) / camera.focal_px
    v = (np.arange(camera.size_px[1]) - camera.centre_px[1]) / camera.focal_px
    off_axis = u[None, :] ** 2 + v[:, None] ** 2
    return (1 / (1 + 1.6 * off_axis) ** 2).astype(np.float32)


def _fill_rows(canvas: Canvas, ground: Ground, top: int) -> None:
    camera, scale = canvas.camera, canvas.scale
    rows, columns = canvas.pixels.shape[:2]
    bottom = min(top + _ROWS_AT_ONCE, rows)
    u = (np.arange(columns) + 0.5) / scale - 0.5
    v = (np.arange(top, bottom) + 0.5) / scale - 0.5
    grid_u, grid_v = np.meshgrid(u, v)
    ray = rays(camera, grid_u, grid_v)
    drop = -ray[..., 2]
    near = camera.height_m / np.maximum(drop, 1e-5)
    x = np.clip(ray[..., 0] * near, -_FAR_M, _FAR_M).astype(np.float32)
    y = np.clip(ray[..., 1] * near, 0, _FAR_M).astype(np.float32)
    distance = camera.height_m / max(float(np.median(drop)), camera.height_m / _FAR_M)
    across = distance / camera.focal_px / scale
    along = min(distance**2 / (camera.focal_px * camera.height_m) / scale, 40.0)
    sky, sun = on_ground(canvas.light)
    visible = _sun_seen(ground, canvas.light, x, y, across)
    lit = np.float32(sky) + visible[..., None] * np.float32(sun)
    if ground.plan.dark_beyond_m is not None:
        lit = lit * _daylight(y - np.float32(ground.plan.dark_beyond_m))
    shown = ground.albedo(x, y, along, across) * lit
    kept = np.exp(-near / canvas.light.haze_m).astype(np.float32)[..., None]
    shown = shown * kept + np.array(canvas.light.horizon, np.float32) * (1 - kept)
    above = (drop <= camera.height_m / _FAR_M)[..., None]
    canvas.pixels[top:bottom] = np.where(above, _sky(canvas.light, ground.grain, ray), shown)


def _daylight(inside: Field) -> Field:
    """What an underpass leaves of the light so far inside it."""
    deep = np.clip(1 - inside / TUNNEL_M, 0, 1) ** 2.2 * 0.5
    return np.where(inside > 0, deep, 1).astype(np.float32)[..., None]


def _sky(light: Light, grain: Grain, ray: Floats) -> Field:
    """A gradient with clouds on a plane far above."""
    up = np.maximum(ray[..., 2] / np.linalg.norm(ray, axis=-1), 1e-3)
    height = np.clip(up / 0.35, 0, 1)[..., None] ** 0.6
    colour = np.array(light.horizon) * (1 - height) + np.array(light.zenith) * height
    east = (ray[..., 0] / (up + 0.02)).astype(np.float32)
    north = (ray[..., 1] / (up + 0.02)).astype(np.float32)
    cloud = (
        grain.octave(east, north, 16.0, 1) * 0.6
        + grain.octave(east, north, 6.0, 2) * 0.4
        + grain.octave(east, north, 2.2, 3) * 0.2
    )
    cover = np.clip(cloud * 0.5 + 0.2, 0, 1)[..., None] * np.clip(up / 0.02, 0, 1)[..., None]
    white = np.array(light.horizon) * (1.12 if light.towards_sun else 0.86)
    return np.asarray(colour * (1 - 0.75 * cover) + white * 0.75 * cover, np.float32)


def _sun_seen(ground: Ground, light: Light, x: Field, y: Field, across: float) -> Field:
    """How much of the sun reaches the ground beside standing things, 0..1."""
    seen = np.ones(x.shape, np.float32)
    if light.towards_sun is None:
        return seen
    lean = shadow_lean(light.towards_sun)
    for thing in ground.plan.things:
        if y.min() > thing.far_m + 12 or y.max() < thing.near_m - 4:
            continue
        if thing.kind in ("tree", "bush"):
            _crown_shadow(ground, thing, x, y, across=across, lean=lean, seen=seen)
        elif thing.kind in ("rail", "wall", "house", "fence"):
            _wall_shadow(thing, x, y, lean, seen)
    return seen


def _crown_shadow(
    ground: Ground, thing: Thing, x: Field, y: Field, *, across: float, lean: Lean, seen: Field
) -> None:
    middle = thing.height_m * (0.68 if thing.kind == "tree" else 0.45)
    radius = thing.width_m / 2
    dx = (x - thing.x_m - middle * lean[0]) / radius
    dy = (y - thing.near_m - middle * lean[1]) / radius
    away = dx * dx + dy * dy
    if away.min() > 2.5:
        return
    if across < 0.3:
        away = away + 0.35 * ground.grain.octave(x, y, 0.9, 2)
        away = away + 0.25 * ground.grain.octave(x, y, 0.28, 3)
    seen *= 1 - 0.85 * np.clip((1.0 - away) / 0.5 + 0.5, 0, 1)


def _wall_shadow(thing: Thing, x: Field, y: Field, lean: Lean, seen: Field) -> None:
    low = thing.height_m - 0.31 if thing.kind == "rail" else 0.0
    along = (y > thing.near_m) & (y < thing.far_m + thing.height_m * lean[1])
    inside = (x > thing.x_m + low * lean[0]) & (x < thing.x_m + thing.height_m * lean[0])
    if thing.kind == "fence":
        inside &= np.mod(y - x * lean[1] / lean[0], 0.25) < 0.06
    seen *= np.where(along & inside, np.float32(math.exp(-2.0)), np.float32(1))
