"""Finds lines of text in a part of a picture, with the text detector of PP-OCRv4."""

from __future__ import annotations

import math
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from speedcam.model import Box, Floats, Image

LONGEST_PX = 672
_RATIOS = (1.6, 9.0)
_MAX_TILT_DEG = 35.0
_MAX_CANDIDATES = 4
_GAP = 1.2
"""Widest space between two groups of one plate, in heights of its text."""


class TextSearch:
    """The detector, loaded.

    Raises:
        ImportError: ``rapidocr_onnxruntime`` is not installed.
    """

    def __init__(self, threads: int = 1) -> None:
        from rapidocr_onnxruntime.ch_ppocr_det import TextDetector  # noqa: PLC0415 # 0.3 s to load

        self._detector: Any = TextDetector(_settings(threads))

    def __call__(self, picture: Image, region: Box, side_px: float) -> list[Floats]:
        """Text quads ((4, 2) picture px) of a plate's proportions, the longest first.

        Args:
            picture: BGR.
            region: Where to look, in pixels.
            side_px: Long side of the region as the detector sees it.
        """
        crop, origin = cut(picture, region)
        if min(crop.shape[:2]) < 16:
            return []
        scale = side_px / max(crop.shape[:2])
        size = (max(32, round(crop.shape[1] * scale)), max(32, round(crop.shape[0] * scale)))
        seen, _ = self._detector(cv2.resize(crop, size, interpolation=cv2.INTER_LINEAR))
        back = np.array([crop.shape[1] / size[0], crop.shape[0] / size[1]])
        quads = [np.asarray(quad, np.float64) * back + origin for quad in seen]
        plausible = [quad for quad in _joined(quads) if _looks_like_a_plate(quad)]
        return sorted(plausible, key=lambda quad: -sides(quad)[0])[:_MAX_CANDIDATES]


def model(name: str) -> Path:
    """A model that ships inside ``rapidocr_onnxruntime``."""
    return Path(str(files("rapidocr_onnxruntime") / "models" / name))


def cut(picture: Image, region: Box) -> tuple[Image, Floats]:
    """What of ``region`` is in the picture, and the pixel of its upper left corner."""
    height, width = picture.shape[:2]
    left, top = max(0, math.floor(region.left)), max(0, math.floor(region.top))
    right, bottom = min(width, math.ceil(region.right)), min(height, math.ceil(region.bottom))
    crop = picture[top : max(top, bottom), left : max(left, right)]
    return crop, np.array([left, top], np.float64)


def sides(quad: Floats) -> tuple[float, float]:
    """Length and height of a quad in pixels."""
    along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2
    across = (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    return float(np.hypot(*along)), float(np.hypot(*across))


def _settings(threads: int) -> dict[str, Any]:
    return {
        "model_path": str(model("ch_PP-OCRv4_det_infer.onnx")),
        "intra_op_num_threads": threads,
        "inter_op_num_threads": 1,
        # "max" leaves our own sizes as they are; "min" would enlarge it to 960.
        "limit_type": "max",
        "limit_side_len": LONGEST_PX,
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
    }


def _joined(quads: list[Floats]) -> list[Floats]:
    """The quads, those beside each other as one: a plate's groups of characters stand apart."""
    joined: list[Floats] = []
    for quad in sorted(quads, key=lambda quad: float(quad[:, 0].min())):
        before = next((one for one in joined if _continues(one, quad)), None)
        if before is None:
            joined.append(quad)
        else:
            before[1:3] = quad[1:3]
    return joined


def _continues(one: Floats, other: Floats) -> bool:
    """Whether ``other`` goes on where ``one`` ends, in the same line."""
    tall, other_tall = sides(one)[1], sides(other)[1]
    end, begin = one[1:3].mean(axis=0), other[[0, 3]].mean(axis=0)
    gap, step = begin - end
    alike = 0.6 < tall / other_tall < 1.6
    return alike and -0.4 * tall < gap < _GAP * tall and abs(step) < 0.35 * tall


def _looks_like_a_plate(quad: Floats) -> bool:
    width, height = sides(quad)
    along = quad[1] - quad[0]
    tilt = abs(math.degrees(math.atan2(along[1], along[0])))
    return height >= 4 and _RATIOS[0] <= width / height <= _RATIOS[1] and tilt < _MAX_TILT_DEG
