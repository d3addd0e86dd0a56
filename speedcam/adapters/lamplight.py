"""Pools of lamplight on the road: they move as vehicles do, and are none.

A pool brightens the road evenly, as a shadow darkens it; but so does a pale panel of a vehicle.
What tells them apart is the road's own texture: light shows it, a vehicle covers it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import Box, Image

Mask = NDArray[np.bool_]

POOL_AREA_PX = 400
"""At the detection width: what is smaller shows too little of the road to know it by."""
POOL_ALIKE = 0.6
"""Correlation with the texture of the empty road. On one rendered dusk, pools wider than a vehicle
had 0.65 and more; in twelve clips by day, even parts of vehicles had 0.51 and less, but for four
frames of 7900."""
LOOKS = 3
LOOK_S = 0.2
"""By day so many looks in a row, so far apart, must show a pool wider than any vehicle."""
LIT_S = 600.0
"""So long after the last pool vehicles are still taken to have their lamps lit: dusk outlasts any
gap in traffic, and no vehicle should be measured half by day and half by lamplight."""


@dataclass(slots=True)
class Lamplight:
    """Knows whether vehicles light the road, and where.

    Attributes:
        is_wide: Whether an outline is too wide on the road for one vehicle.
        scale: Pixels of the footage per pixel of the small pictures.
        seen: Looks in a row that showed a pool, while the lamps are not lit for certain.
        looked_s: When the last look was.
        pool_s: When it last showed a wide pool.
    """

    is_wide: Callable[[Box], bool]
    scale: int
    seen: int = 0
    looked_s: float = -LIT_S
    pool_s: float = -LIT_S

    def is_lit(self, time_s: float) -> bool:
        """Whether vehicles have had their lamps lit of late."""
        return self.seen >= LOOKS and time_s - self.pool_s < LIT_S

    def is_due(self, time_s: float) -> bool:
        """Whether to look for pools now: by day, seldom."""
        return self.is_lit(time_s) or time_s - self.looked_s >= LOOK_S

    def pools(self, time_s: float, small: Image, expected: NDArray[np.float32], even: Mask) -> Mask:
        """Where the road is only lit; nowhere while that may be a chance likeness.

        Args:
            time_s: When, rising from call to call.
            small: The frame, at the detection width.
            expected: The empty scene as bright as the frame.
            even: What is evenly lighter than expected.
        """
        pools, wide = np.zeros_like(even), False
        for box, region in _regions(even):
            part = np.s_[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
            if _shows(region, small[part], expected[part]):
                pools[part] |= region
                wide = wide or self.is_wide(_enlarged(box, self.scale))
        self._remember(time_s, wide)
        return pools if self.is_lit(time_s) else np.zeros_like(even)

    def _remember(self, time_s: float, wide: bool) -> None:
        self.looked_s = time_s
        if wide:
            self.pool_s, self.seen = time_s, self.seen + 1
        elif not self.is_lit(time_s):
            self.seen = 0


def _regions(even: Mask) -> Iterator[tuple[Box, Mask]]:
    """The large regions of ``even``, each with its place; what hangs by a thread is cut off."""
    opened = cv2.morphologyEx(even.view(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    for label in range(1, count):
        x, y, width, height, area = (int(value) for value in stats[label])
        if area >= POOL_AREA_PX:
            box = Box(left=x, top=y, right=x + width, bottom=y + height)
            yield box, labels[y : y + height, x : x + width] == label


def _shows(region: Mask, small: Image, expected: NDArray[np.float32]) -> bool:
    """Whether ``region`` shows the texture of the empty road."""
    # Not up to its edge, where the light ends or a vehicle begins.
    kernel = np.ones((5, 5), np.uint8)
    inner = cv2.erode(region.view(np.uint8), kernel, borderValue=0).astype(bool)
    seen, known = _texture(small)[inner], _texture(expected)[inner]
    spread = float(np.std(seen) * np.std(known)) if seen.size else 0.0
    return spread > 0 and float(np.cov(seen, known, ddof=0)[0, 1]) > POOL_ALIKE * spread


def _texture(picture: NDArray[np.generic]) -> NDArray[np.float32]:
    """What differs from its surroundings, whatever the light on it."""
    plain = np.asarray(picture, dtype=np.float32)
    return np.asarray(plain - cv2.blur(plain, (5, 5)))


def _enlarged(box: Box, scale: int) -> Box:
    return Box(
        left=box.left * scale,
        top=box.top * scale,
        right=box.right * scale,
        bottom=box.bottom * scale,
    )
