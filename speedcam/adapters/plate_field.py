"""The plate as a thing of metal: its tilt, its two blue bands, its white field in part-pixels.

A European plate of 520 mm with a band at each end has a white field of 440 mm. Wherever the
plate is mounted, that length is known, so the distance between the field's ends in the picture
is an anchor of scale. See ``docs/plates.md`` for the measured bias.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from speedcam.model import Floats, Image

BAND_PER_FIELD = 40.0 / 440.0
HEIGHT_PER_FIELD = 110.0 / 440.0

_SAMPLES_PER_TEXT = 240
_REACH = 1.75
"""How far the patch reaches along the plate, in text lengths; a shut-in text is 0.85 of it."""
_TALL = 2.6
"""How far the patch reaches across the plate, in text heights."""
_MIN_BLUE = 18.0
"""Levels of blue over red by which a band must stand out from the white field."""
_INWARD = 0.6
"""How far into the white field an edge's window reaches, in widths of a band: one stem."""
_GAPS = (0.2, 0.3, 0.4, 0.55)
"""Widths of the white between band and letter that are tried, in widths of a band."""
_MAX_MISFIT = 0.15
"""Weighted residual of a clear edge, as a share of its step."""
_NEAR = 0.5
"""How far from an edge its pixels count, in widths of a band."""
_MIN_STEP = 25.0
"""Levels of luma that the field must be brighter than its bands."""


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
    """The part of a patch that bears the text, in samples; ``white`` only between two bands."""

    left: float
    right: float
    top: float
    bottom: float
    white: tuple[float, float] | None


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
    middle = patch.bgr.shape[0] / 2
    core = _rows(patch.bgr, middle - 0.35 * patch.text_height, middle + 0.35 * patch.text_height)
    bands = _bands(core, patch)
    left, right = bands or patch.text_columns
    top, bottom = _edges_across(patch, left, right, known=bands is not None)
    if bands is None:
        return Field(left=left, right=right, top=top, bottom=bottom, white=None)
    inner = _rows(patch.bgr, top + 0.2 * (bottom - top), bottom - 0.2 * (bottom - top))
    white = _white_edges(inner, bands)
    return Field(left=left, right=right, top=top, bottom=bottom, white=white)


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
    luma = cv2.cvtColor(patch.bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)
    left, right = (round(column) for column in patch.text_columns)
    half = (right - left) / 2
    slopes = np.tan(np.radians(np.linspace(-9, 9, 25)))
    crispness = []
    for slope in slopes:
        shear = np.array([[1, 0, left], [slope, 1, -slope * half]], np.float64)
        size = (right - left, luma.shape[0])
        level = cv2.warpAffine(luma, shear, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        crispness.append(float(np.square(np.diff(level.mean(axis=1))).sum()))
    return float(slopes[int(np.argmax(crispness))])


def _rows(bgr: Image, top: float, bottom: float) -> Floats:
    """``(columns, 3)`` mean of the rows between ``top`` and ``bottom``."""
    first = int(np.clip(round(top), 0, bgr.shape[0] - 2))
    last = int(np.clip(round(bottom), first + 1, bgr.shape[0]))
    return np.asarray(bgr[first:last].mean(axis=0), np.float64)


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
        if contrast[best] < _MIN_BLUE:
            return None
        found.append(best - side * width / 2)
    return (found[0], found[1]) if found[1] - found[0] > 0.6 * length else None


def _edges_across(patch: Patch, left: float, right: float, *, known: bool) -> tuple[float, float]:
    """Upper and lower edge of the field, from the steps of the row profile."""
    middle = (patch.bgr.shape[0] - 1) / 2
    height = (right - left) * HEIGHT_PER_FIELD if known else 1.15 * patch.text_height
    columns = slice(max(0, round(left)), round(right))
    luma = cv2.cvtColor(patch.bgr, cv2.COLOR_BGR2GRAY)[:, columns].mean(axis=1)
    step = np.gradient(cv2.GaussianBlur(luma.reshape(-1, 1), (1, 0), 0.5 * patch.scale).ravel())
    rows = np.arange(len(step))
    best, edges = 0.0, (middle - height / 2, middle + height / 2)
    for tall in np.linspace(0.85, 1.2, 8) * height:
        for top in rows[np.abs(rows + tall / 2 - middle) < 0.25 * height]:
            bottom = round(top + tall)
            if top < 1 or bottom >= len(step) - 1:
                continue
            score = float(min(step[top], 40.0) - max(step[bottom], -40.0))
            if score > best:
                best, edges = score, (float(top), float(bottom))
    return edges


def _white_edges(inner: Floats, bands: tuple[float, float]) -> tuple[float, float] | None:
    """Both ends of the white field in samples, or None where they are not clear."""
    luma = inner @ (0.114, 0.587, 0.299)
    left, right = bands
    for _ in range(2):
        field = right - left
        white = _white_level(luma, left, right)
        fitted_left = _fit_edge(luma, left, field, white, side=-1)
        fitted_right = _fit_edge(luma, right, field, white, side=1)
        if fitted_left is None or fitted_right is None:
            return None
        left, right = fitted_left, fitted_right
    return left, right


def _white_level(luma: Floats, left: float, right: float) -> float:
    """Luma of the white field, seen purest between the groups of characters."""
    inside = luma[round(left) : round(right)]
    return float(np.sort(inside)[-max(1, len(inside) // 25) :].mean())


def _fit_edge(luma: Floats, start: float, field: float, white: float, *, side: int) -> float | None:
    """Least-squares place of letter → white → band → surroundings, blurred, near ``start``.

    The other three levels are free and the band's width is known from the field's, so that
    neither a dark or bright car beyond the band nor the first letter's stem beside it can pull
    the edge.
    """
    band = BAND_PER_FIELD * field
    outward = side * (np.arange(len(luma)) - start)
    window = (outward > -_INWARD * band) & (outward < 2.2 * band)
    x, y = np.asarray(outward[window], np.float64), luma[window] - white
    if len(x) < 12:
        return None
    # What lies far from the edge counts less: on one side the letter's inside, on the other the
    # band's own sign, the plate's rim and its holder.
    weight = np.exp(-0.5 * np.square(x / (_NEAR * band)))
    places, grid = _grid(band)
    basis = _steps(x, grid, band)
    gram = (basis * weight) @ basis.transpose(0, 2, 1) + 1e-3 * np.eye(3)
    levels = np.linalg.solve(gram, (basis @ (weight * y))[..., None])[..., 0]
    misfit = np.square(y - np.einsum("gk,gkn->gn", levels, basis))
    error = misfit @ weight / weight.sum()
    # No letter is brighter than the white and no band either: such fits explain nothing.
    error[(levels[:, 0] > 0.1 * _MIN_STEP) | (levels[:, 1] > -_MIN_STEP)] = np.inf
    row = error.reshape(len(places), -1).min(axis=1)
    at = int(row.argmin())
    if not 0 < at < len(places) - 1 or not np.isfinite(row[at - 1 : at + 2]).all():
        return None
    if np.sqrt(row[at]) > _MAX_MISFIT * -levels[int(error.argmin()), 1]:
        return None
    bend = row[at - 1] - 2 * row[at] + row[at + 1]
    shift = 0.5 * (row[at - 1] - row[at + 1]) / bend if bend > 0 else 0.0
    return start + side * float(places[at] + shift * (places[1] - places[0]))


def _grid(band: float) -> tuple[Floats, Floats]:
    """The places tried, and ``(n, 3)`` every combination of place, blur and gap to the letter."""
    places = np.linspace(-0.6, 0.6, 33) * band
    blurs = np.linspace(0.06, 0.42, 7) * band
    gaps = np.array(_GAPS) * band
    mesh = np.meshgrid(places, blurs, gaps, indexing="ij")
    return places, np.stack([axis.ravel() for axis in mesh], axis=1)


def _steps(x: Floats, grid: Floats, band: float) -> Floats:
    """``(grid, 3, n)``: the letter until its end, and the steps into the band and out of it."""
    place, blur, gap = (column[:, None] for column in grid.T)

    def step(at: Floats) -> Floats:
        z = np.clip(1.702 * (x[None] - at) / blur, -40, 40)
        return np.asarray(1.0 / (1.0 + np.exp(-z)), np.float64)

    return np.stack([1.0 - step(place - gap), step(place), step(place + band)], axis=1)
