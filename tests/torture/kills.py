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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from services.store import open_store
from tests.builders_faults import (
    Outcome,
    Post,
    a_post,
    begin,
    clips_of,
    commands,
    faults,
    killed_after,
    outcome,
    undisturbed,
    warm,
)

KILLS = 2000
SEED = 20261127
CLIPS = 4
"""That come in before an office is looked at."""
LIVES = 6
"""Of each worker while a clip is the newest."""
LONGEST = 0.6
"""Of the time that the work on a clip takes: whoever was killed has less to do the next time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Passages, and what an office that nobody disturbs makes of them.

    Attributes:
        clips: One file of passages each.
        expected: What becomes of all of them.
        whole_s: Seconds that the work on one of them takes.
    """

    clips: Sequence[Path]
    expected: Outcome
    whole_s: float


def a_scene(folder: Path, count: int = CLIPS) -> Scene:
    """So many clips, worked on undisturbed once."""
    warm(folder)
    clips, post = clips_of(folder / "camera", count), a_post(folder / "clean")
    began = time.monotonic()
    code = undisturbed(post, clips[:1])
    whole_s = time.monotonic() - began
    if code or undisturbed(post, clips):
        raise RuntimeError(f"an office that nobody disturbs fails: {post.complaints.read_text()}")
    with open_store(post.office) as store:
        expected = outcome(store)
    wrong = list(faults(post, expected))
    if wrong:
        raise RuntimeError(f"what nobody disturbed does not hold: {wrong}")
    return Scene(clips=clips, expected=expected, whole_s=whole_s)


def kills(scene: Scene, post: Post, dice: random.Random, workers: int) -> int:
    """Kill workers while clip after clip comes in; how many were killed at their work."""
    count = 0
    for clip in range(len(scene.clips)):
        for _ in range(LIVES):
            work = partial(commands, post, scene.clips[: clip + 1])
            children = [begin(work, post) for _ in range(workers)]
            count += killed_one_by_one(children, dice, LONGEST * scene.whole_s)
    return count


def killed_one_by_one(children: Sequence[int], dice: random.Random, longest_s: float) -> int:
    """Kill each after a life of its own; how many were still at work."""
    lives = sorted((dice.uniform(0, longest_s), child) for child in children)
    before = [0.0, *(life for life, _ in lives)]
    return sum(
        killed_after(life - earlier, child)
        for (life, child), earlier in zip(lives, before, strict=False)
    )


def ended(scene: Scene, post: Post) -> Iterator[str]:
    """What is wrong once the work was done to its end."""
    if code := undisturbed(post, scene.clips):
        yield f"started again it ends with {code}"
    yield from faults(post, scene.expected)


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
        scene = a_scene(Path(name))
        while count < options.kills:
            post = a_post(Path(name) / f"office-{offices}")
            workers = options.workers or 1 + offices % 4
            count += kills(scene, post, dice, workers)
            offices += 1
            for fault in ended(scene, post):
                wrong += 1
                print(f"office {offices}, {workers} workers: {fault}")  # noqa: T201 - its data
            tracebacks = post.complaints.read_text().count("Traceback")
            if tracebacks:
                wrong += 1
                print(f"office {offices}: {tracebacks} tracebacks")  # noqa: T201 - its data
    sys.stderr.write(
        f"kills: {count} of {options.workers or '1 to 4'} workers in {offices} offices, {wrong} "
        f"things wrong, seed {options.seed}, {time.monotonic() - began:.0f} s\n"
    )
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
