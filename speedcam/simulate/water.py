"""A wet road: darker, and a mirror the flatter one looks at it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.simulate.camera import Camera, rays
from speedcam.simulate.ground import Ground
from speedcam.simulate.light import Light
from speedcam.simulate.noise import Field
from speedcam.simulate.raster import surroundings

_DARKER = 0.45
"""Water in the pores of asphalt takes away so much of what it would scatter."""

_REFRACTION = 0.02
"""Share of light that water mirrors at right angles."""


def mirror_of(camera: Camera, light: Light, ground: Ground, x_m: Field, y_m: Field) -> Field:
    """Share of what comes from the mirrored direction that each pixel of the road returns.

    Schlick's approximation of Fresnel's law, times how much of the road is under water there.
    """
    away = np.hypot(x_m, y_m)
    facing = camera.height_m / np.hypot(away, camera.height_m)
    fresnel = _REFRACTION + (1 - _REFRACTION) * (1 - facing) ** 5
    puddles = 0.5 * ground.grain.octave(x_m, y_m, 2.6, 1) + 0.3 * ground.grain.octave(
        x_m, y_m, 0.7, 2
    )
    film = np.clip(light.wet * (1 + 0.35 * (1 - light.wet) * puddles), 0, 1)
    inside = np.minimum(x_m - ground.plan.left_m, ground.plan.right_m - x_m) / 0.1 + 0.5
    road = np.clip(inside, 0, 1) * (y_m < 4000) * (y_m > 0)
    return np.asarray(fresnel * film * road, np.float32)


def mirrored_sky(camera: Camera, light: Light, x_m: Field, y_m: Field) -> Field:
    """``(height, width, 3)``: what an empty, wet road mirrors: sky and what stands beside."""
    height, width = x_m.shape
    u, v = np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float))
    ray = rays(camera, u, v)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    ray[..., 2] = np.abs(ray[..., 2])
    points = np.stack([x_m, y_m, np.zeros_like(x_m)], axis=-1).astype(np.float64)
    flat = surroundings(light, points.reshape(-1, 3), ray.reshape(-1, 3))
    picture = flat.reshape(height, width, 3).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigmaX=2.0, sigmaY=6.0), np.float32)


def wetted(dry: Field, mirror: Field, mirrored: Field, *, vignette: Field, wet: float) -> Field:
    """The still world's radiance with water on its road."""
    share = mirror[..., None]
    soaked = np.minimum(share * 200, 1) * np.float32(_DARKER * wet)
    seen = dry * (1 - soaked) * (1 - share)
    return np.asarray(seen + share * mirrored * vignette[..., None], np.float32)


def rippled(picture: NDArray[np.float32], camera: Camera, depth_m: float) -> Field:
    """A mirror image as the uneven film shows it: smeared, mostly up and down."""
    long = max(camera.focal_px * 0.06 / depth_m, 0.6)
    return np.asarray(
        cv2.GaussianBlur(picture, (0, 0), sigmaX=max(long / 3, 0.6), sigmaY=long), np.float32
    )
