"""A camera above a flat road, pin-hole or with a lens that bends, exact in both directions.

Pixel centres lie at whole numbers, the top-left pixel's at ``(0, 0)``. Road axes: ``x`` to the
right, ``y`` along the road away from the camera, ``z`` up, metres; the lens is above ``(0, 0)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from speedcam.model import Floats

_UNFOLD = 0.9
"""Past this share of the radius at which the distortion would turn back, it grows no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """Where the lens is and where it looks.

    Attributes:
        size_px: Width and height of the picture.
        focal_px: Focal length.
        height_m: Of the lens above the road.
        pitch_deg: Downwards from the horizontal.
        yaw_deg: To the right of the road's direction.
        k1: Radial distortion: the lens bends a ray at ``r`` focal lengths from the axis to
            ``r (1 + k1 r²)``, as OpenCV has it. Negative where the picture bulges.
    """

    size_px: tuple[int, int]
    focal_px: float
    height_m: float
    pitch_deg: float
    yaw_deg: float
    k1: float = 0.0

    def axes(self) -> Floats:
        """``(3, 3)`` rows: the picture's right, its down, and the viewing direction, in metres."""
        yaw, pitch = math.radians(self.yaw_deg), math.radians(self.pitch_deg)
        right = np.array([math.cos(yaw), -math.sin(yaw), 0.0])
        forward = np.array(
            [math.sin(yaw) * math.cos(pitch), math.cos(yaw) * math.cos(pitch), -math.sin(pitch)]
        )
        return np.stack([right, np.cross(forward, right), forward])

    @property
    def centre_px(self) -> tuple[float, float]:
        """The principal point."""
        return (self.size_px[0] - 1) / 2, (self.size_px[1] - 1) / 2

    @property
    def position_m(self) -> Floats:
        """``(3,)`` of the lens."""
        return np.array([0.0, 0.0, self.height_m])


def scaled(camera: Camera, size_px: tuple[int, int]) -> Camera:
    """The same view in a picture of another width; the height may be cropped."""
    return replace(
        camera, size_px=size_px, focal_px=camera.focal_px * size_px[0] / camera.size_px[0]
    )


def project(camera: Camera, points_m: Floats) -> tuple[Floats, Floats]:
    """Where points on or above the road appear.

    Args:
        camera: The camera.
        points_m: ``(n, 3)`` metres.

    Returns:
        ``(n, 2)`` pixels and ``(n,)`` depth along the viewing direction in metres. A point
        behind the lens has a negative depth and a meaningless pixel.
    """
    seen = (points_m - camera.position_m) @ camera.axes().T
    depth = seen[:, 2]
    safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)
    flat = seen[:, :2] / safe[:, None]
    if camera.k1:
        flat = flat * _stretch(camera.k1, np.sum(flat**2, axis=1))[:, None]
    return flat * camera.focal_px + np.array(camera.centre_px), depth


def _stretch(k1: float, r2: Floats) -> Floats:
    """By what the lens multiplies a ray's distance from the axis, of square ``r2``."""
    fold = _UNFOLD**2 / (-3 * k1) if k1 < 0 else np.inf
    return np.asarray(1 + k1 * np.minimum(r2, fold))


def _unbend(k1: float, bent: Floats) -> Floats:
    """The distance from the axis that the lens shows at ``bent``; by Newton's method."""
    r = bent
    for _ in range(6):
        stretch = _stretch(k1, r * r)
        slope = np.where(stretch == _stretch(k1, np.array(np.inf)), stretch, 3 * stretch - 2)
        r = r - (r * stretch - bent) / slope
    return r


def project_road(camera: Camera, x_m: float, y_m: float) -> tuple[float, float]:
    """The pixel of one point on the road surface."""
    pixels, _ = project(camera, np.array([[x_m, y_m, 0.0]]))
    return float(pixels[0, 0]), float(pixels[0, 1])


def rays(camera: Camera, u_px: Floats, v_px: Floats) -> Floats:
    """Viewing directions of pixels, ``(..., 3)`` in road axes, not normalised."""
    across = (u_px - camera.centre_px[0]) / camera.focal_px
    down = (v_px - camera.centre_px[1]) / camera.focal_px
    if camera.k1:
        bent = np.hypot(across, down)
        shrink = _unbend(camera.k1, bent) / np.maximum(bent, 1e-12)
        across, down = across * shrink, down * shrink
    right, below, forward = camera.axes()
    return np.asarray(across[..., None] * right + down[..., None] * below + forward)


def on_road(camera: Camera, u_px: Floats, v_px: Floats) -> tuple[Floats, Floats]:
    """The road point under each pixel; infinite where the pixel looks above the horizon."""
    ray = rays(camera, u_px, v_px)
    reach = np.where(ray[..., 2] < -1e-9, -camera.height_m / np.minimum(ray[..., 2], -1e-9), np.inf)
    with np.errstate(invalid="ignore"):
        return ray[..., 0] * reach, ray[..., 1] * reach
