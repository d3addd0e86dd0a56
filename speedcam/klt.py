"""The Kanade-Lucas-Tomasi step: corner features of one vehicle from a frame to the next.

Corners by Shi and Tomasi (1994), the pyramidal step by Bouguet (2000) with a predicted start, a
forward-backward check (Kalal et al., 2010), and one common similarity motion.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.model import Box, Image

Points = NDArray[np.float32]
"""``(n, 2)`` pixels."""

MARGIN_PX = 48
"""How far around the features and their predicted places the pictures are cut out."""
WINDOW_PX = 15
LEVELS = 3
MAX_ROUND_TRIP_PX = 0.7
MIN_MOTION_PX = 0.4
"""A feature that moves less while its vehicle moves more is road seen past the vehicle."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where features went.

    Attributes:
        points: New places.
        steps: From the old ones.
        kept: Which of them are found again and move as one.
        scale: By how much what they are on has grown in the picture.
    """

    points: Points
    steps: Points
    kept: NDArray[np.bool_]
    scale: float = 1.0

    @property
    def agreeing(self) -> int:
        """How many move as one."""
        return int(self.kept.sum())


def lucas_kanade(points: Points, before: Image, now: Image, guess: Points) -> Step:
    """Follow ``points`` from one luma plane to the next, starting at ``points + guess``."""
    window = _window(np.concatenate([points, points + guess]), now.shape) if len(points) else None
    if window is None:
        return Step(points, guess, np.zeros(len(points), bool))
    (left, top), rows, columns = window
    origin = np.array([left, top], dtype=np.float32)
    old, new = before[rows, columns], now[rows, columns]
    start = points - origin
    end, found = _flow(old, new, start, start + guess)
    back, returned = _flow(new, old, end, start)
    round_trip = np.hypot(*(back - start).T)
    steps = end - start
    together, scale = _moving_together(start, end)
    kept = found & returned & (round_trip < MAX_ROUND_TRIP_PX) & together
    return Step(end + origin, steps, kept, scale)


def _flow(old: Image, new: Image, start: Points, guess: Points) -> tuple[Points, NDArray[np.bool_]]:
    end, status, _ = cv2.calcOpticalFlowPyrLK(
        old,
        new,
        start.reshape(-1, 1, 2),
        guess.reshape(-1, 1, 2).astype(np.float32).copy(),
        winSize=(WINDOW_PX, WINDOW_PX),
        maxLevel=LEVELS,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    return np.asarray(end.reshape(-1, 2), np.float32), status.ravel().astype(bool)


def _moving_together(start: Points, end: Points) -> tuple[NDArray[np.bool_], float]:
    """Which features share the commonest similarity motion and are not standing road; its scale."""
    steps = end - start
    lengths = np.hypot(*steps.T)
    moving = lengths > MIN_MOTION_PX
    if moving.sum() < 4:
        return np.zeros(len(start), bool), 1.0
    # Parallax within a body grows with the step: a roof moves farther than a bumper.
    tolerance = max(1.5, 0.06 * float(np.median(lengths[moving])))
    motion, inliers = cv2.estimateAffinePartial2D(
        start[moving], end[moving], ransacReprojThreshold=tolerance, maxIters=200
    )
    kept = moving.copy()
    kept[moving] = inliers.ravel().astype(bool) if inliers is not None else False
    # OpenCV gives None, against its own types, where no motion fits.
    scale = float(np.hypot(*motion[:, 0])) if inliers is not None else 1.0
    return np.asarray(kept), scale


def _window(points: Points, shape: tuple[int, ...]) -> tuple[tuple[int, int], slice, slice] | None:
    height, width = shape
    left, top = np.floor(points.min(axis=0)).astype(int) - MARGIN_PX
    right, bottom = np.ceil(points.max(axis=0)).astype(int) + MARGIN_PX
    left, top, right, bottom = max(0, left), max(0, top), min(width, right), min(height, bottom)
    if right - left < 2 * WINDOW_PX or bottom - top < 2 * WINDOW_PX:
        return None
    return (left, top), slice(top, bottom), slice(left, right)


def corners(luma: Image, box: Box, known: Points, count: int) -> Points:
    """Up to ``count`` fresh corners in ``box``, away from the ``known`` ones."""
    height, width = luma.shape
    left, top = max(0, int(box.left)), max(0, int(box.top))
    right, bottom = min(width, int(box.right)), min(height, int(box.bottom))
    if right - left < 8 or bottom - top < 8:
        return np.empty((0, 2), np.float32)
    free = np.full((bottom - top, right - left), 255, np.uint8)
    for u, v in known:
        cv2.circle(free, (int(u - left), int(v - top)), 5, 0, -1)
    fresh = cv2.goodFeaturesToTrack(
        luma[top:bottom, left:right], count, qualityLevel=0.02, minDistance=5, mask=free
    )
    # OpenCV gives None, against its own types, where there is no corner at all.
    found = np.empty((0, 2), np.float32) if fresh is None else fresh.reshape(-1, 2)
    return np.asarray(found + np.array([left, top], np.float32), np.float32)
