"""The secondary check: the time a vehicle takes from one line across the road to another.

It shares the located edges with the measurement, since nothing else of the vehicle is on the road,
and nothing more: no fit over the stretch, no weights, no rejection. Each crossing is interpolated
between the few sightings on either side of its line. A mistake in the regression, or a vehicle
that was swapped for another on the way, shows as a disagreement. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from speedcam.model import KMH_PER_M_S, Crossing, Floats, Reason, Refusal, Sample, SpeedMeasurement

INSET = 0.12
"""How far inside the ends of the measured stretch the lines lie, as a share of it."""
NEIGHBOURS = 3
"""Sightings on either side of a line between which its crossing is interpolated."""
MIN_APART_M = 5.0
MAX_DISAGREEMENT = 0.03
"""Relative; British practice allows 10 % between a reading and its two photographs."""


def cross(samples: Sequence[Sample], edge_m: Floats) -> Crossing | None:
    """The time between two lines near the ends of the stretch that ``samples`` cover.

    Args:
        samples: Every clean position, in order of time, none left out by a fit.
        edge_m: ``(n,)`` standard deviation of each along the road.

    Returns:
        None where the stretch is too short for two lines, or a line has too few neighbours.
    """
    time_s = np.array([sample.time_s for sample in samples])
    y_m = np.array([sample.y_m for sample in samples])
    inset_m = INSET * (y_m[-1] - y_m[0])
    from_m, to_m = float(y_m[0] + inset_m), float(y_m[-1] - inset_m)
    first, last = (_crossed(time_s, y_m, edge_m, line_m) for line_m in (from_m, to_m))
    if first is None or last is None or abs(to_m - from_m) < MIN_APART_M or last <= first:
        return None
    seconds = last.at_s - first.at_s
    speed_kmh = abs(to_m - from_m) / seconds * KMH_PER_M_S
    relative = float(np.hypot(first.edge_m, last.edge_m)) / abs(to_m - from_m)
    return Crossing(
        from_m=from_m,
        to_m=to_m,
        seconds=seconds,
        speed_kmh=speed_kmh,
        uncertainty_kmh=2 * relative * speed_kmh,
    )


class _Moment(NamedTuple):
    """When a line was crossed, and how well the edge is known there."""

    at_s: float
    edge_m: float


def _crossed(time_s: Floats, y_m: Floats, edge_m: Floats, line_m: float) -> _Moment | None:
    """When the line is crossed, by the median of what its nearest sightings say."""
    beyond = (y_m - line_m) * np.sign(y_m[-1] - y_m[0]) > 0
    first = int(np.argmax(beyond))
    near = slice(max(0, first - NEIGHBOURS), first + NEIGHBOURS)
    times, places = time_s[near], y_m[near]
    if first == 0 or len(times) < 4:
        return None
    # Every pair's speed, and their median (Theil and Sen): one wild edge moves nothing.
    one, other = np.triu_indices(len(times), 1)
    speed_m_s = float(np.median((places[other] - places[one]) / (times[other] - times[one])))
    if speed_m_s == 0:
        return None
    return _Moment(float(np.median(times + (line_m - places) / speed_m_s)), float(edge_m[first]))


def against(measurement: SpeedMeasurement) -> Refusal | None:
    """Why the crossing contradicts the measurement; None where it agrees or there is none."""
    crossing = measurement.crossing
    if crossing is None:
        return None
    apart_kmh = abs(crossing.speed_kmh - measurement.speed_kmh)
    allowed_kmh = max(MAX_DISAGREEMENT * measurement.speed_kmh, crossing.uncertainty_kmh)
    if apart_kmh <= allowed_kmh:
        return None
    return Refusal(
        reason=Reason.LINES_DISAGREE,
        numbers={
            "lines_kmh": round(crossing.speed_kmh, 1),
            "measured_kmh": round(measurement.speed_kmh, 1),
        },
    )
