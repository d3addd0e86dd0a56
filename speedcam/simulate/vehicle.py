"""A vehicle ready to be drawn: its mesh, its paint, and how it stands on the road."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from speedcam.model import Direction, Floats
from speedcam.simulate.atlas import Atlas, pack
from speedcam.simulate.body import Body
from speedcam.simulate.figures import Part, figure_parts, figure_sheets
from speedcam.simulate.joints import Limb, Wheel
from speedcam.simulate.livery import paint_sheets
from speedcam.simulate.mesh import Mesh, block, disc, loft, patch, tread
from speedcam.simulate.plates import PLATE_M
from speedcam.simulate.pose import Pose

_TYRE_WIDTH_M = 0.22


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Everything about one vehicle's looks.

    Attributes:
        body: Its kind.
        points: ``(n, 3)`` metres in vehicle axes.
        normals: ``(n, 3)``.
        texels: ``(n, 2)`` in the atlas at full size.
        faces: ``(m, 4)``.
        face_normals: ``(m, 3)``.
        layer: ``(m,)``.
        wheels: Points that turn.
        limbs: Points that swing.
        atlas: The paint.
    """

    body: Body
    points: Floats
    normals: Floats
    texels: Floats
    faces: NDArray[np.int64]
    face_normals: Floats
    layer: NDArray[np.int64]
    wheels: tuple[Wheel, ...]
    limbs: tuple[Limb, ...]
    atlas: Atlas


def build_model(body: Body, colour: str, plate: str, rng: np.random.Generator) -> Model:
    """Make a road user of ``body`` in ``colour`` (``#rrggbb``) that carries ``plate``."""
    if not body.shells:
        return _assembled(body, figure_parts(body), pack(figure_sheets(body, colour, rng)))
    meshes = [part for i, shell in enumerate(body.shells) for part in loft(shell, str(i))]
    meshes += _mirrors(body)
    meshes += _plates(body)
    if len(body.shells) > 1:
        meshes += _chassis(body)
    parts: list[Part] = [(mesh, None) for mesh in meshes]
    return _assembled(body, parts + _wheels(body), pack(paint_sheets(body, colour, plate, rng)))


def _assembled(body: Body, parts: Sequence[Part], atlas: Atlas) -> Model:
    meshes = [mesh for mesh, _ in parts]
    ends = np.cumsum([len(mesh.points) for mesh in meshes]).tolist()
    turning = [
        replace(joint, first=end - len(mesh.points), last=end)
        for (mesh, joint), end in zip(parts, ends, strict=True)
        if joint is not None
    ]
    points, normals, texels, faces, layer = _join(meshes, atlas)
    return Model(
        body=body,
        points=points,
        normals=normals,
        texels=texels,
        faces=faces,
        face_normals=_face_normals(points, normals, faces),
        layer=layer,
        wheels=tuple(joint for joint in turning if isinstance(joint, Wheel)),
        limbs=tuple(joint for joint in turning if isinstance(joint, Limb)),
        atlas=atlas,
    )


def _join(
    meshes: Sequence[Mesh], atlas: Atlas
) -> tuple[Floats, Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
    offsets = np.cumsum([0] + [len(mesh.points) for mesh in meshes])
    return (
        np.concatenate([mesh.points for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([atlas.texels(mesh.sheet, mesh.metres) for mesh in meshes]),
        np.concatenate([m.faces + o for m, o in zip(meshes, offsets[:-1], strict=True)]),
        np.concatenate([mesh.layer for mesh in meshes]),
    )


def _face_normals(points: Floats, normals: Floats, faces: NDArray[np.int64]) -> Floats:
    corner = points[faces]
    normal = np.cross(corner[:, 2] - corner[:, 0], corner[:, 3] - corner[:, 1])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    smooth = normals[faces].mean(axis=1)
    normal = np.where(length > 1e-9, normal / np.maximum(length, 1e-9), smooth)
    return np.asarray(normal * np.where(np.sum(normal * smooth, axis=1, keepdims=True) < 0, -1, 1))


def _mirrors(body: Body) -> list[Mesh]:
    shell = body.shells[0]
    at = body.glazing.sides[0][0][0]
    belt, half = shell.belt, shell.half_width
    tall = 0.42 if body.kind in ("lorry", "van") else 0.13
    meshes: list[Mesh] = []
    for sign in (-1, 1):
        low, high = sorted((sign * (half * 0.95), sign * (half + (0.16 if tall > 0.2 else 0.10))))
        meshes += block(
            np.array([low, at + 0.04, belt + 0.02]),
            np.array([high, at + 0.13, belt + 0.02 + tall]),
            "black" if tall > 0.2 else "paint",
        )
    return meshes


def _plates(body: Body) -> list[Mesh]:
    front = _plate(body.plate_front_m, -0.008, facing=-1)
    lean = 0.35 * max(body.plate_rear_m - 0.62, 0) ** 2 if len(body.shells) == 1 else 0.0
    return [front, _plate(body.plate_rear_m, body.length_m - lean + 0.008, facing=1)]


def _plate(height: float, y: float, facing: int) -> Mesh:
    across = np.linspace(0, 1, 5)[None, :]
    down = np.linspace(0, 1, 2)[:, None]
    x = (across - 0.5) * PLATE_M[0] * facing
    z = height + (0.5 - down) * PLATE_M[1]
    x, z = np.broadcast_arrays(x, z)
    points = np.stack([x, np.full(x.shape, y), z], axis=-1)
    normals = np.broadcast_to([0.0, facing, 0.0], points.shape)
    metres = np.stack(np.broadcast_arrays(across * PLATE_M[0], down * PLATE_M[1]), axis=-1)
    return patch(points, normals, metres, "plate", layer=3)


def _chassis(body: Body) -> list[Mesh]:
    half = body.width_m / 2
    rear = body.length_m
    frame = block(np.array([-0.5, 1.6, 0.5]), np.array([0.5, rear - 0.1, 0.92]), "black", layer=0)
    for sign in (-1, 1):
        low, high = sorted((sign * 0.95, sign * 1.08))
        frame += block(np.array([low, 2.2, 0.45]), np.array([high, 4.6, 0.85]), "black", layer=0)
    x, z = np.meshgrid(np.linspace(-half, half, 12) * 0.97, np.linspace(0.50, 0.88, 4))
    points = np.stack([x, np.full(x.shape, rear), z], axis=-1)
    normals = np.broadcast_to([0.0, 1.0, 0.0], points.shape)
    bar = patch(points, normals, np.stack([x, z], axis=-1), "bar", layer=2)
    return [*frame, bar]


def _wheels(body: Body) -> list[Part]:
    radius = body.wheel_radius_m
    parts: list[Part] = []
    for axle in body.axles_m:
        wide = max(shell.half_width for shell in body.shells[:1] if shell.front_m <= axle)
        if len(body.shells) > 1 and axle > body.shells[1].front_m:
            wide = body.shells[1].half_width - 0.02
        for sign in (-1.0, 1.0):
            centre = np.array([sign * (wide + 0.004), axle, radius])
            turns = Wheel(axle_m=(axle, radius), radius_m=radius)
            parts.append((tread(centre, radius, _TYRE_WIDTH_M, "tread"), turns))
            parts.append((disc(centre, radius, sign, "wheel"), turns))
    return parts


def stand(model: Model, pose: Pose) -> Floats:
    """Points of the vehicle on the road, ``(n, 3)``, not mirrored and before any row is read."""
    points = model.points.copy()
    joints: tuple[Wheel | Limb, ...] = (*model.wheels, *model.limbs)
    for joint in joints:
        part = slice(joint.first, joint.last)
        angle = joint.angle_rad(pose.rolled_m)
        y, z = points[part, 1] - joint.axle_m[0], points[part, 2] - joint.axle_m[1]
        points[part, 1] = joint.axle_m[0] + y * np.cos(angle) - z * np.sin(angle)
        points[part, 2] = joint.axle_m[1] + y * np.sin(angle) + z * np.cos(angle)
    if not model.wheels:
        points[:, 2] -= points[:, 2].min()  # who walks sinks a little at each stride
    behind = 0.0 if pose.direction is Direction.APPROACHING else model.body.length_m
    placed = points * pose.facing + [pose.x_m, pose.y_m + behind, 0]
    return pose.headed(placed)
