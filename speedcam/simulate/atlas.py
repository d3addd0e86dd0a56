"""Sheets of paint in metres, packed into one picture per vehicle with smaller copies of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import Floats, Image

GLOSS = {"rubber": 4, "plastic": 30, "paint": 92, "lamp": 150, "chrome": 190, "glass": 255}
"""How much of the sky a surface mirrors, 0..255 of what glass does."""

_PAD = 16
_SHIFT = 4


class Sheet:
    """A painted surface: blue, green, red and gloss, addressed in metres."""

    def __init__(
        self, low: tuple[float, float], high: tuple[float, float], texels_per_m: float
    ) -> None:
        self.low, self.texels_per_m = low, texels_per_m
        columns = round((high[0] - low[0]) * texels_per_m) + 1
        rows = round((high[1] - low[1]) * texels_per_m) + 1
        self.pixels: Image = np.zeros((rows, columns, 4), np.uint8)

    def at(self, metres: Floats) -> Floats:
        """Texel coordinates of points in metres."""
        return (np.asarray(metres, float) - self.low) * self.texels_per_m

    def fill(self, rgb: str, finish: str) -> None:
        """One colour all over."""
        self.pixels[:] = ink(rgb, finish)

    def polygon(self, corners: Sequence[tuple[float, float]], rgb: str, finish: str) -> None:
        """A filled area."""
        at = np.round(self.at(np.array(corners)) * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(self.pixels, [at], ink(rgb, finish), cv2.LINE_AA, _SHIFT)

    def box(  # noqa: PLR0917 - two corners, colour and finish, as in every call
        self, a: float, b: float, c: float, d: float, rgb: str, finish: str
    ) -> None:
        """An upright rectangle from ``(a, b)`` to ``(c, d)``."""
        self.polygon([(a, b), (c, b), (c, d), (a, d)], rgb, finish)

    def line(self, points: Sequence[tuple[float, float]], width_m: float, rgb: str) -> None:
        """A line, at least one texel wide."""
        at = np.round(self.at(np.array(points)) * (1 << _SHIFT)).astype(np.int32)
        thick = max(1, round(width_m * self.texels_per_m))
        cv2.polylines(self.pixels, [at], False, ink(rgb, "plastic"), thick, cv2.LINE_AA, _SHIFT)

    def circle(self, centre: tuple[float, float], radius: float, rgb: str, finish: str) -> None:
        """A filled circle."""
        angles = np.linspace(0, 2 * np.pi, 41)[:-1]
        ring = np.array(centre) + radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        self.polygon([tuple(p) for p in ring], rgb, finish)

    def dust(self, rng: np.random.Generator, amount: float) -> None:
        """Mottle and speckle the colour, as weather does; gives trackers something to hold."""
        rows, columns = self.pixels.shape[:2]
        fine = rng.normal(0, 1, (rows, columns)).astype(np.float32)
        fine = cv2.GaussianBlur(fine, (0, 0), 1.2) * 2.5
        broad = cv2.GaussianBlur(rng.normal(0, 1, (rows, columns)).astype(np.float32), (0, 0), 12)
        broad = np.asarray(broad * (12 * 1.6), np.float32)
        gain = np.asarray(1 + amount * (0.035 * fine + 0.05 * broad), np.float32)
        count = int(rows * columns / 900 * amount)
        for _ in range(count):
            v, u = rng.integers(0, rows), rng.integers(0, columns)
            spot = gain[
                max(v - 1, 0) : v + int(rng.integers(1, 3)), u : u + int(rng.integers(1, 3))
            ]
            np.multiply(spot, rng.uniform(0.62, 1.15), out=spot, casting="same_kind")
        colours = self.pixels[..., :3].astype(np.float32) * gain[..., None]
        self.pixels[..., :3] = np.clip(colours, 0, 255).astype(np.uint8)


def ink(rgb: str, finish: str) -> tuple[int, int, int, int]:
    """Blue, green, red, gloss."""
    red, green, blue = (int(rgb[i : i + 2], 16) for i in (1, 3, 5))
    return blue, green, red, GLOSS[finish]


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas:
    """All sheets in one picture, and halves of it for smaller views.

    Attributes:
        levels: ``(rows, columns, 4)`` each, every next one half the size.
        offsets: Texel of each sheet's first texel at full size.
        sheets: The sheets by name.
    """

    levels: tuple[NDArray[np.uint8], ...]
    offsets: Mapping[str, tuple[int, int]]
    sheets: Mapping[str, Sheet]

    def texels(self, sheet: str, metres: Floats) -> Floats:
        """``(n, 2)`` texel coordinates in the full-size picture."""
        return np.asarray(self.sheets[sheet].at(metres) + np.array(self.offsets[sheet], float))


def pack(sheets: Mapping[str, Sheet]) -> Atlas:
    """Stack the sheets with room between them, so that smaller copies do not bleed."""
    padded = {
        name: cv2.copyMakeBorder(sheet.pixels, _PAD, _PAD, _PAD, _PAD, cv2.BORDER_REPLICATE)
        for name, sheet in sheets.items()
    }
    width = max(picture.shape[1] for picture in padded.values())
    offsets, rows, top = {}, [], 0
    for name, picture in padded.items():
        missing = width - picture.shape[1]
        rows.append(cv2.copyMakeBorder(picture, 0, 0, 0, missing, cv2.BORDER_REPLICATE))
        offsets[name] = (_PAD, top + _PAD)
        top += picture.shape[0]
    levels = [np.asarray(np.concatenate(rows), np.uint8)]
    while len(levels) < 5:
        level = levels[-1]
        half = ((level.shape[1] + 1) // 2, (level.shape[0] + 1) // 2)
        levels.append(np.asarray(cv2.resize(level, half, interpolation=cv2.INTER_AREA), np.uint8))
    return Atlas(levels=tuple(levels), offsets=offsets, sheets=dict(sheets))
