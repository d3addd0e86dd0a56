"""A supersampled picture of the still world, and flat things drawn into it in perspective."""

from __future__ import annotations

import math

import cv2
import numpy as np

from speedcam.model import Floats
from speedcam.simulate.camera import Camera, project
from speedcam.simulate.light import Colour, Light, Radiance, irradiance

_SHIFT = 4


class Canvas:
    """Linear radiance at ``scale`` samples per pixel and side."""

    def __init__(self, camera: Camera, light: Light, scale: int) -> None:
        width, height = camera.size_px
        self.camera, self.light, self.scale = camera, light, scale
        self.pixels: Radiance = np.zeros((height * scale, width * scale, 3), np.float32)

    def place(self, points_m: Floats) -> tuple[Floats, Floats]:
        """Sample coordinates ``(n, 2)`` and depths ``(n,)`` of road-space points."""
        pixels, depth = project(self.camera, points_m)
        return (pixels + 0.5) * self.scale - 0.5, depth

    def hazed(self, colour: Floats, distance_m: float) -> Floats:
        """A radiance as the air between lets it through."""
        kept = math.exp(-distance_m / self.light.haze_m)
        return colour * kept + np.array(self.light.horizon) * (1 - kept)

    def polygon(self, points_m: Floats, radiance: Floats) -> None:
        """A flat patch of one colour; left out when any corner is behind the lens."""
        at, depth = self.place(points_m)
        if depth.min() < 0.5 or np.abs(at).max() > 1e5:
            return
        corners = np.round(at * (1 << _SHIFT)).astype(np.int32)
        colour = self.hazed(radiance, float(depth.mean()))
        cv2.fillPoly(self.pixels, [corners], colour.tolist(), cv2.LINE_8, _SHIFT)

    def face(self, points_m: Floats, albedo: Colour, shade: float = 1.0) -> None:
        """A flat patch lit by the scene; its normal turns towards the camera."""
        normal = np.cross(points_m[1] - points_m[0], points_m[2] - points_m[0])
        normal = normal / max(float(np.linalg.norm(normal)), 1e-9)
        if normal @ (self.camera.position_m - points_m[0]) < 0:
            normal = -normal
        lit = irradiance(self.light, normal[None])[0]
        self.polygon(points_m, np.array(albedo) * lit * shade)

    def panel(self, corners_m: Floats, texture: Radiance) -> None:
        """A textured rectangle.

        Args:
            corners_m: ``(4, 3)``: where the texture's top left, top right, bottom right and
                bottom left corners are.
            texture: ``(rows, columns, 3)`` radiance, light included.
        """
        at, depth = self.place(corners_m)
        if depth.min() < 0.5:
            return
        low = np.maximum(np.floor(at.min(axis=0)).astype(int) - 1, 0)
        high = np.minimum(np.ceil(at.max(axis=0)).astype(int) + 2, self.pixels.shape[1::-1])
        if (high - low).min() <= 0:
            return
        texture = _shrunk(self.hazed_picture(texture, float(depth.mean())), at)
        rows, columns = texture.shape[:2]
        source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32) - 0.5
        matrix = cv2.getPerspectiveTransform(source, (at - low).astype(np.float32))
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        drawn = cv2.warpPerspective(
            texture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        inside = np.zeros(size[::-1], np.uint8)
        corners = np.round((at - low) * (1 << _SHIFT)).astype(np.int32)
        cv2.fillConvexPoly(inside, corners, 1, cv2.LINE_8, _SHIFT)
        region = self.pixels[low[1] : high[1], low[0] : high[0]]
        np.copyto(region, drawn, where=inside[..., None].astype(bool))

    def hazed_picture(self, texture: Radiance, distance_m: float) -> Radiance:
        """A texture as the air between lets it through."""
        return np.asarray(self.hazed(np.asarray(texture, np.float64), distance_m), np.float32)


def _shrunk(texture: Radiance, at: Floats) -> Radiance:
    """The texture at about the resolution it will be seen at, so that it does not alias."""
    across = max(_apart(at[1], at[0]), _apart(at[2], at[3]), 2)
    down = max(_apart(at[3], at[0]), _apart(at[2], at[1]), 2)
    rows, columns = texture.shape[:2]
    size = (min(columns, math.ceil(across)), min(rows, math.ceil(down)))
    if size == (columns, rows):
        return texture
    return np.asarray(cv2.resize(texture, size, interpolation=cv2.INTER_AREA), np.float32)


def _apart(one: Floats, other: Floats) -> float:
    return float(np.linalg.norm(one - other))
