"""Looks once more at what a redacted picture leaves sharp: faces, and plates that are not its own.

Geometry hides; these only catch what it let through. They are :data:`speedcam.adapters.redact.
Finder`; a false alarm costs a patch of bumper.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from speedcam.model import Box, Frame, Image, PlateSighting
from speedcam.ports import Look, PlateReader
from speedcam.subject import Subject

_FRONTS = ("haarcascade_frontalface_default.xml", "haarcascade_frontalface_alt2.xml")
_PROFILE = "haarcascade_profileface.xml"
"""Of faces that look to the left; mirrored, of the others."""
_SMALLEST_FACE_PX = 20
_NEIGHBOURS = 3
_SCALE = 1.05
_MOST_PLATES = 4
"""Lines of text that are looked for in one picture beside its own plate."""


@dataclass(frozen=True, slots=True)
class Faces:
    """Finds faces by the cascades that ship with OpenCV 4 (Viola and Jones, 2001)."""

    fronts: tuple[cv2.CascadeClassifier, ...] = field(
        default_factory=lambda: tuple(map(_cascade, _FRONTS))
    )
    profile: cv2.CascadeClassifier = field(default_factory=lambda: _cascade(_PROFILE))

    def __call__(self, picture: Image, subject: Subject, part: Box) -> list[Box]:
        """The faces in and around ``part``, each with the hair around it."""
        del subject
        margin = part.height / 2
        left, top = max(0, math.floor(part.left - margin)), max(0, math.floor(part.top - margin))
        cut = picture[top : math.ceil(part.bottom + margin), left : math.ceil(part.right + margin)]
        if min(cut.shape[:2]) < _SMALLEST_FACE_PX:
            return []
        luma = np.asarray(cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY), np.uint8)
        return [_around(left + x, top + y, w, h) for x, y, w, h in self._seen(luma)]

    def _seen(self, luma: Image) -> Iterator[tuple[int, int, int, int]]:
        """Left, top, width and height of faces in ``luma``."""
        for cascade in (*self.fronts, self.profile):
            yield from _faces(cascade, luma)
        mirrored = np.ascontiguousarray(luma[:, ::-1])
        for x, y, w, h in _faces(self.profile, mirrored):
            yield luma.shape[1] - x - w, y, w, h


def _cascade(name: str) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / name))


def _faces(cascade: cv2.CascadeClassifier, luma: Image) -> Iterator[tuple[int, int, int, int]]:
    least = (_SMALLEST_FACE_PX, _SMALLEST_FACE_PX)
    for x, y, w, h in cascade.detectMultiScale(luma, _SCALE, _NEIGHBOURS, minSize=least):
        yield int(x), int(y), int(w), int(h)


def _around(left: int, top: int, width: int, height: int) -> Box:
    return Box(
        left=left - width / 4,
        top=top - height / 4,
        right=left + 1.25 * width,
        bottom=top + 1.25 * height,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPlates:
    """Finds lines of text beside the plate, with the reader that found the plate itself."""

    reader: PlateReader

    def __call__(self, picture: Image, subject: Subject, part: Box) -> list[Box]:
        """Every line that the reader can find in ``part``, its own plate left out."""
        return [place_of(line) for line in self.lines(picture, subject, part)]

    def lines(self, picture: Image, subject: Subject, part: Box) -> list[PlateSighting]:
        """The same with what they say."""
        covered = picture.copy()
        if subject.plate is not None:
            _cover(covered, subject.plate)
        frame = Frame(
            index=0, time_s=0.0, luma=covered[..., 1], corrupt=False, colour=lambda: covered
        )
        look = Look(frame=frame, vehicle=part)
        found: list[PlateSighting] = []
        while len(found) < _MOST_PLATES and (seen := self.reader.read_track([look])):
            _cover(covered, place_of(seen[0]))
            found.append(seen[0])
        return found


def place_of(line: PlateSighting) -> Box:
    """Where a line of text stands, with a little above and below it."""
    u, v = zip(*line.corners_px, strict=True)
    tall = max(v) - min(v)
    return Box(left=min(u), top=min(v) - tall / 4, right=max(u), bottom=max(v) + tall / 4)


def _cover(picture: Image, box: Box) -> None:
    """Paint over ``box`` with the colour of its rim, so that it is found no more."""
    grow = box.height / 4
    rows = slice(max(0, math.floor(box.top - grow)), max(0, math.ceil(box.bottom + grow)))
    columns = slice(max(0, math.floor(box.left - grow)), max(0, math.ceil(box.right + grow)))
    if picture[rows, columns].size:
        picture[rows, columns] = np.median(picture[rows, columns].reshape(-1, 3), axis=0)
