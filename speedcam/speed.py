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
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from speedcam.budget import contact_budget, expanded_kmh
from speedcam.crossing import against, cross
from speedcam.features import (
    MIN_FEATURES,
    against_the_edge,
    all_high,
    drives_otherwise,
    on_the_vehicle,
)
from speedcam.ground import Ground
from speedcam.line import Line, fit_line, steadiest
from speedcam.model import (
    KMH_PER_M_S,
    Anchor,
    Direction,
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
STANDS_M = 1.0
FEW = 3
"""Outlines at either end of a track that say where it was."""
MIN_TIME_S = 0.25
MAX_GAP_S = 1.0
"""A longer hole in the track may hide a change of vehicle."""

TOO_LITTLE = frozenset(
    {
        Reason.TOO_FEW_SIGHTINGS,
        Reason.CAMERA_MOVED,
        Reason.MERGED,
        Reason.CORRUPT_FRAMES,
        Reason.STANDING,
        Reason.SHORT_BASELINE,
        Reason.SHORT_TIME,
        Reason.TIME_GAP,
    }
)
"""Refusals for what was seen of the vehicle, whatever it says."""

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
        track: A vehicle as the tracker saw it.
        ground: Maps its contact points to the road.
        zone: Where positions count.
        fewest_features: Features without which the contact edge is not believed; 0 for tracks
            of others, which have none.
        plate_decides: Whether features that are all high are no reason to refuse, since the
            plate will tell whether they are those of a mirror image.
    """
    samples = _samples(track.sightings, ground, zone)
    attempt = _Attempt(
        track=track,
        ground=ground,
        zone=zone,
        seen=samples,
        fewest_features=fewest_features,
        plate_decides=plate_decides,
    )
    result = attempt.by(samples, sure=not fewest_features or _own(track, samples) >= MIN_OWN)
    if isinstance(result, SpeedMeasurement) or not fewest_features:
        return result
    again = attempt.by(_believed(samples, ground, result.reason), sure=False)
    return again if isinstance(again, SpeedMeasurement) else result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """One track, to be measured by all positions that were ``seen`` or by some of them."""

    track: Track
    ground: Ground
    zone: Zone
    seen: Sequence[Sample]
    fewest_features: int
    plate_decides: bool

    def by(self, samples: Sequence[Sample], *, sure: bool) -> SpeedMeasurement | Refusal:
        """The speed by those; if they are not ``sure``, the vehicle must end where they are."""
        track, ground, zone = self.track, self.ground, self.zone
        refusal = _too_little(track, samples, ground, zone)
        if refusal:
            return refusal
        time_s, x_m, y_m = _columns(samples)
        weight = _weight(samples, ground)
        line = fit_line(time_s, y_m, weight)
        used = [sample for sample, kept in zip(samples, line.kept, strict=True) if kept]
        refusal = _unfit(line, x_m, y_m) or _elsewhere(line, y_m, zone)
        if refusal is None and self.fewest_features:
            refusal = self._against(line, used, sure)
        if refusal:
            return refusal
        return _measurement(samples, weight, line, ground)

    def _against(self, line: Line, used: Sequence[Sample], sure: bool) -> Refusal | None:
        """What the vehicle's own features say against those positions."""
        across_m = float(np.median([sample.x_m for sample in used]))
        own = on_the_vehicle(self.track, self.ground, line, across_m)
        return (
            against_the_edge(own, self.ground, line, fewest=self.fewest_features, sure=sure)
            or (None if self.plate_decides else all_high(own, self.ground))
            or drives_otherwise(self.track, self.ground, line, self.seen, used)
        )


def _measurement(
    samples: Sequence[Sample], weight: Floats, line: Line, ground: Ground
) -> SpeedMeasurement | Refusal:
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
    return _own(track, measurement.samples) >= MIN_SIGHTINGS


def ends_at_its_edge(track: Track, measurement: SpeedMeasurement, ground: Ground) -> bool:
    """Whether the vehicle's own features say that it ends where the contact edge was measured.

    They tell an edge that runs off by a share e, and was on the vehicle's end anywhere in the zone,
    to 2 %, and need neither the outline nor the plate.
    """
    samples = measurement.samples
    time_s, x_m, y_m = _columns(samples)
    line = fit_line(time_s, y_m, _weight(samples, ground))
    own = on_the_vehicle(track, ground, line, float(np.median(x_m)))
    return against_the_edge(own, ground, line, fewest=MIN_FEATURES, sure=False) is None


def too_uncertain(measurement: SpeedMeasurement) -> Refusal | None:
    """Why a speed known so badly is no reading; None where it is known well enough."""
    allowed_kmh = max(MOST_UNCERTAIN_KMH, MOST_UNCERTAIN * measurement.speed_kmh)
    if measurement.uncertainty_kmh <= allowed_kmh:
        return None
    return Refusal.rounded(
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


def _too_little(
    track: Track, samples: Sequence[Sample], ground: Ground, zone: Zone
) -> Refusal | None:
    spoilt = _spoilt(track.sightings, _own(track, samples))
    if len(samples) < MIN_SIGHTINGS:
        return Refusal(
            reason=spoilt or Reason.TOO_FEW_SIGHTINGS,
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
        stood = Reason.STANDING if _stood(track.sightings, ground) else Reason.SHORT_BASELINE
        return Refusal.rounded(spoilt or stood, over_m=over_m, needed_m=needed_m)
    if over_s < MIN_TIME_S:
        return Refusal.rounded(Reason.SHORT_TIME, over_s=over_s, needed_s=MIN_TIME_S)
    if gap_s > MAX_GAP_S:
        return Refusal.rounded(Reason.TIME_GAP, gap_s=gap_s, allowed_s=MAX_GAP_S)
    return None


def _spoilt(sightings: Sequence[Sighting], own: int) -> Reason | None:
    """What took away more of the sightings than the ``own`` ones that are left, if anything did."""
    lost = {
        Reason.CAMERA_MOVED: sum(s.adrift for s in sightings),
        Reason.MERGED: sum(s.merged for s in sightings),
        Reason.CORRUPT_FRAMES: sum(s.corrupt for s in sightings),
    }
    return next((reason for reason, n in lost.items() if n > own), None)


def _stood(sightings: Sequence[Sighting], ground: Ground) -> bool:
    """Whether its outline stayed where it was; its edge may be found in a few places of many."""
    feet = np.array([((s.box.left + s.box.right) / 2, s.box.bottom) for s in sightings])
    y_m = ground.road(feet)[:, 1]
    few = max(1, min(FEW, len(y_m) // 3))
    return bool(abs(np.median(y_m[-few:]) - np.median(y_m[:few])) < STANDS_M)


def _unfit(line: Line, x_m: Floats, y_m: Floats) -> Refusal | None:
    """Why the positions are not those of one vehicle driving on at a steady speed."""
    speed_kmh = abs(line.speed_m_s) * KMH_PER_M_S
    low, high = SPEED_RANGE_KMH
    if not low <= speed_kmh <= high:
        return Refusal.rounded(Reason.IMPLAUSIBLE_SPEED, speed_kmh=speed_kmh)
    outliers = 1 - float(line.kept.mean())
    if line.rms_m > MAX_RMS_M or outliers > MAX_OUTLIERS:
        return Refusal.rounded(Reason.SCATTERED, rms_m=line.rms_m, outliers=outliers)
    drift = abs(float(np.polyfit(y_m[line.kept], x_m[line.kept], 1)[0]))
    if drift > MAX_DRIFT:
        return Refusal.rounded(Reason.NOT_ALONG_THE_ROAD, drift=drift, allowed=MAX_DRIFT)
    if abs(line.change_m_s) > MAX_SPEED_CHANGE * abs(line.speed_m_s):
        return Refusal.rounded(Reason.CHANGING_SPEED, change_kmh=line.change_m_s * KMH_PER_M_S)
    return None


def _elsewhere(line: Line, y_m: Floats, zone: Zone) -> Refusal | None:
    """Whether the vehicle drove so unevenly that the zone's mean is not that of the stretch."""
    off_m = (zone.near_m + zone.far_m) / 2 - float(y_m[0] + y_m[-1]) / 2
    per_m = line.bend_m_s / float(y_m[-1] - y_m[0])
    if abs(per_m * off_m) <= MAX_ELSEWHERE * abs(line.speed_m_s):
        return None
    return Refusal.rounded(Reason.CHANGING_SPEED, zone_differs_kmh=per_m * off_m * KMH_PER_M_S)


def _weight(samples: Sequence[Sample], ground: Ground) -> Floats:
    px = np.array([[sample.u_px, sample.v_px] for sample in samples]).reshape(-1, 2)
    return 1 / edge_variance_m2(px, ground)


def edge_variance_m2(px: Floats, ground: Ground) -> Floats:
    """``(n,)`` variance of edges at ``(n, 2)`` px: far away a pixel is metres, near centimetres."""
    return np.asarray((EDGE_PX * ground.along_m_per_px(px)) ** 2 + EDGE_M**2)


def _columns(samples: Sequence[Sample]) -> tuple[Floats, Floats, Floats]:
    rows = np.array([[sample.time_s, sample.x_m, sample.y_m] for sample in samples])
    return rows[:, 0], rows[:, 1], rows[:, 2]
