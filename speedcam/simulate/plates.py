"""Number plates in the Albanian format: ``AA 123 AA``, white with a blue band at each end."""

from __future__ import annotations

import re

import cv2
import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from speedcam.model import Image

PLATE_M = (0.520, 0.110)
MOTORCYCLE_PLATE_M = (0.180, 0.140)
"""Square enough for two lines; the one drawn is blank."""
BAND_M = 0.040
"""Width of each blue band: the white field between them is 440 mm."""

PATTERN = re.compile(r"[A-HJ-NPR-Z]{2}[0-9]{3}[A-HJ-NPR-Z]{2}")

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_TEXELS_PER_M = 2000
_CHARACTER_M = (0.046, 0.076)


def random_plate(rng: np.random.Generator) -> str:
    """A plate's text without I, O and Q, which the format leaves out."""
    letters = "".join(rng.choice(list(_LETTERS), 4))
    return f"{letters[:2]}{rng.integers(0, 1000):03d}{letters[2:]}"


def plate_texture(text: str) -> Image:
    """``(220, 1040, 3)`` blue-green-red picture of a plate, 0.5 mm a texel."""
    width, height = (round(side * _TEXELS_PER_M) for side in PLATE_M)
    band = round(BAND_M * _TEXELS_PER_M)
    picture = np.full((height, width, 3), (232, 236, 236), np.uint8)
    picture[:, :band] = picture[:, -band:] = (150, 62, 20)
    _country(picture, band)
    for offset_m, character in zip(_offsets_m(), text, strict=True):
        _character(picture, character, round(offset_m * _TEXELS_PER_M))
    cv2.rectangle(picture, (2, 2), (width - 3, height - 3), (60, 60, 60), 3)
    return picture


def _offsets_m() -> tuple[float, ...]:
    """Left edges of the seven characters: two letters, three digits, two letters."""
    step, gap = 0.0535, 0.021
    first = 0.052
    return tuple(first + step * i + gap * (i >= 2) + gap * (i >= 5) for i in range(7))


def _character(picture: Image, character: str, left: int) -> None:
    width, height = (round(side * _TEXELS_PER_M) for side in _CHARACTER_M)
    ink = cv2.resize(_glyph(character), (width, height), interpolation=cv2.INTER_AREA)
    top = (picture.shape[0] - height) // 2
    field = picture[top : top + height, left : left + width].astype(np.float32)
    cover = ink[..., None].astype(np.float32) / 255
    drawn = field * (1 - cover) + np.array((28, 24, 24), np.float32) * cover
    picture[top : top + height, left : left + width] = drawn.astype(np.uint8)


def _glyph(character: str) -> Image:
    """The bare ink of a character, tightly cut, bold."""
    canvas = Picture.new("L", (400, 500), 0)
    font = ImageFont.load_default(360)
    ImageDraw.Draw(canvas).text((60, 40), character, fill=255, font=font, stroke_width=13)
    ink = np.asarray(canvas, np.uint8)
    rows, columns = np.flatnonzero(ink.max(axis=1)), np.flatnonzero(ink.max(axis=0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if cut.shape[1] < 150:  # a narrow figure keeps its shape instead of being stretched
        side = (200 - cut.shape[1]) // 2
        cut = np.pad(cut, ((0, 0), (side, side)))
    return np.ascontiguousarray(cut)


def _country(picture: Image, band: int) -> None:
    """AL in the left band."""
    canvas = Picture.new("L", (band, 60), 0)
    font = ImageFont.load_default(38)
    ImageDraw.Draw(canvas).text(
        (band // 2, 30), "AL", fill=255, font=font, anchor="mm", stroke_width=1
    )
    ink = np.asarray(canvas, np.float32)[..., None] / 255
    low = picture.shape[0] - 76
    field = picture[low : low + 60, :band].astype(np.float32)
    picture[low : low + 60, :band] = (field * (1 - ink) + 235 * ink).astype(np.uint8)
