"""Band-limited noise in road metres: detail finer than the pixel's footprint fades out."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

TILE_TEXELS = 512
TEXELS_PER_WAVE = 6.0


def tile(rng: np.random.Generator) -> Field:
    """A seamless ``(512, 512)`` field of smooth noise with zero mean and unit deviation."""
    white = rng.standard_normal((TILE_TEXELS, TILE_TEXELS)).astype(np.float32)
    wrapped = np.pad(white, 16, mode="wrap")
    smooth = cv2.GaussianBlur(wrapped, (0, 0), 1.6)[16:-16, 16:-16]
    return np.asarray((smooth - smooth.mean()) / smooth.std(), dtype=np.float32)


def _wrapped(texels: NDArray[np.floating]) -> NDArray[np.floating]:
    """Modulo the tile, five times as quick as ``np.mod`` and, for a power of two, as exact."""
    turns = np.floor(texels * np.float32(1 / TILE_TEXELS))
    turns *= TILE_TEXELS
    return np.asarray(texels - turns)


class Grain:
    """Noise fields of a seed, sampled at any wave length.

    Each wave length sees the tile turned and shifted by its own amount, so that repeats of
    one octave never line up with those of another.
    """

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 11])
        self._tiles = [tile(rng) for _ in range(4)]

    def octave(self, x_m: Field, y_m: Field, wave_m: float, salt: int = 0) -> Field:
        """Noise of one wave length at road points, unit deviation."""
        turn = 0.7 + 1.3 * salt + 2.1 * math.log(wave_m)
        scale = TEXELS_PER_WAVE / wave_m
        cos, sin = scale * math.cos(turn), scale * math.sin(turn)
        u = _wrapped(x_m * np.float32(cos) - y_m * np.float32(sin) + 37.7 * salt)
        v = _wrapped(x_m * np.float32(sin) + y_m * np.float32(cos) + 91.3 * salt)
        sampled = cv2.remap(
            self._tiles[salt % 4],
            u.astype(np.float32),
            v.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_WRAP,
        )
        return np.asarray(sampled, dtype=np.float32)

    def seen(
        self, x_m: Field, y_m: Field, wave_m: float, footprint_m: float, salt: int = 0
    ) -> Field | float:
        """The octave as a pixel sees it: averaged over its footprint on the road."""
        kept = math.exp(-2.0 * (footprint_m / wave_m) ** 2)
        if kept < 0.02:
            return 0.0
        return np.asarray(self.octave(x_m, y_m, wave_m, salt) * np.float32(kept), dtype=np.float32)
