"""Other countries' bands, and Albania's with its eagle, on the drawn plates of vehicles that pass.

The simulator draws AL alone; these lay another country's two bands over its plate. Between wider
bands the field is squeezed, as on the plates themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from speedcam.model import Image
from speedcam.simulate.plates import BAND_M, plate_texture

_TEXELS_PER_MM = 2
_BLUE, _WHITE, _YELLOW = (20, 62, 150), (235, 235, 235), (240, 205, 40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """What a country's two bands bear.

    Attributes:
        code: The letters at the foot of the left one.
        band_mm: Width of either.
        letter_mm: Height of those letters.
        emblem: Above them: a ring of stars, an eagle, or nothing.
        right: Whether the right band bears a year or region too.
    """

    code: str
    band_mm: int
    letter_mm: float
    emblem: str
    right: bool


BANDS = MappingProxyType(
    {
        "AL eagle": Bands(code="AL", band_mm=40, letter_mm=16, emblem="eagle", right=False),
        "IT": Bands(code="I", band_mm=50, letter_mm=20, emblem="stars", right=True),
        "IT narrow": Bands(code="I", band_mm=40, letter_mm=16, emblem="stars", right=True),
        "FR": Bands(code="F", band_mm=45, letter_mm=20, emblem="stars", right=True),
        "HR": Bands(code="HR", band_mm=40, letter_mm=16, emblem="stars", right=False),
        "SK": Bands(code="SK", band_mm=40, letter_mm=16, emblem="stars", right=False),
        "RS": Bands(code="SRB", band_mm=40, letter_mm=13, emblem="nothing", right=False),
        "blank": Bands(code="", band_mm=40, letter_mm=16, emblem="nothing", right=False),
    }
)
"""Of Italy and France as photographed; the letters' height by Regulation (EC) 2411/98. The others
are drawn with two bands, of which they truly have one, to see what their letters are taken for."""


def banded_texture(text: str, country: str, rng: np.random.Generator) -> Image:
    """``(220, 1040, 3)`` blue-green-red, as :func:`speedcam.simulate.plates.plate_texture`."""
    plate = plate_texture(text)
    if country == "AL":
        return plate
    bands = BANDS[country]
    tall, wide = plate.shape[:2]
    band, was = bands.band_mm * _TEXELS_PER_MM, round(1000 * BAND_M) * _TEXELS_PER_MM
    field = cv2.resize(plate[:, was:-was], (wide - 2 * band, tall), interpolation=cv2.INTER_AREA)
    left, right = _left(bands, tall), _right(bands, tall, rng)
    whole = np.concatenate([left, field, right], axis=1)
    cv2.rectangle(whole, (2, 2), (wide - 3, tall - 3), (60, 60, 60), 3)
    return np.ascontiguousarray(whole)


def _left(bands: Bands, tall: int) -> Image:
    canvas, draw = _band(bands, tall)
    middle = bands.band_mm * _TEXELS_PER_MM / 2
    if bands.emblem == "stars":
        for angle in np.radians(range(0, 360, 30)):
            at = (middle + 28 * np.cos(angle), 68 + 28 * np.sin(angle))
            draw.circle(at, 4, fill=_YELLOW)
    if bands.emblem == "eagle":
        draw.ellipse((middle - 14, 40, middle + 14, 100), fill=_WHITE)
        draw.polygon([(middle - 26, 50), (middle + 26, 50), (middle, 90)], fill=_WHITE)
    if bands.code:
        _write(draw, bands.code, (middle, 170), bands.letter_mm)
    return np.asarray(canvas)[:, :, ::-1]


def _right(bands: Bands, tall: int, rng: np.random.Generator) -> Image:
    canvas, draw = _band(bands, tall)
    middle = bands.band_mm * _TEXELS_PER_MM / 2
    if bands.right:
        draw.circle((middle, 60), 24, outline=_YELLOW, width=4)
        _write(draw, "".join(rng.choice(list("ABELMNRT"), 2)), (middle, 170), 16)
    return np.asarray(canvas)[:, :, ::-1]


def _band(bands: Bands, tall: int) -> tuple[Picture.Image, ImageDraw.ImageDraw]:
    canvas = Picture.new("RGB", (bands.band_mm * _TEXELS_PER_MM, tall), _BLUE)
    return canvas, ImageDraw.Draw(canvas)


def _write(draw: ImageDraw.ImageDraw, text: str, at: tuple[float, float], mm: float) -> None:
    font = ImageFont.load_default(1.4 * mm * _TEXELS_PER_MM)
    draw.text(at, text, fill=_WHITE, font=font, anchor="mm", stroke_width=1)
