"""Meshes of rounded things: limbs and tubes, heads and tanks, the rings of thin wheels."""

from __future__ import annotations

import numpy as np

from speedcam.model import Floats
from speedcam.simulate.mesh import Mesh, patch

_AROUND = np.linspace(0, 2 * np.pi, 11)
_CAP = np.linspace(0, np.pi / 2, 4)

Point = tuple[float, float, float]


def limb(
    start: Point,
    end: Point,
    radius_m: float,
    sheet: str,
    *,
    end_radius_m: float | None = None,
    wide: float = 1.0,
) -> Mesh:
    """A tube with round ends.

    Args:
        start: The middle of one end, in vehicle axes.
        end: The middle of the other.
        radius_m: There, and of the round end beyond it.
        sheet: Of its paint.
        end_radius_m: The same at the other end; None: as thick.
        wide: How much wider than deep it is, across the vehicle.
    """
    other_m = radius_m if end_radius_m is None else end_radius_m
    a, b = np.array(start), np.array(end)
    long_m = float(np.linalg.norm(b - a))
    onwards = (b - a) / long_m
    out, up = _beside(onwards)
    along = np.r_[-np.sin(_CAP[::-1]) * radius_m, long_m + np.sin(_CAP) * other_m]
    thick = np.r_[np.cos(_CAP[::-1]) * radius_m, np.cos(_CAP) * other_m]
    lean = np.r_[-np.sin(_CAP[::-1]), np.sin(_CAP)]
    c, s = np.cos(_AROUND)[:, None], np.sin(_AROUND)[:, None]
    ring = wide * c * out + s * up
    points = a + along[:, None, None] * onwards + thick[:, None, None] * ring
    upright = np.sqrt(1 - np.clip(lean**2, 0, 1))[:, None, None]
    normals = lean[:, None, None] * onwards + upright * (c / wide * out + s * up)
    metres = np.stack(np.broadcast_arrays(_AROUND * radius_m, along[:, None] + radius_m), axis=-1)
    return patch(points, _unit(normals), metres, sheet)


def ball(middle: Point, radii_m: Point, sheet: str) -> Mesh:
    """An ellipsoid with axes across, along and up."""
    down = np.linspace(0, np.pi, 8)[:, None]
    x, y = np.sin(down) * np.cos(_AROUND), np.sin(down) * np.sin(_AROUND)
    z = np.broadcast_to(np.cos(down), x.shape)
    sphere, radii = np.stack([x, y, z], axis=-1), np.array(radii_m)
    metres = np.stack(np.broadcast_arrays(_AROUND * radii_m[0], down * radii_m[2]), axis=-1)
    return patch(np.array(middle) + sphere * radii, _unit(sphere / radii), metres, sheet)


def ring(middle: Point, radius_m: float, deep_m: float, side: float, sheet: str) -> Mesh:
    """One face of a thin wheel's rim and tyre; ``side`` is the sign of its outward ``x``."""
    around = np.linspace(0, 2 * np.pi, 25)
    radii = np.array([radius_m, radius_m - deep_m])[:, None]
    y, z = radii * np.cos(around), radii * np.sin(around)
    points = np.stack([np.zeros_like(y), y, z], axis=-1) + np.array(middle)
    normals = np.broadcast_to([side, 0.0, 0.0], points.shape)
    metres = np.stack(np.broadcast_arrays(around * deep_m, radii), axis=-1)
    return patch(points, normals, metres, sheet)


def _beside(onwards: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors at right angles to one, the first as far across as can be."""
    across = np.array([0.0, 1.0, 0.0] if abs(onwards[0]) > 0.9 else [1.0, 0.0, 0.0])
    out = across - onwards * (onwards @ across)
    out /= np.linalg.norm(out)
    return out, np.cross(onwards, out)


def _unit(vectors: Floats) -> Floats:
    long = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(long, 1e-9))
