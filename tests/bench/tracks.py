"""From tracks of others to speeds: ``python -m tests.bench.tracks DIR [--json]``.

Measures every track of every track file in DIR with the product's own ground, fit and gates, and
compares with the gates beside the road. What a tracker's point cannot tell is carried as doubt.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from speedcam.anchors import FASTER, ONE_VEHICLE_M
from speedcam.budget import expanded_kmh
from speedcam.errors import SpeedcamError
from speedcam.ground import Ground
from speedcam.model import Doubt, Floats, Reason, Refusal, SpeedMeasurement, Track
from speedcam.speed import measure
from speedcam.validate.figures import Figures, figures
from speedcam.validate.readings import Reading
from speedcam.validate.report import Report, VehicleResult, compare_tracks
from speedcam.validate.truth import read_truth
from tests.bench.track_file import TrackFile, read_track_file

WANDER_M = 0.045
"""Standard: by how much the height of an outline's lowest point changes while the vehicle comes
nearer (shadow, tyre, bumper). Chosen with sessions 1 and 3 of BrnoCompSpeed both in view, so that
no view by a tracker is covered in less than 93 %: neither is an independent test of it."""

ABREAST_M = 2.2
"""Two tracks closer than this across the road are in one lane."""
FEWEST_TOGETHER = 5

EDGE = frozenset({"contact height", "edge blur"})
"""Doubts of an edge that we locate ourselves; those of somebody's outline stand in their place."""

BROKEN = frozenset({Reason.TOO_FEW_SIGHTINGS, Reason.SHORT_BASELINE, Reason.SHORT_TIME})
"""Refusals of tracks that hold too little of the road for anybody to measure."""

COLUMNS = (
    "n", "broken", "refused", "mean", "mean*", "p95", "p95*", "max", "bias", "over 3", "covered",
    "± median",
)  # fmt: skip

Speed = SpeedMeasurement | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One view by one tracker.

    Attributes:
        view: Name of the file.
        tracker: Whose tracks.
        report: Against the gates.
        baseline: A plain method's figures, from the file; may be empty.
    """

    view: str
    tracker: str
    report: Report
    baseline: Mapping[str, float]

    @property
    def broken(self) -> int:
        """Vehicles refused because their track holds too little of the road."""
        return sum(self.report.refusals.get(reason.value, 0) for reason in BROKEN)

    @property
    def beats_baseline(self) -> bool | None:
        """Whether mean and 95th percentile are below the baseline's; None without one."""
        if not self.baseline:
            return None
        mine = self.report.pooled
        pairs = [(mine.mean_abs_kmh, "mean_abs_kmh"), (mine.p95_abs_kmh, "p95_abs_kmh")]
        return all(value is not None and value < self.baseline[key] for value, key in pairs)


def track_files(folder: Path) -> list[Path]:
    """The track files of ``folder``, in order of name."""
    return [p for p in sorted(folder.glob("*.json")) if b'"track_sources"' in p.read_bytes()]


def groups(folder: Path) -> Iterator[Group]:
    """Every view and tracker of ``folder``, measured and compared, in order of name.

    Raises:
        SpeedcamError: There is no track file, or one cannot be read.
    """
    files = track_files(folder)
    if not files:
        raise SpeedcamError(f"{folder} holds no track files (*.json with track_sources).")
    for path in files:
        file = read_track_file(path)
        for tracker in file.tracks:
            yield group(file, tracker)


def group(file: TrackFile, tracker: str) -> Group:
    """One view by one tracker."""
    speeds = speeds_of(file, tracker)
    truth = read_truth(file.path, tracker=tracker)
    known = {vehicle.track_id for vehicle in truth.vehicles}
    readings = [_reading(track_id, s) for track_id, s in speeds.items() if track_id in known]
    return Group(
        view=file.path.stem,
        tracker=tracker,
        report=compare_tracks(truth, readings),
        baseline=file.baseline.get(tracker, {}),
    )


def speeds_of(file: TrackFile, tracker: str) -> dict[int, Speed]:
    """What each track says, or why it says nothing."""
    tracks = file.tracks[tracker]
    speeds = {track_id: _measured(track, file) for track_id, track in tracks.items()}
    courses = {i: course for i, t in tracks.items() if (course := Course.of(t, file.ground))}
    for track_id, speed in speeds.items():
        lower = isinstance(speed, SpeedMeasurement) and courses.get(track_id)
        if lower and any(lower.rides_above(other) for other in courses.values()):
            speeds[track_id] = Refusal(reason=Reason.FEATURES_DISAGREE)
    return speeds


def _measured(track: Track, file: TrackFile) -> Speed:
    """The track's speed, with the doubt of where its point sits on the vehicle."""
    speed = measure(track, file.ground, file.zone, fewest_features=0)
    if isinstance(speed, Refusal):
        return speed
    _, foot_m, height_m = file.ground.lens_m
    far_m = max(sample.y_m for sample in speed.samples) - foot_m
    wander = WANDER_M * far_m / height_m / speed.over_m
    budget = (
        *(doubt for doubt in speed.budget if doubt.name not in EDGE),
        Doubt(name="outline", standard_kmh=wander * speed.speed_kmh),
    )
    return replace(speed, budget=budget, uncertainty_kmh=expanded_kmh(budget))


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where a track was when, on the plane.

    Attributes:
        frames: ``(n,)`` ordinals of frames, rising.
        x_m: Across the road, median.
        y_m: ``(n,)`` along it.
    """

    frames: Floats
    x_m: float
    y_m: Floats

    @classmethod
    def of(cls, track: Track, ground: Ground) -> Course | None:
        """The steady part of a track; None where that is too short."""
        seen = [s for s in track.sightings if not s.touches_border]
        if len(seen) < FEWEST_TOGETHER:
            return None
        road_m = ground.road(np.array([s.contact_px for s in seen]))
        frames = np.array([s.frame_index for s in seen], dtype=np.float64)
        return cls(frames=frames, x_m=float(np.median(road_m[:, 0])), y_m=road_m[:, 1])

    def rides_above(self, other: Course) -> bool:
        """Whether ``other`` is a lower part of the same vehicle: just nearer, and slower."""
        if other is self or abs(other.x_m - self.x_m) > ABREAST_M:
            return False
        if other.frames[-1] < self.frames[0] or self.frames[-1] < other.frames[0]:
            return False
        frames, mine, its = np.intersect1d(self.frames, other.frames, return_indices=True)
        if len(frames) < FEWEST_TOGETHER:
            return False
        behind_m = float(np.median(self.y_m[mine] - other.y_m[its]))
        (mine_m, its_m) = (
            np.polyfit(frames, y[i], 1)[0] for y, i in ((self.y_m, mine), (other.y_m, its))
        )
        return 0 < behind_m < ONE_VEHICLE_M and its_m / mine_m < 1 / FASTER


def _reading(track_id: int, speed: Speed) -> Reading:
    if isinstance(speed, Refusal):
        return Reading(track_id=track_id, refusal=speed.reason.value)
    return Reading(
        track_id=track_id,
        speed_kmh=speed.speed_kmh,
        uncertainty_kmh=speed.uncertainty_kmh,
        grade=speed.grade.value,
    )


def document(measured: Sequence[Group]) -> dict[str, object]:
    """All figures as JSON has them: pooled, by view, by view and tracker, and every vehicle."""
    return {
        "pooled": _figures(measured),
        "views": {
            view: _figures([g for g in measured if g.view == view])
            for view in sorted({g.view for g in measured})
        },
        "groups": {
            f"{g.view} {g.tracker}": _figures([g])
            | {"baseline": g.baseline, "beats_baseline": g.beats_baseline}
            for g in measured
        },
        "vehicles": [
            {
                "view": g.view,
                "tracker": g.tracker,
                **asdict(vehicle),
                "error_kmh": vehicle.error_kmh,
            }
            for g in measured
            for vehicle in g.report.vehicles
        ],
    }


def _figures(measured: Sequence[Group]) -> dict[str, object]:
    refusals: Counter[str] = Counter()
    for each in measured:
        refusals.update(each.report.refusals)
    return {
        **asdict(_pooled(measured)),
        "broken": sum(g.broken for g in measured),
        "refusals": dict(sorted(refusals.items())),
    }


def _pooled(measured: Sequence[Group]) -> Figures:
    vehicles: list[VehicleResult] = [v for g in measured for v in g.report.vehicles]
    return figures(vehicles)


def show(measured: Sequence[Group], console: Console) -> None:
    """The table: a line per view and tracker, and the pool of all."""
    table = Table(title="Tracks against gates; * = the file's plain method (km/h)")
    for name in ("view", "tracker"):
        table.add_column(name)
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for each in measured:
        table.add_row(each.view, each.tracker, *_cells([each], each.baseline))
    table.add_section()
    table.add_row("all", "", *_cells(measured, {}))
    console.print(table)


def _cells(measured: Sequence[Group], baseline: Mapping[str, float]) -> list[str]:
    f, broken = _pooled(measured), sum(g.broken for g in measured)
    return [
        str(f.n),
        str(broken),
        str(f.refused - broken),
        _number(f.mean_abs_kmh),
        _number(baseline.get("mean_abs_kmh")),
        _number(f.p95_abs_kmh),
        _number(baseline.get("p95_abs_kmh")),
        _number(f.max_abs_kmh),
        _number(f.bias_kmh),
        _number(f.over_3, "{:.2%}"),
        _number(f.coverage, "{:.1%}"),
        _number(f.median_uncertainty_kmh),
    ]


def _number(value: float | None, form: str = "{:.2f}") -> str:
    return "" if value is None else form.format(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison; 2 when the folder holds none or a damaged file."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tracks", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    options = parser.parse_args(arguments)
    shown = Console(stderr=True)
    try:
        measured = list(
            progress(groups(options.folder), "measuring", console=shown, transient=True)
        )
    except SpeedcamError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.json:
        sys.stdout.write(json.dumps(document(measured), indent=1, allow_nan=False) + "\n")
    else:
        show(measured, Console(width=None if sys.stdout.isatty() else 160))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
