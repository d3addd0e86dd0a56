"""The plate as a thing of metal: its tilt, its two blue bands, its type, its white field.

Wherever a plate is mounted, the length of its field is known once its type is, so the distance
between the field's ends in the picture is an anchor of scale. See ``docs/plates.md`` for the
measured bias.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from speedcam.adapters.plate_edges import BAND_PER_FIELD, MIN_BLUE, band_share, white_edges
from speedcam.model import Floats, Image
from speedcam.plate_types import AL_520, IT_360, type_of

_SAMPLES_PER_TEXT = 240
_REACH = 1.75
"""How far the patch reaches along the plate, in text lengths; a shut-in text is 0.85 of it."""
_TALL = 2.6
"""How far the patch reaches across the plate, in text heights."""
_COLUMNS = 4
"""Samples of a row that are looked at together where its slope is sought."""
_CORE = 0.35
"""Half of the text's height that is on the plate for sure, however loosely the text was found."""
_PLAIN = 0.5
"""Share of the rows that is kept: those in which the bands bear the least of a sign."""
_IN_BAND = (0.15, 0.9)
"""The part of a band that is searched for signs, from the field outwards, in widths of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A magnified cut-out whose rows run along the plate.

    Attributes:
        bgr: The pixels.
        to_frame: ``(2, 3)`` affine from patch to full-frame pixels.
        scale: Patch samples per frame pixel.
        text_columns: Where the text detector's quad begins and ends.
        text_height: Height of that quad in samples.
    """

    bgr: Image
    to_frame: Floats
    scale: float
    text_columns: tuple[float, float]
    text_height: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The full-frame pixel of the sample ``(x, y)``."""
        u, v = self.to_frame @ (x, y, 1.0)
        return float(u), float(v)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The part of a patch that bears the text, in samples.

    Attributes:
        left: Where it begins.
        right: Where it ends.
        top: Its upper edge.
        bottom: Its lower edge.
        white: The same ends to a fraction of a sample, only between two bands.
        band_share: Width of the bands over the field's length, or None where they have no end.
    """

    left: float
    right: float
    top: float
    bottom: float
    white: tuple[float, float] | None = None
    band_share: float | None = None


def cut_patch(colour: Image, quad: Floats) -> Patch:
    """The magnified surroundings of a text ``quad`` ((4, 2) px), turned until they are level."""
    along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2
    length = float(np.hypot(*along))
    height = float(np.hypot(*(quad[3] - quad[0] + quad[2] - quad[1]) / 2))
    centre = quad.mean(axis=0)
    angle = float(np.arctan2(along[1], along[0]))
    rough = _turned(colour, centre, angle, length, height)
    slope = _residual_slope(rough)
    return _turned(colour, centre, angle + np.arctan(slope), length, height)


def find_field(patch: Patch) -> Field:
    """Where the text stands: between the bands where there are two, else inside the quad."""
    first, last = _core_rows(patch)
    bands = _bands(np.asarray(patch.bgr[first:last].mean(axis=0), np.float64), patch)
    if bands is None:
        left, right = patch.text_columns
        top, bottom = _edges_across(patch, left, right, 1.15 * patch.text_height)
        return Field(left=left, right=right, top=top, bottom=bottom)
    profile = _plain_profile(patch.bgr[first:last], bands)
    white = white_edges(profile, bands)
    in_levels = white_edges(profile, white or bands, light_per_level=1.0)
    share = band_share(profile, in_levels) if white and in_levels else None
    left, right = bands
    kind = type_of(share)
    heights = [k.height_per_field * (right - left) for k in ([kind] if kind else [AL_520, IT_360])]
    top, bottom = _edges_across(patch, left, right, *heights)
    return Field(left=left, right=right, top=top, bottom=bottom, white=white, band_share=share)


def _turned(colour: Image, centre: Floats, angle: float, length: float, height: float) -> Patch:
    scale = float(np.clip(_SAMPLES_PER_TEXT / length, 1.0, 6.0))
    columns, rows = round(length * _REACH * scale), round(height * _TALL * scale)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / scale
    origin = centre - turn @ ((columns - 1) / 2, (rows - 1) / 2)
    to_frame = np.column_stack([turn, origin])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    bgr = cv2.warpAffine(
        colour, to_frame, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    inset = (columns - length * scale) / 2
    return Patch(
        bgr=np.asarray(bgr, np.uint8),
        to_frame=to_frame,
        scale=scale,
        text_columns=(inset, columns - inset),
        text_height=height * scale,
    )


def _residual_slope(patch: Patch) -> float:
    """Rise per sample along the text that makes the row profile crispest."""
    left, right = (round(column) for column in patch.text_columns)
    text = cv2.cvtColor(patch.bgr, cv2.COLOR_BGR2GRAY)[:, left:right].astype(np.float32)
    rows, count = text.shape[0], (right - left) // _COLUMNS
    # Within so few columns no slope rises by a sample: their mean stands for them.
    luma = cv2.resize(text, (count, rows), interpolation=cv2.INTER_AREA)
    half, step = count / 2, (right - left) / count
    slopes = np.tan(np.radians(np.linspace(-9, 9, 25)))
    crispness = []
    for slope in slopes:
        shear = np.array([[1, 0, 0], [slope * step, 1, -slope * step * half]], np.float64)
        size = (count, rows)
        level = cv2.warpAffine(luma, shear, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        crispness.append(float(np.square(np.diff(level.mean(axis=1))).sum()))
    return float(slopes[int(np.argmax(crispness))])


def _core_rows(patch: Patch) -> tuple[int, int]:
    """The rows that lie on the plate whatever its height."""
    middle, half = patch.bgr.shape[0] / 2, _CORE * patch.text_height
    first = max(0, round(middle - half))
    return first, max(first + 1, round(middle + half))


def _plain_profile(core: Image, bands: tuple[float, float]) -> Floats:
    """``(columns, 3)`` mean of those rows of ``core`` in which neither band bears a sign.

    Stars and letters in a band are as bright as the field, and would pull its end outwards. Both
    ends are read in the same rows: on a plate seen askew the two move together then.
    """
    luma = cv2.cvtColor(core, cv2.COLOR_BGR2GRAY).astype(np.float64)
    band = BAND_PER_FIELD * (bands[1] - bands[0])
    bright = [_inside_band(luma, at, side * band) for at, side in zip(bands, (-1, 1), strict=True)]
    sign = np.max([level - level.min() for level in bright], axis=0)
    plain = np.argsort(sign, kind="stable")[: max(3, round(_PLAIN * len(sign)))]
    return np.asarray(core[np.sort(plain)].mean(axis=0), np.float64)


def _inside_band(luma: Floats, start: float, outward: float) -> Floats:
    """Mean luma of each row inside the band that begins at ``start``."""
    ends = np.sort([start + part * outward for part in _IN_BAND])
    first = int(np.clip(ends[0], 0, luma.shape[1] - 1))
    return np.asarray(luma[:, first : max(first + 1, int(ends[1]))].mean(axis=1))


def _bands(core: Floats, patch: Patch) -> tuple[float, float] | None:
    """Inner ends of the two blue bands, roughly, or None where they do not stand out.

    Black letters and the white field are equally grey, so blue minus red sees only the bands.
    """
    blue = core[:, 0] - core[:, 2]
    left, right = patch.text_columns
    length, centre = right - left, (left + right) / 2
    width = max(3, round(0.085 * length))
    box = np.ones(width) / width
    mean = np.convolve(np.pad(blue, width, mode="edge"), box, mode="same")[width:-width]
    offset = round(1.4 * width)
    columns = np.arange(len(blue))
    found = []
    for side in (-1, 1):
        inside = np.clip(columns - side * offset, 0, len(blue) - 1)
        contrast = mean - mean[inside]
        distance = side * (columns - centre)
        contrast[(distance < 0.36 * length) | (distance > 0.72 * length)] = -np.inf
        best = int(np.argmax(contrast))
        if contrast[best] < MIN_BLUE:
            return None
        found.append(best - side * width / 2)
    return (found[0], found[1]) if found[1] - found[0] > 0.6 * length else None


def _edges_across(patch: Patch, left: float, right: float, *heights: float) -> tuple[float, float]:
    """Upper and lower edge of a field of about one of ``heights``, from the row profile's steps."""
    middle = (patch.bgr.shape[0] - 1) / 2
    columns = slice(max(0, round(left)), round(right))
    luma = cv2.cvtColor(patch.bgr, cv2.COLOR_BGR2GRAY)[:, columns].mean(axis=1)
    step = np.gradient(cv2.GaussianBlur(luma.reshape(-1, 1), (1, 0), 0.5 * patch.scale).ravel())
    rows = np.arange(len(step))
    best, edges = 0.0, (middle - heights[0] / 2, middle + heights[0] / 2)
    for height, part in product(heights, np.linspace(0.85, 1.2, 8)):
        tall = part * height
        tops = rows[np.abs(rows + tall / 2 - middle) < 0.25 * height]
        bottoms = np.rint(tops + tall).astype(int)
        inside = (tops >= 1) & (bottoms < len(step) - 1)
        tops, bottoms = tops[inside], bottoms[inside]
        if not len(tops):
            continue
        scores = np.minimum(step[tops], 40.0) - np.maximum(step[bottoms], -40.0)
        place = int(np.argmax(scores))
        if scores[place] > best:
            best, edges = float(scores[place]), (float(tops[place]), float(bottoms[place]))
    return edges
