"""Meshes of quads, and the lofting of a hull from its profiles.

Vehicle axes: ``x`` across, ``y`` behind the front bumper, ``z`` above the road, metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speedcam.model import Floats
from speedcam.simulate.body import Shell, profile

_SIDE, _GREEN, _ROOF = 9, 6, 13
"""Grid lines across: lower side, from shoulder to roof edge, across the roof."""

STATION_M = 0.07


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """Quads with what shading needs.

    Attributes:
        points: ``(n, 3)`` metres in vehicle axes.
        normals: ``(n, 3)`` unit vectors, outwards.
        metres: ``(n, 2)`` position on the sheet of the atlas, metres.
        faces: ``(m, 4)`` indices.
        layer: ``(m,)`` drawn from low to high; far to near inside a layer.
        sheet: Name of the sheet of the atlas.
    """

    points: Floats
    normals: Floats
    metres: Floats
    faces: NDArray[np.int64]
    layer: NDArray[np.int64]
    sheet: str


def grid_faces(rows: int, columns: int) -> NDArray[np.int64]:
    """Quads of a grid of points stored row by row."""
    index = np.arange(rows * columns).reshape(rows, columns)
    return np.stack(
        [index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], axis=-1
    ).reshape(-1, 4)


def patch(points: Floats, normals: Floats, metres: Floats, sheet: str, layer: int = 1) -> Mesh:
    """A mesh of a grid: ``points`` and ``normals`` ``(r, c, 3)``, ``metres`` ``(r, c, 2)``."""
    rows, columns = points.shape[:2]
    faces = grid_faces(rows, columns)
    return Mesh(
        points=points.reshape(-1, 3),
        normals=normals.reshape(-1, 3),
        metres=metres.reshape(-1, 2),
        faces=faces,
        layer=np.full(len(faces), layer),
        sheet=sheet,
    )


def loft(shell: Shell, sheets: str) -> list[Mesh]:
    """The hull of a shell: two sides, the upper surface, and the two end faces.

    Args:
        shell: The profiles.
        sheets: Prefix of the names of the sheets of the atlas.
    """
    stations = _stations(shell)
    section = np.stack([_section(shell, y) for y in stations])
    hull = np.concatenate(
        [
            section[..., :1],
            np.broadcast_to(stations[:, None, None], (*section.shape[:2], 1)),
            section[..., 1:],
        ],
        axis=-1,
    )
    bent = _bend(shell, hull)
    normals = _normals(bent)
    arc = upper_arc(shell, stations)
    half = _SIDE + _GREEN - 2
    parts = []
    for side, columns in (("side", slice(0, half + 1)), ("side", slice(-half - 1, None))):
        metres = np.stack([hull[:, columns, 1], hull[:, columns, 2]], axis=-1)
        parts.append(patch(bent[:, columns], normals[:, columns], metres, sheets + side))
    roof = slice(half, half + _ROOF)
    metres = np.stack(
        [np.broadcast_to(arc[:, None], hull[:, roof, 0].shape), hull[:, roof, 0]], axis=-1
    )
    parts.append(patch(bent[:, roof], normals[:, roof], metres, sheets + "top"))
    parts.append(_end(shell, section[0], sheets + "front", at=shell.front_m, sign=-1))
    parts.append(_end(shell, section[-1], sheets + "rear", at=shell.rear_m, sign=1))
    return parts


def _stations(shell: Shell) -> Floats:
    length = shell.rear_m - shell.front_m
    even = np.linspace(shell.front_m, shell.rear_m, max(int(length / STATION_M), 8))
    ends = np.array([0.0, 0.015, 0.035, 0.06, 0.10, 0.15])
    joined = np.concatenate([shell.front_m + ends, even[3:-3], shell.rear_m - ends])
    return np.unique(np.round(joined, 4))


def upper_arc(shell: Shell, y: Floats) -> Floats:
    """Length along the middle line of the upper surface from the front to ``y``."""
    fine = np.linspace(shell.front_m, shell.rear_m, 1200)
    z = profile(shell.top, fine, shell.round_m)
    steps = np.hypot(np.diff(fine), np.diff(z))
    return np.asarray(np.interp(y, fine, np.concatenate([[0.0], np.cumsum(steps)])))


def _section(shell: Shell, y: float) -> Floats:
    """``(points, 2)`` (x, z) of the outline at one station, from the left base to the right."""
    top = float(profile(shell.top, np.array([y]), shell.round_m)[0])
    high = max(z for _, z in shell.top)
    belt = min(shell.belt, top - 0.035)
    rise = np.clip((top - belt) / max(high - shell.belt, 1e-6), 0, 1)
    share = np.linspace(0, 1, _SIDE)
    z_side = shell.base + (belt - shell.base) * share
    level = np.clip((z_side - shell.base) / max(shell.belt - shell.base, 1e-6), 0, 1)
    x_side = shell.half_width * (
        1
        - 0.055 * np.clip(1 - level / 0.28, 0, 1) ** 1.6
        - 0.035 * np.clip(level - 0.55, 0, 1) ** 1.3
    )
    x_edge = x_side[-1] * (1 - shell.tumble * rise) - 0.035 - 0.03 * (1 - rise)
    z_edge = top - (top - belt) * 0.5 * (1 - rise) - 0.045 * rise
    up = np.linspace(0, 1, _GREEN)[1:]
    bulge = np.sin(up * np.pi) * 0.02
    x_green = x_side[-1] + (x_edge - x_side[-1]) * up**1.15 + bulge * rise
    z_green = belt + (z_edge - belt) * up ** (0.85 + 0.15 * rise)
    across = np.linspace(-1, 1, _ROOF)[1:-1]
    x_roof = x_edge * across
    z_roof = top - (top - z_edge) * np.abs(across) ** 2.6
    right = np.stack([np.r_[x_side, x_green], np.r_[z_side, z_green]], axis=-1)
    left = right * [-1, 1]
    return np.concatenate([left, np.stack([x_roof, z_roof], axis=-1), right[::-1]])


def _bend(shell: Shell, hull: Floats) -> Floats:
    """Bulge the ends: corners lie behind the middle of a bumper; bumpers lean."""
    out = hull.copy()
    across = np.abs(hull[..., 0]) / shell.half_width
    for at, sign, bow in (
        (shell.front_m, 1.0, shell.bow_front),
        (shell.rear_m, -1.0, shell.bow_rear),
    ):
        near = np.exp(-np.abs(hull[..., 1] - at) / 0.35)
        lean = 0.35 * np.clip(hull[..., 2] - 0.62, 0, 0.5) ** 2 if bow else 0.0
        tuck = 0.30 * np.clip(0.42 - hull[..., 2], 0, 0.3) ** 2 if bow else 0.0
        out[..., 1] += sign * near * (bow * across**2.6 + lean + tuck)
        if bow:
            out[..., 0] *= 1 - 0.05 * np.exp(-np.abs(hull[..., 1] - at) / 0.12)
    return out


def _normals(hull: Floats) -> Floats:
    along, across = np.gradient(hull, axis=0), np.gradient(hull, axis=1)
    normal = np.cross(along, across)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    centre = hull.mean(axis=(0, 1))
    if np.mean(np.sum(normal * (hull - centre), axis=-1)) < 0:
        normal = -normal
    return np.asarray(normal)


def _end(shell: Shell, section: Floats, sheet: str, *, at: float, sign: int) -> Mesh:
    """The face that closes an end: rows of the outline, filled from side to side."""
    half = len(section) // 2
    edge = section[: half + 1]
    # Rows crowd under the top, or a flat roof would end in a gable.
    eaves, ridge = float(edge[_SIDE + _GREEN - 2, 1]), float(edge[:, 1].max())
    under = eaves + (ridge - eaves) * np.array([0.25, 0.5, 0.7, 0.85, 0.95, 1.0])
    heights = np.r_[np.linspace(shell.base, eaves, 12), under]
    order = np.argsort(edge[:, 1])
    widths = np.interp(heights, edge[order, 1], np.abs(edge[order, 0]))
    widths[-1] = max(widths[-1], 0.25 * widths[-2])
    across = np.linspace(-1, 1, 17)
    x = widths[:, None] * across
    z = np.broadcast_to(heights[:, None], x.shape)
    flat = np.stack([x, np.full(x.shape, at), z], axis=-1)
    bent = _bend(shell, flat)
    normals = _normals(bent)
    if np.mean(normals[..., 1]) * sign < 0:
        normals = -normals
    # Round the rim: its normals lean outwards, as a pressed panel's do.
    lean = np.stack(
        [
            np.sign(x) * np.abs(across) ** 8 * 0.9,
            np.zeros_like(x),
            np.clip((z - eaves) / (ridge - eaves), 0, 1) * 0.5,
        ],
        -1,
    )
    normals = normals + lean
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    metres = np.stack([flat[..., 0], flat[..., 2]], axis=-1)
    return patch(bent, normals, metres, sheet)


def disc(centre: Floats, radius: float, side: float, sheet: str, layer: int = 2) -> Mesh:
    """A wheel's outer face: a fan of quads; ``side`` is the sign of its outward ``x``."""
    angles = np.linspace(0, 2 * np.pi, 25)[:-1]
    rim = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    flat = np.concatenate([[[0.0, 0.0]], rim * radius])
    points = np.stack([np.zeros(25), flat[:, 0], flat[:, 1]], axis=-1) + centre
    following = np.arange(12) * 2
    faces = np.stack(
        [np.zeros(12, int), 1 + following, 1 + (following + 1) % 24, 1 + (following + 2) % 24], -1
    )
    normals = np.broadcast_to([side, 0.0, 0.0], points.shape).copy()
    return Mesh(
        points=points,
        normals=normals,
        metres=flat,
        faces=faces,
        layer=np.full(12, layer),
        sheet=sheet,
    )


def tread(centre: Floats, radius: float, width: float, sheet: str) -> Mesh:
    """A tyre's running surface, from the outer face inwards."""
    angles = np.linspace(0, 2 * np.pi, 21)
    ring = np.stack([np.zeros(21), np.cos(angles), np.sin(angles)], axis=-1)
    inward = -np.sign(centre[0]) * np.array([width, 0, 0])
    points = np.stack([centre + ring * radius, centre + ring * radius + inward])
    normals = np.stack([ring, ring])
    metres = np.stack(
        [np.broadcast_to(angles * radius, (2, 21)), np.broadcast_to([[0.0], [width]], (2, 21))], -1
    )
    return patch(points, normals, metres, sheet, layer=0)


def block(low: Floats, high: Floats, sheet: str, layer: int = 1) -> list[Mesh]:
    """A box, each face a small grid; its sheet is one flat colour."""
    made = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            one, two = [a for a in range(3) if a != axis]
            corners = np.zeros((2, 2, 3))
            corners[..., axis] = low[axis] if sign < 0 else high[axis]
            corners[..., one] = np.array([low[one], high[one]])[:, None]
            corners[..., two] = np.array([low[two], high[two]])[None, :]
            normals = np.zeros((2, 2, 3))
            normals[..., axis] = sign
            made.append(patch(corners, normals, corners[..., [one, two]] * 0 + 0.05, sheet, layer))
    return made
