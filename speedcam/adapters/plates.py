"""Reads plates with the PP-OCRv4 models that ship inside ``rapidocr_onnxruntime``.

A plate is a line of text on a vehicle: find it, level it, cut the blue bands off, read it. No
download, no GPU. The models are Apache-2.0 (PaddlePaddle).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import cv2
import numpy as np

from speedcam.adapters.plate_field import Field, Patch, cut_patch, find_field
from speedcam.model import Box, Floats, Frame, Image, PlateSighting
from speedcam.plate import ALPHABET, FORMATS, decode
from speedcam.plate_types import AL_520, type_of

_SIDES_PX = (416, 672)
"""Long side of what the text detector sees: 416 finds most plates fast; where it finds none that
reads as one, 672 looks closer (long vehicles, whose plate is small in their box)."""
_READ_HEIGHT_PX = 48
_RATIOS = (1.6, 9.0)
_MAX_TILT_DEG = 35.0
_MAX_CANDIDATES = 4
_MIN_CRISPNESS = 0.27
"""Energy of the steps down a plate over those along it. Letters that stood still have 0.33 or more;
motion over a third of their height takes it below 0.25, and then 8 and 9 are surely read as 0."""
_SMEARED = 0.3
"""What the confidence in a smeared text is worth: it never makes a reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One line of text on the vehicle, read."""

    patch: Patch
    field: Field
    text: str
    confidence: tuple[float, ...]

    def known(self) -> bool:
        """Whether the text is of a known format."""
        return any(plate_format.fits(self.text) for plate_format in FORMATS)

    def is_plate(self) -> bool:
        """Whether looking closer would find nothing better."""
        return self.known() or (self.field.white is not None and len(self.text) >= 5)

    def rank(self) -> tuple[bool, bool, float]:
        """Bands first, then a known format, then how sure the reader is."""
        mean = sum(self.confidence) / len(self.confidence) if self.confidence else 0.0
        return self.field.white is not None, self.known(), mean * min(len(self.text), 7)


class RapidPlateReader:
    """A :class:`speedcam.ports.PlateReader`. Holds two loaded models; make one per process.

    Raises:
        ImportError: ``rapidocr_onnxruntime`` is not installed.
    """

    def __init__(self, threads: int = 1) -> None:
        from rapidocr_onnxruntime.ch_ppocr_det import TextDetector  # noqa: PLC0415 # 0.3 s to load
        from rapidocr_onnxruntime.ch_ppocr_rec import TextRecognizer  # noqa: PLC0415 # as above

        self._detector: Any = TextDetector(_detector_settings(threads))
        self._recogniser: Any = TextRecognizer(_recogniser_settings(threads))
        self._fold = _folding(self._recogniser.session.get_character_list())

    def read(self, frame: Frame, vehicle: Box) -> PlateSighting | None:
        """The plate inside ``vehicle`` (pixels), or None where there is none to see."""
        colour = frame.colour()
        lines: list[_Line] = []
        for side_px in _SIDES_PX:
            quads = self._quads(colour, vehicle, side_px)
            lines += [line for quad in quads if (line := self._line(colour, quad)).text]
            if any(line.is_plate() for line in lines):
                break
        return _sighting(frame, max(lines, key=_Line.rank)) if lines else None

    def _quads(self, colour: Image, vehicle: Box, side_px: int) -> list[Floats]:
        """Text quads ((4, 2) full-frame px) of a plate's proportions, the longest first."""
        left, top, right, bottom = _search_region(vehicle, colour.shape[:2])
        if right - left < 16 or bottom - top < 16:
            return []
        crop = colour[top:bottom, left:right]
        scale = side_px / max(crop.shape[:2])
        size = (max(32, round(crop.shape[1] * scale)), max(32, round(crop.shape[0] * scale)))
        seen, _ = self._detector(cv2.resize(crop, size, interpolation=cv2.INTER_LINEAR))
        back = np.array([crop.shape[1] / size[0], crop.shape[0] / size[1]])
        quads = [np.asarray(quad, np.float64) * back + (left, top) for quad in seen]
        plausible = [quad for quad in quads if _looks_like_a_plate(quad)]
        return sorted(plausible, key=lambda quad: -_sides(quad)[0])[:_MAX_CANDIDATES]

    def _line(self, colour: Image, quad: Floats) -> _Line:
        patch = cut_patch(colour, quad)
        field = find_field(patch)
        upright = _upright(patch, field)
        image = self._recogniser.resize_norm_img(upright, 320 / _READ_HEIGHT_PX)
        steps = self._recogniser.session(image[None].astype(np.float32))[0][0]
        text, confidence = decode(steps @ self._fold)
        if _is_smeared(upright):
            confidence = tuple(_SMEARED * sure for sure in confidence)
        return _Line(patch=patch, field=field, text=text, confidence=confidence)


def _model(name: str) -> str:
    return str(files("rapidocr_onnxruntime") / "models" / name)


def _detector_settings(threads: int) -> dict[str, Any]:
    return {
        "model_path": _model("ch_PP-OCRv4_det_infer.onnx"),
        "intra_op_num_threads": threads,
        "inter_op_num_threads": 1,
        # "max" leaves our own sizes as they are; "min" would enlarge it to 960.
        "limit_type": "max",
        "limit_side_len": max(_SIDES_PX),
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
    }


def _recogniser_settings(threads: int) -> dict[str, Any]:
    return {
        "model_path": _model("ch_PP-OCRv4_rec_infer.onnx"),
        "intra_op_num_threads": threads,
        "inter_op_num_threads": 1,
        "rec_batch_num": 1,
        "rec_img_shape": [3, _READ_HEIGHT_PX, 320],
    }


def _folding(characters: list[str]) -> Floats:
    """``(classes, 1 + len(ALPHABET))``: which of the model's 6625 classes count as what.

    Small letters count as capitals; points, dashes and spaces as the gap they are. All other
    scripts count as nothing, so that a glyph of them lowers the confidence of what is left.
    """
    classes = ["blank", *characters, " "]
    fold = np.zeros((len(classes), 1 + len(ALPHABET)))
    for row, name in enumerate(classes):
        letter = name.upper()
        if row == 0 or not name.isalnum():
            fold[row, 0] = 1.0
        elif len(letter) == 1 and letter in ALPHABET:
            fold[row, 1 + ALPHABET.index(letter)] = 1.0
    return fold


def _search_region(vehicle: Box, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the lower three quarters: no plate hangs on a roof."""
    height, width = shape[:2]
    return (
        max(0, math.floor(vehicle.left - 0.02 * vehicle.width)),
        max(0, math.floor(vehicle.top + 0.25 * vehicle.height)),
        min(width, math.ceil(vehicle.right + 0.02 * vehicle.width)),
        min(height, math.ceil(vehicle.bottom)),
    )


def _sides(quad: Floats) -> tuple[float, float]:
    along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2
    across = (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    return float(np.hypot(*along)), float(np.hypot(*across))


def _looks_like_a_plate(quad: Floats) -> bool:
    width, height = _sides(quad)
    along = quad[1] - quad[0]
    tilt = abs(math.degrees(math.atan2(along[1], along[0])))
    return height >= 4 and _RATIOS[0] <= width / height <= _RATIOS[1] and tilt < _MAX_TILT_DEG


def _upright(patch: Patch, field: Field) -> Image:
    """The text alone, 48 px high, as the recogniser was trained to see it."""
    inset = 0.01 * (field.right - field.left) if field.white else 0.0
    margin = 0.04 * (field.bottom - field.top)
    left, right = (
        (field.white[0] + inset, field.white[1] - inset)
        if field.white
        else (field.left, field.right)
    )
    top, bottom = field.top - margin, field.bottom + margin
    height = _READ_HEIGHT_PX
    width = int(np.clip(round(height * (right - left) / max(1.0, bottom - top)), 48, 320))
    scale = np.array([(right - left) / width, (bottom - top) / height])
    warp = np.array([[scale[0], 0, left], [0, scale[1], top]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cut = cv2.warpAffine(
        patch.bgr, warp, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cut, np.uint8)


def _is_smeared(upright: Image) -> bool:
    """Whether the vehicle moved too far during the exposure for its figures to be told apart."""
    luma = cv2.cvtColor(upright, cv2.COLOR_BGR2GRAY).astype(np.float32)
    rows = slice(round(0.15 * luma.shape[0]), round(0.85 * luma.shape[0]))
    smooth = cv2.GaussianBlur(luma, (0, 0), 1.0)
    down = float(np.square(np.diff(smooth, axis=0)[rows]).sum())
    along = float(np.square(np.diff(smooth, axis=1)[rows]).sum())
    return down < _MIN_CRISPNESS * along


def _sighting(frame: Frame, line: _Line) -> PlateSighting:
    patch, field = line.patch, line.field
    share = (type_of(field.band_share) or AL_520).band_per_field if field.white else 0.0
    band = share * (field.right - field.left)
    left, right = field.left - band, field.right + band
    middle = (field.top + field.bottom) / 2
    return PlateSighting(
        frame_index=frame.index,
        time_s=frame.time_s,
        corners_px=(
            patch.at(left, field.top),
            patch.at(right, field.top),
            patch.at(right, field.bottom),
            patch.at(left, field.bottom),
        ),
        text=line.text,
        character_confidence=line.confidence,
        white_edges_px=(
            (patch.at(field.white[0], middle), patch.at(field.white[1], middle))
            if field.white
            else None
        ),
        band_share=field.band_share,
    )
