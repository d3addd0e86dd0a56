"""``make bench``: accuracy and speed on the research footage, where it is there.

The footage is not part of the project. ``SPEEDCAM_BENCH_DATA`` names its folder; without it the
sample clips alone are measured, and that is said. One line of JSON per clip goes to stdout.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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
    made = _run("tests.bench.site_from", truth)
    site.write_text(made)
    return site


def _run(module: str, *arguments: object) -> str:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def measure(bench: Bench, work: Path) -> dict[str, object]:
    """Process one clip and compare it with its truth."""
    before, began = _cpu_s(), time.monotonic()
    _run("speedcam", "process", bench.video, "--site", bench.site, "--out", work)
    cpu_s, wall_s = _cpu_s() - before, time.monotonic() - began
    compared = json.loads(
        _run("speedcam", "validate", work / bench.video.stem, bench.truth, "--json")
    )
    row: dict[str, object] = {"clip": bench.video.name}
    row |= {key: _rounded(compared["pooled"].get(key)) for key in KEYS}
    row["extra_readings"] = sum(e["reading_kmh"] is not None for e in compared["extra"])
    return row | {"cpu_s": round(cpu_s, 1), "wall_s": round(wall_s, 1)}


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _rounded(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value


def main() -> None:
    """Measure everything there is."""
    with tempfile.TemporaryDirectory() as folder:
        for bench in benches(Path(folder)):
            print(json.dumps(measure(bench, Path(folder))), flush=True)  # noqa: T201 - its data


if __name__ == "__main__":
    main()
