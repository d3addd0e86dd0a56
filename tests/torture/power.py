"""Take an office's power away at its work: ``python -m tests.torture.power``.

Its folder is on an ext4 of its own. One worker, or two at once, do an office's whole work; at a
random moment they are frozen and the file system is shut down, so that all is lost that was not
synced, and whatever the journal had not written. It is mounted again, the work is taken up and done
to its end: all must be as in an office that was never disturbed, what was told must be there, and
each fine must have its pictures. Each time on a new disk; every other one has made fines before.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.builders_faults import (
    FEW,
    Post,
    a_post,
    begin,
    clips_of,
    commands,
    waited_for,
)
from tests.builders_held import Work, ended, office_work
from tests.disks import ext4, lose_power, new_image, why_not

CYCLES = 300
SEED = 20261127


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where the work begins that is cut short.

    Attributes:
        image: The disk.
        post: The post whose place is on it.
        work: What is done, and what must come of it.
    """

    image: Path
    post: Post
    work: Work


def a_start(folder: Path, disk: Path, work: Work, done: Sequence[Path] = ()) -> Start:
    """A new disk, on which some clips were worked on before."""
    folder.mkdir()
    image, post = new_image(folder / "disk.img"), a_post(folder / "post", disk / "office")
    with ext4(image, disk):
        if done and waited_for(begin(lambda: commands(post, done), post)):
            raise RuntimeError(f"what nobody disturbs fails: {post.complaints.read_text()}")
    return Start(image=image, post=post, work=work)


def seconds_of(start: Start, folder: Path) -> float:
    """How long the work takes where nobody cuts it short."""
    image, post = folder / "timed.img", a_post(folder / "timed", start.post.place)
    shutil.copy(start.image, image)
    with ext4(image, post.place.parent):
        began = time.monotonic()
        waited_for(begin(partial(start.work.do, post), post))
        return time.monotonic() - began


def cut_short(start: Start, folder: Path, life_s: float, workers: int) -> tuple[bool, list[str]]:
    """Let workers live for so long; whether one was at work then, and what is wrong afterwards."""
    disk = start.post.place.parent
    shutil.copytree(start.post.beside, folder, dirs_exist_ok=True)
    post, image = Post(place=start.post.place, beside=folder), folder / "disk.img"
    shutil.copy(start.image, image)
    with ext4(image, disk):
        children = [begin(partial(start.work.do, post), post) for _ in range(workers)]
        time.sleep(life_s)
        at_work = lose_power(disk, children) > 0
    with ext4(image, disk):
        return at_work, list(ended(start.work, post))


def loses_what_is_not_synced(folder: Path, disk: Path) -> bool:
    """Whether this is a loss of power at all: a file that was synced is there, another is not."""
    image = new_image(folder / "control.img")
    with ext4(image, disk):
        for name in ("synced", "not synced"):
            descriptor = os.open(disk / name, os.O_WRONLY | os.O_CREAT)
            os.write(descriptor, b"content")
            if name == "synced":
                os.fsync(descriptor)
            os.close(descriptor)
        lose_power(disk, [])
    with ext4(image, disk):
        lost = disk / "not synced"
        kept = (disk / "synced").read_bytes() == b"content"
        return kept and not (lost.exists() and lost.read_bytes())


def main(arguments: Sequence[str] = ()) -> int:
    """Print every failure; 0 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.power", description=__doc__)
    parser.add_argument("--cycles", type=int, default=CYCLES, help="how often somebody is at work")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where the disks lie")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-", dir=options.folder) as name:
        if why := why_not(Path(name)):
            sys.stderr.write(f"losses of power left out: {why}\n")
            return 0
        return int(lost_again_and_again(Path(name), options.cycles, options.seed) > 0)


def lost_again_and_again(folder: Path, cycles: int, seed: int) -> int:
    """Lose the power so often; how many things are wrong."""
    dice, began, wrong, at_work = random.Random(seed), time.monotonic(), 0, 0  # noqa: S311 - no secret
    disk = folder / "disk"
    if not loses_what_is_not_synced(folder, disk):
        raise RuntimeError("this kernel's ext4 keeps what was not synced: nothing would be proven")
    clips = clips_of(folder / "passages", 2, FEW)
    works = [office_work(folder / f"work-{n}", clips[:n]) for n in (1, 2)]
    starts = [a_start(folder / f"start-{n}", disk, work, clips[:n]) for n, work in enumerate(works)]
    longest_s = seconds_of(starts[0], folder)
    cycle = 0
    while at_work < cycles:
        start, workers = starts[cycle % 2], 1 + cycle // 2 % 2
        tried = folder / f"cycle-{cycle}"
        alive, faults = cut_short(start, tried, dice.uniform(0, longest_s), workers)
        at_work += alive
        wrong += len(faults)
        for fault in faults:
            print(f"cycle {cycle}, {workers} workers: {fault}", flush=True)  # noqa: T201 - its data
        shutil.rmtree(tried)
        cycle += 1
    sys.stderr.write(
        f"power lost: {cycle} times, {at_work} at work, {wrong} things wrong, seed {seed}, "
        f"{time.monotonic() - began:.0f} s\n"
    )
    return wrong


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
