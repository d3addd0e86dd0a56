"""A site file for research footage: ``python -m tests.bench.site_from FILE > x.site.toml``.

FILE is a ``*.reference.json`` (its ``calibration``) or a ``*.truth.json`` (its ``survey``). The
survey is the file's. Lanes lie between the lines that the surveyed points form along the road,
with one more lane at a side where vehicles of the file drove outside the points. Their
directions come from the file's vehicles. Names, time, place and limit are made up, and say so.
The same file and limit always give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

from speedcam.errors import SpeedcamError, TruthError
from speedcam.validate.truth import TruthVehicle, read_truth

LIMIT_KMH = 80
"""For every lane, unless told otherwise: the Albanian limit on other roads outside towns."""

SAME_LINE_M = 1.0
"""Points whose distances across the road differ by less lie on one line along it."""

LANE_ORDER = {"left": 0, "centre": 1, "center": 1, "middle": 1, "right": 2}

Point = tuple[tuple[float, float], tuple[float, float]]
"""``(px, m)``: pixels right and down, metres right and along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLane:
    """One lane of the made-up site."""

    name: str
    direction: str
    left_m: float
    right_m: float


def site_text(path: Path, limit_kmh: int = LIMIT_KMH) -> str:
    """The whole site file for ``path``."""
    vehicles = read_truth(path).vehicles
    document = json.loads(path.read_bytes())
    points = surveyed(document)
    if len(points) < 4:
        raise TruthError(f"{path} has {len(points)} surveyed points. A site needs 4 or more.")
    exact = "calibration" not in document
    lanes = demo_lanes(points, vehicles)
    name = re.sub(r"\.(truth|reference)\.json$", "", path.name)
    return "\n".join(
        [
            _camera(name, (document.get("camera") or {}) if exact else {}, limit_kmh),
            _survey(points, exact=exact),
            _zone(points),
            *(_lane(lane, limit_kmh) for lane in lanes),
        ]
    )


def surveyed(document: dict[str, Any]) -> list[Point]:
    """The points of either kind of file, as (px, m) with m = (right, along)."""
    if "calibration" in document:
        calibration = document["calibration"]
        # These files say "first = along the road away from the camera, second = to the right".
        pairs = zip(calibration["image_points_px"], calibration["world_points_m"], strict=True)
        return [((u, v), (right, along)) for (u, v), (along, right) in pairs]
    rows = document.get("survey", [])
    return [((row["px"][0], row["px"][1]), (row["m"][0], row["m"][1])) for row in rows]


def demo_lanes(points: Sequence[Point], vehicles: Sequence[TruthVehicle]) -> list[DemoLane]:
    """The lanes between the surveyed lines, from left to right."""
    lines = _lines(sorted(m[0] for _, m in points))
    if len(lines) < 2:
        raise TruthError("the surveyed points lie on one line along the road. Survey both edges.")
    named = {vehicle.lane for vehicle in vehicles if vehicle.lane}
    if named:
        names = sorted(named, key=lambda name: (LANE_ORDER.get(name, 1), name))
        lines = _shared(lines, len(names))
    else:
        lines = _extended(lines, [v.x_m for v in vehicles if v.x_m is not None])
        names = [str(number) for number in range(1, len(lines))]
    return [
        DemoLane(
            name=name,
            direction=_direction(name, left_m, right_m, vehicles),
            left_m=left_m,
            right_m=right_m,
        )
        for name, (left_m, right_m) in zip(names, pairwise(lines), strict=True)
    ]


def _lines(across_m: Sequence[float]) -> list[float]:
    """Where the lines along the road lie: means of runs of nearly equal values."""
    runs: list[list[float]] = [[across_m[0]]]
    for x_m in across_m[1:]:
        if x_m - runs[-1][-1] < SAME_LINE_M:
            runs[-1].append(x_m)
        else:
            runs.append([x_m])
    return [round(mean(run), 3) for run in runs]


def _extended(lines: list[float], driven_m: Sequence[float]) -> list[float]:
    width_m = median(right - left for left, right in pairwise(lines))
    if any(x_m < lines[0] for x_m in driven_m):
        lines = [round(lines[0] - width_m, 3), *lines]
    if any(x_m > lines[-1] for x_m in driven_m):
        lines = [*lines, round(lines[-1] + width_m, 3)]
    return lines


def _shared(lines: list[float], lanes: int) -> list[float]:
    """The lines themselves when they bound as many lanes, or equal shares of the whole width."""
    if len(lines) == lanes + 1:
        return lines
    step_m = (lines[-1] - lines[0]) / lanes
    return [round(lines[0] + number * step_m, 3) for number in range(lanes + 1)]


def _direction(name: str, left_m: float, right_m: float, vehicles: Sequence[TruthVehicle]) -> str:
    """The direction of most vehicles in the lane; where none tells, that of most in the file."""
    here = [v for v in vehicles if v.lane == name or _drives_in(v, left_m, right_m)]
    counts = Counter(vehicle.direction.value for vehicle in here or vehicles)
    return min(counts, key=lambda direction: (-counts[direction], direction), default="approaching")


def _drives_in(vehicle: TruthVehicle, left_m: float, right_m: float) -> bool:
    return vehicle.x_m is not None and left_m <= vehicle.x_m < right_m


def _camera(name: str, camera: dict[str, Any], limit_kmh: int) -> str:
    tag = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").upper()[:35]
    height = f"height_m = {camera['height_m']}\n" if camera.get("height_m") else ""
    kind = "urban" if limit_kmh <= 50 else "rural" if limit_kmh <= 80 else "motorway"
    return f'''\
# Made for research footage. The names, the place, the time and the limit are made up.
[camera]
id = "DEMO-{tag}"
name = {_quoted(f"Demo camera for {name}")}
{height}
[place]
name = {_quoted(f"Demo place, made up for {name}")}
road = "Demo road"
road_kind = "{kind}"
timezone = "Europe/Tirane"
approaching_towards = "Demo town A"
receding_towards = "Demo town B"

[clip]
starts_at = 2026-10-14T08:30:00+02:00
'''


def _survey(points: Sequence[Point], *, exact: bool) -> str:
    """Points of a renderer are exact to their rounding; lane marks are read by eye."""
    px, m = (0.5, 0.01) if exact else (1.0, 0.05)
    rows = "\n".join(
        f"  {{ px = [{u}, {v}], m = [{float(x)}, {float(y)}] }}," for (u, v), (x, y) in points
    )
    return f"[survey]\nuncertainty_px = {px}\nuncertainty_m = {m}\npoints = [\n{rows}\n]\n"


def _zone(points: Sequence[Point]) -> str:
    along = [m[1] for _, m in points]
    return f"[zone]\nnear_m = {float(min(along))}\nfar_m = {float(max(along))}\n"


def _lane(lane: DemoLane, limit_kmh: int) -> str:
    return f'''\
[[lanes]]
name = {_quoted(lane.name)}
direction = "{lane.direction}"
left_m = {lane.left_m}
right_m = {lane.right_m}
limit_kmh = {limit_kmh}
'''


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the site file; 2 when the input is none of the two kinds."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.site_from", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--limit", type=int, default=LIMIT_KMH, help="km/h in every lane")
    options = parser.parse_args(arguments)
    try:
        sys.stdout.write(site_text(options.file, options.limit))
    except SpeedcamError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
