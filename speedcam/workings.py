"""How a speed came out of its positions: which were used, with what weight, how far off the line.

Made for the raw data and for drawings, from the same ground and the same result. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from speedcam.ground import Ground
from speedcam.line import fit_line
from speedcam.model import (
    KMH_PER_M_S,
    Direction,
    Floats,
    Refusal,
    Sighting,
    SpeedMeasurement,
    Track,
)
from speedcam.site import Zone
from speedcam.speed import edge_variance_m2

FEWEST_FOR_A_LINE = 4


class Use(StrEnum):
    """What became of one sighting of a vehicle in the measurement."""

    USED = "used"
    OFF_THE_LINE = "off_the_line"
    """The robust fit dropped it: it lies too far from where the others put the vehicle."""
    NOT_FITTED = "not_fitted"
    """Good by itself, but the vehicle was refused before any line was believed."""
    OUTSIDE_ZONE = "outside_zone"
    NO_EDGE = "no_edge"
    """The edge where the vehicle meets the road could not be located in this frame."""
    MERGED = "merged"
    BORDER = "border"
    CORRUPT = "corrupt"
    ADRIFT = "adrift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One sighting as the measurement saw it.

    Attributes:
        use: Whether it was used, and if not, why.
        road_m: ``(x, y)`` of its contact point on the road, or None without one.
        weight: Inverse variance of ``y`` in the fit, 1/m², or None without a contact point.
        residual_m: ``y`` minus the line's, or None without either.
    """

    use: Use
    road_m: tuple[float, float] | None = None
    weight: float | None = None
    residual_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadLine:
    """Position along the road against time: ``y = at_m + speed_m_s * (t - at_s)``."""

    at_s: float
    at_m: float
    speed_m_s: float

    def y_m(self, time_s: Floats) -> Floats:
        """``(n,)`` metres along the road at ``(n,)`` seconds."""
        return self.at_m + self.speed_m_s * (time_s - self.at_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workings:
    """What a measurement, or a refusal, did with a track.

    Attributes:
        positions: One for each sighting, in the track's order.
        line: The line through the used positions; for a refusal the line that was tried, or None
            where there were too few positions for any.
    """

    positions: tuple[Position, ...]
    line: RoadLine | None


def workings(
    track: Track, ground: Ground, zone: Zone, speed: SpeedMeasurement | Refusal
) -> Workings:
    """Sort the sightings of ``track`` by what ``speed`` made of them."""
    road_m, weight = _on_the_road(track.sightings, ground)
    uses = _uses(track.sightings, road_m, zone, speed)
    line = _line(track.sightings, road_m, weight, uses, speed)
    positions = (
        _position(sighting, use, place, each, line)
        for sighting, use, place, each in zip(track.sightings, uses, road_m, weight, strict=True)
    )
    return Workings(positions=tuple(positions), line=line)


def _on_the_road(sightings: Sequence[Sighting], ground: Ground) -> tuple[Floats, Floats]:
    """``(n, 2)`` metres and ``(n,)`` weights; not a number where there is no contact point."""
    nowhere = (np.nan, np.nan)
    px = np.array([s.contact_px or nowhere for s in sightings], dtype=np.float64).reshape(-1, 2)
    road_m, weight = np.full_like(px, np.nan), np.full(len(px), np.nan)
    there = np.isfinite(px[:, 0])
    if there.any():
        road_m[there] = ground.road(px[there])
        weight[there] = 1 / edge_variance_m2(px[there], ground)
    return road_m, weight


def _uses(
    sightings: Sequence[Sighting], road_m: Floats, zone: Zone, speed: SpeedMeasurement | Refusal
) -> list[Use]:
    used = {s.frame_index for s in speed.samples} if isinstance(speed, SpeedMeasurement) else None
    return [
        _spoilt(sighting) or _use(sighting, y_m, zone, used)
        for sighting, y_m in zip(sightings, road_m[:, 1], strict=True)
    ]


def _spoilt(sighting: Sighting) -> Use | None:
    """Why the sighting cannot be trusted at all, the gravest reason first."""
    faults = {
        Use.ADRIFT: sighting.adrift,
        Use.CORRUPT: sighting.corrupt,
        Use.MERGED: sighting.merged and sighting.contact_px is None,
        Use.BORDER: sighting.touches_border,
    }
    return next((use for use, holds in faults.items() if holds), None)


def _use(sighting: Sighting, y_m: float, zone: Zone, used: set[int] | None) -> Use:
    if sighting.contact_px is None:
        return Use.NO_EDGE
    if not zone.near_m <= y_m <= zone.far_m:
        return Use.OUTSIDE_ZONE
    if used is None:
        return Use.NOT_FITTED
    return Use.USED if sighting.frame_index in used else Use.OFF_THE_LINE


def _line(
    sightings: Sequence[Sighting],
    road_m: Floats,
    weight: Floats,
    uses: Sequence[Use],
    speed: SpeedMeasurement | Refusal,
) -> RoadLine | None:
    """The measured line, or the one that a refused vehicle's good positions would have given."""
    good = np.isin(uses, [Use.USED, Use.NOT_FITTED])
    if good.sum() < FEWEST_FOR_A_LINE:
        return None
    time_s = np.array([s.contact_s for s in sightings])[good]
    y_m, weight = road_m[good, 1], weight[good]
    if isinstance(speed, SpeedMeasurement):
        slope = _contact_m_s(speed)
    else:
        fit = fit_line(time_s, y_m, weight)
        slope = fit.speed_m_s
        time_s, y_m, weight = time_s[fit.kept], y_m[fit.kept], weight[fit.kept]
    at_s, at_m = (float(np.average(each, weights=weight)) for each in (time_s, y_m))
    return RoadLine(at_s=at_s, at_m=at_m, speed_m_s=slope)


def _contact_m_s(speed: SpeedMeasurement) -> float:
    """What the contact edge alone says, with the sign of the direction."""
    kmh = next((a.speed_kmh for a in speed.anchors if a.name == "contact"), speed.speed_kmh)
    sign = 1 if speed.direction is Direction.RECEDING else -1
    return sign * kmh / KMH_PER_M_S


def _position(
    sighting: Sighting, use: Use, road_m: Floats, weight: float, line: RoadLine | None
) -> Position:
    if sighting.contact_px is None:
        return Position(use=use)
    x_m, y_m = float(road_m[0]), float(road_m[1])
    off_m = float(y_m - line.y_m(np.array(sighting.contact_s))) if line else None
    return Position(use=use, road_m=(x_m, y_m), weight=float(weight), residual_m=off_m)
