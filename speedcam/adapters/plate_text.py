"""Spells a line of text with a PP-OCR recogniser, run by ``onnxruntime`` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from speedcam.model import Floats, Image
from speedcam.plate import ALPHABET, decode

HEIGHT_PX = 48
"""Of the pictures that the recognisers were trained on."""
_STRIDE_PX = 8
"""The recognisers halve the width three times."""

Spelled = tuple[str, tuple[float, ...]]
"""A text, and how sure each of its characters is."""


class TextReader:
    """One recogniser. It knows thousands of characters; only those of plates are told apart.

    Args:
        model: The ONNX file, whose metadata names its characters.
        threads: Processor threads it may use.

    Raises:
        ImportError: ``onnxruntime`` is not installed.
    """

    def __init__(self, model: Path, threads: int = 1) -> None:
        from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415 # slow to load

        options = SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self._session: Any = InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        named = self._session.get_modelmeta().custom_metadata_map["character"]
        fold = folding(named.splitlines())
        self._used = np.flatnonzero(fold.any(axis=1))
        self._fold = fold[self._used]
        self._input = self._session.get_inputs()[0].name

    def __call__(self, upright: Image) -> Spelled:
        """What ``(HEIGHT_PX, n, 3)`` BGR pixels of one level line spell."""
        return decode(self.steps(upright))

    def steps(self, upright: Image) -> Floats:
        """``(time, 1 + len(ALPHABET))`` probabilities along the line, as :func:`decode` has them.

        Args:
            upright: ``(HEIGHT_PX, n, 3)`` BGR pixels of one level line.
        """
        width = -(-upright.shape[1] // _STRIDE_PX) * _STRIDE_PX
        # Zero is the middle grey of what the recognisers expect; more of it only costs time.
        pixels = np.zeros((1, 3, HEIGHT_PX, width), np.float32)
        pixels[0, :, :, : upright.shape[1]] = upright.transpose(2, 0, 1) / 127.5 - 1.0
        steps = self._session.run(None, {self._input: pixels})[0][0]
        return np.asarray(steps[:, self._used].astype(np.float64) @ self._fold)


def folding(characters: list[str]) -> Floats:
    """``(classes, 1 + len(ALPHABET))``: which of a recogniser's classes count as what.

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
