"""A track becomes a speed with its uncertainty, or a refusal with its reason.

The speed is the slope of a robust weighted line through every position of the road-contact edge
against container time. All positions count, so a missed frame costs precision and never adds
speed. What cannot be trusted is refused; the plate as a second anchor is in
:mod:`speedcam.anchors`.

Pure: no files, no clock, no randomness, no OpenCV. Uncertainties follow the GUM (JCGM 100:2008):
standard uncertainties add in quadrature, and the stated one is expanded with k = 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from speedcam.budget import contact_budget, expanded_kmh
from speedcam.crossing import against, cross
from speedcam.ground import Ground
from speedcam.left_out import off_the_line_m
from speedcam.line import Line, fit_line, steadiest
from speedcam.model import (
    KMH_PER_M_S,
    Anchor,
    Direction,
    FeatureTrack,
    Floats,
    Grade,
    Reason,
    Refusal,
    Sample,
    Sighting,
    SpeedMeasurement,
    Track,
)
from speedcam.site import Zone

MIN_SIGHTINGS = 8
MIN_OWN = 3
"""With fewer of them in outlines of its own, the edge may be a neighbour's, and the features must
show that the vehicle ends there."""
MIN_BASELINE = 0.4
"""Share of the zone's length that the track must cover."""
MIN_BASELINE_M = 8.0
MIN_TIME_S = 0.25
MAX_GAP_S = 1.0
"""A longer hole in the track may hide a change of vehicle."""

EDGE_PX = 0.7
"""Standard deviation of one located edge in the image; 20 mm more for its shape."""
EDGE_M = 0.02
MAX_RMS_M = 0.15
MAX_OUTLIERS = 0.3
MAX_DRIFT = 0.10
"""Metres sideways per metre along: more is a lane change or a wrong outline."""
MAX_SPEED_CHANGE = 0.40
"""Beyond it a mean says little about how fast the vehicle was at any one place."""
MAX_ELSEWHERE = 0.015
"""What is told is the zone's mean: seen over a part of it, a change of speed shifts it, so far."""
SPEED_RANGE_KMH = (5.0, 250.0)
MOST_UNCERTAIN_KMH, MOST_UNCERTAIN = 3.0, 0.03
"""What a meter in service may be off by (PTB-A 12.01: 3 km/h, above 100 km/h 3 %): a speed whose
expanded uncertainty is larger cannot be shown to keep it."""

MIN_FEATURE_POINTS = 6
DURING = 0.75
"""How far from the middle of the stretch, in its lengths, features count: a vehicle that brakes
there does not do so for ever."""
MIN_FEATURES = 5
OWN_FEATURES = (0.7, 3.0)
"""Apparent speeds, relative to the vehicle's, of features that can be on it at all: up to
two thirds of the lens's height, and not those of a neighbour or of the road."""
FEATURE_ENVELOPE = 0.96
"""Nothing on a vehicle lies below the road, so no feature may seem slower than the contact
edge: under this ratio the edge was not on the road, or was not this vehicle's."""
LOW_FEATURES_M = 1.2
"""A quarter of a vehicle's features are lower than this: bumpers, lamps, plates. Where they seem
higher, the edge is nearer than the vehicle: it is on the vehicle's mirror image in a wet road.
Of a lorry the low ones may all be missed, but no mirror image makes a car as wide as one."""
LORRY_FEATURES_M = 1.8
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


def measure(
    track: Track, ground: Ground, zone: Zone, fewest_features: int = MIN_FEATURES
) -> SpeedMeasurement | Refusal:
    """The speed of ``track`` within ``zone``: grade B, since only one anchor is known yet.

    Args:
        track: A vehicle with its road-contact edge in pixels.
        ground: The road plane.
        zone: Where positions count.
        fewest_features: Features without which the contact edge is not believed; 0 for tracks
            of others, which have none.
    """
    samples = _samples(track.sightings, ground, zone)
    sure = fewest_features == 0 or _own(track, samples) >= MIN_OWN
    result = _measured(
        track, samples, samples, ground, zone, fewest_features=fewest_features, sure=sure
    )
    if isinstance(result, SpeedMeasurement) or not fewest_features:
        return result
    believed = _believed(samples, ground, result.reason)
    again = _measured(
        track, samples, believed, ground, zone, fewest_features=fewest_features, sure=False
    )
    return again if isinstance(again, SpeedMeasurement) else result


def _measured(
    track: Track,
    seen: Sequence[Sample],
    samples: Sequence[Sample],
    ground: Ground,
    zone: Zone,
    *,
    fewest_features: int,
    sure: bool,
) -> SpeedMeasurement | Refusal:
    """The speed by those ``samples`` among all ``seen``.

    If they are not ``sure``, the vehicle must end where they are.
    """
    refusal = _too_little(track, samples, zone)
    if refusal:
        return refusal
    time_s, x_m, y_m = _columns(samples)
    weight = _weight(samples, ground)
    line = fit_line(time_s, y_m, weight)
    refusal = _unfit(line, x_m, y_m) or _elsewhere(line, y_m, zone)
    used = [sample for sample, kept in zip(samples, line.kept, strict=True) if kept]
    if refusal is None and fewest_features:
        refusal = _features_against(track, ground, line, fewest_features, sure)
        refusal = refusal or _drives_otherwise(track, ground, line, seen, used)
    if refusal:
        return refusal
    speed_kmh = abs(line.speed_m_s) * KMH_PER_M_S
    budget = contact_budget(line, used, weight[line.kept], ground)
    uncertainty_kmh = expanded_kmh(budget)
    measurement = SpeedMeasurement(
        speed_kmh=speed_kmh,
        uncertainty_kmh=uncertainty_kmh,
        grade=Grade.B,
        direction=Direction.RECEDING if line.speed_m_s > 0 else Direction.APPROACHING,
        anchors=(Anchor(name="contact", speed_kmh=speed_kmh, uncertainty_kmh=uncertainty_kmh),),
        over_m=abs(used[-1].y_m - used[0].y_m),
        over_s=used[-1].time_s - used[0].time_s,
        samples=tuple(used),
        budget=budget,
        crossing=cross(samples, weight**-0.5),
    )
    return against(measurement) or too_uncertain(measurement) or measurement


def too_uncertain(measurement: SpeedMeasurement) -> Refusal | None:
    """Why a speed known so badly is no reading; None where it is known well enough."""
    allowed_kmh = max(MOST_UNCERTAIN_KMH, MOST_UNCERTAIN * measurement.speed_kmh)
    if measurement.uncertainty_kmh <= allowed_kmh:
        return None
    return _refusal(
        Reason.TOO_UNCERTAIN, uncertainty_kmh=measurement.uncertainty_kmh, allowed_kmh=allowed_kmh
    )


def _samples(sightings: Sequence[Sighting], ground: Ground, zone: Zone) -> list[Sample]:
    usable = [s for s in sightings if s.contact_px and _is_clean(s)]
    if not usable:
        return []
    road = ground.road(np.array([s.contact_px for s in usable], dtype=np.float64))
    return [
        Sample(
            frame_index=s.frame_index,
            time_s=s.contact_s,
            u_px=s.contact_px[0],
            v_px=s.contact_px[1],
            x_m=float(x),
            y_m=float(y),
        )
        for s, (x, y) in zip(usable, road, strict=True)
        if s.contact_px and zone.near_m <= y <= zone.far_m
    ]


def _own(track: Track, samples: Sequence[Sample]) -> int:
    """How many of the positions come from outlines of the vehicle's own."""
    merged_in = {s.frame_index for s in track.sightings if s.merged}
    return sum(sample.frame_index not in merged_in for sample in samples)


def _believed(samples: Sequence[Sample], ground: Ground, reason: Reason) -> Sequence[Sample]:
    """Those of refused positions that may tell the speed by themselves."""
    if reason is Reason.SCATTERED:
        return _steady(samples, ground)
    return _longest_run(samples) if reason is Reason.TIME_GAP else ()


def _steady(samples: Sequence[Sample], ground: Ground) -> Sequence[Sample]:
    """Those on the line of the steadiest stretch, if they are most of them."""
    time_s, _, y_m = _columns(samples)
    kept = steadiest(time_s, y_m, _weight(samples, ground), MAX_OUTLIERS)
    if kept.mean() < 1 - MAX_OUTLIERS:
        return ()
    return [sample for sample, holds in zip(samples, kept, strict=True) if holds]


def _longest_run(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The most of them without a hole that may hide a change of vehicle."""
    time_s, _, _ = _columns(samples)
    ends = [0, *(np.flatnonzero(np.diff(time_s) > MAX_GAP_S) + 1), len(samples)]
    runs = [samples[start:end] for start, end in pairwise(ends)]
    return max(runs, key=len)


def _is_clean(sighting: Sighting) -> bool:
    return not (sighting.corrupt or sighting.touches_border or sighting.adrift)


def _too_little(track: Track, samples: Sequence[Sample], zone: Zone) -> Refusal | None:
    if len(samples) < MIN_SIGHTINGS:
        own, merged = _own(track, samples), sum(s.merged for s in track.sightings)
        corrupt = sum(s.corrupt for s in track.sightings)
        adrift = sum(s.adrift for s in track.sightings)
        lost = {
            Reason.CAMERA_MOVED: adrift,
            Reason.MERGED: merged,
            Reason.CORRUPT_FRAMES: corrupt,
        }
        reason = next((r for r, n in lost.items() if n > own), Reason.TOO_FEW_SIGHTINGS)
        return Refusal(
            reason=reason,
            numbers={
                "usable": len(samples),
                "needed": MIN_SIGHTINGS,
                "seen": len(track.sightings),
            },
        )
    time_s, _, y_m = _columns(samples)
    needed_m = max(MIN_BASELINE_M, MIN_BASELINE * (zone.far_m - zone.near_m))
    over_m, over_s, gap_s = np.ptp(y_m), np.ptp(time_s), np.max(np.diff(time_s))
    if over_m < needed_m:
        reason = Reason.STANDING if over_m < 1 else Reason.SHORT_BASELINE
        return _refusal(reason, over_m=over_m, needed_m=needed_m)
    if over_s < MIN_TIME_S:
        return _refusal(Reason.SHORT_TIME, over_s=over_s, needed_s=MIN_TIME_S)
    if gap_s > MAX_GAP_S:
        return _refusal(Reason.TIME_GAP, gap_s=gap_s, allowed_s=MAX_GAP_S)
    return None


def _unfit(line: Line, x_m: Floats, y_m: Floats) -> Refusal | None:
    """Why the positions are not those of one vehicle driving on at a steady speed."""
    speed_kmh = abs(line.speed_m_s) * KMH_PER_M_S
    low, high = SPEED_RANGE_KMH
    if not low <= speed_kmh <= high:
        return _refusal(Reason.IMPLAUSIBLE_SPEED, speed_kmh=speed_kmh)
    outliers = 1 - float(line.kept.mean())
    if line.rms_m > MAX_RMS_M or outliers > MAX_OUTLIERS:
        return _refusal(Reason.SCATTERED, rms_m=line.rms_m, outliers=outliers)
    drift = abs(float(np.polyfit(y_m[line.kept], x_m[line.kept], 1)[0]))
    if drift > MAX_DRIFT:
        return _refusal(Reason.NOT_ALONG_THE_ROAD, drift=drift, allowed=MAX_DRIFT)
    if abs(line.change_m_s) > MAX_SPEED_CHANGE * abs(line.speed_m_s):
        return _refusal(Reason.CHANGING_SPEED, change_kmh=line.change_m_s * KMH_PER_M_S)
    return None


def _elsewhere(line: Line, y_m: Floats, zone: Zone) -> Refusal | None:
    """Whether the vehicle drove so unevenly that the zone's mean is not that of the stretch."""
    off_m = (zone.near_m + zone.far_m) / 2 - float(y_m[0] + y_m[-1]) / 2
    per_m = line.bend_m_s / float(y_m[-1] - y_m[0])
    if abs(per_m * off_m) <= MAX_ELSEWHERE * abs(line.speed_m_s):
        return None
    return _refusal(Reason.CHANGING_SPEED, zone_differs_kmh=per_m * off_m * KMH_PER_M_S)


def _features_against(
    track: Track, ground: Ground, line: Line, fewest: int, sure: bool
) -> Refusal | None:
    """Whether the vehicle's own features say that the contact edge was not on the road."""
    found = (_on_the_vehicle(feature, ground, line) for feature in track.features)
    low, high = OWN_FEATURES
    ours = np.array([seen for seen in found if seen is not None and low < seen[0] < high])
    if len(ours) < fewest:
        return _refusal(Reason.FEATURES_DISAGREE, features=len(ours), needed=fewest)
    ratio, x_m, beyond_m = ours.T
    lowest, low = np.percentile(ratio, [10, 25])
    if lowest < FEATURE_ENVELOPE:
        return _refusal(Reason.FEATURES_DISAGREE, lowest=lowest, allowed=FEATURE_ENVELOPE)
    # What seems r times as fast as the road is at this height above it.
    low_m = ground.lens_m[2] * (1 - 1 / low)
    wide_m = float(np.diff(np.percentile(x_m, [10, 90]))[0])
    if low_m > LOW_FEATURES_M and wide_m < LORRY_FEATURES_M:
        return _refusal(
            Reason.FEATURES_DISAGREE, low_m=low_m, allowed_m=LOW_FEATURES_M, wide_m=wide_m
        )
    return _ends_elsewhere(beyond_m, ground, line, sure)


def _drives_otherwise(
    track: Track, ground: Ground, line: Line, seen: Sequence[Sample], used: Sequence[Sample]
) -> Refusal | None:
    """Whether the vehicle itself left the line where positions were left out."""
    used_s = np.array([sample.time_s for sample in used])
    left_out_s = np.array([sample.time_s for sample in seen if sample not in used])
    off_m = off_the_line_m(track.features, ground, line, used_s=used_s, left_out_s=left_out_s)
    if off_m <= MAX_RMS_M:
        return None
    return _refusal(Reason.CHANGING_SPEED, features_off_m=off_m, allowed_m=MAX_RMS_M)


def _ends_elsewhere(beyond_m: Floats, ground: Ground, line: Line, sure: bool) -> Refusal | None:
    """Whether the end of the vehicle is somewhere else than the edge that is taken for it.

    Its own shadow may lie before it; nothing that is its own lies under it, farther on.
    """
    nearest_m = abs(line.middle_m - ground.lens_m[1]) - abs(line.speed_m_s) * line.span_s / 2
    end_m, allowed_m = float(np.percentile(beyond_m, FACING_END)), MAX_APART * nearest_m
    if abs(end_m) <= allowed_m or (sure and end_m > 0):
        return None
    reason = Reason.FEATURES_DISAGREE if sure else Reason.MERGED
    return _refusal(reason, end_m=end_m, allowed_m=allowed_m)


def _on_the_vehicle(feature: FeatureTrack, ground: Ground, line: Line) -> Floats | None:
    """How many times as fast as the contact edge a feature seems, and where it is on the vehicle.

    That is across the road, and along it beyond the contact edge. None where it is seen too briefly
    during the measured stretch, or does not go with the edge.
    """
    during = np.abs(feature.time_s - line.middle_s) < DURING * line.span_s
    if during.sum() < MIN_FEATURE_POINTS:
        return None
    x_m, y_m = ground.road(feature.px[during]).T
    moved_m = line.moved_m(feature.time_s[during])
    ratio, start = np.polyfit(moved_m, y_m, 1)
    if np.std(y_m - (ratio * moved_m + start)) > UNEVEN * max(1.0, float(np.ptp(y_m))):
        return None
    # Above the road it seems farther from the point under the lens by the same ratio.
    foot_x_m, foot_y_m, _ = ground.lens_m
    beyond_m = (start - foot_y_m) / ratio - (line.middle_m - foot_y_m)
    return np.array([ratio, foot_x_m + (float(np.median(x_m)) - foot_x_m) / ratio, beyond_m])


def _weight(samples: Sequence[Sample], ground: Ground) -> Floats:
    px = np.array([[sample.u_px, sample.v_px] for sample in samples]).reshape(-1, 2)
    return 1 / edge_variance_m2(px, ground)


def edge_variance_m2(px: Floats, ground: Ground) -> Floats:
    """``(n,)`` variance of edges at ``(n, 2)`` px: far away a pixel is metres, near centimetres."""
    return np.asarray((EDGE_PX * ground.along_m_per_px(px)) ** 2 + EDGE_M**2)


def _columns(samples: Sequence[Sample]) -> tuple[Floats, Floats, Floats]:
    rows = np.array([[sample.time_s, sample.x_m, sample.y_m] for sample in samples])
    return rows[:, 0], rows[:, 1], rows[:, 2]


def _refusal(reason: Reason, **numbers: float) -> Refusal:
    return Refusal(reason=reason, numbers={name: round(float(n), 3) for name, n in numbers.items()})
