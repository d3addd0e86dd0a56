"""Figures that may be others: blur fills gaps, and a 5 becomes a 6, a 6 an 8, a 9 a 0.

Where a plate is small, most figures that are read wrong are such, in every frame alike. Of a 0, 8
or 9 the reader is less sure then. Of a 6 it is not: the gap at the lower left of a 5 is narrower
than a stroke, and a 6 is seen there with a confidence of 0.9 and more. But two things a 5 has
never: a left stroke without a gap, and ink at the right between its bar and its belly. One of them
must be seen. Many types have a 6 with an open top, so that neither is enough alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import or_

import cv2
import numpy as np

from speedcam.model import Floats, Image

_LARGE_PX = 100.0
"""Width of a plate: of the drawn ones with a 5 that was a 6 by 0.9 or more the widest had 96 px."""
_SURE_IF_LARGE, _SURE_IF_SMALL = 0.90, 0.97
"""How sure the reader is of closed figures, at least, where they are such; but of a small 6."""
_BEND, _STROKE = (0.20, 0.42), (0.15, 0.85)
"""Rows between the bar and the belly of a 5, and those of the left stroke, from the top."""
_SIDE = 0.35
"""Of the figure's width: where its left and its right stroke are."""
_CLOSED, _UNBROKEN = 0.75, 0.86
"""Ink at the right of a bend over that at its left, and the least ink in a row of the left stroke,
at least (docs/plates.md)."""
_REACH = (0.15, 0.75)
"""How far from a character's middle the white beside it is looked for, in their distance."""
_LEAST_HEIGHT, _SLENDER = 0.25, (0.25, 1.0)
"""Of a figure: height as a share of the line's, and width over height, at least and at most."""


def may_be_others(
    upright: Image, text: str, sure: Sequence[float], centres: Floats, width_px: float
) -> tuple[bool, ...]:
    """For each character, whether it may be another figure with a gap that was filled.

    Args:
        upright: ``(height, n, 3)`` blue-green-red, one level line of dark letters.
        text: What is read in it.
        sure: How sure the reader is of each character.
        centres: Where the middle of each character is, as a share of the picture's length.
        width_px: Of the plate in the frame in which it is widest.
    """
    if width_px >= _LARGE_PX:
        return _unsure("0689", _SURE_IF_LARGE, text, sure)
    unsure = _unsure("089", _SURE_IF_SMALL, text, sure)
    return tuple(map(or_, unsure, _open_sixes(upright, text, centres)))


def _unsure(figures: str, least: float, text: str, sure: Sequence[float]) -> tuple[bool, ...]:
    return tuple(
        character in figures and p < least for character, p in zip(text, sure, strict=True)
    )


def _open_sixes(upright: Image, text: str, centres: Floats) -> list[bool]:
    if len(text) < 2 or "6" not in text:
        return [False] * len(text)
    luma = cv2.cvtColor(upright, cv2.COLOR_BGR2GRAY).astype(np.float64)
    columns = centres * luma.shape[1]
    step = float(np.median(np.diff(columns)))
    return [
        character == "6" and _is_open(_figure(luma, column, step))
        for character, column in zip(text, columns, strict=True)
    ]


def _is_open(figure: Floats | None) -> bool:
    """Whether a figure may be a 5; so may one that cannot be told from what is beside it."""
    if figure is None:
        return True
    height, width = figure.shape
    side = max(1, round(_SIDE * width))
    bend, stroke = (
        slice(round(first * height), round(last * height)) for first, last in (_BEND, _STROKE)
    )
    left, right = (figure[:, columns].max(axis=1) for columns in (slice(side), slice(-side, None)))
    closed = right[bend].mean() >= _CLOSED * left[bend].mean()
    return not (closed or left[stroke].min() >= _UNBROKEN)


def _figure(luma: Floats, column: float, step: float) -> Floats | None:
    """The ink of the character about a column, from 0 to 1, cut to its bounds; None: not clear."""
    height = len(luma)
    rows = slice(round(0.2 * height), round(0.8 * height))
    white = luma[rows].mean(axis=0)
    near, far = (reach * step for reach in _REACH)
    left = _whitest(white, column - far, column - near)
    right = _whitest(white, column + near, column + far)
    cell = luma[:, left : right + 1]
    paper, ink = np.percentile(cell, 95), np.percentile(cell[rows], 3)
    dark = np.clip((paper - cell) / max(1.0, paper - ink), 0.0, 1.0)
    weight = dark[rows].mean(axis=0)
    columns = np.flatnonzero(weight > np.percentile(weight, 80) / 2)
    if not len(columns):
        return None
    body = dark[:, columns[0] : columns[-1] + 1]
    top, bottom = _run(body.max(axis=1) > 0.5)
    tall, wide = bottom - top, body.shape[1]
    plausible = tall >= _LEAST_HEIGHT * height and _SLENDER[0] <= wide / tall <= _SLENDER[1]
    return body[top:bottom] if plausible else None


def _whitest(white: Floats, first: float, last: float) -> int:
    low, high = (int(np.clip(round(end), 0, len(white) - 1)) for end in (first, last))
    return low + int(white[low : high + 1].argmax())


def _run(inked: Floats) -> tuple[int, int]:
    """First row and the one after the last of the unbroken run through the middle."""
    middle = len(inked) // 2
    blank = np.flatnonzero(~np.asarray(inked, bool))
    above, below = blank[blank < middle], blank[blank >= middle]
    return int(above[-1]) + 1 if len(above) else 0, int(below[0]) if len(below) else len(inked)
