"""Why a line left positions out: the edge was not the vehicle's, or the vehicle changed its speed.

A robust line through the positions of somebody who brakes hard at the end of the zone leaves out
the end, and tells the speed before it. The vehicle's features do not depend on its edge: where the
line goes on as they do, the edge was to blame.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from speedcam.ground import Ground
from speedcam.line import Line
from speedcam.model import FeatureTrack, Floats

FEWEST_POINTS = 6
"""On the line, without which a feature does not tell where it goes on."""
FEWEST_LEFT_OUT = 2


def off_the_line_m(
    features: Sequence[FeatureTrack],
    ground: Ground,
    line: Line,
    *,
    used_s: Floats,
    left_out_s: Floats,
) -> float:
    """How far from the line the vehicle was when positions were left out before or after it.

    Args:
        features: Of the vehicle.
        ground: The road plane.
        line: Through the positions that were used.
        used_s: ``(n,)`` their instants, rising.
        left_out_s: ``(n,)`` those of the others.

    Returns:
        The median of what its features tell, root mean square each; 0 where none of them was seen
        both then and on the line.
    """
    if not len(left_out_s):
        return 0.0
    told = (_told_m(feature, ground, line, used_s, left_out_s) for feature in features)
    off_m = [each for each in told if each is not None]
    return float(np.median(off_m)) if off_m else 0.0


def _told_m(
    feature: FeatureTrack, ground: Ground, line: Line, used_s: Floats, left_out_s: Floats
) -> float | None:
    time_s = feature.time_s
    on = (time_s >= used_s[0]) & (time_s <= used_s[-1])
    out = ~on & (time_s >= left_out_s.min()) & (time_s <= left_out_s.max())
    if on.sum() < FEWEST_POINTS or out.sum() < FEWEST_LEFT_OUT:
        return None
    y_m, moved_m = ground.road(feature.px)[:, 1], line.moved_m(time_s)
    ratio, start_m = np.polyfit(moved_m[on], y_m[on], 1)
    off_m = (y_m - (ratio * moved_m + start_m))[out] / ratio
    return float(np.sqrt(np.mean(off_m**2)))
