"""How uncertain a speed will be, before any vehicle has come.

A vehicle of exact speed is sent over the road and its uncertainty budget made up as that of a real
one, by the same code. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from math import ceil

import numpy as np

from speedcam.budget import contact_budget, expanded_kmh
from speedcam.ground import Ground
from speedcam.line import fit_line
from speedcam.model import KMH_PER_M_S, Doubt, Floats, Sample
from speedcam.site import Lane, Zone
from speedcam.speed import (
    MIN_BASELINE,
    MIN_BASELINE_M,
    MIN_SIGHTINGS,
    MIN_TIME_S,
    MOST_UNCERTAIN,
    MOST_UNCERTAIN_KMH,
    SPEED_RANGE_KMH,
    edge_variance_m2,
)

PICTURES_PER_S = 25.0
"""Where only a picture is given, so that nobody knows how often the camera takes one."""
_PLACES = 25
_CELL_M = 1.0
_ALONG = np.array([[0.0, 1.0], [0.0, -1.0]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What to expect at one speed in the lane where that is worst.

    Attributes:
        speed_kmh: Of the vehicle.
        lane: Its lane's name.
        whole_kmh: Expanded uncertainty (k = 2) of a vehicle seen through the whole zone.
        budget: What that consists of.
        stretch_m: The shortest stretch over which such a vehicle is measured at all.
        along: Middle of such a stretch in metres, and the expanded uncertainty over it in km/h.
    """

    speed_kmh: float
    lane: str
    whole_kmh: float
    budget: tuple[Doubt, ...]
    stretch_m: float
    along: tuple[tuple[float, float], ...]


def forecast(
    ground: Ground, zone: Zone, lanes: tuple[Lane, ...], speed_kmh: float, every_s: float
) -> Forecast:
    """The uncertainty to expect, in the worst lane.

    Args:
        ground: The road plane.
        zone: Where speeds are measured.
        lanes: Of the site.
        speed_kmh: Of the vehicle.
        every_s: Time from one picture to the next.
    """

    def budget(lane: Lane, near_m: float, far_m: float) -> tuple[Doubt, ...]:
        stretch = Zone(near_m=near_m, far_m=far_m)
        return _budget(ground, stretch, lane, speed_kmh, every_s)

    worst = max(lanes, key=lambda lane: expanded_kmh(budget(lane, zone.near_m, zone.far_m)))
    stretch_m = _shortest_m(zone, speed_kmh, every_s)
    middles = np.linspace(zone.near_m + stretch_m / 2, zone.far_m - stretch_m / 2, _PLACES)
    whole = budget(worst, zone.near_m, zone.far_m)
    return Forecast(
        speed_kmh=speed_kmh,
        lane=worst.name,
        whole_kmh=expanded_kmh(whole),
        budget=whole,
        stretch_m=stretch_m,
        along=tuple(
            (float(y), expanded_kmh(budget(worst, y - stretch_m / 2, y + stretch_m / 2)))
            for y in middles
        ),
    )


def refused_from_kmh(
    ground: Ground, zone: Zone, lanes: tuple[Lane, ...], every_s: float, top_kmh: float
) -> int | None:
    """From which speed on a vehicle is refused as too uncertain, even through the whole zone.

    Args:
        ground: The road plane.
        zone: Where speeds are measured.
        lanes: Of the site; the worst counts.
        every_s: Time from one picture to the next.
        top_kmh: None is returned where all up to here are measured.
    """

    def refused(speed_kmh: int) -> bool:
        allowed_kmh = max(MOST_UNCERTAIN_KMH, MOST_UNCERTAIN * speed_kmh)
        budgets = (_budget(ground, zone, lane, speed_kmh, every_s) for lane in lanes)
        return any(expanded_kmh(budget) > allowed_kmh for budget in budgets)

    speeds = range(int(SPEED_RANGE_KMH[0]), ceil(top_kmh) + 1)
    # The relative uncertainty hardly falls with speed, so that all beyond one refused are.
    first = bisect_left(speeds, True, key=refused)
    return speeds[first] if first < len(speeds) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMap:
    """What the survey alone leaves in doubt, place by place.

    Attributes:
        x_m: ``(columns,)`` across the road.
        y_m: ``(rows,)`` along it.
        relative: ``(rows, columns)`` expanded uncertainty (k = 2) of a speed over a short stretch
            about each place, as a share of the speed.
        stretch_m: The length of that stretch.
    """

    x_m: Floats
    y_m: Floats
    relative: Floats
    stretch_m: float


def error_map(ground: Ground, zone: Zone, lanes: tuple[Lane, ...]) -> ErrorMap:
    """The survey's doubt over the zone, from one edge of the outer lanes to the other."""
    half_m = min(MIN_BASELINE_M, zone.far_m - zone.near_m) / 2
    left_m, right_m = min(lane.left_m for lane in lanes), max(lane.right_m for lane in lanes)
    x_m, y_m = _steps(left_m, right_m), _steps(zone.near_m, zone.far_m)
    # A stretch about a place near the zone's end is moved into the zone: none is measured beyond.
    middles = np.clip(y_m, zone.near_m + half_m, zone.far_m - half_m)
    places = np.stack(np.meshgrid(x_m, middles), axis=-1).reshape(-1, 2)
    far, near = (ground.roads(ground.image(places + half_m * side))[..., 1] for side in _ALONG)
    relative = np.std((far - near) / (2 * half_m), axis=0, ddof=1)
    return ErrorMap(
        x_m=x_m,
        y_m=y_m,
        relative=2 * relative.reshape(len(y_m), len(x_m)),
        stretch_m=2 * half_m,
    )


def _steps(start_m: float, end_m: float) -> Floats:
    return np.linspace(start_m, end_m, max(2, round((end_m - start_m) / _CELL_M) + 1))


def _shortest_m(zone: Zone, speed_kmh: float, every_s: float) -> float:
    """The shortest stretch over which a vehicle is measured, within the zone."""
    zone_m = zone.far_m - zone.near_m
    seconds = max(MIN_TIME_S, MIN_SIGHTINGS * every_s)
    needed_m = max(MIN_BASELINE * zone_m, MIN_BASELINE_M, seconds * speed_kmh / KMH_PER_M_S)
    return min(needed_m, zone_m)


def _budget(
    ground: Ground, stretch: Zone, lane: Lane, speed_kmh: float, every_s: float
) -> tuple[Doubt, ...]:
    """Of a vehicle that is seen once per picture along the middle of its lane."""
    y_m = np.arange(stretch.near_m, stretch.far_m + 1e-9, speed_kmh / KMH_PER_M_S * every_s)
    m = np.column_stack([np.full_like(y_m, (lane.left_m + lane.right_m) / 2), y_m])
    time_s, px = np.arange(float(len(m))) * every_s, ground.image(m)
    weight = 1 / edge_variance_m2(px, ground)
    rows = np.column_stack([time_s, px, m]).tolist()
    samples = [
        Sample(frame_index=n, time_s=t, u_px=u, v_px=v, x_m=x, y_m=y)
        for n, (t, u, v, x, y) in enumerate(rows)
    ]
    return contact_budget(fit_line(time_s, m[:, 1], weight), samples, weight, ground)
