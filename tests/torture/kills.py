"""Kill an office at its work, again and again: ``python -m tests.torture.kills``.

Clips of passages come in one after the other. Meanwhile one worker, or several at once on the same
office, do all that an office does with its own commands: receive, decide, issue, deliver, sign.
Each is killed (SIGKILL) at a random moment of its life. After every few clips the work is done to
its end; then all must be as in an office that was never disturbed, and what was told must be there.
With ``--database postgres`` the office lives on a server that is killed as well, with all its
processes, or stopped without a word to anybody, and started again.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.builders_faults import Post, a_post, begin, clips_of, commands, killed_after, undisturbed
from tests.builders_held import ended, office_work
from tests.postgres import KEPT, NoPostgresError, Server, server

KILLS = 2000
SEED = 20261127
POSTGRES = "postgres"
CLIPS = 4
"""That come in before an office is looked at."""
LIVES = 6
"""Of each worker while a clip is the newest."""
LONGEST = 0.6
"""Of the time that the work on a clip takes: whoever was killed has less to do the next time."""


class Struck:
    """A server that is killed or stopped at some of its offices' moments, and started again."""

    def __init__(self, running: Server, dice: random.Random) -> None:
        self._running, self._dice = running, dice
        self.times = 0

    def strike(self, after_s: float) -> int:
        """Let it work so long, and perhaps longer; no worker is killed."""
        time.sleep(after_s)
        if how := self._dice.choice((self._running.kill, self._running.stop, None)):
            how()
            self._running.start()
            self.times += 1
        return 0


def killed_at_work(
    clips: Sequence[Path],
    post: Post,
    dice: random.Random,
    workers: int,
    life_s: float,
    *,
    struck: Struck | None = None,
) -> int:
    """Kill workers while clip after clip comes in; how many were killed at their work."""
    count = 0
    for newest in range(len(clips)):
        for _ in range(LIVES):
            work = partial(commands, post, clips[: newest + 1])
            children = [begin(work, post) for _ in range(workers)]
            ends: list[Callable[[float], int]] = [partial(_killed, child) for child in children]
            count += one_by_one([*ends, *([struck.strike] if struck else ())], dice, life_s)
    return count


def _killed(child: int, after_s: float) -> int:
    return killed_after(after_s, child)


def one_by_one(
    ends: Sequence[Callable[[float], int]], dice: random.Random, longest_s: float
) -> int:
    """Bring about each end after a life of its own; how many of these were of somebody at work."""
    lives = sorted((dice.uniform(0, longest_s), turn) for turn in range(len(ends)))
    before = [0.0, *(life for life, _ in lives)]
    return sum(
        ends[turn](life - earlier) for (life, turn), earlier in zip(lives, before, strict=False)
    )


def life_of(clip: Path, post: Post) -> float:
    """For how long a worker lives at most, in seconds."""
    began = time.monotonic()
    undisturbed(lambda: commands(post, [clip]), post)
    return LONGEST * (time.monotonic() - began)


def main(arguments: Sequence[str] = ()) -> int:
    """Print every failure; 0 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, help="how many, at least")
    parser.add_argument("--workers", type=int, default=0, help="at once; by default 1 to 4 in turn")
    parser.add_argument("--database", choices=("sqlite", POSTGRES), default="sqlite")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where the offices are made")
    options = parser.parse_args(arguments)
    try:
        with ExitStack() as stack:
            return int(tried(options, stack) > 0)
    except NoPostgresError as error:
        sys.stderr.write(f"kills on PostgreSQL left out: {error}\n")
        return 0


def tried(options: argparse.Namespace, stack: ExitStack) -> int:
    """Kill so often; how many things are wrong."""
    dice, began = random.Random(options.seed), time.monotonic()  # noqa: S311 - the same each run
    name = stack.enter_context(
        tempfile.TemporaryDirectory(prefix="speedcam-torture-", dir=options.folder)
    )
    running = stack.enter_context(server(KEPT)) if options.database == POSTGRES else None
    struck = Struck(running, dice) if running else None
    clips = clips_of(Path(name) / "camera", CLIPS)
    work = office_work(Path(name), clips)

    def new_post(called: str) -> Post:
        post = a_post(Path(name) / called)
        if running:
            running.new_office(post.place)
        return post

    life_s = life_of(clips[0], new_post("timed"))
    count = offices = wrong = 0
    while count < options.kills:
        post = new_post(f"office-{offices}")
        workers = options.workers or 1 + offices % 4
        count += killed_at_work(clips, post, dice, workers, life_s, struck=struck)
        offices += 1
        for fault in ended(work, post):
            wrong += 1
            print(f"office {offices}, {workers} workers: {fault}", flush=True)  # noqa: T201 - its data
    times = f" and {struck.times} of their server" if struck else ""
    sys.stderr.write(
        f"kills: {count} of {options.workers or '1 to 4'} workers{times} in {offices} offices, "
        f"{wrong} things wrong, seed {options.seed}, {time.monotonic() - began:.0f} s\n"
    )
    return wrong


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
