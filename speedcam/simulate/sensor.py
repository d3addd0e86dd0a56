"""What a sensor on a mast makes of a picture: it moves, it is noisy, it speaks YUV."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import Floats, Image
from speedcam.simulate.scene import Scene


def moved_px(scene: Scene, time_s: float) -> Floats:
    """``(2,)``: the picture's shift at an instant by the mast's swing and drift."""
    mast = scene.mast
    phase = 2 * math.pi * mast.sway_hz * time_s
    swing = np.array([math.sin(phase), math.sin(0.83 * phase + 1.0)])
    return np.asarray(np.array(mast.sway_px) * swing + np.array(mast.drift_px_per_s) * time_s)


class Sensor:
    """Noise that follows the light, and the slow random sway of the mast beside its swing."""

    def __init__(self, scene: Scene) -> None:
        width, height = scene.camera.size_px
        self._scene = scene
        self._rng = np.random.default_rng([scene.seed, 17])
        grain = self._rng.standard_normal((height + 64, width + 64)).astype(np.float32)
        self._grain = grain
        self._shake_px = scene.sensor.shake_px
        self._sway = np.zeros(2)
        self._stands = not (any(scene.mast.sway_px) or any(scene.mast.drift_px_per_s))
        level = np.arange(256) / 255
        self._gain = (scene.sensor.noise * (0.45 + 0.9 * np.sqrt(level))).astype(np.float32)

    def taken(self, picture: Image, time_s: float) -> Image:
        """The picture as the sensor delivers it, planar YUV 4:2:0."""
        picture = self._shaken(picture, time_s)
        planes = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
        height, width = picture.shape[:2]
        luma = planes[:height]
        down, right = self._rng.integers(0, 64, 2)
        grain = self._grain[down : down + height, right : right + width]
        if self._rng.random() < 0.5:
            grain = grain[::-1]
        noisy = cv2.add(luma, cv2.multiply(cv2.LUT(luma, self._gain), grain), dtype=cv2.CV_8U)
        planes[:height] = noisy
        return np.asarray(planes, np.uint8)

    def _shaken(self, picture: Image, time_s: float) -> Image:
        if self._shake_px > 0:
            self._sway = 0.8 * self._sway + 0.6 * self._rng.normal(0, self._shake_px, 2)
        if self._stands:
            return _shifted(picture, self._sway, np.zeros(2)) if self._shake_px > 0 else picture
        first = moved_px(self._scene, time_s)
        last = moved_px(self._scene, time_s + self._scene.sensor.readout_s)
        return _shifted(picture, self._sway + first, last - first)


def _shifted(picture: Image, by_px: NDArray[np.float64], more_px: Floats) -> Image:
    """The picture shifted by ``by_px`` in its first row and ``more_px`` more in its last."""
    height, width = picture.shape[:2]
    across, down = more_px / (height - 1)
    shift = np.array([[1, across, by_px[0]], [0, 1 + down, by_px[1]]], np.float32)
    moved = cv2.warpAffine(
        picture, shift, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)
