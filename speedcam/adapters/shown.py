"""What of a passage may be shown beside its photo: both stills and a film, under one veil.

In them nobody looks for faces and letters before they are shown, as is done for the photo. They are
too coarse to recognise anybody in instead, but for a still that is the photo's own frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from speedcam.adapters.redact import block_px, mosaic, shown_unread, uncovered
from speedcam.adapters.veil import Veil
from speedcam.model import Box, Floats, Image, Sighting
from speedcam.subject import Subject

COARSE_PX_PER_M = 12.5
"""So dense may a picture be in which nobody is to be recognised: IEC 62676-4 asks for 12.5 pixels a
metre to count people, for 25 to detect that somebody is there, for 125 to recognise whom one knows.
A head is 3 pixels wide, the letters of a plate are 1 tall. At 62.5 and still at 25, YuNet found
faces that were put before a bumper."""
FILM_PX = 640
"""Width of a film."""
_SOFT = 0.5
"""Width of the passage from seen to hidden, in blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The frame of the photo, which was looked through for faces and letters.

    Attributes:
        sighting: Of the measured vehicle in it.
        picture: The frame, ``(height, width, 3)`` BGR.
        subject: What is known of it.
        shown: Share of each pixel that may be seen.
    """

    sighting: Sighting
    picture: Image
    subject: Subject
    shown: Floats

    def vehicle(self) -> Image:
        """The vehicle as the photo hides it: the same blocks, and so nothing that is new."""
        block = block_px(self.picture.shape[0], self.subject)
        outline = _within(self.subject.vehicle, self.picture.shape)
        return np.ascontiguousarray(mosaic(self.picture, block, outline))

    def under(self, veil: Veil) -> Image:
        """The same frame under ``veil``, as sharp as the photo where that is sharp."""
        cover = veil.over(self.subject, (self.picture.shape[1], self.picture.shape[0]))
        return uncovered(self.picture, cover, self.shown)


def _within(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    left, right = np.clip((round(box.left), round(box.right)), 0, shape[1])
    top, bottom = np.clip((round(box.top), round(box.bottom)), 0, shape[0])
    return slice(int(top), int(bottom)), slice(int(left), int(right))


def under(veil: Veil, coarse: Image, subject: Subject) -> Image:
    """A picture that is too coarse to recognise anybody in, under ``veil``.

    Args:
        veil: Of its passage.
        coarse: ``(height, width, 3)`` BGR, of no more than :data:`COARSE_PX_PER_M`.
        subject: What is known of the vehicle in it.
    """
    cover = veil.over(subject, (coarse.shape[1], coarse.shape[0]))
    soft_px = _SOFT * block_px(coarse.shape[0], subject)
    return uncovered(coarse, cover, shown_unread(coarse.shape[:2], subject, soft_px))


def coarsened(picture: Image, px_per_m: float) -> Image:
    """``picture`` of its own size, with the detail of :data:`COARSE_PX_PER_M` at most.

    Args:
        picture: ``(height, width, 3)`` BGR.
        px_per_m: Pixels of a metre where the vehicle stands.
    """
    scale, size = COARSE_PX_PER_M / px_per_m, (picture.shape[1], picture.shape[0])
    if scale >= 1:
        return picture
    small = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    return resized(resized(picture, small), size)


def resized(picture: Image, size_px: tuple[int, int]) -> Image:
    """``picture`` of another width and height, without false patterns."""
    way = cv2.INTER_AREA if size_px[0] < picture.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size_px, interpolation=way), np.uint8)
