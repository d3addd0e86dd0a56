"""An independent look at a picture: where faces and plates can be found in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from speedcam.adapters.plates import RapidPlateReader
from speedcam.adapters.unwanted import Faces, OtherPlates, place_of
from speedcam.model import Box, Frame, Image
from speedcam.plate import FORMATS
from speedcam.subject import Subject

LEAST_SCORE = 0.7
"""Below it YuNet takes trees and walls for faces."""
TILES = (2, 1)
"""Columns and rows in which plates are looked for, each half as large again."""
FEWEST_SIGNS = 5


class Looks:
    """Looks for faces and plates.

    Attributes:
        name: Who looks for faces.
    """

    def __init__(self, *, reader: RapidPlateReader, model: Path | None) -> None:
        self._reader = reader
        self._yunet = (
            cv2.FaceDetectorYN.create(str(model), "", (320, 320), LEAST_SCORE) if model else None
        )
        self._cascades = Faces()
        self.name = "YuNet" if model else "cascades"

    def faces(self, picture: Image, part: Box) -> list[Box]:
        """Every face in ``part``."""
        return list(
            self._by_yunet(picture, part) if self._yunet else self._by_cascades(picture, part)
        )

    def plates(self, picture: Image, part: Box, plate: Box | None) -> list[Box]:
        """Every line in ``part`` but its own plate that reads like one.

        That is: of a known format, or five signs and more.
        """
        finder = OtherPlates(reader=self._reader)
        return [
            place_of(line)
            for tile in _tiles(part)
            for line in finder.lines(picture, Subject(vehicle=tile, plate=plate), tile)
            if len(line.text) >= FEWEST_SIGNS or any(known.fits(line.text) for known in FORMATS)
        ]

    def text(self, picture: Image, part: Box) -> str:
        """What the reader reads in ``part``, or nothing."""
        frame = Frame(
            index=0, time_s=0.0, luma=picture[..., 1], corrupt=False, colour=lambda: picture
        )
        found = self._reader.read(frame, part)
        return found.text if found else ""

    def _by_cascades(self, picture: Image, part: Box) -> list[Box]:
        return self._cascades(picture, Subject(vehicle=part, plate=None), part)

    def _by_yunet(self, picture: Image, part: Box) -> Iterator[Box]:
        """As it is, and twice as large, so that small faces are found as well."""
        left, top = round(part.left), round(part.top)
        cut = picture[top : round(part.bottom), left : round(part.right)]
        large = cv2.resize(cut, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        for shown, scale in ((cut, 1), (large, 2)):
            self._yunet.setInputSize((shown.shape[1], shown.shape[0]))
            _, found = self._yunet.detect(np.ascontiguousarray(shown))
            for u, v, width, height in found[:, :4] / scale if found is not None else ():
                yield Box(
                    left=left + u, top=top + v, right=left + u + width, bottom=top + v + height
                )


def _tiles(part: Box) -> Iterator[Box]:
    columns, rows = TILES
    wide, tall = part.width / columns, part.height / rows
    for row in range(rows):
        for column in range(columns):
            yield Box(
                left=max(part.left, part.left + (column - 0.25) * wide),
                top=max(part.top, part.top + (row - 0.25) * tall),
                right=min(part.right, part.left + (column + 1.25) * wide),
                bottom=min(part.bottom, part.top + (row + 1.25) * tall),
            )
