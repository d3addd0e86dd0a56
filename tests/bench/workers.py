"""``python -m tests.bench.workers CLIP --site SITE``: how much faster a long clip is with workers.

The clip is shown over and over, without coding it anew, until it is long enough to be cut. Then it
is measured with 1 and 2 workers by turns, and the results are compared byte by byte. One line of
JSON with the medians goes to stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import av

from tests.bench.command import children_cpu_s, run


def repeated(clip: Path, times: int, to: Path) -> Path:
    """The clip as often as that, one after the other, in one file."""
    with av.open(str(to), "w") as written:
        shift, stream = 0, None
        for _ in range(times):
            with av.open(str(clip)) as read:
                source = read.streams.video[0]
                stream = stream or written.add_stream_from_template(source)
                for packet in read.demux(source):
                    if packet.size:
                        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                        packet.stream = stream
                        written.mux(packet)
                shift += source.duration
    return to


def measured_s(clip: Path, site: Path, out: Path, workers: int) -> tuple[float, float]:
    """Wall seconds and processor seconds of one run."""
    began_s, before_s = time.monotonic(), children_cpu_s()
    run("speedcam", "process", clip, "--site", site, "--out", out, "--workers", workers)
    return time.monotonic() - began_s, children_cpu_s() - before_s


def files(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` by its name."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def main() -> int:
    """Measure by turns, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--times", type=int, default=6, help="how often the clip is shown")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    taken_s: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        clip = repeated(asked.clip, asked.times, Path(folder) / "long.mp4")
        outs = {workers: Path(folder) / f"out-{workers}" for workers in taken_s}
        for turn in range(asked.rounds):
            for workers, out in outs.items():
                wall_s, cpu_s = measured_s(clip, asked.site, out / str(turn), workers)
                taken_s[workers].append((wall_s, cpu_s))
                load = os.getloadavg()[0]
                said = f"{wall_s:.1f} s, {cpu_s:.1f} s of processor, load {load:.1f}"
                sys.stderr.write(f"{workers} workers: {said}\n")
        same = files(outs[1]) == files(outs[2])
    row: dict[str, object] = {"same_bytes": same}
    wall_s = {}
    for workers, runs in taken_s.items():
        wall_s[workers], cpu_s = (statistics.median(each) for each in zip(*runs, strict=True))
        row |= {f"wall_{workers}_s": round(wall_s[workers], 1), f"cpu_{workers}_s": round(cpu_s, 1)}
    row["ratio"] = round(wall_s[1] / wall_s[2], 2)
    print(json.dumps(row))  # noqa: T201 - its data
    return 0 if same else 1


if __name__ == "__main__":
    raise SystemExit(main())
