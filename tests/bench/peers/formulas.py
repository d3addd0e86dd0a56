"""How others make a speed of positions, stated anew from what they publish."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.bench.peers.ground import Floats

KMH_PER_M_S = 3.6


def by_count_kmh(along: Sequence[float], fps: float) -> float | None:
    """First against last of the positions kept, over as many frames as there are positions.

    So does the speed example of supervision. There is one interval fewer than there are positions,
    which makes every speed too low, and a vehicle that was not found in some frames too fast.

    Args:
        along: Metres along the road, one of each frame in which the vehicle was found, of the last
            second at most.
        fps: Frames per second.

    Returns:
        None below half a second of positions.
    """
    if len(along) < fps / 2:
        return None
    return abs(along[-1] - along[0]) / (len(along) / fps) * KMH_PER_M_S


def by_intervals_kmh(along: Sequence[float], fps: float) -> float | None:
    """:func:`by_count_kmh` with its fault mended: over the intervals between the positions."""
    counted = by_count_kmh(along, fps)
    return None if counted is None else counted * len(along) / (len(along) - 1)


def plane_m(width_m: float, length_m: float, short_by: float) -> Floats:
    """The ``(4, 2)`` corners onto which a rectangle of road is drawn, far left first, clockwise.

    The example of supervision draws a road of ``length_m`` onto ``length_m - 1`` units, as if
    metres were the pixels of a picture, and takes each unit for a metre: ``short_by`` is 1 there.
    """
    right, bottom = width_m - short_by, length_m - short_by
    return np.array([(0, 0), (right, 0), (right, bottom), (0, bottom)], dtype=float)


def mean_of_steps_kmh(road_m: Floats, seconds: Floats, steps: int) -> float | None:
    """The mean speed of the last so many steps, each the distance between two positions.

    Args:
        road_m: ``(n, 2)`` positions on the road.
        seconds: ``(n,)`` when it was there.
        steps: Over how many steps the mean is taken.

    Returns:
        None while there are fewer steps.
    """
    if len(road_m) <= steps:
        return None
    walked_m = np.hypot(*np.diff(road_m[-steps - 1 :], axis=0).T)
    return float(np.mean(walked_m / np.diff(seconds[-steps - 1 :])) * KMH_PER_M_S)


def line_kmh(along_m: Floats, seconds: Floats) -> float | None:
    """The slope of the least-squares line through all positions of a track.

    No popular tool does so by itself; it is what a careful user would write with a tracker.

    Returns:
        None of fewer than five positions.
    """
    if len(along_m) < 5:
        return None
    return float(abs(np.polyfit(seconds - seconds[0], along_m, 1)[0]) * KMH_PER_M_S)
