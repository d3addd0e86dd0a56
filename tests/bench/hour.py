"""An hour of footage, and what a day would take: ``python -m tests.bench.hour CLIP --site SITE``.

The clip is shown over and over, without coding it anew, for ``--seconds``, and `speedcam process`
measures all of it. Told are the time by the wall and of the processor, the memory of all processes
at each moment, and whether the last turns of the clip are measured as the first were: the same
vehicles, within their uncertainties. From the processor's time follows what 24 h would take.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import av

from speedcam.model import Passage, SpeedMeasurement
from speedcam.record import loads
from tests.bench.command import ROOT, children_cpu_s
from tests.bench.workers import repeated

HOUR_S, DAY_S = 3600, 86_400
LOOKS_EVERY_S = 1.0
APART_S = 0.4
"""The same vehicle of another turn passes at the same time of the clip, to within this."""


class Memory:
    """Bytes that a process and all that it began hold, looked at again and again.

    Attributes:
        all_bytes: Of all together, each moment.
        most_bytes: Of the largest of them, ever.
    """

    def __init__(self) -> None:
        self.all_bytes: list[int] = []
        self.most_bytes = 0

    def look(self, pid: int) -> None:
        """Look once."""
        held = [_resident(each) for each in _family(pid)]
        self.all_bytes.append(sum(held))
        self.most_bytes = max(self.most_bytes, *held)


@contextmanager
def watched(pid: int) -> Iterator[Memory]:
    """The memory of a process, for as long as this lasts."""
    memory, end = Memory(), threading.Event()

    def look() -> None:
        while not end.wait(LOOKS_EVERY_S):
            memory.look(pid)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield memory
    finally:
        end.set()
        thread.join()


def _family(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))


def _resident(pid: int) -> int:
    """Without pages of files and of shared pictures: those of a decoder count once, where made."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                return 1024 * int(line.split()[1])
    return 0


def process(clip: Path, site: Path, out: Path, workers: int) -> Memory:
    """Measure the clip in a command of its own; its memory meanwhile."""
    command = [sys.executable, "-m", "speedcam", "process", clip, "--site", site, "--out", out]
    command += ["--workers", str(workers)]
    with (
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process,
        watched(process.pid) as memory,
    ):
        if process.wait():
            raise SystemExit(f"the command ended with {process.returncode}; see above")
    return memory


def turns_of(passages: Sequence[Passage], turn_s: float) -> Mapping[float, list[Passage]]:
    """Passages of the same vehicle, by the time of the clip at which it passes."""
    found: dict[float, list[Passage]] = defaultdict(list)
    for passage in passages:
        at_s = _middle_s(passage) % turn_s
        near = [known for known in found if abs(known - at_s) < APART_S]
        same = [known for known in near if found[known][0].direction == passage.direction]
        found[same[0] if same else at_s].append(passage)
    return found


def _middle_s(passage: Passage) -> float:
    speed = passage.speed
    assert isinstance(speed, SpeedMeasurement)
    return (speed.samples[0].time_s + speed.samples[-1].time_s) / 2


def told(passages: Sequence[Passage], turn_s: float, turns: int) -> dict[str, object]:
    """How well the turns agree."""
    read = [each for each in passages if isinstance(each.speed, SpeedMeasurement)]
    spreads, doubts, often = [], [], []
    for same in turns_of(read, turn_s).values():
        speeds = [each.speed.speed_kmh for each in same]  # type: ignore[union-attr]
        middle = statistics.median(speeds)
        spreads.append(max(abs(speed - middle) for speed in speeds))
        doubts.append(statistics.median(each.speed.uncertainty_kmh for each in same))  # type: ignore[union-attr]
        often.append(len(same))
    return {
        "passages": len(passages),
        "read": len(read),
        "vehicles_of_a_turn": len(often),
        "turns": turns,
        "fewest_times_read": min(often),
        "widest_spread_kmh": round(max(spreads), 3),
        "median_doubt_kmh": round(statistics.median(doubts), 2),
    }


def main() -> int:
    """Measure, and tell in one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=HOUR_S, help="of footage")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    with av.open(str(asked.clip)) as read:
        stream = read.streams.video[0]
        turn_s = float(stream.duration * stream.time_base)  # type: ignore[operator]
    turns = int(asked.seconds / turn_s + 1e-6)
    with tempfile.TemporaryDirectory() as folder:
        clip = repeated(asked.clip, turns, Path(folder) / "hour.mp4")
        began_s, before_s = time.monotonic(), children_cpu_s()
        memory = process(clip, asked.site, Path(folder) / "out", asked.workers)
        wall_s, cpu_s = time.monotonic() - began_s, children_cpu_s() - before_s
        lines = next(Path(folder).glob("out/*/passages.jsonl")).read_text().splitlines()
        passages = [loads(line, "the hour") for line in lines]
    quarter = max(1, len(memory.all_bytes) // 4)
    halves = (memory.all_bytes[quarter : 2 * quarter], memory.all_bytes[2 * quarter : 3 * quarter])
    row = {
        "footage_s": round(turns * turn_s, 1),
        "workers": asked.workers,
        "wall_s": round(wall_s, 1),
        "processor_s": round(cpu_s, 1),
        "times_real": round(turns * turn_s / wall_s, 2),
        "processor_h_for_a_day": round(cpu_s / (turns * turn_s) * DAY_S / 3600, 1),
        "largest_process_mb": round(memory.most_bytes / 1e6),
        "second_and_third_quarter_mb": [round(statistics.median(h) / 1e6) for h in halves],
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(row | told(passages, turn_s, turns)))  # noqa: T201 - its data
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
