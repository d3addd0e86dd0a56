"""Hides everybody but the measured vehicle, before a picture leaves the sealed store.

Fail closed: what is not known to be the measured vehicle's lower body is hidden. The hiding is a
function of block means alone, so nothing finer than a block can ever be had back from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from speedcam.model import Box, Floats, Image

PLATE_M = 0.52
BLOCK_M = 0.14
"""Taller than a plate (0.11 m) and about as wide as a face (0.16 m): either is one block there.
Twice as near to the camera a plate is two blocks high; reading takes eight rows or more."""
_NEAREST_BLOCKS = 60
"""At most so many blocks over the picture's height, however far the measured vehicle is: people
near the camera are larger than it."""
_VEHICLE_M = 2.6
"""Width of a box around a car seen at an angle, for the scale where no plate was found."""
_LONGEST_VEHICLE_M = 5.5
"""Width of a box around a lorry's whole side: a smaller scale than this is no plate's."""
_HIGHEST_PLATE_SHARE = 0.45
"""Above this share of the box no plate hangs: what was found there is a sticker or a sign."""
_GLASS_SHARE_BLIND = 0.65
"""The same without a plate to go by: the windscreen of a van or lorry reaches lower."""
_FRONT_PLATES = 1.9
"""Half a vehicle's front in plate widths: what lies beside it may be somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MosaicRedactor:
    """A :class:`speedcam.ports.Redactor`: mosaic everywhere but on the lower body.

    Attributes:
        softness: Width of the passage from sharp to hidden, in blocks. It lies inside the sharp
            part, so that hidden things stay hidden to their edge.
    """

    softness: float = 0.5

    def redact(self, picture: Image, vehicle: Box, plate: Box | None) -> Image:
        """A copy of ``picture`` (BGR) in which only the lower body with the plate is sharp."""
        block = block_px(picture.shape[0], vehicle, plate)
        hidden = mosaic(picture, block)
        sharp = sharp_part(vehicle, plate)
        if sharp is None:
            return hidden
        weight = _weight(picture.shape[:2], sharp, self.softness * block)[..., None]
        mixed = weight * picture + (1.0 - weight) * hidden
        return np.asarray(np.rint(mixed), np.uint8)


def block_px(picture_height: int, vehicle: Box, plate: Box | None) -> int:
    """Side of a block in pixels: 0.14 m at the vehicle, and never a fine one."""
    px_per_m = vehicle.width / (_VEHICLE_M if plate is None else _LONGEST_VEHICLE_M)
    if plate is not None:
        px_per_m = max(px_per_m, plate.width / PLATE_M)
    if not math.isfinite(px_per_m):
        px_per_m = picture_height / _NEAREST_BLOCKS / BLOCK_M
    return max(8, math.ceil(picture_height / _NEAREST_BLOCKS), math.ceil(BLOCK_M * px_per_m))


def mosaic(picture: Image, block: int) -> Image:
    """``picture`` rebuilt from the means of its ``block`` x ``block`` squares, softly.

    The squares are counted from the upper left corner. The soft edges are made from the means
    alone and give nothing back.
    """
    height, width = picture.shape[:2]
    rows, columns = -(-height // block), -(-width // block)
    padded = cv2.copyMakeBorder(
        picture,
        0,
        rows * block - height,
        0,
        columns * block - width,
        cv2.BORDER_REPLICATE,
    )
    means = cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA)
    squares = cv2.resize(means, (columns * block, rows * block), interpolation=cv2.INTER_NEAREST)
    soft = cv2.GaussianBlur(squares, (0, 0), 0.22 * block)
    return np.asarray(soft[:height, :width], np.uint8)


def sharp_part(vehicle: Box, plate: Box | None) -> Box | None:
    """The vehicle's lower body below all its glass, or None where the boxes make no sense."""
    edges = (vehicle.left, vehicle.top, vehicle.right, vehicle.bottom)
    if not all(map(math.isfinite, edges)) or vehicle.width <= 0 or vehicle.height <= 0:
        return None
    if plate is not None and not 0 < plate.area <= plate.overlap(vehicle) / 0.9:
        return None
    if plate is None or plate.top < vehicle.top + _HIGHEST_PLATE_SHARE * vehicle.height:
        top = vehicle.top + _GLASS_SHARE_BLIND * vehicle.height
        return Box(left=vehicle.left, top=top, right=vehicle.right, bottom=vehicle.bottom)
    middle = (plate.left + plate.right) / 2
    reach = _FRONT_PLATES * plate.width
    return Box(
        left=max(vehicle.left, middle - reach),
        top=plate.top - plate.height,
        right=min(vehicle.right, middle + reach),
        bottom=vehicle.bottom,
    )


def _weight(shape: tuple[int, ...], sharp: Box, soft_px: float) -> Floats:
    """1 well inside ``sharp``, 0 on and outside its edge."""
    rows = np.arange(shape[0]) + 0.5
    columns = np.arange(shape[1]) + 0.5
    across = np.minimum(columns - sharp.left, sharp.right - columns)
    down = np.minimum(rows - sharp.top, sharp.bottom - rows)
    inside = np.minimum(down[:, None], across[None, :])
    return np.asarray(np.clip(inside / max(1.0, soft_px), 0.0, 1.0), np.float64)
