"""Kill an office at its work, again and again: ``python -m tests.torture.kills``.

Clips of passages come in one after the other. Meanwhile one worker, or several at once on the same
office, do all that an office does with its own commands: receive, decide, issue, deliver, sign.
Each is killed (SIGKILL) at a random moment of its life. After every few clips the work is done to
its end; then all must be as in an office that was never disturbed, and what was told must be there.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.builders_faults import Post, a_post, begin, clips_of, commands, killed_after, undisturbed
from tests.builders_held import ended, office_work

KILLS = 2000
SEED = 20261127
CLIPS = 4
"""That come in before an office is looked at."""
LIVES = 6
"""Of each worker while a clip is the newest."""
LONGEST = 0.6
"""Of the time that the work on a clip takes: whoever was killed has less to do the next time."""


def killed_at_work(
    clips: Sequence[Path], post: Post, dice: random.Random, workers: int, life_s: float
) -> int:
    """Kill workers while clip after clip comes in; how many were killed at their work."""
    count = 0
    for newest in range(len(clips)):
        for _ in range(LIVES):
            work = partial(commands, post, clips[: newest + 1])
            children = [begin(work, post) for _ in range(workers)]
            count += killed_one_by_one(children, dice, life_s)
    return count


def killed_one_by_one(children: Sequence[int], dice: random.Random, longest_s: float) -> int:
    """Kill each after a life of its own; how many were still at work."""
    lives = sorted((dice.uniform(0, longest_s), child) for child in children)
    before = [0.0, *(life for life, _ in lives)]
    return sum(
        killed_after(life - earlier, child)
        for (life, child), earlier in zip(lives, before, strict=False)
    )


def life_of(clip: Path, folder: Path) -> float:
    """For how long a worker lives at most, in seconds."""
    post, began = a_post(folder), time.monotonic()
    undisturbed(lambda: commands(post, [clip]), post)
    return LONGEST * (time.monotonic() - began)


def main(arguments: Sequence[str] = ()) -> int:
    """Print every failure; 0 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, help="how many, at least")
    parser.add_argument("--workers", type=int, default=0, help="at once; by default 1 to 4 in turn")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where the offices are made")
    options = parser.parse_args(arguments)
    dice, began = random.Random(options.seed), time.monotonic()  # noqa: S311 - the same each run
    count = offices = wrong = 0
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-", dir=options.folder) as name:
        clips = clips_of(Path(name) / "camera", CLIPS)
        work = office_work(Path(name), clips)
        life_s = life_of(clips[0], Path(name) / "timed")
        while count < options.kills:
            post = a_post(Path(name) / f"office-{offices}")
            workers = options.workers or 1 + offices % 4
            count += killed_at_work(clips, post, dice, workers, life_s)
            offices += 1
            for fault in ended(work, post):
                wrong += 1
                print(f"office {offices}, {workers} workers: {fault}", flush=True)  # noqa: T201 - its data
    sys.stderr.write(
        f"kills: {count} of {options.workers or '1 to 4'} workers in {offices} offices, {wrong} "
        f"things wrong, seed {options.seed}, {time.monotonic() - began:.0f} s\n"
    )
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
