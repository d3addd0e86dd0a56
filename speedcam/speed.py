"""A track becomes a speed with its uncertainty, or a refusal with its reason.

The speed is the slope of a robust weighted straight line through every position of the
road-contact edge against container time. All positions count, so a missed frame costs precision
and never adds speed. Two independent anchors fix the scale: the contact edge, which lies on the
surveyed road, and the plate, whose white field has a known width. What cannot be trusted is
refused.

Pure: no files, no clock, no randomness, no OpenCV. Uncertainties follow the GUM (JCGM 100:2008):
standard uncertainties add in quadrature, and the stated one is expanded with k = 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from speedcam.ground import Ground
from speedcam.model import (
    Anchor,
    Direction,
    Floats,
    Grade,
    PlateSighting,
    Reason,
    Refusal,
    Sample,
    Sighting,
    SpeedMeasurement,
    Track,
)
from speedcam.site import Zone

KMH_PER_M_S = 3.6

MIN_SIGHTINGS = 8
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
STEADY = 0.05
"""Change of speed over the stretch, relative, up to which a straight line describes it."""
MAX_SPEED_CHANGE = 0.40
"""Beyond it a mean says little about how fast the vehicle was at any one place."""
SPEED_RANGE_KMH = (5.0, 250.0)

LENS_HEIGHT_M = 5.0
"""Assumed where the site does not state it: low, so that the doubt comes out larger."""
CONTACT_HEIGHT_M = 0.03 / np.sqrt(3)
"""The edge may lie up to 3 cm above the road (rectangular)."""
ROAD_SAG = 0.0023
"""Relative: 2 cm of sag over the zone, rectangular."""
EDGE_BIAS = 0.002
"""Relative: far edges are drawn out by blur more than near ones, which reads a little low."""
CLOCK = 0.0005
"""Relative: container clock of a camera without a reference."""

MIN_FEATURE_POINTS = 6
MIN_FEATURES = 5
FEATURE_ENVELOPE = 0.97
"""Nothing on a vehicle lies below the road, so no feature may seem slower than the contact
edge: under this ratio the edge was not on the road, or was not this vehicle's."""

WHITE_FIELD_M = 0.440
"""Between the blue bands of an Albanian plate of 520 mm, in use since 2011."""
PLATE_UNCERTAINTY = 0.010
"""Relative, standard: blur of the field's ends, mounting, and the plate's own tolerance."""
MIN_PLATE_SIGHTINGS = 3
MIN_PLATE_SPAN_M = 4.0
MAX_ANCHOR_DISAGREEMENT = 0.03
MAX_PLATE_OFFSET_M = 1.5
"""The plate must sit where this vehicle's measured end is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """Position against time, and how well it fits."""

    speed_m_s: float
    standard_error_m_s: float
    change_m_s: float
    change_error_m_s: float
    kept: np.ndarray[tuple[int], np.dtype[np.bool_]]
    rms_m: float


def measure(
    track: Track, ground: Ground, zone: Zone, lens_height_m: float | None = None
) -> SpeedMeasurement | Refusal:
    """The speed of ``track`` within ``zone``: grade B, since only one anchor is known yet.

    Args:
        track: A vehicle with its road-contact edge in pixels.
        ground: The road plane.
        zone: Where positions count.
        lens_height_m: Of the camera above the road, or None when nobody measured it.
    """
    samples = _samples(track.sightings, ground, zone)
    refusal = _too_little(track, samples, zone)
    if refusal:
        return refusal
    time_s, x_m, y_m = _columns(samples)
    weight = 1 / _edge_variance(samples, ground)
    line = _fit_line(time_s, y_m, weight)
    refusal = _unfit(line, x_m, y_m) or _features_against(track, ground, line)
    if refusal:
        return refusal
    used = [sample for sample, kept in zip(samples, line.kept, strict=True) if kept]
    relative = _scale_uncertainty(used, ground, weight[line.kept], lens_height_m)
    speed_kmh = abs(line.speed_m_s) * KMH_PER_M_S
    fit_kmh = line.standard_error_m_s * KMH_PER_M_S
    uncertainty_kmh = 2 * float(np.hypot(fit_kmh, relative * speed_kmh))
    return SpeedMeasurement(
        speed_kmh=speed_kmh,
        uncertainty_kmh=uncertainty_kmh,
        grade=Grade.B,
        direction=Direction.RECEDING if line.speed_m_s > 0 else Direction.APPROACHING,
        anchors=(Anchor(name="contact", speed_kmh=speed_kmh, uncertainty_kmh=uncertainty_kmh),),
        over_m=abs(used[-1].y_m - used[0].y_m),
        over_s=used[-1].time_s - used[0].time_s,
        samples=tuple(used),
    )


def anchor_by_plate(
    measurement: SpeedMeasurement, plates: Sequence[PlateSighting], ground: Ground
) -> SpeedMeasurement | Refusal:
    """The measurement with the plate as a second anchor: grade A where both agree.

    A point at height h moves on the ground plane k = H / (H - h) times too fast, and a width at
    that height looks k times too wide there; so the plate's apparent speed divided by its
    apparent width, times its true width, is its true speed at any height.

    Returns:
        The inverse-variance mean of both anchors as grade A; the measurement unchanged where
        the plate cannot tell; a refusal where the anchors disagree, since then one is wrong.
    """
    seen = [plate for plate in plates if plate.white_edges_px is not None]
    if len(seen) < MIN_PLATE_SIGHTINGS:
        return measurement
    time_s = np.array([plate.time_s for plate in seen])
    left, right = (
        ground.road(np.array([p.white_edges_px[end] for p in seen if p.white_edges_px]))
        for end in (0, 1)
    )
    stretch = np.hypot(*(right - left).T) / WHITE_FIELD_M
    kept = np.abs(stretch / np.median(stretch) - 1) < 0.05
    middle = (left + right) / 2
    if kept.sum() < MIN_PLATE_SIGHTINGS or np.ptp(middle[kept, 1]) < MIN_PLATE_SPAN_M:
        return measurement
    anchor = _plate_anchor(time_s[kept], middle[kept, 1], stretch[kept])
    if not _sits_on(measurement, time_s[kept], middle[kept], float(np.mean(stretch[kept]))):
        return measurement
    return _combine(measurement, anchor)


def _samples(sightings: Sequence[Sighting], ground: Ground, zone: Zone) -> list[Sample]:
    usable = [
        s for s in sightings if s.contact_px and not (s.merged or s.corrupt or s.touches_border)
    ]
    if not usable:
        return []
    road = ground.road(np.array([s.contact_px for s in usable], dtype=np.float64))
    return [
        Sample(
            frame_index=s.frame_index,
            time_s=s.time_s,
            u_px=s.contact_px[0],
            v_px=s.contact_px[1],
            x_m=float(x),
            y_m=float(y),
        )
        for s, (x, y) in zip(usable, road, strict=True)
        if s.contact_px and zone.near_m <= y <= zone.far_m
    ]


def _too_little(track: Track, samples: Sequence[Sample], zone: Zone) -> Refusal | None:
    if len(samples) < MIN_SIGHTINGS:
        merged = sum(s.merged for s in track.sightings)
        corrupt = sum(s.corrupt for s in track.sightings)
        lost = {Reason.MERGED: merged, Reason.CORRUPT_FRAMES: corrupt}
        reason = next((r for r, n in lost.items() if n > len(samples)), Reason.TOO_FEW_SIGHTINGS)
        return Refusal(
            reason=reason,
            numbers={"usable": len(samples), "needed": MIN_SIGHTINGS, "seen": len(track.sightings)},
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


def _unfit(line: _Line, x_m: Floats, y_m: Floats) -> Refusal | None:
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


def _features_against(track: Track, ground: Ground, line: _Line) -> Refusal | None:
    """Whether the vehicle's own features say that the contact edge was not on the road."""
    ratios = [
        speed / line.speed_m_s
        for feature in track.features
        if len(feature.time_s) >= MIN_FEATURE_POINTS
        if (speed := _feature_speed(feature.time_s, ground.road(feature.px)[:, 1])) is not None
    ]
    if len(ratios) < MIN_FEATURES:
        return _refusal(Reason.FEATURES_DISAGREE, features=len(ratios), needed=MIN_FEATURES)
    lowest, middle = (float(value) for value in np.percentile(ratios, [10, 50]))
    if lowest < FEATURE_ENVELOPE and middle < 1 / FEATURE_ENVELOPE:
        return _refusal(Reason.FEATURES_DISAGREE, lowest=lowest, median=middle)
    return None


def _feature_speed(time_s: Floats, y_m: Floats) -> float | None:
    """Apparent speed of one feature on the ground plane, or None where it does not run evenly."""
    slope, start = np.polyfit(time_s, y_m, 1)
    rms_m = float(np.std(y_m - (slope * time_s + start)))
    return float(slope) if rms_m < 0.02 * max(1.0, float(np.ptp(y_m))) else None


def _fit_line(time_s: Floats, y_m: Floats, weight: Floats) -> _Line:
    """The line of best fit; bent where the vehicle clearly brakes or accelerates.

    Its speed is that in the middle of the stretch, which for an even change is the mean.
    """
    straight = _huber(time_s, y_m, weight, degree=1)
    bent = _huber(time_s, y_m, weight, degree=2)
    change = abs(bent.change_m_s)
    clear = change > 4 * bent.change_error_m_s
    return bent if clear and change > STEADY * abs(bent.speed_m_s) else straight


def _huber(time_s: Floats, y_m: Floats, weight: Floats, degree: int) -> _Line:
    """Huber's M-estimate by iterated reweighting (Huber, 1964; c = 1.345)."""
    middle_s = (time_s[0] + time_s[-1]) / 2
    design = np.vander(time_s - middle_s, degree + 1, increasing=True)
    robust = np.ones_like(time_s)
    for _ in range(20):
        total = (weight * robust)[:, None]
        fit = np.linalg.solve(design.T @ (design * total), design.T @ (y_m[:, None] * total))
        residual_m = y_m - (design @ fit)[:, 0]
        pull = np.abs(residual_m) * np.sqrt(weight)
        scale = max(0.3, 1.483 * float(np.median(pull)))
        robust = 1 / np.maximum(1, pull / (1.345 * scale))
    kept = pull < 4 * scale
    covariance = np.linalg.inv(design[kept].T @ (design[kept] * weight[kept, None]))
    # Neighbouring edges err alike: half of them are taken as the number of independent ones.
    errors = max(1.0, scale) * np.sqrt(2 * np.diag(covariance))
    span_s = 2 * float(np.ptp(time_s))
    return _Line(
        speed_m_s=float(fit[1, 0]),
        standard_error_m_s=float(errors[1]),
        change_m_s=float(fit[2, 0]) * span_s if degree > 1 else 0.0,
        change_error_m_s=float(errors[2]) * span_s if degree > 1 else 0.0,
        kept=kept,
        rms_m=float(np.sqrt(np.average(residual_m[kept] ** 2, weights=weight[kept]))),
    )


def _scale_uncertainty(
    used: Sequence[Sample], ground: Ground, weight: Floats, lens_height_m: float | None
) -> float:
    """Relative standard uncertainty of the scale: survey, contact height, road, edge, clock."""
    pixels = np.array([[sample.u_px, sample.v_px, 1.0] for sample in used])
    time_s = np.array([sample.time_s for sample in used])
    lever = weight * (time_s - np.average(time_s, weights=weight))
    mapped = np.einsum("eij,nj->eni", ground.ensemble, pixels)
    speeds = (mapped[:, :, 1] / mapped[:, :, 2]) @ lever
    survey = abs(float(np.std(speeds) / np.mean(speeds)))
    height = CONTACT_HEIGHT_M / (lens_height_m or LENS_HEIGHT_M)
    return float(np.linalg.norm([survey, height, ROAD_SAG, EDGE_BIAS, CLOCK]))


def _plate_anchor(time_s: Floats, y_m: Floats, stretch: Floats) -> Anchor:
    slope = float(np.polyfit(time_s, y_m, 1)[0])
    speed_kmh = abs(slope) / float(np.mean(stretch)) * KMH_PER_M_S
    scatter = float(np.std(stretch) / np.mean(stretch) / np.sqrt(len(stretch)))
    relative = float(np.hypot(PLATE_UNCERTAINTY, scatter))
    return Anchor(name="plate", speed_kmh=speed_kmh, uncertainty_kmh=2 * relative * speed_kmh)


def _sits_on(measurement: SpeedMeasurement, time_s: Floats, middle: Floats, stretch: float) -> bool:
    """Whether the plate rides at the measured end of this very vehicle.

    The plate's ground point lies ``stretch`` times as far from the point under the lens as the
    plate does; that point is taken as the origin's side of the road, which is enough for a gate.
    """
    samples = measurement.samples
    there = np.array([[s.x_m, s.y_m] for s in samples])
    when = np.array([s.time_s for s in samples])
    sign = 1 if measurement.direction is Direction.RECEDING else -1
    travelled = sign * measurement.speed_kmh / KMH_PER_M_S * (time_s - when[0])
    expected_y = there[0, 1] + travelled
    across = np.abs(middle[:, 0] / stretch - np.median(there[:, 0]))
    along = np.abs(middle[:, 1] / stretch - expected_y)
    return bool(np.median(across) < MAX_PLATE_OFFSET_M and np.median(along) < MAX_PLATE_OFFSET_M)


def _combine(measurement: SpeedMeasurement, plate: Anchor) -> SpeedMeasurement | Refusal:
    (contact,) = measurement.anchors
    difference = plate.speed_kmh / contact.speed_kmh - 1
    if abs(difference) > MAX_ANCHOR_DISAGREEMENT:
        return _refusal(
            Reason.ANCHORS_DISAGREE, contact_kmh=contact.speed_kmh, plate_kmh=plate.speed_kmh
        )
    weight = np.array([a.uncertainty_kmh**-2 for a in (contact, plate)])
    speeds = np.array([contact.speed_kmh, plate.speed_kmh])
    # The anchors' difference is kept in the doubt: agreement is not exactness.
    apart_kmh = abs(contact.speed_kmh - plate.speed_kmh) / 2
    return replace(
        measurement,
        speed_kmh=float(np.average(speeds, weights=weight)),
        uncertainty_kmh=float(np.hypot(weight.sum() ** -0.5, apart_kmh)),
        grade=Grade.A,
        anchors=(contact, plate),
    )


def _edge_variance(samples: Sequence[Sample], ground: Ground) -> Floats:
    """Variance (m²) of each located edge: pixels far away are metres, near ones centimetres."""
    px = np.array([[sample.u_px, sample.v_px] for sample in samples])
    return np.asarray((EDGE_PX * ground.along_m_per_px(px)) ** 2 + EDGE_M**2)


def _columns(samples: Sequence[Sample]) -> tuple[Floats, Floats, Floats]:
    rows = np.array([[sample.time_s, sample.x_m, sample.y_m] for sample in samples])
    return rows[:, 0], rows[:, 1], rows[:, 2]


def _refusal(reason: Reason, **numbers: float) -> Refusal:
    return Refusal(reason=reason, numbers={name: round(float(n), 3) for name, n in numbers.items()})


def same_vehicle(one: SpeedMeasurement, other: SpeedMeasurement) -> bool:
    """Whether two measurements are of one vehicle: on one line through space and time.

    Two vehicles one behind the other are at least a car's length apart.
    """
    if one.direction is not other.direction:
        return False
    start, middle = other.samples[0], one.samples[len(one.samples) // 2]
    sign = 1 if other.direction is Direction.RECEDING else -1
    speed_m_s = sign * other.speed_kmh / KMH_PER_M_S
    expected_m = start.y_m + speed_m_s * (middle.time_s - start.time_s)
    return abs(middle.y_m - expected_m) < 3.0 and abs(middle.x_m - start.x_m) < 1.5
