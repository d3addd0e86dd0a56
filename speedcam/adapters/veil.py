"""What hides everybody in a sequence of pictures: one look at the road, and one at the vehicle.

The same plate or face under the blocks of many frames, each time a little aside, would add up to
what one frame hides. So all pictures of a passage are covered by the same two hidden pictures, and
many frames tell no more of the surroundings than those two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from speedcam.adapters.redact import mosaic
from speedcam.model import Box, Image
from speedcam.subject import Subject

_SOMEBODY = (146, 138, 132)
"""Blue, green, red of whoever else was there: that there was somebody, and nothing of them."""
_DENSE = 0.75
"""So much of what is beneath them they cover: of a hidden picture, which shows the road only."""
_LOOKS = 15
"""Frames whose median is the road: whoever drives is in few of them at one place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Veil:
    """Two hidden pictures that cover every picture of a passage.

    Attributes:
        road: The whole view without what moved.
        vehicle: The measured vehicle's outline, once.
    """

    road: Image
    vehicle: Image

    def over(self, subject: Subject, size_px: tuple[int, int]) -> Image:
        """The cover of one picture: the road, everybody else as a grey box, and the vehicle.

        Where somebody else may be in the vehicle's outline, that is a grey box as well.

        Args:
            subject: Where they are in the picture.
            size_px: Width and height of the picture.
        """
        cover = np.asarray(cv2.resize(self.road, size_px, interpolation=cv2.INTER_LINEAR), np.uint8)
        for other in subject.others:
            _paint(cover, other)
        if subject.clear:
            _put(cover, self.vehicle, subject.vehicle)
        else:
            _paint(cover, subject.vehicle)
        return cover


def veil_of(pictures: Sequence[Image], vehicle: Image, block: int) -> Veil:
    """The veil of a sequence.

    Args:
        pictures: ``(height, width, 3)`` BGR, in order of time.
        vehicle: The measured vehicle, hidden already.
        block: Side of a block in pixels of ``pictures``.
    """
    step = math.ceil(len(pictures) / _LOOKS)
    road = np.median(np.stack(pictures[::step]), axis=0).astype(np.uint8)
    return Veil(road=mosaic(road, block), vehicle=vehicle)


def _paint(cover: Image, other: Box) -> None:
    rows, columns = _inside(other, cover.shape)
    beneath = cover[rows, columns].astype(np.float64)
    cover[rows, columns] = np.rint((1 - _DENSE) * beneath + _DENSE * np.array(_SOMEBODY))


def _put(cover: Image, vehicle: Image, box: Box) -> None:
    """Lay the hidden vehicle over ``box``, as far as that lies within the cover."""
    rows, columns = _inside(box, cover.shape)
    if not cover[rows, columns].size:
        return
    size = (max(1, math.ceil(box.width)), max(1, math.ceil(box.height)))
    whole = np.asarray(cv2.resize(vehicle, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    top, left = rows.start - math.floor(box.top), columns.start - math.floor(box.left)
    part = whole[top:, left:][: rows.stop - rows.start, : columns.stop - columns.start]
    cover[rows.start :, columns.start :][: part.shape[0], : part.shape[1]] = part


def _inside(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The rows and columns of a picture that ``box`` touches."""
    left, right = np.clip((math.floor(box.left), math.ceil(box.right)), 0, shape[1])
    top, bottom = np.clip((math.floor(box.top), math.ceil(box.bottom)), 0, shape[0])
    return slice(int(top), int(bottom)), slice(int(left), int(right))
