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

import numpy as np

from speedcam.budget import contact_budget, expanded_kmh
from speedcam.crossing import against, cross
from speedcam.ground import Ground
from speedcam.line import Line, fit_line
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
"""So many of them in outlines of its own: those that it shared with a neighbour count beside
them, not instead. Whoever was never seen alone may be somebody else."""
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
UNEVEN = 0.02
"""Scatter of a feature about its course, as a share of that, of what is none of the vehicle."""


def measure(
    track: Track,
    ground: Ground,
    zone: Zone,
    fewest_features: int = MIN_FEATURES,
    *,
    plate_decides: bool = False,
) -> SpeedMeasurement | Refusal:
    """The speed of ``track`` within ``zone``: grade B, since only one anchor is known yet.

    Args:
        track: A vehicle with its road-contact edge in pixels.
        ground: The road plane.
        zone: Where positions count.
        fewest_features: Features without which the contact edge is not believed; 0 for tracks
            of others, which have none.
        plate_decides: Whether features that are all high are no reason to refuse, since the
            plate will tell whether they are those of a mirror image.
    """
    samples = _samples(track.sightings, ground, zone)
    refusal = _too_little(track, samples, zone)
    if refusal:
        return refusal
    time_s, x_m, y_m = _columns(samples)
    px = np.array([[sample.u_px, sample.v_px] for sample in samples])
    weight = 1 / edge_variance_m2(px, ground)
    line = fit_line(time_s, y_m, weight)
    refusal = _unfit(line, x_m, y_m) or _elsewhere(line, y_m, zone)
    if refusal is None and fewest_features:
        across_m = float(np.median(x_m[line.kept]))
        features = _features(track, ground, line, across_m)
        refusal = _features_against(features, fewest_features)
        refusal = refusal or (None if plate_decides else _high(features, ground))
    if refusal:
        return refusal
    used = [sample for sample, kept in zip(samples, line.kept, strict=True) if kept]
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


def seen_alone(track: Track, measurement: SpeedMeasurement) -> bool:
    """Whether as many positions as a measurement needs are from outlines of the vehicle's own.

    Those that it shared with a neighbour may be off together; they refine a speed that may be
    fined, and do not make it.
    """
    shared = {sighting.frame_index for sighting in track.sightings if sighting.merged}
    own = sum(sample.frame_index not in shared for sample in measurement.samples)
    return own >= MIN_SIGHTINGS


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


def _is_clean(sighting: Sighting) -> bool:
    return not (sighting.corrupt or sighting.touches_border or sighting.adrift)


def _too_little(track: Track, samples: Sequence[Sample], zone: Zone) -> Refusal | None:
    merged_in = {s.frame_index for s in track.sightings if s.merged}
    own = sum(sample.frame_index not in merged_in for sample in samples)
    if len(samples) < MIN_SIGHTINGS or own < MIN_OWN:
        merged = len(merged_in)
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
                "alone": own,
                "alone_needed": MIN_OWN,
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


def _features(track: Track, ground: Ground, line: Line, across_m: float) -> Floats:
    """``(n,)`` how many times as fast as the contact edge the vehicle's own features seem."""
    found = (_on_the_vehicle(feature, ground, line) for feature in track.features)
    low, high = OWN_FEATURES
    return np.array(
        [
            ratio
            for ratio, x_m in filter(None, found)
            if low < ratio < high and abs(x_m - across_m) < BESIDE_M
        ]
    )


def _features_against(ratio: Floats, fewest: int) -> Refusal | None:
    """Whether the vehicle's own features say that the contact edge was not on the road."""
    if len(ratio) < fewest:
        return _refusal(Reason.FEATURES_DISAGREE, features=len(ratio), needed=fewest)
    lowest = np.percentile(ratio, 10)
    if lowest < FEATURE_ENVELOPE:
        return _refusal(Reason.FEATURES_DISAGREE, lowest=lowest, allowed=FEATURE_ENVELOPE)
    return None


def _high(ratio: Floats, ground: Ground) -> Refusal | None:
    """Whether all features are so high that the edge may be that of a mirror image."""
    # What seems r times as fast as the road is at this height above it.
    low_m = ground.lens_m[2] * (1 - 1 / np.percentile(ratio, 25))
    if low_m <= LOW_FEATURES_M:
        return None
    return _refusal(Reason.FEATURES_DISAGREE, low_m=low_m, allowed_m=LOW_FEATURES_M)


def _on_the_vehicle(
    feature: FeatureTrack, ground: Ground, line: Line
) -> tuple[float, float] | None:
    """How many times as fast as the contact edge a feature seems, and where it is across the road.

    None where it is seen too briefly during the measured stretch, or does not go with the edge.
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
    foot_m = ground.lens_m[0]
    return float(ratio), float(foot_m + (np.median(x_m) - foot_m) / ratio)


def edge_variance_m2(px: Floats, ground: Ground) -> Floats:
    """``(n,)`` variance of edges at ``(n, 2)`` px: far away a pixel is metres, near centimetres."""
    return np.asarray((EDGE_PX * ground.along_m_per_px(px)) ** 2 + EDGE_M**2)


def _columns(samples: Sequence[Sample]) -> tuple[Floats, Floats, Floats]:
    rows = np.array([[sample.time_s, sample.x_m, sample.y_m] for sample in samples])
    return rows[:, 0], rows[:, 1], rows[:, 2]


def _refusal(reason: Reason, **numbers: float) -> Refusal:
    return Refusal(reason=reason, numbers={name: round(float(n), 3) for name, n in numbers.items()})
