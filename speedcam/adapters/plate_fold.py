"""Folds the frames of one plate into one picture, which shows more than each of them.

In every frame the plate falls on the pixels otherwise, has other noise and was coded otherwise.
What is a gap between two strokes in truth stays one in the mean; what filled it by chance does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from speedcam.model import Floats, Image

_SMOOTH = 1 / 32
"""Blur before two pictures are compared, in heights of them."""
_ALIKE = 0.7
"""Correlation of two pictures of the same plate, at least; what shows less of it is left out."""
_ENDS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 1e-3)


def laid_on_first(uprights: Sequence[Image]) -> list[Floats | None]:
    """How each level picture of a plate but the first lies on the first.

    The maps are those of the greatest correlation (Evangelidis and Psarakis, IEEE TPAMI 30(10),
    2008).

    Args:
        uprights: ``(height, n, 3)`` each, blue-green-red, all of one height, the best one first.

    Returns:
        Of each its ``(2, 3)`` affine from pixels of the first, or None where it shows another.
    """
    smooth = _smooth(uprights[0])
    return [_laid_on(smooth, _smooth(upright)) for upright in uprights[1:]]


def shifted(to_upright: Floats, aside_px: int) -> Floats:
    """The same map between pictures that begin so many pixels further left."""
    aside = np.array([aside_px, 0.0])
    moved = to_upright[:, 2] + aside - to_upright[:, :2] @ aside
    return np.asarray(np.column_stack([to_upright[:, :2], moved]), np.float32)


def folded(
    pictures: Sequence[Image], maps: Sequence[Floats | None], widths_px: Sequence[float]
) -> Image:
    """The mean of pictures of one plate, each laid on the first by its map, if it has one.

    A plate counts by the square of its width, as its pixels do.

    Args:
        pictures: ``(height, n, 3)`` each, blue-green-red, all of one height.
        maps: Of each but the first: see :func:`laid_on_first`.
        widths_px: Of the plate in each frame.
    """
    first, size = pictures[0], pictures[0].shape[1::-1]
    weight = float(widths_px[0]) ** 2
    total = weight * first
    for picture, to_picture, width_px in zip(pictures[1:], maps, widths_px[1:], strict=True):
        if to_picture is None:
            continue
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        laid = cv2.warpAffine(
            picture, to_picture, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        total, weight = total + float(width_px) ** 2 * laid, weight + float(width_px) ** 2
    return np.asarray(np.rint(total / weight), np.uint8)


def _smooth(upright: Image) -> Floats:
    luma = cv2.cvtColor(upright, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), _SMOOTH * luma.shape[0]))


def _laid_on(first: Floats, other: Floats) -> Floats | None:
    """``(2, 3)`` affine from pixels of ``first`` to those of ``other``; None: it is another."""
    stretch = other.shape[1] / first.shape[1]
    start = np.array([[stretch, 0, (stretch - 1) / 2], [0, 1, 0]], np.float32)
    try:
        alike, found = cv2.findTransformECC(first, other, start, cv2.MOTION_AFFINE, _ENDS)
    except cv2.error:  # it did not converge
        return None
    return np.asarray(found) if alike >= _ALIKE else None
