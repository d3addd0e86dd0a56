"""``python -m tests.bench.live CLIP --site SITE``: how soon a live passage is on the disk.

The clip is shown over and over, in real time, by a server of its own, and `speedcam watch` measures
it. One line of JSON goes to stdout: the time from the end of the measured stretch to the passage's
line on the disk, for those with pictures and for the others; pictures measured and left out; the
memory of all processes, early and late.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from speedcam.live.footage import OPENING_S
from speedcam.model import Passage
from speedcam.record import loads
from tests.bench.workers import repeated
from tests.stream_server import coded, sent, serving

LOOK_S = 0.02
CATCHING_UP_S = 20.0
"""After its opening, which is measured late on purpose, a watch has caught up by then."""


def written(out: Path, until_s: float) -> Iterator[tuple[float, Passage]]:
    """Each passage as its line appears, with the wall instant at which it did."""
    places: dict[Path, int] = {}
    while time.monotonic() < until_s:
        for path in out.rglob("passages.jsonl"):
            with path.open("rb") as file:
                file.seek(places.get(path, 0))
                for line in file:
                    if line.endswith(b"\n"):
                        places[path] = places.get(path, 0) + len(line)
                        yield time.time(), loads(line)
        time.sleep(LOOK_S)


def tree_mb(root: int) -> float:
    """Proportional memory of a process and all below it, in MB."""
    parents = {int(path.parent.name): _parent(path) for path in Path("/proc").glob("[0-9]*/stat")}
    tree = {root}
    while more := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return sum(_own_mb(pid) for pid in tree)


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _own_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000


def quantiles_s(late_s: list[float]) -> dict[str, float | int]:
    """Median, p95 and largest."""
    if not late_s:
        return {"passages": 0}
    p50, p95 = np.percentile(late_s, [50, 95])
    return {
        "passages": len(late_s),
        "p50_s": round(float(p50), 2),
        "p95_s": round(float(p95), 2),
        "max_s": round(max(late_s), 2),
    }


def main() -> int:
    """Show, watch, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=300.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        once = coded(asked.clip)
        times = int(asked.seconds / once[-1].time_s) + 2
        shown = coded(repeated(asked.clip, times, Path(folder) / "long.mp4"))
        with serving(sent(shown, pace=1.0)) as url:
            row = watched(url, asked.site, Path(folder) / "out", asked.seconds)
    print(json.dumps({"clip": asked.clip.name, **row}))  # noqa: T201 - its data
    return 0


def watched(url: str, site: Path, out: Path, seconds: float) -> dict[str, object]:
    """What `speedcam watch` does with a stream in so many seconds after it has caught up."""
    command = [sys.executable, "-m", "speedcam", "watch", url, "--site", site, "--out", out]
    began_s = time.monotonic()
    with subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL) as child:
        settled_s = began_s + OPENING_S + CATCHING_UP_S
        memory_mb: list[float] = []
        late_s: dict[bool, list[float]] = {True: [], False: []}
        for at_s, passage in written(out, settled_s + seconds):
            if time.monotonic() > settled_s:
                shown = len(passage.exhibits) > 1
                late_s[shown].append(at_s - passage.at.timestamp())
                memory_mb.append(tree_mb(child.pid))
        child.send_signal(signal.SIGINT)
    third = max(1, len(memory_mb) // 3)
    return {
        "seconds": seconds,
        "lawful_or_refused": quantiles_s(late_s[False]),
        "with_pictures": quantiles_s(late_s[True]),
        "memory_mb_early": round(max(memory_mb[:third], default=0.0)),
        "memory_mb_late": round(max(memory_mb[-third:], default=0.0)),
        "load": round(os.getloadavg()[0], 1),
        "exit": child.returncode,
    }


if __name__ == "__main__":
    raise SystemExit(main())
