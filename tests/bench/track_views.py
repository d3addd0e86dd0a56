"""Cameras held against one another, without gates: ``python -m tests.bench.track_views DIR``.

Files named ROAD_VIEW.json show the same vehicles. Where two cameras see one over the same stretch,
their speeds differ by what each has of its own: its survey, alike for all vehicles, and the fit and
the wander of the tracked point, different for each. What both see alike is the vehicle's: how it
changes its speed. No speed of a gate is used, so that the doubts stated in
:mod:`tests.bench.tracks` may be held against gates afterwards.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from speedcam.errors import SpeedcamError
from speedcam.ground import Ground
from speedcam.line import Line, fit_line
from speedcam.model import Floats, SpeedMeasurement
from speedcam.speed import edge_variance_m2
from speedcam.validate.truth import read_truth
from tests.bench.track_file import read_track_file
from tests.bench.tracks import speeds_of, track_files

SHORTEST_M = 10.0
"""A stretch seen by both over which speeds are compared."""
BEND_M = 22.0
"""A stretch seen by each over which a change of speed stands out of the wander."""
FEWEST = 15
"""Vehicles that two views must share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One vehicle by one camera.

    Attributes:
        time_s: ``(n,)`` seconds, rising.
        y_m: ``(n,)`` metres along the road.
        weight: ``(n,)`` inverse variances of ``y_m``.
        foot_m: Where along the road the lens is.
        height_m: How high it is above the plane of the tracked points.
    """

    time_s: Floats
    y_m: Floats
    weight: Floats
    foot_m: float
    height_m: float

    @classmethod
    def of(cls, speed: SpeedMeasurement, ground: Ground) -> Seen:
        """The positions that the speed was fitted to."""
        px = np.array([(sample.u_px, sample.v_px) for sample in speed.samples])
        return cls(
            time_s=np.array([sample.time_s for sample in speed.samples]),
            y_m=np.array([sample.y_m for sample in speed.samples]),
            weight=1 / edge_variance_m2(px, ground),
            foot_m=ground.lens_m[1],
            height_m=ground.lens_m[2],
        )

    def line(self, near_m: float = -np.inf, far_m: float = np.inf) -> Line:
        """The line of those between two places."""
        there = (self.y_m >= near_m) & (self.y_m <= far_m)
        return fit_line(self.time_s[there], self.y_m[there], self.weight[there])

    def lever(self, near_m: float, far_m: float) -> float:
        """Relative change of the speed per metre by which the point's height changes."""
        return (far_m - self.foot_m) / self.height_m / (far_m - near_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Two views by one tracker, held against each other.

    Attributes:
        views: Their names.
        tracker: Whose tracks.
        n: Vehicles that both saw over the same stretch.
        apart: By how much the first reads more, relative, median.
        apart_early: The same of the first quarter of the vehicles.
        apart_late: Of the last. A survey, a lens or a road errs by as much early as late.
        wander_m: Standard, of either's point while the vehicle comes nearer.
        change_m_s2: Standard, of the acceleration that both see; None of too few whole tracks.
    """

    views: tuple[str, str]
    tracker: str
    n: int
    apart: float
    apart_early: float
    apart_late: float
    wander_m: float
    change_m_s2: float | None


Views = dict[tuple[str, str], dict[str, Seen]]
"""What was seen, by view and tracker, then by vehicle."""


def roads(folder: Path) -> dict[str, Views]:
    """What was seen on each road of ``folder``.

    Raises:
        SpeedcamError: There is no track file, or one cannot be read.
    """
    files = track_files(folder)
    if not files:
        raise SpeedcamError(f"{folder} holds no track files (*.json with track_sources).")
    found: dict[str, Views] = defaultdict(dict)
    for path in files:
        road, _, view = path.stem.rpartition("_")
        for tracker, seen in _seen(path):
            found[road][view, tracker] = seen
    return found


def _seen(path: Path) -> Iterator[tuple[str, dict[str, Seen]]]:
    file = read_track_file(path)
    for tracker in file.tracks:
        speeds = speeds_of(file, tracker)
        pairs = (
            (vehicle.id, speeds.get(vehicle.track_id or 0))
            for vehicle in read_truth(path, tracker=tracker).vehicles
        )
        yield (
            tracker,
            {
                name: Seen.of(speed, file.ground)
                for name, speed in pairs
                if isinstance(speed, SpeedMeasurement)
            },
        )


def compared(views: Views) -> Iterator[Between]:
    """Every two views of one road by the same tracker that share enough vehicles."""
    for one, other in combinations(sorted(views), 2):
        if one[1] != other[1]:
            continue
        names = sorted(views[one].keys() & views[other].keys())
        pairs = [(views[one][name], views[other][name]) for name in names]
        found = between(pairs, (one[0], other[0]), one[1])
        if found:
            yield found


def between(
    pairs: Sequence[tuple[Seen, Seen]], views: tuple[str, str], tracker: str
) -> Between | None:
    """What two cameras say of the same vehicles; None of too few of them."""
    in_turn = sorted(pairs, key=lambda pair: float(pair[0].time_s[0]))
    rows = np.array([row for one, other in in_turn if (row := _differ(one, other))])
    if len(rows) < FEWEST:
        return None
    apart, fit, lever = rows.T
    quarter = len(apart) // 4
    wander2 = (_spread(apart) ** 2 - np.median(fit)) / np.median(lever)
    return Between(
        views=views,
        tracker=tracker,
        n=len(rows),
        apart=float(np.median(apart)),
        apart_early=float(np.median(apart[:quarter])),
        apart_late=float(np.median(apart[-quarter:])),
        wander_m=float(np.sqrt(max(wander2, 0.0))),
        change_m_s2=_change_m_s2(pairs),
    )


def _differ(one: Seen, other: Seen) -> tuple[float, float, float] | None:
    """By how much one reads more, the variance by both fits, and that per wander squared."""
    near_m = max(float(each.y_m.min()) for each in (one, other))
    far_m = min(float(each.y_m.max()) for each in (one, other))
    if far_m - near_m < SHORTEST_M:
        return None
    mine, its = one.line(near_m, far_m), other.line(near_m, far_m)
    fit = sum((line.standard_error_m_s / line.speed_m_s) ** 2 for line in (mine, its))
    lever = sum(each.lever(near_m, far_m) ** 2 for each in (one, other))
    return float(np.log(mine.speed_m_s / its.speed_m_s)), fit, lever


def _change_m_s2(pairs: Sequence[tuple[Seen, Seen]]) -> float | None:
    """Standard deviation of what both cameras see of accelerations.

    From the spreads of sums and differences (Gnanadesikan and Kettenring, *Biometrics* 28, 1972).
    """
    whole = [pair for pair in pairs if all(np.ptp(each.y_m) > BEND_M for each in pair)]
    if len(whole) < FEWEST:
        return None
    lines = [[each.line() for each in pair] for pair in whole]
    one, other = np.array(
        [[np.sign(line.speed_m_s) * line.bend_m_s / line.span_s for line in pair] for pair in lines]
    ).T
    both2 = (_spread(one + other) ** 2 - _spread(one - other) ** 2) / 4
    return float(np.sqrt(max(both2, 0.0)))


def _spread(values: Floats) -> float:
    """Standard deviation, by the median of deviations from the median."""
    return 1.483 * float(np.median(np.abs(values - np.median(values))))


def pooled(values: Sequence[float], weights: Sequence[int]) -> float:
    """The root of the weighted mean square."""
    return float(np.sqrt(np.average(np.square(values), weights=weights)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for every two views and one for each road; 2 where a file is damaged."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.track_views", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    try:
        found = roads(parser.parse_args(arguments).folder)
    except SpeedcamError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for road, views in found.items():
        _show(road, list(compared(views)))
    return 0


def _show(road: str, rows: Sequence[Between]) -> None:
    for row in rows:
        change = "" if row.change_m_s2 is None else f", change {row.change_m_s2:.2f} m/s2"
        sys.stdout.write(
            f"{road} {row.tracker}: {row.views[0]} against {row.views[1]}, {row.n} vehicles, "
            f"{row.apart:+.2%} (early {row.apart_early:+.2%}, late {row.apart_late:+.2%}), "
            f"wander {100 * row.wander_m:.1f} cm{change}\n"
        )
    if not rows:
        sys.stdout.write(f"{road}: no two views share {FEWEST} vehicles\n")
        return
    weights = [row.n for row in rows]
    wander_m = pooled([row.wander_m for row in rows], weights)
    # Two views drift, each by itself.
    drift = pooled([row.apart_late - row.apart_early for row in rows], weights) / np.sqrt(2)
    sys.stdout.write(f"{road}: wander {100 * wander_m:.1f} cm, drift of a view {drift:.2%}")
    changes = [(row.change_m_s2, row.n) for row in rows if row.change_m_s2 is not None]
    if changes:
        sys.stdout.write(f", change {pooled(*map(list, zip(*changes, strict=True))):.2f} m/s2")
    sys.stdout.write("\n")


if __name__ == "__main__":
    raise SystemExit(main())
