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


def folded(uprights: Sequence[Image], widths_px: Sequence[float]) -> Image:
    """The mean of level pictures of one plate, each laid on the first by an affine map.

    The maps are those of the greatest correlation (Evangelidis and Psarakis, IEEE TPAMI 30(10),
    2008). A plate counts by the square of its width, as its pixels do.

    Args:
        uprights: ``(height, n, 3)`` each, blue-green-red, all of one height, the best one first.
        widths_px: Of the plate in each frame.
    """
    first, size = uprights[0], uprights[0].shape[1::-1]
    smooth = _smooth(first)
    weight = float(widths_px[0]) ** 2
    total = weight * first
    for upright, width_px in zip(uprights[1:], widths_px[1:], strict=True):
        to_upright = _laid_on(smooth, _smooth(upright))
        if to_upright is None:
            continue
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        laid = cv2.warpAffine(
            upright, to_upright, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
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
