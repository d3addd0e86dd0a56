"""What moves before a fixed camera: a running background at a quarter of the resolution.

Only finds vehicles; where exactly they stand is measured elsewhere, at full resolution.
A cast shadow darkens the road evenly and keeps its texture, so it is told from a vehicle by the
local evenness of the brightness ratio (after Horprasert et al., 1999, on luma alone).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import Box, Detection, Frame, Image

DETECTION_WIDTH_PX = 480
"""Width at which motion is looked for: a car 40 m away is still some 20 px wide there."""

MIN_CONTRAST = 14.0
"""Grey levels of difference that count, never less than six times the noise."""

MIN_AREA_PX = 24
"""Moving pixels, at the detection width, below which a blob is noise."""

LEARNING_RATE = 0.02
"""Share of each frame that enters the background where nothing moves: about two seconds."""

REFRESH_FRAMES = 8
"""The background at full resolution takes in every eighth frame: it costs 3 ms each."""

SHADOW_RATIO = (0.30, 0.92)
SHADOW_UNEVENNESS = 0.06


class MotionDetector:
    """Finds moving blobs; frames must come in order.

    Attributes:
        still: Luma of the empty scene at full resolution, as far as it is known.
        gain: Brightness of the last frame relative to ``still``.
    """

    def __init__(self, glimpses: Sequence[Image]) -> None:
        """Start from frames spread over the footage; their median is the empty road."""
        self.still: Image = np.median(np.stack(glimpses), axis=0).astype(np.uint8)
        self.gain = 1.0
        height, width = self.still.shape
        self._scale = max(1, round(width / DETECTION_WIDTH_PX))
        self._small_size = (width // self._scale, height // self._scale)
        self._small_still = self._shrink(self.still).astype(np.float32)
        self._full_still = self.still.astype(np.float32)
        self._noise = 2.0

    def detect(self, frame: Frame) -> list[Detection]:
        """Every blob that differs from the empty scene and is not a shadow."""
        small = self._shrink(frame.luma)
        self.gain = float(np.median(small[::4, ::4] / np.maximum(self._small_still[::4, ::4], 1)))
        expected = self._small_still * self.gain
        difference = np.abs(small - expected)
        moving = difference > max(MIN_CONTRAST, 6 * self._noise)
        self._learn(frame, small, difference, moving)
        return self._blobs(_solid(moving & ~_shadow(small, expected), moving))

    def _shrink(self, luma: Image) -> Image:
        return np.asarray(
            cv2.resize(luma, self._small_size, interpolation=cv2.INTER_AREA), dtype=np.uint8
        )

    def _learn(
        self, frame: Frame, small: Image, difference: NDArray[np.float32], moving: NDArray[np.bool_]
    ) -> None:
        quiet = (~cv2.dilate(moving.view(np.uint8), _kernel(9)).astype(bool)).view(np.uint8)
        # MAD to sigma of the difference of two noisy values; the floor is one quantum.
        self._noise = max(0.5, 1.48 * float(np.median(difference[::4, ::4])))
        cv2.accumulateWeighted(small.astype(np.float32), self._small_still, LEARNING_RATE, quiet)
        # What stopped, or was parked at the start and left, becomes road within a minute.
        cv2.accumulateWeighted(small.astype(np.float32), self._small_still, LEARNING_RATE / 30)
        if frame.index % REFRESH_FRAMES == 0 and not frame.corrupt:
            height, width = self.still.shape
            mask = cv2.resize(quiet, (width, height), interpolation=cv2.INTER_NEAREST)
            cv2.accumulateWeighted(
                frame.luma, self._full_still, LEARNING_RATE * REFRESH_FRAMES, mask
            )
            self.still = self._full_still.astype(np.uint8)

    def _blobs(self, vehicles: NDArray[np.bool_]) -> list[Detection]:
        count, labels, stats, _ = cv2.connectedComponentsWithStats(vehicles.view(np.uint8))
        found = []
        for label in range(1, count):
            left, top, width, height, area = (int(value) for value in stats[label])
            if area >= MIN_AREA_PX:
                mask = labels[top : top + height, left : left + width] == label
                found.append(self._detection(left, top, mask, area))
        return found

    def _detection(self, left: int, top: int, mask: NDArray[np.bool_], area: int) -> Detection:
        height, width = mask.shape
        scale = self._scale
        small_width, small_height = self._small_size
        return Detection(
            box=Box(
                left=left * scale,
                top=top * scale,
                right=(left + width) * scale,
                bottom=(top + height) * scale,
            ),
            area_px=float(area * scale**2),
            mask=mask,
            touches_border=left == 0
            or top == 0
            or left + width >= small_width
            or top + height >= small_height,
        )


def _shadow(small: Image, expected: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where the scene is evenly darker than expected."""
    ratio = small / np.maximum(expected, 1)
    mean = cv2.blur(ratio, (5, 5))
    spread = cv2.blur(ratio * ratio, (5, 5)) - mean * mean
    low, high = SHADOW_RATIO
    return np.asarray((mean > low) & (mean < high) & (spread < SHADOW_UNEVENNESS**2))


def _solid(vehicles: NDArray[np.bool_], moving: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop specks, then join the parts of a vehicle that windows and dark panels cut.

    A dark roof looks like shade, but unlike shade it has vehicle above and below it. Sideways
    nothing wide is bridged, since there the next lane's vehicle stands.
    """
    opened = cv2.morphologyEx(vehicles.view(np.uint8), cv2.MORPH_OPEN, _kernel(3))
    upright = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _kernel(3, 41)) & moving.view(np.uint8)
    return cv2.morphologyEx(upright | opened, cv2.MORPH_CLOSE, _kernel(7)).astype(bool)


def _kernel(width: int, height: int | None = None) -> Image:
    return np.ones((height or width, width), dtype=np.uint8)
