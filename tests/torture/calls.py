"""Kill a process at every call that changes the disk: ``python -m tests.torture.calls``.

One clip's worth of work: a camera that writes its folder of results, or an office that makes fines
and letters of passages. The camera measures its clip once and not a thousand times: what it found
is written again each time, by its own code. Whoever works is killed before its first call that
writes, syncs, renames, makes or removes a file, in a new folder before its second, and so on for
all of them, over all of its threads. Taken up again, the work must end as if nothing had happened,
and what was told must be there.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from speedcam.seal.keys import new_key
from tests.builders_faults import FEW, Post, a_post, begin, clips_of, undisturbed
from tests.builders_held import Work, badly_ended, camera_work, ended, office_work
from tests.builders_simulate import a_clip
from tests.tracer import HERE, Fault, Traced, let_trace, traced

SEED = 20261127
OFFICE, CAMERA = "office", "camera"
SIDES = (OFFICE, CAMERA)


def worked(work: Work, post: Post, fault: Fault | None = None) -> Traced:
    """Do the work in a new process; what became of it, and of the call that was disturbed."""

    def begun() -> int:
        let_trace()
        return work.do(post)

    return traced(partial(begin, begun, post), post.place, fault)


def work_of(side: str, folder: Path) -> Work:
    """What is done, with what nobody who disturbs it would leave."""
    if side == OFFICE:
        return office_work(folder, clips_of(folder / "passages", 1, FEW))
    post = a_post(folder / "drawn")

    def draw() -> int:
        a_clip(post.place, size_px=(1280, 720))
        return 0

    undisturbed(draw, post)  # elsewhere: who is begun from here must have no threads of others
    key, _ = new_key(folder / "drawn", "camera-1")
    (video,), (site,) = post.place.glob("*.mp4"), post.place.glob("*.site.toml")
    return camera_work(folder, video, site, key)


def places(between: range, calls: int, every: int, dice: random.Random) -> Iterator[int]:
    """Which of so many calls: one in so many, each time another one; with 1 all between."""
    for start in range(between.start, min(calls + 1, between.stop), every):
        yield min(calls, start + dice.randrange(every))


def tried(work: Work, folder: Path, fault: Fault) -> tuple[Traced, list[str]]:
    """Disturb the work in a new folder and take it up again; what is wrong then."""
    post = a_post(folder / "tried")
    told = worked(work, post, fault)
    stopped = badly_ended(told.code, work, post) if fault.error and told.hit else ()
    wrong = [*stopped, *ended(work, post)]
    shutil.rmtree(folder / "tried")
    return told, wrong


def main(arguments: Sequence[str] = ()) -> int:
    """Print every failure; 0 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.calls", description=__doc__)
    parser.add_argument("--side", choices=SIDES, action="append", help="all by default")
    parser.add_argument("--every", type=int, default=1, help="kill at one call in so many")
    parser.add_argument("--first", type=int, default=1, help="the first call to be killed at")
    parser.add_argument("--last", type=int, default=sys.maxsize, help="the last one")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where it works")
    options = parser.parse_args(arguments)
    if not HERE:
        sys.stderr.write("kills at every call left out: they need Linux on x86-64\n")
        return 0
    wrong = 0
    for side in options.side or SIDES:
        with tempfile.TemporaryDirectory(prefix="speedcam-torture-", dir=options.folder) as name:
            between = range(options.first, options.last + 1)
            wrong += killed_at_each(side, Path(name), between, options.every, options.seed)
    return int(wrong > 0)


def killed_at_each(side: str, folder: Path, between: range, every: int, seed: int) -> int:
    """Kill one side's work at one in so many of these calls; how many things are wrong."""
    began, dice, wrong, killed = time.monotonic(), random.Random(seed), 0, 0  # noqa: S311 - no secret
    work = work_of(side, folder)
    calls = worked(work, a_post(folder / "counted")).calls
    for at in places(between, len(calls), every, dice):
        told, faults = tried(work, folder, Fault(at=at))
        killed += bool(told.hit)
        wrong += len(faults)
        for fault in faults:
            print(f"{side}, killed at call {at} ({''.join(told.hit)}): {fault}", flush=True)  # noqa: T201 - its data
    sys.stderr.write(
        f"{side}: killed at {killed} of {len(calls)} calls from {between.start} on, {wrong} things "
        f"wrong, seed {seed}, {time.monotonic() - began:.0f} s\n"
    )
    return wrong


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
