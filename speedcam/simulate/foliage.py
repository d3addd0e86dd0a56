"""Crowns of trees and bushes, as billows of small dabs."""

from __future__ import annotations

import math

import cv2
import numpy as np

from speedcam.model import Floats
from speedcam.simulate.canvas import Canvas
from speedcam.simulate.light import irradiance, linear


def draw_foliage(canvas: Canvas, centre: Floats, radii: Floats, rng: np.random.Generator) -> None:
    """A crown of billows, each of many small dabs lit by where on the billow they sit."""
    distance = float(np.linalg.norm(centre - canvas.camera.position_m))
    sample_m = distance / canvas.camera.focal_px / canvas.scale
    dab = max(0.035 + 0.012 * float(radii.mean()), 1.6 * sample_m)
    billows = int(np.clip(9 * float(radii.mean()), 12, 34))
    each = int(np.clip(5 * (0.42 * float(radii.mean()) / dab) ** 2, 24, 900))
    heart = _directions(rng, billows) * rng.uniform(0.2, 0.72, (billows, 1))
    out = _directions(rng, billows * each).reshape(billows, each, 3)
    depth = rng.uniform(0.25, 1.0, (billows, each, 1)) ** 0.4
    size = rng.uniform(0.30, 0.48, (billows, 1, 1))
    shape = heart[:, None] + out * depth * size
    points = (centre + shape * radii).reshape(-1, 3)
    normals = (0.75 * out + 0.8 * shape).reshape(-1, 3)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    buried = np.clip(1.15 - np.linalg.norm(shape, axis=2).reshape(-1, 1), 0, 1)
    light = irradiance(canvas.light, normals) * (1 - 0.75 * buried)
    light *= 0.35 + 0.65 * depth.reshape(-1, 1) ** 3
    hue = np.array(linear("#56692f")) * rng.uniform(0.85, 1.15, 3)
    colours = hue * light * rng.uniform(0.6, 1.4, (len(points), 1))
    _dabs(canvas, points, dab * rng.uniform(0.6, 1.3, len(points)), colours, rng)


def _directions(rng: np.random.Generator, count: int) -> Floats:
    out = rng.standard_normal((count, 3))
    return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True))


def _dabs(
    canvas: Canvas, points: Floats, radii: Floats, colours: Floats, rng: np.random.Generator
) -> None:
    """Small ragged spots, the farthest first."""
    at, depth = canvas.place(points)
    reach = radii / depth * canvas.camera.focal_px * canvas.scale
    angles = np.sort(rng.uniform(0, 2 * math.pi, (len(points), 5)), axis=1)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * reach[:, None, None]
    size = np.array(canvas.pixels.shape[1::-1])
    seen = (depth > 1) & np.all((at > -50) & (at < size + 50), axis=1)
    distance = np.linalg.norm(points - canvas.camera.position_m, axis=1)
    shown = canvas.hazed(colours, float(distance.mean()))
    corners = np.round((at[:, None] + ring) * 16).astype(np.int32)
    for i in np.argsort(-distance):
        if seen[i]:
            cv2.fillPoly(canvas.pixels, [corners[i]], shown[i].tolist(), cv2.LINE_8, 4)
