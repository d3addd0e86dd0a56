"""What a vehicle's own features say of its contact edge: was it on the road, and was it its own?

How fast a feature seems on the road plane, relative to the edge, tells how high it is, and so where
it is. Features need no outline for that. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from speedcam.ground import Ground
from speedcam.left_out import off_the_line_m
from speedcam.line import Line
from speedcam.model import FeatureTrack, Floats, Reason, Refusal, Sample, Track

MIN_FEATURE_POINTS = 6
DURING = 0.75
"""How far from the middle of the stretch, in its lengths, features count: a vehicle that brakes
there does not do so for ever."""
MIN_FEATURES = 5
OWN_FEATURES = (0.7, 3.0)
"""Apparent speeds, relative to the vehicle's, of features that can be on it at all: up to
two thirds of the lens's height, and not those of the road."""
BESIDE_M = 2.0
"""Features farther across the road than this from the contact edge are a neighbour's, who came in
one outline with this vehicle: half of a lorry, and as much of it as the edge's strip may lie off
its middle."""
FEATURE_ENVELOPE = 0.96
"""Nothing on a vehicle lies below the road, so no feature may seem slower than the contact
edge: under this ratio the edge was not on the road, or was not this vehicle's."""
LOW_FEATURES_M = 1.2
"""A quarter of a vehicle's features are lower than this: bumpers, lamps, plates. Where they seem
higher, the edge may be nearer than the vehicle: on its mirror image in a wet road. A lorry of which
the low ones are missed looks the same: both only differ in size, and the plate's size is known."""
FACING_END = 25
"""Percentile of how far beyond the contact edge features are: a quarter or more of a vehicle's are
on the end that faces the camera."""
MAX_APART = 0.02
"""How far from the edge that end may seem, relative to how near the lens it came: an edge that runs
a share e too fast, as a neighbour's shadow may, and was on the end at some place of the zone, seems
e times that place's distance away from it. Of right readings on the rendered clips -0.8 to 1.4 %,
and more before the edge where the sun throws the vehicle's own shadow there."""
UNEVEN = 0.02
"""Scatter of a feature about its course, as a share of that, of what is none of the vehicle."""
MAX_OFF_M = 0.15
"""How far off the line the vehicle may have been where positions were left out, as their scatter
about it may be."""


def on_the_vehicle(track: Track, ground: Ground, line: Line, across_m: float) -> Floats:
    """Where on the vehicle its features are, of those that can be on it.

    That is those seen long enough during the measured stretch, going along with the edge however
    that changes its speed, and neither a neighbour's nor the road's.

    Args:
        track: The vehicle.
        ground: The road plane.
        line: The edge along the road against time.
        across_m: Where the edge is across the road.

    Returns:
        ``(n, 3)``: how many times as fast as the edge each seems, where it is across the road in
        metres, and by how many metres along the road beyond the edge.
    """
    found = (_placed(feature, ground, line) for feature in track.features)
    low, high = OWN_FEATURES
    ours = [
        seen
        for seen in found
        if seen is not None and low < seen[0] < high and abs(seen[1] - across_m) < BESIDE_M
    ]
    return np.array(ours).reshape(-1, 3)


def against_the_edge(
    own: Floats, ground: Ground, line: Line, *, fewest: int, sure: bool
) -> Refusal | None:
    """Whether the features of :func:`on_the_vehicle` say that the edge was not where it stands.

    Args:
        own: The features.
        ground: The road plane.
        line: The edge along the road against time.
        fewest: Features without which the edge is not believed.
        sure: Whether the edge is the vehicle's own, for enough outlines were; else the vehicle must
            end where it is.
    """
    if len(own) < fewest:
        return Refusal.rounded(Reason.FEATURES_DISAGREE, features=len(own), needed=fewest)
    lowest = float(np.percentile(own[:, 0], 10))
    if lowest < FEATURE_ENVELOPE:
        return Refusal.rounded(Reason.FEATURES_DISAGREE, lowest=lowest, allowed=FEATURE_ENVELOPE)
    return _ends_elsewhere(own[:, 2], ground, line, sure)


def all_high(own: Floats, ground: Ground) -> Refusal | None:
    """Whether all features are so high that the edge may be that of a mirror image."""
    # What seems r times as fast as the road is at this height above it.
    low_m = float(ground.lens_m[2] * (1 - 1 / np.percentile(own[:, 0], 25)))
    if low_m <= LOW_FEATURES_M:
        return None
    return Refusal.rounded(Reason.FEATURES_DISAGREE, low_m=low_m, allowed_m=LOW_FEATURES_M)


def drives_otherwise(
    track: Track, ground: Ground, line: Line, seen: Sequence[Sample], used: Sequence[Sample]
) -> Refusal | None:
    """Whether the vehicle itself left the line where positions were left out."""
    used_s = np.array([sample.time_s for sample in used])
    left_out_s = np.array([sample.time_s for sample in seen if sample not in used])
    off_m = off_the_line_m(track.features, ground, line, used_s=used_s, left_out_s=left_out_s)
    if off_m <= MAX_OFF_M:
        return None
    return Refusal.rounded(Reason.CHANGING_SPEED, features_off_m=off_m, allowed_m=MAX_OFF_M)


def _ends_elsewhere(beyond_m: Floats, ground: Ground, line: Line, sure: bool) -> Refusal | None:
    """Whether the end of the vehicle is somewhere else than the edge that is taken for it.

    Its own shadow may lie before it; nothing that is its own lies under it, farther on.
    """
    nearest_m = abs(line.middle_m - ground.lens_m[1]) - abs(line.speed_m_s) * line.span_s / 2
    end_m, allowed_m = float(np.percentile(beyond_m, FACING_END)), MAX_APART * nearest_m
    if abs(end_m) <= allowed_m or (sure and end_m > 0):
        return None
    reason = Reason.FEATURES_DISAGREE if sure else Reason.MERGED
    return Refusal.rounded(reason, end_m=end_m, allowed_m=allowed_m)


def _placed(feature: FeatureTrack, ground: Ground, line: Line) -> Floats | None:
    """How many times as fast as the edge a feature seems, and where it is across and beyond it.

    None where it is seen too briefly during the measured stretch, or does not go with the edge.
    """
    during = np.abs(feature.time_s - line.middle_s) < DURING * line.span_s
    if during.sum() < MIN_FEATURE_POINTS:
        return None
    x_m, y_m = ground.road(feature.px[during]).T
    moved_m = line.moved_m(feature.time_s[during])
    ratio, start_m = np.polyfit(moved_m, y_m, 1)
    if np.std(y_m - (ratio * moved_m + start_m)) > UNEVEN * max(1.0, float(np.ptp(y_m))):
        return None
    # Above the road it seems farther from the point under the lens by the same ratio.
    foot_x_m, foot_y_m, _ = ground.lens_m
    beyond_m = (start_m - foot_y_m) / ratio - (line.middle_m - foot_y_m)
    return np.array([ratio, foot_x_m + (float(np.median(x_m)) - foot_x_m) / ratio, beyond_m])
