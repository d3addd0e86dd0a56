"""Whether what moves as one far away is one body: no vehicle leaves free road within itself. Pure.

Two vehicles in line that come from far away may be one blob at first, and move alike for all that
one frame shows. Where on the road they are tells them apart, once they are two blobs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from speedcam.model import Floats

LATELY_S = 0.8
"""The last part of a feature's course, over which it is taken to go evenly."""
LEAST_S = 0.4
"""Less of it tells no speed."""
APART_M = 3.0
"""Road between two bodies that no single vehicle leaves free of features."""
FEWEST = 4
"""Features that tell where a body is."""
CRAWLING_M_S = 1.5
"""Slower things move too little to tell where on the road they are."""


def along_the_road_m(
    courses: Sequence[Floats], beyond_lens_m: Callable[[Floats], Floats]
) -> Floats:
    """Where along the road is what each feature is on, whatever its height.

    A point at a height seems farther from the point under the lens than the road under it, and
    faster, by the same ratio: the time to get there is the same. It tells the place, but for how
    fast the body is: the slowest of the features, which is the lowest, stands for all.

    Args:
        courses: Each ``(n, 3)``: time in seconds, and pixels.
        beyond_lens_m: From ``(n, 2)`` pixels of the road, how far along it they are.

    Returns:
        ``(courses,)`` metres from under the lens; NaN where it cannot be told.
    """
    told = np.array([_place_and_speed(course, beyond_lens_m) for course in courses])
    place_m, speed_m_s = told.reshape(-1, 2).T
    speed_m_s = np.where(np.abs(speed_m_s) > CRAWLING_M_S, np.abs(speed_m_s), np.nan)
    if np.isnan(speed_m_s).all():
        return speed_m_s
    return np.asarray(place_m * np.nanmin(speed_m_s) / speed_m_s)


def beyond_free_road(blobs_m: Sequence[Floats]) -> list[int]:
    """Which blobs are on other bodies than the nearest: all beyond a stretch of free road.

    Args:
        blobs_m: Where along the road the features of each blob are.
    """
    known = ((index, blob[np.isfinite(blob)]) for index, blob in enumerate(blobs_m))
    bodies = sorted(
        (*np.percentile(blob, [10, 90]).tolist(), index)
        for index, blob in known
        if len(blob) >= FEWEST
    )
    reached_m = np.inf
    for at, (near_m, far_m, _) in enumerate(bodies):
        if near_m - reached_m > APART_M:
            return [int(index) for _, _, index in bodies[at:]]
        reached_m = far_m if at == 0 else max(reached_m, far_m)
    return []


def _place_and_speed(
    course: Floats, beyond_lens_m: Callable[[Floats], Floats]
) -> tuple[float, float]:
    """Where a feature seems to be now, in metres, and how fast to go, in metres a second."""
    lately = course[course[:, 0] > course[-1, 0] - LATELY_S] if len(course) else course
    if len(lately) < 3 or np.ptp(lately[:, 0]) < LEAST_S:
        return np.nan, np.nan
    speed_m_s, place_m = np.polyfit(lately[:, 0] - lately[-1, 0], beyond_lens_m(lately[:, 1:]), 1)
    return float(place_m), float(speed_m_s)
