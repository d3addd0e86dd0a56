"""Fill an office's disk at its work, and free it again: ``python -m tests.torture.full``.

Its folder is on a small disk in memory. First, in one run after the other, there is room for some
more bytes only, up to what the work needs: the office must stop with a word that says why, or say
rightly that all is done; once there is room again it must end as if nothing had happened. Then with
the two that go on by themselves, `receive --follow` and `deliver --watch`: passages come in while
the disk is full, and when it is free again all must be received and sent with nobody's help.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from services.life import State
from services.model import NoticeState
from services.notifier.outbox import notices
from services.store import open_store
from services.store.cases import cases_in
from speedcam import cli
from tests.builders_faults import FEW, Post, a_post, begin, clips_of, commands, desk, waited_for
from tests.builders_held import Work, badly_ended, ended, office_work
from tests.disks import resize, small, used_bytes, why_not

RUNS, ALONE = 100, 20
SEED = 20261127
AMPLE_BYTES = 64 * 2**20
FULL_S = 4.0
"""For so long the disk stays full before the desk goes to work, and half as long again after."""
RECEIVED_S, SENT_S = 60.0, 120.0
"""So long after it is free all is received, and sent: a letter that was put off waits for a minute
and a quarter, and its deliverer looks every five seconds."""
LEAST_BYTES = 4096
MORE_BYTES = 140_000
"""A second clip needs more."""
HINDERED = re.compile(r"No space left|disk is full|disk I/O error")
CASES = len(FEW) - 1
"""Of one clip."""


def filled(work: Work, folder: Path, disk: Path, room_bytes: int) -> tuple[int, list[str]]:
    """Do the work with so much room; its exit code, and what is wrong then and in the end."""
    with small(disk, AMPLE_BYTES):
        post = a_post(folder, disk / "office")
        resize(disk, room_bytes)
        code = waited_for(begin(partial(work.do, post), post))
        wrong = list(badly_ended(code, work, post))
        resize(disk, AMPLE_BYTES)
        return code, [*wrong, *ended(work, post)]


def needed_bytes(work: Work, folder: Path, disk: Path) -> int:
    """About how much room the work needs."""
    with small(disk, AMPLE_BYTES):
        post = a_post(folder, disk / "office")
        waited_for(begin(partial(work.do, post), post))
        return used_bytes(disk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """What came of a clip that met a full disk.

    Attributes:
        hindered: Somebody complained of the disk.
        received_s: So long after it was free all was received.
        sent_s: So long after that all was sent.
        wrong: What does not hold.
    """

    hindered: bool
    received_s: float
    sent_s: float
    wrong: tuple[str, ...]


def alone(work: Work, clips: Sequence[Path], folder: Path, disk: Path, room_bytes: int) -> Alone:
    """Let a clip come in while there is so much more room, and then enough."""
    with small(disk, AMPLE_BYTES):
        post, live, wrong = a_post(folder, disk / "office"), folder / "live", list[str]()
        waited_for(begin(lambda: commands(post, clips[:1]), post))
        live.mkdir()
        with going_on(post, live, wrong):
            resize(disk, used_bytes(disk) + room_bytes)
            shutil.copytree(clips[1].parent, folder / "coming")
            (folder / "coming").rename(live / "clip")
            time.sleep(FULL_S)
            waited_for(begin(lambda: desk(post), post))
            time.sleep(1.5 * FULL_S)
            resize(disk, AMPLE_BYTES)
            hindered = bool(HINDERED.search(post.complaints.read_text() + post.told.read_text()))
            received_s = until(lambda: _cases(post) == 2 * CASES, RECEIVED_S)
            if code := waited_for(begin(lambda: desk(post), post)):
                wrong.append(f"with room again the desk ended with {code}")
            sent_s = until(lambda: _sent(post) == 2 * CASES, SENT_S)
        if received_s >= RECEIVED_S or sent_s >= SENT_S:
            wrong.append(f"not done by itself after {received_s:.0f} and {sent_s:.0f} s")
        wrong += ended(work, post)
    return Alone(hindered=hindered, received_s=received_s, sent_s=sent_s, wrong=tuple(wrong))


@contextmanager
def going_on(post: Post, live: Path, wrong: list[str]) -> Iterator[None]:
    """Have both commands at work that go on by themselves; they must be there in the end."""
    here = ["--office", str(post.place)]
    works = {
        "receive": ["office", "receive", "--follow", str(live), *here],
        "deliver": ["office", "deliver", "--watch", *here],
    }
    children = {name: begin(partial(cli.run, words), post) for name, words in works.items()}
    try:
        yield
    finally:
        wrong += (words for name, child in children.items() if (words := _told_to_end(name, child)))


def _told_to_end(name: str, child: int) -> str:
    """What is wrong with how it ends; empty where nothing is."""
    if os.waitpid(child, os.WNOHANG)[0]:
        return f"{name} ended by itself"
    os.kill(child, signal.SIGTERM)
    code = waited_for(child)
    return f"{name} was told to end, and ended with {code}" if code else ""


def until(holds: Callable[[], bool], longest_s: float) -> float:
    """After how many seconds something holds; ``longest_s`` where it does not."""
    began = time.monotonic()
    while not holds() and time.monotonic() - began < longest_s:
        time.sleep(0.2)
    return min(time.monotonic() - began, longest_s)


def _cases(post: Post) -> int:
    with open_store(post.place) as store:
        return len(cases_in(store, *State))


def _sent(post: Post) -> int:
    with open_store(post.place) as store:
        return sum(each.state == NoticeState.SENT for each in notices(store))


def main(arguments: Sequence[str] = ()) -> int:
    """Print every failure; 0 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.full", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="one after the other")
    parser.add_argument("--alone", type=int, default=ALONE, help="with those that go on")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    dice = random.Random(options.seed)  # noqa: S311 - the same each run
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-") as name:
        if why := why_not(Path(name)):
            sys.stderr.write(f"full disks left out: {why}\n")
            return 0
        wrong = one_after_the_other(Path(name), options.runs, dice)
        wrong += by_themselves(Path(name), options.alone, dice)
    sys.stderr.write(f"seed {options.seed}\n")
    return int(wrong > 0)


def one_after_the_other(folder: Path, runs: int, dice: random.Random) -> int:
    """Fill the disk so often; how many things are wrong."""
    began, codes, wrong, disk = time.monotonic(), Counter[int](), 0, folder / "disk"
    work = office_work(folder / "work", clips_of(folder / "passages", 1, FEW))
    needed = needed_bytes(work, folder / "needed", disk)
    for run in range(runs):
        # A little more than is needed: for a while there are journals and halves of files too.
        room = dice.randrange(LEAST_BYTES, needed + needed // 8)
        code, faults = filled(work, folder / f"run-{run}", disk, room)
        codes[code] += 1
        wrong += len(faults)
        for fault in faults:
            print(f"room for {room} bytes: {fault}", flush=True)  # noqa: T201 - its data
    ends = ", ".join(f"{count} with {code}" for code, count in sorted(codes.items()))
    sys.stderr.write(
        f"full disks: {runs}, ended {ends}; {wrong} things wrong, "
        f"{time.monotonic() - began:.0f} s\n"
    )
    return wrong


def by_themselves(folder: Path, runs: int, dice: random.Random) -> int:
    """Fill the disk of an office that goes on so often; how many things are wrong."""
    began, came, disk = time.monotonic(), list[Alone](), folder / "disk"
    clips = clips_of(folder / "passages-2", 2, FEW)
    work = office_work(folder / "work-2", clips)
    for run in range(runs):
        room = dice.randrange(0, MORE_BYTES)
        came.append(alone(work, clips, folder / f"alone-{run}", disk, room))
        for fault in came[-1].wrong:
            print(f"alone, room for {room} bytes more: {fault}", flush=True)  # noqa: T201 - its data
    wrong = sum(len(each.wrong) for each in came)
    received_s, sent_s = (
        max((getattr(each, name) for each in came), default=0.0)
        for name in ("received_s", "sent_s")
    )
    sys.stderr.write(
        f"full disks of who goes on: {runs}, {sum(each.hindered for each in came)} hindered; all "
        f"received after {received_s:.1f} s and sent {sent_s:.1f} s later at most; {wrong} things "
        f"wrong, {time.monotonic() - began:.0f} s\n"
    )
    return wrong


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
