"""Boxes around what moves, by the background subtraction that everybody has: OpenCV's MOG2."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from tests.bench.peers.ground import Floats

HALF = 0.5
"""Pictures are halved first, as is usual, for the sake of speed and against noise."""

SMALLEST_PX = 400
"""Area of the smallest thing that counts, in pixels of the halved picture: 20 by 20."""


class Motion:
    """Finds what moves against the road of the last 20 seconds; shadows are told apart."""

    def __init__(self) -> None:
        self._road = cv2.createBackgroundSubtractorMOG2(500, 25, detectShadows=True)

    def boxes(self, picture: Any) -> Floats:
        """``(n, 4)`` boxes in pixels of ``picture``: left, top, right, bottom."""
        small = cv2.resize(picture, None, fx=HALF, fy=HALF, interpolation=cv2.INTER_AREA)
        moving = cv2.threshold(self._road.apply(small), 200, 255, cv2.THRESH_BINARY)[1]
        moving = cv2.morphologyEx(moving, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        moving = cv2.morphologyEx(moving, cv2.MORPH_CLOSE, np.ones((11, 11), np.uint8))
        outlines = cv2.findContours(moving, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
        found = [cv2.boundingRect(o) for o in outlines if cv2.contourArea(o) >= SMALLEST_PX]
        corners = [(left, top, left + w, top + h) for left, top, w, h in found]
        return np.array(corners, dtype=float).reshape(-1, 4) / HALF
