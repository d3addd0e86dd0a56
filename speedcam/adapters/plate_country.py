"""Whose plate it is, where its left band says so: the sign at its foot, AL, I or F.

Plates of several countries spell alike, and the sign is a few pixels wide. So it is not read. Each
sign that it may be is drawn as large, as blurred and where it may stand, and laid on the mean of
all frames. A country is told only where its sign explains the picture far better than every other
sign, and where the bands are as wide as on its own plates. Whatever else is seen, none is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from types import MappingProxyType

import cv2
import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from speedcam.model import Floats, Image
from speedcam.plate_types import AL_520, PlateType, type_of

SIGNS = MappingProxyType(
    {
        "AL": "AL",
        "FR": "F",
        "GE": "GE",
        "HR": "HR",
        "IT": "I",
        "MK": "MK",
        "RS": "SRB",
        "SK": "SK",
    }
)
"""Distinguishing signs of the countries whose plates spell AA 000 AA (Vienna Convention on Road
Traffic, annex 3), by ISO 3166-1 alpha-2."""
TOLD: Mapping[str, PlateType] = MappingProxyType({"AL": AL_520})
"""Countries that are told, each with the type of plate that the bands must show as well."""
BESIDE_PX, BAND_PX = 32, 36
"""How far left of the text's picture the band's begins, and how wide it is: 80 mm, and 10 more."""
MIN_WIDTH_PX = 90.0
"""Width of a plate in its widest frame; on a smaller one I and F were taken for AL."""

_PX_PER_MM = 48 / 118.8
"""Of a picture 48 px high of a plate of 110 mm with a margin of 4 % above and below."""
_INSET = 0.0102
"""How far before the text's picture the field begins, as a share of that picture's width."""
_FOOT_MM, _BAND_MM = 90.4, 40
"""From the picture's upper edge to the middle of the sign, and the width of a band."""
_ROWS, _COLUMNS = slice(27, 45), 20
"""Where the sign is looked for: the foot of the band, and one pixel of the field beside it."""
_HEIGHTS_MM, _BLURS_PX = (13, 16, 20), (1.0, 1.5, 2.0, 2.6)
"""Of the signs that are drawn: their height and blur."""
_ASIDE_PX = 3
_SHIFTS_PX = range(-_ASIDE_PX, _ASIDE_PX + 1)
"""How far from its place a sign may stand."""
_FINE = 4
"""Samples per pixel while drawing."""
_SINGLE, _DOUBLE = 20.0, 0.0
"""Log likelihood ratio over the signs of one letter, and over those of more, at least. Only plates
with one band bear the latter, and without two bands nothing is told (docs/plates.md)."""
_LIKE = 0.93
"""Correlation of the picture with the sign, at least."""
_WIDEST_PX = 200.0
"""A wider plate shows no more that is independent."""


def told_country(
    band: Image, text_px: int, width_px: float, shares: Sequence[float | None]
) -> str | None:
    """The country that a plate's left band shows, ISO 3166-1 alpha-2, or None.

    Args:
        band: ``(48, BAND_PX, 3)`` blue-green-red, left of the text's picture by ``BESIDE_PX``.
        text_px: Width of the text's picture.
        width_px: Of the plate in its widest frame.
        shares: Width of the bands over the field's length in each frame, where it was told.
    """
    seen = [share for share in shares if share is not None]
    if width_px < MIN_WIDTH_PX or 2 * len(seen) <= len(shares):
        return None
    kind = type_of(float(np.median(seen)))
    likely = [country for country, its_type in TOLD.items() if its_type is kind]
    like = _likeness(_foot(band, text_px))
    return next((c for c in likely if _is_sure(c, like, width_px)), None)


def _is_sure(country: str, like: Mapping[str, float], width_px: float) -> bool:
    """Whether no other sign explains the picture nearly as well.

    Of normal errors of unknown size the likelihood falls with the sum of their squares to the power
    of half their number, and what a template leaves of it is one less its correlation squared.
    """
    area_px = _COLUMNS * (_ROWS.stop - _ROWS.start) / _PX_PER_MM**2
    pixels = area_px * (min(width_px, _WIDEST_PX) / AL_520.size_mm[0]) ** 2
    left = {sign: 1.001 - alike**2 for sign, alike in like.items()}
    own = SIGNS[country]
    ahead = {s: pixels / 2 * float(np.log(left[s] / left[own])) for s in left if s != own}
    return like[own] > _LIKE and all(
        by > (_SINGLE if len(sign) == 1 else _DOUBLE) for sign, by in ahead.items()
    )


def _likeness(foot: Floats) -> dict[str, float]:
    """The greatest correlation with each sign, wherever it may stand."""
    size = float(np.linalg.norm(foot))
    return {sign: float((drawn @ foot).max()) / max(size, 1e-6) for sign, drawn in _drawn().items()}


def _foot(band: Image, text_px: int) -> Floats:
    """The foot of the band, its field to the right of it, in one column; see :func:`_bare`."""
    luma = cv2.cvtColor(band, cv2.COLOR_BGR2GRAY).astype(np.float32)
    begins = BESIDE_PX - _INSET * text_px + 1 - _COLUMNS
    onto = np.array([[1, 0, begins], [0, 1, 0]], np.float32)
    size, flags = (_COLUMNS, luma.shape[0]), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(luma, onto, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return _bare(np.asarray(laid[_ROWS]))


def _bare(foot: Floats) -> Floats:
    """Less the mean of each column: field, band and what is beside it go all the way up."""
    return np.asarray(foot - foot.mean(axis=0)).ravel()


@cache
def _drawn() -> dict[str, Floats]:
    """Every sign as it may be seen: ``(n, pixels)``, of unit length each."""
    kinds = list(product(_HEIGHTS_MM, _BLURS_PX))
    return {
        sign: np.concatenate([_shifted(_blurred(sign, mm, blur_px)) for mm, blur_px in kinds])
        for sign in SIGNS.values()
    }


def _shifted(picture: Floats) -> Floats:
    moved = [
        _bare(picture[_ROWS.start + down : _ROWS.stop + down, along : along + _COLUMNS])
        for down, along in product(_SHIFTS_PX, range(1 + 2 * _ASIDE_PX))
    ]
    return np.array([each / np.linalg.norm(each) for each in moved], np.float32)


def _blurred(sign: str, height_mm: float, blur_px: float) -> Floats:
    """The sign in its place, white on nothing, with as much aside as it may be moved."""
    wide = _COLUMNS + 2 * _ASIDE_PX
    canvas = Picture.new("L", (wide * _FINE, 48 * _FINE), 0)
    size = height_mm * _PX_PER_MM * _FINE
    from_left = _ASIDE_PX + _COLUMNS - 1 - _BAND_MM / 2 * _PX_PER_MM
    ImageDraw.Draw(canvas).text(
        (from_left * _FINE, _FOOT_MM * _PX_PER_MM * _FINE),
        sign,
        fill=255,
        font=ImageFont.load_default(1.4 * size),
        anchor="mm",
        stroke_width=max(1, round(0.05 * size)),
    )
    fine = cv2.GaussianBlur(np.asarray(canvas, np.float32), (0, 0), blur_px * _FINE)
    return np.asarray(cv2.resize(fine, (wide, 48), interpolation=cv2.INTER_AREA))
