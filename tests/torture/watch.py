"""Kill who watches a stream, again and again: ``python -m tests.torture.watch``.

A server shows a small clip of two vehicles over and over, one connection after the other. Whoever
watches it is killed (SIGKILL) at a random moment, or while a passage is being written down, and
begun again in the same folder. Each line that anybody could read must still be there, byte for
byte, with each of its exhibits whole; nothing may be left of a line or of a picture that is half
written or that belongs to nobody; and an office must take in every passage once.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from services.clock import SystemClock
from services.intake import receive
from services.store import open_store
from speedcam.live.source import source_of
from speedcam.live.stamps import Trust
from speedcam.live.watch import Post as LivePost
from speedcam.live.watch import Watch
from speedcam.process import FOLDERS, PASSAGES
from speedcam.record import loads
from tests.bench.workers import repeated
from tests.builders_clips import a_camera
from tests.builders_faults import Post, a_post, begin, killed_after
from tests.builders_simulate import a_clip
from tests.stream_server import coded, sent, serving, stalled, then

BLIND_TRUST = Trust(group_s=0.2, fewest=3, most_off=10.0)
"""It is shown as fast as it can be sent."""
KILLS = 40
SEED = 20261127
LONGEST_S = 20.0
"""Of a life, after the first picture was measured."""


def lines(out: Path) -> Mapping[Path, list[bytes]]:
    """The whole lines of each file of passages."""
    return {
        path: [line for line in path.read_bytes().splitlines(keepends=True) if line[-1:] == b"\n"]
        for path in sorted(out.glob(f"gate/*/{PASSAGES}"))
    }


def watch(url: str, site: Path, out: Path) -> int:
    """Watch a stream for good, as `speedcam watch` does, with a camera that looks for no plate."""
    source = replace(source_of("gate", url), stall_s=60.0, open_s=60.0)
    post = LivePost(
        source=source, site=site, out=out, trust=BLIND_TRUST, opening_s=1.0, first_wait_s=0.01
    )
    Watch(post, lambda words: print(words, file=sys.stderr), a_camera).run()  # noqa: T201 - its log
    return 0


def one_life(
    work: Callable[[], int], post: Post, dice: random.Random
) -> Mapping[Path, list[bytes]]:
    """Let somebody watch for a while and kill him; what could be read a moment before."""
    out, child = post.place, begin(work, post)
    clips, told = _count(out, "run.json"), sum(map(len, lines(out).values()))
    while _count(out, "run.json") == clips:
        time.sleep(0.02)
    ends_s, sooner = time.monotonic() + dice.uniform(0.0, LONGEST_S), dice.random() < 0.5
    while time.monotonic() < ends_s:
        if sooner and sum(map(len, lines(out).values())) > told:
            time.sleep(dice.uniform(0.0, 0.1))  # the next one is being written down
            break
        time.sleep(0.005)
    seen = lines(out)
    killed_after(0.0, child)
    return seen


def _count(out: Path, name: str) -> int:
    return sum(1 for _ in out.glob(f"gate/*/{name}"))


def lost(out: Path, seen: Mapping[Path, list[bytes]]) -> Iterator[str]:
    """What was seen and is not there any more, and what is named and not there whole."""
    now = lines(out)
    for path, told in seen.items():
        if now.get(path, [])[: len(told)] != told:
            yield f"{path}: a line that was there is not there any more"
    for path, told in now.items():
        for name, sha256 in _named(path, told).items():
            exhibit = path.parent / name
            if not exhibit.is_file() or _sha256(exhibit) != sha256:
                yield f"{exhibit}: it is named, and not there whole"


def left_over(out: Path) -> Iterator[str]:
    """What is half written or nobody's, but in the clip that the last one was killed at."""
    runs = sorted(out.glob("gate/*/run.json"), key=lambda path: path.stat().st_mtime_ns)
    for clip in (path.parent for path in runs[:-1]):
        told = clip / PASSAGES
        named = _named(told, lines(out).get(told, []))
        if told.exists() and told.read_bytes()[-1:] not in {b"", b"\n"}:
            yield f"{told}: its last line was cut off"
        for path in (path for folder in FOLDERS for path in (clip / folder).glob("*")):
            if path.relative_to(clip).as_posix() not in named:
                yield f"{path}: it belongs to nobody"


def _named(path: Path, told: Sequence[bytes]) -> Mapping[str, str]:
    read = (loads(line, where=str(path)) for line in told)
    return {each.path: each.sha256 for passage in read for each in passage.exhibits}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def received(out: Path, office: Path) -> Iterator[str]:
    """What is wrong where an office takes all of it in, twice."""
    told = [loads(line, where=str(path)).id for path, some in lines(out).items() for line in some]
    if len(told) != len(set(told)):
        yield f"{len(told) - len(set(told))} passages are told twice"
    with open_store(office, create=True) as store:
        for _ in range(2):
            reports = [receive(store, path, SystemClock()) for path in lines(out)]
    if sorted(each.passage_id for report in reports for each in report.passages) != sorted(told):
        yield "the office did not take in all"
    yield from (
        f"{each.passage_id}: {each.reason}"
        for report in reports
        for each in report.passages
        if each.outcome == "fault"
    )


def main(arguments: Sequence[str] = ()) -> int:
    """Print every failure; 0 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.watch", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where it works")
    options = parser.parse_args(arguments)
    dice, began_s = random.Random(options.seed), time.monotonic()  # noqa: S311 - the same each run
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-", dir=options.folder) as name:
        folder = Path(name)
        clip = a_clip(folder / "drawn")
        packets = coded(repeated(clip.video, 2, folder / "twice.mp4"))
        post, wrong = a_post(folder / "post"), list[str]()
        out = post.place
        out.mkdir()
        with serving(then(sent(packets), stalled)) as url:
            work = partial(watch, url, clip.site, out)
            for turn in range(options.kills):
                seen = one_life(work, post, dice)
                wrong += (f"life {turn}: {each}" for each in lost(out, seen))
        wrong += left_over(out)
        if "Traceback" in post.complaints.read_text():
            wrong.append("a traceback")
        wrong += received(out, folder / "office")
        passages = sum(map(len, lines(out).values()))
        files = sum(len(_named(*each)) for each in lines(out).items())
    for each in wrong:
        print(each, flush=True)  # noqa: T201 - its data
    sys.stderr.write(
        f"watch: killed {options.kills} times, {passages} passages with {files} files "
        f"there, {len(wrong)} things wrong, seed {options.seed}, "
        f"{time.monotonic() - began_s:.0f} s\n"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
