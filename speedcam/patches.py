"""Where a picture lies against another one of the same scene, to a small part of a pixel.

Some two dozen patches of road and background are found again in every frame by inverse
compositional Gauss-Newton steps (Baker and Matthews, IJCV 56, 2004) on normalised brightness, so
that neither light nor exposure moves them. Their median is the shake: whatever hides fewer than
half of them, such as a lorry, cannot pull it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import Floats, Image

PATCHES = 24
PATCH_PX = 41
CELLS = (8, 6)
"""At most one patch comes from each cell of the picture, so that they lie apart."""

ALIKE = 0.7
"""Correlation with the surveyed patch below which something else stands there."""
TOGETHER_PX = 0.6
"""Patches this far off the median are not part of the scene that stands still."""
MIN_PATCHES = 6
STEPS = 4
SETTLED_PX = 0.02
"""A step this small, in the median patch, is the last one."""

_Rows = NDArray[np.floating]
_Picture = NDArray[np.integer] | NDArray[np.floating]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """Where a picture lies against the surveyed one.

    Attributes:
        px: ``(du, dv)``: a surveyed pixel plus this is the picture's pixel.
        turn_px: What roll and zoom leave beside the shift, root mean square over the patches.
        patches: How many agreed.
    """

    px: tuple[float, float]
    turn_px: float
    patches: int


class Patches:
    """Patches of one picture, to be found again in others."""

    def __init__(self, picture: _Picture, centres: Floats) -> None:
        """Remember ``picture`` around the ``(n, 2)`` pixels ``centres``."""
        self.centres = centres
        wide = _cut(picture, centres, PATCH_PX + 2).reshape(-1, PATCH_PX + 2, PATCH_PX + 2)
        inner = wide[:, 1:-1, 1:-1].reshape(len(centres), -1)
        self._seen, spread = _normal(inner)
        slopes = (wide[:, 1:-1, 2:] - wide[:, 1:-1, :-2], wide[:, 2:, 1:-1] - wide[:, :-2, 1:-1])
        self._slopes = np.stack([self._pure(s.reshape(inner.shape) / 2 / spread) for s in slopes])
        normal = np.einsum("ipk,jpk->pij", self._slopes, self._slopes)
        self._inverse = np.linalg.inv(normal + 1e-9 * np.eye(2))

    def _pure(self, slope: _Rows) -> _Rows:
        """A slope without what a change of brightness or contrast could look like."""
        slope = slope - slope.mean(axis=1, keepdims=True)
        along = np.sum(slope * self._seen, axis=1, keepdims=True)
        return np.asarray(slope - along * self._seen)

    def find(
        self,
        luma: _Picture,
        guess_px: tuple[float, float] = (0.0, 0.0),
        steps: int = STEPS,
    ) -> Offset | None:
        """Where ``luma`` lies, starting from a guess; None where too few patches agree."""
        offsets = np.tile(np.array(guess_px, dtype=np.float64), (len(self.centres), 1))
        alike = np.zeros(len(self.centres))
        for _ in range(steps):
            seen, _ = _normal(_cut(luma, self.centres + offsets, PATCH_PX))
            alike = np.sum(seen * self._seen, axis=1)
            off = np.einsum("ipk,pk->pi", self._slopes, seen - self._seen)
            step = np.einsum("pij,pj->pi", self._inverse, off)
            offsets -= np.clip(step / np.maximum(alike, 0.3)[:, None], -2.0, 2.0)
            if np.median(np.abs(step)) < SETTLED_PX:
                break
        return _agreed(self.centres, offsets, alike > ALIKE)


def _agreed(centres: Floats, offsets: Floats, usable: NDArray[np.bool_]) -> Offset | None:
    """The shift on which the usable patches agree, and what it leaves of them."""
    if usable.sum() < MIN_PATCHES:
        return None
    median = np.median(offsets[usable], axis=0)
    turn = _turn(centres, offsets, usable)
    near = usable & (np.hypot(*(offsets - median - turn).T) < TOGETHER_PX)
    if near.sum() < max(MIN_PATCHES, 0.5 * usable.sum()):
        return None
    turn = _turn(centres, offsets, near)
    # What hides a part of a patch pulls a little at it: the median of them does not mind.
    du, dv = np.median((offsets - turn)[near], axis=0)
    return Offset(
        px=(float(du), float(dv)),
        turn_px=float(np.sqrt(np.mean(np.sum(turn[near] ** 2, axis=1)))),
        patches=int(near.sum()),
    )


def _turn(centres: Floats, offsets: Floats, usable: NDArray[np.bool_]) -> Floats:
    """``(n, 2)`` pixels that a roll and a zoom about the patches' middle explain."""
    arm = centres - centres[usable].mean(axis=0)
    moved = offsets - np.median(offsets[usable], axis=0)
    size = np.sum(arm**2, axis=1)
    # Each patch's own zoom and roll; their medians are not pulled by what drives past.
    zoom = np.sum(arm * moved, axis=1) / np.maximum(size, 1.0)
    roll = (arm[:, 0] * moved[:, 1] - arm[:, 1] * moved[:, 0]) / np.maximum(size, 1.0)
    far = usable & (size >= np.median(size[usable]))
    zoomed, rolled = np.median(zoom[far]), np.median(roll[far])
    across = np.stack([-arm[:, 1], arm[:, 0]], axis=1)
    return np.asarray(zoomed * arm + rolled * across)


def choose(pictures: Sequence[Image]) -> tuple[_Rows, Floats]:
    """The mean of ``pictures``, and ``(n, 2)`` pixels where it has texture and stands still."""
    shape = pictures[0].shape
    total, squares = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for picture in pictures:
        cv2.accumulate(picture, total)
        cv2.accumulateSquare(picture, squares)
    mean = (total / len(pictures)).astype(np.float32)
    unrest = np.maximum(squares / len(pictures) - mean**2, 0)
    window = (PATCH_PX, PATCH_PX)
    score = _texture(mean, window) / (cv2.blur(unrest, window) + 4.0)
    return mean, _spread_over(score)


def _texture(mean: _Rows, window: tuple[int, int]) -> _Rows:
    """Mean squared slope in the direction in which it is least: no texture along an edge."""
    du, dv = cv2.Sobel(mean, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(mean, cv2.CV_32F, 0, 1) / 8
    uu, vv, uv = (cv2.blur(product, window) for product in (du * du, dv * dv, du * dv))
    return np.asarray((uu + vv) / 2 - np.sqrt(((uu - vv) / 2) ** 2 + uv**2))


def _spread_over(score: _Rows) -> Floats:
    """The best pixel of each cell, and of those the best ones."""
    rim = PATCH_PX // 2 + 4
    height, width = score.shape
    columns = np.linspace(rim, width - rim, CELLS[0] + 1).astype(int)
    rows = np.linspace(rim, height - rim, CELLS[1] + 1).astype(int)
    found = []
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            cell = score[top:bottom, left:right]
            row, column = np.unravel_index(int(np.argmax(cell)), cell.shape)
            found.append((float(cell[row, column]), left + int(column), top + int(row)))
    best = sorted(found, reverse=True)[:PATCHES]
    return np.array([[u, v] for _, u, v in best], dtype=np.float64)


def _cut(picture: _Picture, centres: Floats, size: int) -> _Rows:
    """``(n, size * size)`` brightness around ``centres``, between the pixels too."""
    cuts = [
        cv2.getRectSubPix(picture, (size, size), (float(u), float(v)), patchType=cv2.CV_32F)
        for u, v in centres
    ]
    return np.asarray(np.stack(cuts).reshape(len(cuts), -1))


def _normal(rows: _Rows) -> tuple[_Rows, _Rows]:
    """Rows of mean 0 and length 1, and how long they were."""
    rows = rows - rows.mean(axis=1, keepdims=True)
    length = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-3)
    return rows / length, length
