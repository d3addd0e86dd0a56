"""A picture enlarged and ruled in its own pixels, to read survey points from."""

from __future__ import annotations

import cv2
import numpy as np

from speedcam.adapters.lettering import Label, with_labels
from speedcam.calibrate.view import View, encoded
from speedcam.model import Image

ENLARGED = 2
EVERY_PX = 100
TICK_PX = 10
LETTERS_EVERY_PX = 200
"""A figure at every second crossing is enough to find one's way."""
INK_SHARE = 0.6


def ruled_png(view: View) -> bytes:
    """Twice as large, a line every 100 pixels and every 10 a tick, with figures, as a PNG."""
    width, height = view.size_px
    size = (ENLARGED * width, ENLARGED * height)
    page = np.asarray(cv2.resize(view.picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    return encoded(with_labels(_ruled(page), _labels(width, height)))


def _ruled(page: Image) -> Image:
    drawn = page.copy()
    height, width = page.shape[:2]
    apart, tick = EVERY_PX * ENLARGED, TICK_PX * ENLARGED
    for u in range(0, width, apart):
        _line(drawn, (u, 0), (u, height))
        for v in range(0, height, tick):
            _line(drawn, (u - TICK_PX // 2, v), (u + TICK_PX // 2, v))
    for v in range(0, height, apart):
        _line(drawn, (0, v), (width, v))
        for u in range(0, width, tick):
            _line(drawn, (u, v - TICK_PX // 2), (u, v + TICK_PX // 2))
    return np.asarray(cv2.addWeighted(drawn, INK_SHARE, page, 1 - INK_SHARE, 0), np.uint8)


def _line(page: Image, start: tuple[int, int], end: tuple[int, int]) -> None:
    # The centre of pixel u lies at u + 1/2 from the edge, also when enlarged.
    shift = ENLARGED // 2
    (u0, v0), (u1, v1) = start, end
    cv2.line(page, (u0 + shift, v0 + shift), (u1 + shift, v1 + shift), (64, 214, 255)[::-1], 1)


def _labels(width: int, height: int) -> list[Label]:
    return [
        Label(text=f"{u}, {v}", at=(ENLARGED * u, ENLARGED * v + 14))
        for u in range(LETTERS_EVERY_PX, width, LETTERS_EVERY_PX)
        for v in range(LETTERS_EVERY_PX // 2, height, LETTERS_EVERY_PX // 2)
    ]
