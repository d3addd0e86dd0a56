"""Hides everybody but the measured vehicle, before a picture leaves the sealed store.

Fail closed: what is not known to be the measured vehicle's lower body is hidden. The hiding knows
of each block its mean and its spread alone, so nothing finer than a block can ever be had back from
it; and the mean is told with an error, so that guesses cannot be tried against it either.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import Box, Floats, Image, VehicleClass
from speedcam.subject import Subject

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
_GRILLE_M = 0.85
"""So high no windscreen of a car or van begins: up to here its front may be seen, lamps and all."""
_BONNETED = frozenset({VehicleClass.CAR, VehicleClass.VAN})
_HIGHEST_FRONT_PLATE_M = 0.65
"""Higher a car's front plate does not hang, so its foot was not where the box ends."""

ERROR_PER_SPREAD = 0.5
MOST_ERROR = 24.0
"""Grey levels by which a block's mean is told wrong at most, and the share of the spread within it.
Other plates in the same place and light differ by 5 to 8 levels (standard deviation): with such
errors, somebody who knows all but the letters finds no plate more likely than the next. A
block of plain road has no spread and stays as it is."""

Finder = Callable[[Image, Subject, Box], Sequence[Box]]
"""Finds what must not be seen in a part of a picture, given whose part it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MosaicRedactor:
    """A :class:`speedcam.ports.Redactor`: mosaic everywhere but on the lower body.

    Attributes:
        softness: Width of the passage from sharp to hidden, in blocks. It lies inside the sharp
            part, so that hidden things stay hidden to their edge.
        finders: What they find in the sharp part is hidden as well.
    """

    softness: float = 0.5
    finders: tuple[Finder, ...] = ()

    def redact(self, picture: Image, subject: Subject, shown: Floats | None = None) -> Image:
        """A copy of ``picture`` (BGR) in which only the lower body with the plate is sharp.

        Args:
            picture: ``(height, width, 3)``.
            subject: Whose it is.
            shown: What :meth:`shown` said of it, where somebody has asked before.
        """
        hidden = mosaic(picture, block_px(picture.shape[0], subject))
        return uncovered(picture, hidden, self.shown(picture, subject) if shown is None else shown)

    def shown(self, picture: Image, subject: Subject) -> Floats:
        """``(height, width)`` share of each pixel that may be seen, after a second look at it."""
        sharp = sharp_part(subject)
        if sharp is None:
            return np.zeros(picture.shape[:2])
        soft_px = self.softness * block_px(picture.shape[0], subject)
        unwanted = [*subject.others, *self._found(picture, subject, sharp)]
        shown = _weight(_shown(picture.shape[:2], sharp, unwanted), soft_px)
        if subject.plate is not None:
            shown = np.maximum(shown, _plate_weight(picture.shape[:2], sharp, subject.plate))
        return shown

    def _found(self, picture: Image, subject: Subject, sharp: Box) -> list[Box]:
        return [box for find in self.finders for box in find(picture, subject, sharp)]


def block_px(picture_height: int, subject: Subject) -> int:
    """Side of a block in pixels: 0.14 m at the nearest place in view, and never a fine one."""
    vehicle, plate = subject.vehicle, subject.plate
    px_per_m = vehicle.width / (_VEHICLE_M if plate is None else _LONGEST_VEHICLE_M)
    if plate is not None:
        px_per_m = max(px_per_m, plate.width / PLATE_M)
    px_per_m = max(px_per_m, subject.nearest_px_per_m or 0.0)
    if not math.isfinite(px_per_m):
        px_per_m = picture_height / _NEAREST_BLOCKS / BLOCK_M
    return max(8, math.ceil(picture_height / _NEAREST_BLOCKS), math.ceil(BLOCK_M * px_per_m))


def uncovered(picture: Image, cover: Image, shown: Floats) -> Image:
    """``cover``, under which ``picture`` can be seen to the share ``shown`` of each pixel."""
    mixed = cover.copy()
    # Most of it is hidden, and costs nothing.
    part = _extent(shown)
    share = shown[part][..., None]
    mixed[part] = np.rint(share * picture[part] + (1.0 - share) * cover[part])
    return mixed


def _extent(shown: NDArray[np.generic]) -> tuple[slice, slice]:
    """The rows and columns outside which nothing is shown."""
    rows = np.flatnonzero(shown.any(axis=1))
    if not rows.size:
        return slice(0), slice(0)
    within = slice(int(rows[0]), int(rows[-1]) + 1)
    columns = np.flatnonzero(shown[within].any(axis=0))
    return within, slice(int(columns[0]), int(columns[-1]) + 1)


def mosaic(picture: Image, block: int, within: tuple[slice, slice] | None = None) -> Image:
    """``picture`` rebuilt from the disturbed means of its ``block`` x ``block`` squares, softly.

    The squares are counted from the upper left corner. The soft edges are made from what is told
    of the squares alone and give nothing back.

    Args:
        picture: ``(height, width, 3)``.
        block: Side of a square.
        within: Rows and columns of which it is wanted; by default all.
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
    means = np.asarray(cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    told = _disturbed(means, _spread(np.asarray(padded, np.uint8), block))
    wanted = within or (slice(0, height), slice(0, width))
    return _softly(told, block, *wanted)


def _softly(told: Image, block: int, rows: slice, columns: slice) -> Image:
    """Those rows and columns of the squares that ``told`` has one pixel of each, softly."""
    # The blur reaches less than a square far.
    top, left = max(0, rows.start // block - 1), max(0, columns.start // block - 1)
    part = told[top : rows.stop // block + 2, left : columns.stop // block + 2]
    size = (part.shape[1] * block, part.shape[0] * block)
    squares = cv2.resize(part, size, interpolation=cv2.INTER_NEAREST)
    soft = np.asarray(cv2.GaussianBlur(squares, (0, 0), 0.3 * block), np.uint8)
    y, x = top * block, left * block
    return soft[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]


def _spread(padded: Image, block: int) -> Floats:
    """``(rows, columns)`` standard deviation of the grey levels within each square.

    In whole numbers: the order of a square's pixels must not show even in the last digit.
    """
    grey = padded[..., 0].astype(np.uint16)
    grey += padded[..., 1]
    grey += padded[..., 2]
    sums, squares = (
        _of_squares(whole, block)
        for whole in cv2.integral2(grey, sdepth=cv2.CV_64F, sqdepth=cv2.CV_64F)
    )
    count = block * block
    variance = count * squares - np.square(sums)
    return np.asarray(np.sqrt(variance) / (3 * count), np.float64)


def _of_squares(integral: NDArray[np.generic], block: int) -> NDArray[np.int64]:
    """The sum within each square, from the sums above and to the left of each pixel.

    Those are whole numbers below 2^53 in any picture that is let in, and so exact.
    """
    corners = integral[::block, ::block].astype(np.int64)
    return np.diff(np.diff(corners, axis=0), axis=1)


def _disturbed(means: Image, spread: Floats) -> Image:
    """The means with errors that nobody knows who does not know every mean of the picture."""
    drawn = hashlib.shake_256(means.tobytes()).digest(2 * spread.size)
    share = np.frombuffer(drawn, ">u2").reshape(spread.shape) / 32767.5 - 1.0
    errors = share * np.minimum(MOST_ERROR, ERROR_PER_SPREAD * spread)
    return np.asarray(np.clip(np.rint(means + errors[..., None]), 0, 255), np.uint8)


def sharp_part(subject: Subject) -> Box | None:
    """The vehicle's lower body below all its glass, or None where nothing is sure enough.

    Where somebody may stand before the vehicle, only its plate is left.
    """
    vehicle, plate = subject.vehicle, subject.plate
    if not _makes_sense(subject):
        return None
    if not subject.clear:
        return plate and _around(plate)
    if plate is None or plate.top < vehicle.top + _HIGHEST_PLATE_SHARE * vehicle.height:
        top = vehicle.top + _GLASS_SHARE_BLIND * vehicle.height
        return Box(left=vehicle.left, top=top, right=vehicle.right, bottom=vehicle.bottom)
    middle = (plate.left + plate.right) / 2
    reach = _FRONT_PLATES * plate.width
    return Box(
        left=max(vehicle.left, middle - reach),
        top=max(vehicle.top, plate.top - _above_plate_px(subject, plate)),
        right=min(vehicle.right, middle + reach),
        bottom=vehicle.bottom,
    )


def _makes_sense(subject: Subject) -> bool:
    vehicle, plate = subject.vehicle, subject.plate
    if not all(map(_is_finite, (vehicle, *subject.others))):
        return False
    if vehicle.width <= 0 or vehicle.height <= 0:
        return False
    return plate is None or 0 < plate.area <= plate.overlap(vehicle) / 0.9


def _is_finite(box: Box) -> bool:
    return all(map(math.isfinite, (box.left, box.top, box.right, box.bottom)))


def _above_plate_px(subject: Subject, plate: Box) -> float:
    """How far above the plate there is no glass: one plate's height, and a car's whole grille."""
    if not (subject.front and subject.kind in _BONNETED):
        return plate.height
    px_per_m = plate.width / PLATE_M
    plate_top_m = (subject.vehicle.bottom - plate.top) / px_per_m
    if plate_top_m > _HIGHEST_FRONT_PLATE_M:
        return plate.height
    return max(plate.height, (_GRILLE_M - plate_top_m) * px_per_m)


def shown_unread(shape: tuple[int, ...], subject: Subject, soft_px: float) -> Floats:
    """``(height, width)`` share of each pixel that geometry alone lets be seen.

    Only for pictures too coarse to recognise anybody in: nobody looks for faces and letters.

    Args:
        shape: Rows and columns of the picture.
        subject: Its plate says where on the vehicle there is no glass, and need not be visible.
        soft_px: Width of the passage from seen to hidden.
    """
    sharp = sharp_part(subject)
    if sharp is None or not subject.clear:
        return np.zeros(shape)
    return _weight(_shown(shape, sharp, subject.others), soft_px)


def _shown(shape: tuple[int, ...], sharp: Box, unwanted: Iterable[Box]) -> NDArray[np.bool_]:
    """Where the picture may be sharp: in ``sharp``, but not where something is unwanted."""
    shown = np.zeros(shape, bool)
    shown[_inner(sharp)] = True
    for box in unwanted:
        shown[_outer(box)] = False
    return shown


def _weight(shown: NDArray[np.bool_], soft_px: float) -> Floats:
    """1 well inside what is shown, 0 on and outside its edge."""
    weight, part = np.zeros(shown.shape), _extent(shown)
    # Around it nothing is shown, beyond the picture either: from within no edge is nearer.
    cut = shown[part].astype(np.uint8)
    framed = cv2.copyMakeBorder(cut, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    weight[part] = np.clip((depth - 0.5) / max(1.0, soft_px), 0.0, 1.0)
    return weight


def _plate_weight(shape: tuple[int, ...], sharp: Box, plate: Box) -> Floats:
    """1 on the plate as far as it is in ``sharp``, 0 beyond its rim: whatever hides the rest."""
    rim = _shown(shape, _overlapping(_around(plate), sharp), [])
    return _weight(rim, _rim_px(plate) - 1)


def _around(plate: Box) -> Box:
    """The plate with its rim, which stays whatever else is hidden."""
    rim_px = _rim_px(plate)
    return Box(
        left=plate.left - rim_px,
        top=plate.top - rim_px,
        right=plate.right + rim_px,
        bottom=plate.bottom + rim_px,
    )


def _rim_px(plate: Box) -> float:
    return max(2.0, plate.height / 4)


def _overlapping(box: Box, other: Box) -> Box:
    return Box(
        left=max(box.left, other.left),
        top=max(box.top, other.top),
        right=min(box.right, other.right),
        bottom=min(box.bottom, other.bottom),
    )


def _inner(box: Box) -> tuple[slice, slice]:
    """The pixels that lie wholly inside ``box``."""
    return _rows_columns(
        math.ceil(box.left), math.ceil(box.top), math.floor(box.right), math.floor(box.bottom)
    )


def _outer(box: Box) -> tuple[slice, slice]:
    """The pixels that ``box`` touches."""
    return _rows_columns(
        math.floor(box.left), math.floor(box.top), math.ceil(box.right), math.ceil(box.bottom)
    )


def _rows_columns(left: int, top: int, right: int, bottom: int) -> tuple[slice, slice]:
    return slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right))
