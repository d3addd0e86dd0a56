"""``make bench``: accuracy and speed, on our own clips and on research footage where it is there.

``python -m tests.bench [clips] [tracks] [renders] [plates] [hiding] [office] [peers]``; all when
none is named. One line of JSON per clip, per view and tracker, per rendered clip, per set of
photos, per task of an office with a million fines and per other tool goes to stdout, talk to
stderr.

The research footage is not part of the project. ``SPEEDCAM_BENCH_DATA`` names its folder; without
it that is said, and only our own clips are measured. Renders take an hour or two the first time and
are kept in ``build/bench``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.command import ROOT, children_cpu_s, run
from tests.bench.tracks import track_files

Row = dict[str, object]

RENDERS = ROOT / "build" / "bench"
LIMIT_KMH = 25
PARTS = ("clips", "tracks", "renders", "plates", "hiding", "office", "peers")
KEYS = (
    "n", "captured", "refused", "grade_a", "mean_abs_kmh", "median_abs_pct", "p95_abs_kmh",
    "max_abs_kmh", "bias_kmh", "over_3", "coverage",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A clip with its site and its truth."""

    video: Path
    truth: Path
    site: Path


def benches(work: Path) -> list[Bench]:
    """The sample clips, and what the data folder holds."""
    samples = [
        Bench(
            video=clip,
            truth=clip.with_name(f"{clip.stem}.truth.json"),
            site=clip.with_name(f"{clip.stem}.site.toml"),
        )
        for clip in sorted((ROOT / "sample_videos").glob("*.mp4"))
    ]
    data = os.environ.get("SPEEDCAM_BENCH_DATA")
    if not data:
        sys.stderr.write("SPEEDCAM_BENCH_DATA is not set: only the sample clips are measured.\n")
        return samples
    return samples + [
        Bench(video=clip, truth=truth, site=_site_of(truth, work))
        for pattern in ("*.truth.json", "*.reference.json")
        for truth in sorted(Path(data).rglob(pattern))
        if (clip := truth.with_name(f"{truth.name.split('.')[0]}.mp4")).exists()
    ]


def _site_of(truth: Path, work: Path) -> Path:
    site = work / f"{truth.name.split('.')[0]}.site.toml"
    # A limit below everybody's speed, so that every vehicle's plate is looked for.
    made = run("tests.bench.site_from", truth, "--limit", LIMIT_KMH)
    site.write_text(made)
    return site


def measure(bench: Bench, work: Path) -> Row:
    """Process one clip and compare it with its truth."""
    before, began = children_cpu_s(), time.monotonic()
    run("speedcam", "process", bench.video, "--site", bench.site, "--out", work)
    cpu_s, wall_s = children_cpu_s() - before, time.monotonic() - began
    compared = json.loads(
        run("speedcam", "validate", work / bench.video.stem, bench.truth, "--json")
    )
    row: Row = {"clip": bench.video.name}
    row |= {key: _rounded(compared["pooled"].get(key)) for key in KEYS}
    row["extra_readings"] = sum(e["reading_kmh"] is not None for e in compared["extra"])
    return row | {"cpu_s": round(cpu_s, 1), "wall_s": round(wall_s, 1)}


def _rounded(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value


def clips() -> Iterator[Row]:
    """The sample clips and the research clips, through the whole camera."""
    with tempfile.TemporaryDirectory() as folder:
        for bench in benches(Path(folder)):
            yield measure(bench, Path(folder))


def tracks() -> Iterator[Row]:
    """Every view and tracker of the research footage, and the pool of each folder."""
    data = os.environ.get("SPEEDCAM_BENCH_DATA", "")
    folders = {path.parent for path in Path(data).rglob("*.json")} if data else set()
    for folder in sorted(f for f in folders if track_files(f)):
        told = json.loads(run("tests.bench.tracks", folder, "--json"))
        rows = {**told["groups"], f"{folder.name}, all": told["pooled"]}
        for name, row in rows.items():
            kept = {key: _rounded(row.get(key)) for key in (*KEYS, "broken", "beats_baseline")}
            yield {"tracks": name} | kept


def renders() -> Iterator[Row]:
    """Every rendered clip, and the bars for all of them."""
    results = RENDERS / "results.json"
    command = [sys.executable, "-m", "tests.bench.renders", "--work", str(RENDERS)]
    # Its exit code is 1 where a bar does not hold: that is a result, told with the others.
    subprocess.run(
        [*command, "--results", str(results)], check=False, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    told = json.loads(results.read_text(encoding="utf-8"))
    for name, row in {**told["clips"], "all": told["pooled"]}.items():
        yield {"render": name} | {key: _rounded(row.get(key)) for key in KEYS}
    yield from ({"bar": bar["name"]} | bar for bar in told["bars"])


def plates() -> Iterator[Row]:
    """Every set of photos of plates in the research data, and the bars for them."""
    data = os.environ.get("SPEEDCAM_BENCH_DATA", "")
    for truth in sorted(Path(data).rglob("plates_truth.json")) if data else ():
        # Its exit code is 1 where a bar does not hold: that is a result, told with the others.
        ended = subprocess.run(
            [sys.executable, "-m", "tests.bench.plates", str(truth), "--json"],
            check=False,
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        told = json.loads(ended.stdout)
        yield from ({"plates": name} | row for name, row in told["sets"].items())
        yield from ({"bar": bar["bar"]} | bar for bar in told["bars"])


def hiding() -> Iterator[Row]:
    """The sample clips, renders that were made and a research render: who is in their photos."""
    with tempfile.TemporaryDirectory() as folder:
        model = os.environ.get("SPEEDCAM_BENCH_FACES")
        if not model:
            sys.stderr.write("SPEEDCAM_BENCH_FACES names no YuNet file: only cascades look.\n")
        for clip in _with_sites(Path(folder)):
            yield json.loads(
                run("tests.bench.hiding", clip, *(["--faces", model] if model else []))
            )


def _with_sites(work: Path) -> Iterator[Path]:
    """Every rendered clip, with its site beside it."""
    data = Path(os.environ.get("SPEEDCAM_BENCH_DATA", "")) / "rendered"
    for folder in (ROOT / "sample_videos", RENDERS):
        yield from (c for c in sorted(folder.glob("*.mp4")) if c.with_suffix(".site.toml").exists())
    for truth in sorted(data.glob("*.truth.json")):
        site = _site_of(truth, work)
        clip = site.with_name(f"{truth.name.split('.')[0]}.mp4")
        clip.symlink_to((data / clip.name).resolve())
        yield clip


def office() -> Iterator[Row]:
    """How many fines an office takes, and how fast it finds one among a million."""
    yield from map(json.loads, run("tests.bench.office", "--json").splitlines())


def peers() -> Iterator[Row]:
    """Speedcam beside other tools, on the same clips."""
    yield from map(json.loads, run("tests.bench.peers", "--json").splitlines())


def main(wanted: Sequence[str]) -> int:
    """Measure what is wanted, or everything."""
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        sys.stderr.write(f"no benchmark {unknown[0]!r}. Name some of: {', '.join(PARTS)}.\n")
        return 2
    parts = {
        "clips": clips,
        "tracks": tracks,
        "renders": renders,
        "plates": plates,
        "hiding": hiding,
        "office": office,
        "peers": peers,
    }
    for part in wanted or PARTS:
        for row in parts[part]():
            print(json.dumps(row), flush=True)  # noqa: T201 - its data
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
