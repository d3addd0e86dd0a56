"""What moves before a fixed camera: a running background at a quarter of the resolution.

Only finds vehicles; where exactly they stand is measured elsewhere, at full resolution.
A cast shadow darkens the road evenly and keeps its texture, so it is told from a vehicle by the
local evenness of the brightness ratio (after Horprasert et al., 1999, on luma alone).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.adapters.lamplight import Lamplight
from speedcam.model import Box, Detection, Frame, Image

DETECTION_WIDTH_PX = 480
"""Width at which motion is looked for: a car 40 m away is still some 20 px wide there."""

MIN_CONTRAST = 14.0
"""Grey levels of difference that count, never less than six times the noise."""

MIN_AREA_PX = 24
"""Moving pixels, at the detection width, below which a blob is noise."""

UNSURE = 28
"""Grey levels over which half of the glimpses spread where they do not show the same thing."""
SAME = 6
"""Grey levels over which noise alone spreads a quarter of them."""
FEWEST_ALIKE = 3
"""Of very few glimpses a quarter would agree with itself."""

LEARNING_S = 2.0
"""What a frame shows enters the background in about this time, where nothing moves."""
SETTLING_S = 60.0
"""What stopped, or was parked at the start and left, becomes road in about this time."""

REFRESH_S = 0.32
"""The background at full resolution takes in a frame this often: it costs 3 ms each."""

MAX_SHARE = 0.5
"""No frame is more of the background than this, however long the gap before it."""

PIECE = 0.25
"""Share of the largest core's area that a core must have to be another vehicle."""

NECK, LOW = 1.0, 0.85
"""Heights of a neck between vehicles abreast, of the lower of the two: that of what is certainly
vehicle and that of all that moves, together; and that of all that moves by itself. On two rendered
clips 77 of 145 looks at a pair are below both (0.2 to 0.97; 0.1 to 0.75), and none at one
vehicle (from 1.04; from 0.66)."""

SHADOW_RATIO = (0.30, 0.92)
SHADOW_UNEVENNESS = 0.06


class MotionDetector:
    """Finds moving blobs; frames must come in order.

    Attributes:
        still: Luma of the empty scene at full resolution, as far as it is known.
        gain: Brightness of the last frame relative to ``still``.
        lit: Whether vehicles light the road with their lamps.
    """

    def __init__(self, glimpses: Sequence[Image], is_wide: Callable[[Box], bool]) -> None:
        """Start from frames spread over the footage, in which the empty road shows most often.

        Args:
            glimpses: ``(height, width)`` luma each.
            is_wide: Whether an outline is too wide on the road for one vehicle.
        """
        self._is_wide = is_wide
        self.still: Image = empty_scene(glimpses)
        self.gain = 1.0
        self.lit = False
        height, width = self.still.shape
        self._scale = max(1, round(width / DETECTION_WIDTH_PX))
        self._small_size = (width // self._scale, height // self._scale)
        self._small_still = self._shrink(self.still).astype(np.float32)
        self._full_still = self.still.astype(np.float32)
        self._lamplight = Lamplight(is_wide, self._scale)
        self._noise = 2.0
        self._learnt_s: float | None = None
        self._refreshed_s = -REFRESH_S

    def detect(self, frame: Frame) -> list[Detection]:
        """Every blob that differs from the empty scene and is not a shadow."""
        small = self._shrink(frame.luma)
        self.gain = float(np.median(small[::4, ::4] / np.maximum(self._small_still[::4, ::4], 1)))
        expected = self._small_still * self.gain
        difference = np.abs(small - expected)
        moving = difference > max(MIN_CONTRAST, 6 * self._noise)
        self._learn(frame, small, difference, moving)
        if self._lamplight.is_due(frame.time_s):
            lighter = moving & _shadow(expected, small)
            moving &= ~self._lamplight.pools(frame.time_s, small, expected, lighter)
        self.lit = self._lamplight.is_lit(frame.time_s)
        if not moving.any():
            return []
        return self._vehicles(_close(moving, 5), _cores(moving & ~_shadow(small, expected), moving))

    def _shrink(self, luma: Image) -> Image:
        return np.asarray(
            cv2.resize(luma, self._small_size, interpolation=cv2.INTER_AREA), dtype=np.uint8
        )

    def _learn(
        self, frame: Frame, small: Image, difference: NDArray[np.float32], moving: NDArray[np.bool_]
    ) -> None:
        quiet = (~cv2.dilate(moving.view(np.uint8), _kernel(9, 9)).astype(bool)).view(np.uint8)
        # Pools of lamplight may cover half the picture: noise is what is rough in the difference.
        rough = np.abs(difference - cv2.blur(difference, (5, 5)))[::4, ::4]
        # MAD to sigma of the difference of two noisy values; the floor is one quantum.
        self._noise = max(0.5, 1.48 * float(np.median(rough)))
        seen = small.astype(np.float32)
        since_s = 0.0 if self._learnt_s is None else frame.time_s - self._learnt_s
        self._learnt_s = frame.time_s
        cv2.accumulateWeighted(seen, self._small_still, _share(since_s, LEARNING_S), quiet)
        cv2.accumulateWeighted(seen, self._small_still, _share(since_s, SETTLING_S))
        self._refresh(frame, quiet)

    def _refresh(self, frame: Frame, quiet: Image) -> None:
        """Take the frame into the full background, now and then, where nothing moves."""
        since_s = frame.time_s - self._refreshed_s
        # Time stamps are rounded: a hair less is no reason to wait for another frame.
        if since_s < REFRESH_S - 0.001 or frame.corrupt:
            return
        self._refreshed_s = frame.time_s
        height, width = self.still.shape
        mask = cv2.resize(quiet, (width, height), interpolation=cv2.INTER_NEAREST)
        cv2.accumulateWeighted(frame.luma, self._full_still, _share(since_s, LEARNING_S), mask)
        self.still = self._full_still.astype(np.uint8)

    def _vehicles(self, moving: NDArray[np.bool_], cores: NDArray[np.bool_]) -> list[Detection]:
        """Blobs of what moves, bounded by what in them is not shade.

        A blob that is too wide for one vehicle is taken apart into its cores: its parts hang
        together by their shadows alone, or by what reaches from one to the other at a neck.
        """
        found: list[Detection] = []
        for part in _components(moving):
            core = part.cut(cores) & part.mask
            if np.count_nonzero(core) < MIN_AREA_PX:
                continue
            whole = self._detection(part, core)
            wide = not whole.touches_border and self._is_wide(whole.box)
            # By lamplight what is low and dark may be a vehicle between its lamps.
            pieces = _pieces(part, core, at_necks=not self.lit) if wide else []
            found += [self._detection(piece, piece.mask) for piece in pieces] or [whole]
        return found

    def _detection(self, part: _Part, core: NDArray[np.bool_]) -> Detection:
        rows, columns = np.flatnonzero(core.any(axis=1)), np.flatnonzero(core.any(axis=0))
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        left, right = int(columns[0]), int(columns[-1]) + 1
        scale = self._scale
        small_width, small_height = self._small_size
        mask = part.mask[top:bottom, left:right]
        return Detection(
            box=Box(
                left=(part.left + left) * scale,
                top=(part.top + top) * scale,
                right=(part.left + right) * scale,
                bottom=(part.top + bottom) * scale,
            ),
            area_px=float(np.count_nonzero(mask) * scale**2),
            mask=mask,
            touches_border=part.left + left == 0
            or part.left + right >= small_width
            or part.top + bottom >= small_height,
        )


def empty_scene(glimpses: Sequence[Image]) -> Image:
    """What frames spread over the footage show when nothing stands there.

    Their median; in dense traffic, where no half of them agrees on anything, what a quarter agrees
    on most closely: vehicles and their shadows differ, and the road is always the same (the shorth,
    Andrews et al., *Robust Estimates of Location*, 1972, of a quarter instead of a half).
    """
    seen = np.sort(_as_bright(np.stack(glimpses)), axis=0)
    count = len(seen)
    scene = seen[count // 2].copy()
    middle_half = seen[-1 - count // 4] - seen[count // 4]
    unsure = middle_half > UNSURE
    among = seen[:, unsure]
    _, half_spread = _closest(among, (count + 1) // 2)
    common, spread = _closest(among, min(count, max(FEWEST_ALIKE, (count + 3) // 4)))
    scene[unsure] = np.where((half_spread > UNSURE) & (spread <= SAME), common, scene[unsure])
    return np.asarray(scene)


def _as_bright(seen: Image) -> Image:
    """Every glimpse in the light of one of them: a cloud before the sun would hide road by itself.

    Where clouds darken some glimpses and vehicles hide others, no half would show the same road.
    """
    few = np.maximum(seen[:, ::8, ::8], 1).astype(np.float32)
    usual = few[np.argsort(np.median(few, axis=(1, 2)))[len(few) // 2]]
    gains = np.median(few / usual, axis=(1, 2)).tolist()
    # What is brighter by less than noise may be so for the vehicles that it shows.
    return np.stack(
        [
            one if abs(gain - 1) * 255 < SAME else cv2.convertScaleAbs(one, alpha=1 / gain)
            for one, gain in zip(seen, gains, strict=True)
        ]
    )


def _closest(ordered: Image, size: int) -> tuple[Image, Image]:
    """The middle and the spread of the ``size`` values that lie closest, in each column."""
    spreads = ordered[size - 1 :] - ordered[: len(ordered) - size + 1]
    first = spreads.argmin(axis=0)[None]
    middle = np.take_along_axis(ordered, first + size // 2, axis=0)[0]
    return middle, np.take_along_axis(spreads, first, axis=0)[0]


@dataclass(frozen=True, slots=True)
class _Part:
    """A connected region: its mask, and where in the small picture that begins."""

    left: int
    top: int
    mask: NDArray[np.bool_]

    def cut(self, picture: NDArray[np.bool_]) -> NDArray[np.bool_]:
        height, width = self.mask.shape
        return picture[self.top : self.top + height, self.left : self.left + width]


def _pieces(part: _Part, core: NDArray[np.bool_], *, at_necks: bool) -> list[_Part]:
    """What the core of a wide blob falls into; empty where it is of one piece after all."""
    closed = _close(core, 7)
    pieces = list(_components(closed, part.left, part.top))
    areas = [np.count_nonzero(piece.mask) for piece in pieces]
    large = [p for p, area in zip(pieces, areas, strict=True) if area > PIECE * max(areas)]
    column = _neck(part.mask, core) if at_necks and len(large) == 1 else None
    if column is not None:
        halves = [closed.copy(), closed.copy()]
        halves[0][:, column:] = halves[1][:, :column] = False
        # Where there are only specks on one side of it, nobody stands there.
        if all(half.any() for half in halves):
            return [_Part(part.left, part.top, half) for half in halves]
    return large if len(pieces) > 1 else []


def _neck(mask: NDArray[np.bool_], core: NDArray[np.bool_]) -> int | None:
    """The column at which two vehicles abreast hang together, or None: nowhere.

    Shade and mirror images reach from one to the other low down, so that all that moves there is
    low beside what stands on either side of it. An even side of one vehicle may be no core
    either, and moves in full height.
    """
    heights = np.count_nonzero(core, axis=0)
    before = np.cumsum(heights) - heights
    after = heights.sum() - before - heights
    possible = np.minimum(before, after) > PIECE * np.maximum(before, after)
    sure = np.where(possible, _beside(heights), NECK)
    column = int(sure.argmin())
    moving = _beside(np.count_nonzero(mask, axis=0))[column]
    return column if moving < LOW and sure[column] + moving < NECK else None


def _beside(heights: NDArray[np.int_]) -> NDArray[np.float64]:
    """Each height, of the lower of the highest ones on either side of it."""
    left = np.maximum.accumulate(heights)
    right = np.maximum.accumulate(heights[::-1])[::-1]
    return np.asarray(heights / np.maximum(1, np.minimum(left, right)))


def _components(mask: NDArray[np.bool_], left: int = 0, top: int = 0) -> Iterator[_Part]:
    """The connected regions of ``mask``, which itself begins at ``left`` and ``top``."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8))
    for label in range(1, count):
        x, y, width, height, area = (int(value) for value in stats[label])
        if area >= MIN_AREA_PX:
            yield _Part(left + x, top + y, labels[y : y + height, x : x + width] == label)


def _share(since_s: float, learning_s: float) -> float:
    """How much of the background a frame makes up that comes ``since_s`` after the one before."""
    return min(MAX_SHARE, since_s / learning_s)


def _shadow(small: NDArray[np.generic], expected: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Where the scene is evenly darker than expected."""
    low, high = SHADOW_RATIO
    ratio = small / np.maximum(expected, 1)
    dark = (ratio > low) & (ratio < high)
    # Lit neighbours do not count, so that a shadow is even up to its very edge.
    counted = np.where(dark, ratio, 0)
    share = np.maximum(cv2.blur(dark.astype(np.float32), (5, 5)), 1e-3)
    mean = cv2.blur(counted, (5, 5)) / share
    spread = cv2.blur(counted * counted, (5, 5)) / share - mean * mean
    return np.asarray(dark & (spread < SHADOW_UNEVENNESS**2))


def _cores(solid: NDArray[np.bool_], moving: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is certainly vehicle: not shade, or moving with vehicle above and below it."""
    opened = cv2.morphologyEx(solid.view(np.uint8), cv2.MORPH_OPEN, _kernel(3, 3))
    upright = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _kernel(3, 41)) & moving.view(np.uint8)
    return np.asarray((upright | opened).astype(bool))


def _close(mask: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Drop specks, then bridge gaps up to ``size``."""
    opened = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, _kernel(3, 3))
    return cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _kernel(size, size)).astype(bool)


def _kernel(width: int, height: int) -> Image:
    return np.ones((height, width), dtype=np.uint8)
