"""Drawing a vehicle: which face is seen at each sample, then its paint, light and mirrored sky."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import Floats
from speedcam.simulate.camera import Camera, project
from speedcam.simulate.light import Light, irradiance
from speedcam.simulate.noise import Field
from speedcam.simulate.pose import Pose
from speedcam.simulate.vehicle import Model, stand

_SHIFT = 4
_ROUNDS = 4
"""Each brings a point nearer to its row by the share of the read-out that the motion takes."""
_AT_ONCE = 8192
"""Samples painted in one go: what fits into the processor's cache."""

_Planes = tuple[Field, Field, Field, Field]
"""Per face: where its middle is, its attributes there, and their slopes across and down."""

_LUT = (np.arange(256, dtype=np.float32) / 255) ** np.float32(2.2)


def caught(points: Floats, pose: Pose, camera: Camera) -> Floats:
    """Points of a moving vehicle, each at the instant when the row that shows it is read.

    Args:
        points: ``(n, 3)`` at the instant of the picture's first row.
        pose: How the vehicle moves.
        camera: That sees it.
    """
    moved, step_m = points, pose.step_m
    if step_m is None:
        return moved
    for _ in range(_ROUNDS):
        rows = np.clip(project(camera, moved)[0][:, 1], -camera.size_px[1], 2 * camera.size_px[1])
        moved = points + rows[:, None] * step_m
    return moved


def standing(model: Model, pose: Pose, camera: Camera) -> Floats:
    """Points of the vehicle as the picture catches them, ``(n, 3)``."""
    points = stand(model, pose)
    if pose.mirrored:
        points[:, 2] *= -1
    return caught(points, pose, camera)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A rectangle of the picture, in whole pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def rows(self) -> slice:
        """Of the picture."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """Of the picture."""
        return slice(self.left, self.left + self.width)


def region_of(pixels: Floats, size_px: tuple[int, int], margin: int) -> Region | None:
    """The part of the picture that ``(n, 2)`` pixels span, or None when it is outside."""
    low = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - margin, 0)
    high = np.minimum(np.ceil(pixels.max(axis=0)).astype(int) + margin + 1, size_px)
    width, height = (int(side) for side in high - low)
    if width <= 0 or height <= 0:
        return None
    return Region(left=int(low[0]), top=int(low[1]), width=width, height=height)


def shade(
    model: Model, pose: Pose, camera: Camera, light: Light, sun_left: Floats | None = None
) -> NDArray[np.float32]:
    """Per point: irradiance (3) and mirrored radiance of clear glass (3), ``(n, 6)``.

    ``sun_left`` is ``(n,)``, the share of the sun that reaches each point; None: all of it.
    """
    points = stand(model, pose)
    normals = pose.turned(model.normals)
    lit = irradiance(light, normals)
    if sun_left is not None and light.towards_sun is not None:
        facing_sun = np.clip(normals @ np.array(light.towards_sun), 0.0, None)
        lit -= ((1 - sun_left) * facing_sun)[:, None] * np.array(light.sun)
    low = np.clip(points[:, 2:3] / 0.75, 0, 1)
    lit *= 0.42 + 0.58 * low**0.8
    view = points - camera.position_m
    view /= np.linalg.norm(view, axis=1, keepdims=True)
    facing = -np.sum(view * normals, axis=1, keepdims=True)
    mirrored = view + 2 * facing * normals
    strength = 0.10 + 0.90 * (1 - np.clip(facing, 0, 1)) ** 4
    sky = surroundings(light, points, mirrored) * strength
    return np.concatenate([lit, sky], axis=1).astype(np.float32)


def surroundings(light: Light, points: Floats, ray: Floats) -> Floats:
    """What a mirror at ``points`` sees along ``ray``: sky, clouds, a row of trees, the road."""
    up = ray[:, 2:3]
    side = np.maximum(np.abs(ray[:, 0:1]), 0.08)
    reach = 13.0 / side
    along = points[:, 1:2] + ray[:, 1:2] * reach
    height = points[:, 2:3] + up * reach
    trees = (
        4.2 + 2.2 * np.sin(along * 0.45) + 1.3 * np.sin(along * 1.07 + 1.3) * np.sin(along * 0.21)
    )
    sky_share = np.clip((height - trees) / 1.6 + 0.5, 0, 1)
    high = np.clip(up, 0, 1) ** 0.6
    sky = np.array(light.horizon) * (1 - high) + np.array(light.zenith) * high
    far = 60.0 / np.maximum(up, 0.15)
    cloud = np.sin((points[:, 0:1] + ray[:, 0:1] * far) * 0.11 + 0.7) * np.sin(
        (points[:, 1:2] + ray[:, 1:2] * far) * 0.09
    ) + 0.5 * np.sin((points[:, 1:2] + ray[:, 1:2] * far) * 0.23 + ray[:, 0:1] * far * 0.17)
    sky = sky * (1 + 0.28 * cloud)
    green = np.array([0.05, 0.085, 0.065]) * (1 + 0.5 * np.sin(along * 2.7)) * light.horizon[1]
    above = sky * sky_share + green * (1 - sky_share)
    ground = np.array([0.20, 0.195, 0.19]) * light.sky[1]
    if light.towards_sun is not None:
        ground = ground * 2.2
        glint = np.clip(ray @ np.array(light.towards_sun), 0, 1)[:, None] ** 180
        above = above + glint * 14.0
    share = np.clip(up / 0.06 + 0.5, 0, 1)
    return np.asarray(above * share + ground * (1 - share))


def draw(
    model: Model,
    pose: Pose,
    shading: NDArray[np.float32],
    camera: Camera,
    region: Region,
    *,
    samples: int,
) -> tuple[Field, Field]:
    """A vehicle without light from outside its own shading.

    Returns:
        Radiance times cover ``(height, width, 3)`` and cover ``(height, width)`` of the region.
    """
    points = standing(model, pose, camera)
    pixels, depth = project(camera, points)
    at = ((pixels - [region.left, region.top] + 0.5) * samples - 0.5).astype(np.float32)
    seen = _facing(model, pose, camera, points, depth)
    if len(seen) == 0:
        return _nothing(region)
    ids = _cover(at, model.faces[seen], region, samples)
    hit = np.flatnonzero(ids)
    if len(hit) == 0:
        return _nothing(region)
    attributes = np.concatenate([model.texels.astype(np.float32), shading], axis=1)
    planes = _planes(at, attributes, model.faces[seen])
    columns = region.width * samples
    level = _level(model, float(np.median(depth)), camera, samples)
    full = np.zeros((region.height * samples * columns, 4), np.float32)
    for first in range(0, len(hit), _AT_ONCE):
        some = hit[first : first + _AT_ONCE]
        full[some, :3] = _paint(model, _values(planes, ids.ravel()[some] - 1, some, columns), level)
    full[hit, 3] = 1
    picture = full.reshape(region.height * samples, columns, 4)
    size = (region.width, region.height)
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    return small[..., :3], small[..., 3]


def _nothing(region: Region) -> tuple[Field, Field]:
    shape = (region.height, region.width)
    return np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)


def _facing(
    model: Model, pose: Pose, camera: Camera, points: Floats, depth: Floats
) -> NDArray[np.int64]:
    """Faces turned to the camera, in the order of drawing."""
    middle = points[model.faces].mean(axis=1)
    view = middle - camera.position_m
    normal = pose.turned(model.face_normals)
    if pose.mirrored:
        normal = normal * [1, 1, -1]
    towards = (np.sum(view * normal, axis=1) < 0) & (depth[model.faces].min(axis=1) > 0.5)
    chosen = np.flatnonzero(towards)
    distance = np.linalg.norm(view[chosen], axis=1)
    return chosen[np.lexsort((-distance, model.layer[chosen]))]


def _cover(at: Field, faces: NDArray[np.int64], region: Region, samples: int) -> NDArray[np.int32]:
    """The number of the face seen at each sample, from 1; 0 where there is none."""
    ids = np.zeros((region.height * samples, region.width * samples), np.int32)
    corners = np.round(at[faces] * (1 << _SHIFT)).astype(np.int32)
    for number, quad in enumerate(corners, start=1):
        cv2.fillConvexPoly(ids, quad, number, cv2.LINE_8, _SHIFT)
    return ids


def _planes(at: Field, attributes: NDArray[np.float32], faces: NDArray[np.int64]) -> _Planes:
    """Per face, the plane through its corners' attributes over the picture."""
    corner, value = at[faces], attributes[faces]
    centre, base = corner.mean(axis=1), value.mean(axis=1)
    d, a = corner - centre[:, None], value - base[:, None]
    uu, vv = (d[..., 0] ** 2).sum(1) + 1e-4, (d[..., 1] ** 2).sum(1) + 1e-4
    uv = (d[..., 0] * d[..., 1]).sum(1)
    au = np.einsum("fc,fck->fk", d[..., 0], a)
    av = np.einsum("fc,fck->fk", d[..., 1], a)
    det = np.maximum(uu * vv - uv * uv, 1e-3)[:, None]
    slope_u = (vv[:, None] * au - uv[:, None] * av) / det
    slope_v = (uu[:, None] * av - uv[:, None] * au) / det
    return centre, base, slope_u, slope_v


def _values(
    planes: _Planes, face: NDArray[np.int32], hit: NDArray[np.int64], columns: int
) -> Field:
    """What each sample's face shows there, ``(n, attributes)``; in place, as it is the hot spot."""
    centre, base, slope_u, slope_v = planes
    middle = np.take(centre, face, axis=0)
    down, across = np.divmod(hit, columns)
    value = np.take(slope_u, face, axis=0)
    value *= (across.astype(np.float32) - middle[:, 0])[:, None]
    value += np.take(base, face, axis=0)
    along_v = np.take(slope_v, face, axis=0)
    along_v *= (down.astype(np.float32) - middle[:, 1])[:, None]
    value += along_v
    return value


def _level(model: Model, depth_m: float, camera: Camera, samples: int) -> int:
    """Which copy of the atlas has about one texel per sample."""
    texels = 170.0 * depth_m / camera.focal_px / samples
    return int(
        np.clip(math.floor(math.log2(max(texels, 1e-3)) + 0.35), 0, len(model.atlas.levels) - 1)
    )


def _paint(model: Model, value: NDArray[np.float32], level: int) -> Field:
    scale = np.float32(0.5**level)
    count = len(value)
    width = 2048
    room = -count % width
    u = np.pad((value[:, 0] + 0.5) * scale - 0.5, (0, room)).reshape(-1, width)
    v = np.pad((value[:, 1] + 0.5) * scale - 0.5, (0, room)).reshape(-1, width)
    texel = cv2.remap(
        model.atlas.levels[level], u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).reshape(-1, 4)[:count]
    albedo = _LUT[texel[:, :3]]
    gloss = texel[:, 3:].astype(np.float32) * np.float32(1 / 255)
    return np.asarray(albedo * value[:, 2:5] + gloss * value[:, 5:8], np.float32).clip(0, 30)
