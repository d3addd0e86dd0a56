"""Kill who watches a stream, again and again: ``python -m tests.torture.watch``.

A server shows a small clip of two vehicles over and over, one connection after the other. Whoever
watches it is killed (SIGKILL) at a random moment, or soon after a file of a passage has come, and
begun again in the same folder. Measuring takes its time: far more often passages that were measured
before are written down as a watcher does, by its own code, by somebody who is killed meanwhile.
Each line that anybody could read must still be there, byte for byte, with each of its exhibits
whole; nothing may be left of a line or a picture that is half written or that belongs to nobody;
and an office must take in every passage that was watched once.
"""

from __future__ import annotations

import argparse
import hashlib
import os
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
from speedcam.adapters.exhibits import FolderExhibits
from speedcam.disk import append_whole, make_folder, write_durably
from speedcam.live.left import put_right
from speedcam.live.source import source_of
from speedcam.live.stamps import Trust
from speedcam.live.watch import Post as LivePost
from speedcam.live.watch import Watch
from speedcam.process import FOLDERS, PASSAGES, RUN
from speedcam.record import dumps, loads, read_passages
from tests.bench.workers import repeated
from tests.builders_clips import a_camera
from tests.builders_faults import Post, a_post, begin, clips_of, killed_after
from tests.builders_simulate import a_clip
from tests.stream_server import coded, sent, serving, stalled, then

BLIND_TRUST = Trust(group_s=0.2, fewest=3, most_off=10.0)
"""It is shown as fast as it can be sent."""
KILLS = 40
SEED = 20261127
WRITTEN = 1000
NEWEST = 4
"""Clips that are looked at after each life; all of them are in the end."""
LONGEST_S, SHORT_S = 20.0, 0.3
"""Of a life of whoever watches, and of whoever only writes down."""


def lines(out: Path, newest: int = 0) -> Mapping[Path, list[bytes]]:
    """The whole lines of each file of passages, or of the newest alone."""
    return {
        path: [line for line in path.read_bytes().splitlines(keepends=True) if line[-1:] == b"\n"]
        for path in sorted(out.glob(f"gate/*/{PASSAGES}"))[-newest:]
    }


def watch(url: str, site: Path, out: Path) -> int:
    """Watch a stream for good, as `speedcam watch` does, with a camera that looks for no plate."""
    source = replace(source_of("gate", url), stall_s=60.0, open_s=60.0)
    post = LivePost(
        source=source, site=site, out=out, trust=BLIND_TRUST, opening_s=1.0, first_wait_s=0.01
    )
    Watch(post, lambda words: print(words, file=sys.stderr), a_camera).run()  # noqa: T201 - its log
    return 0


def write_again(clip: Path, out: Path) -> int:
    """Write down the passages of a clip as whoever watches does it, clip after clip for good."""
    passages = list(read_passages(clip))
    while True:
        put_right(out / "gate")
        folder = out / "gate" / f"gate-{time.time_ns()}"
        make_folder(folder)
        write_durably(folder / RUN, b'{"live": true}')
        record = os.open(folder / PASSAGES, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for passage in passages:
            named = replace(passage, id=f"{folder.name}-{passage.id}")
            for each in passage.exhibits:
                kept = FolderExhibits(folder=(folder / each.path).parent)
                kept.keep(Path(each.path).name, (clip.parent / each.path).read_bytes())
            append_whole(record, f"{dumps(named)}\n".encode())
        os.close(record)


def one_life(
    work: Callable[[], int], post: Post, dice: random.Random, longest_s: float
) -> Mapping[Path, list[bytes]]:
    """Let somebody work for a while and kill him; what could be read a moment before."""
    out, child = post.place, begin(work, post)
    before, waits = _files(out), dice.random() < 0.5
    ends_s = time.monotonic() + dice.uniform(0.0, longest_s)
    while time.monotonic() < ends_s or (waits and _files(out) == before):
        time.sleep(0.001)
    if waits:
        time.sleep(dice.uniform(0.0, longest_s / 20))
    seen = lines(out, NEWEST)
    killed_after(0.0, child)
    return seen


def _files(out: Path) -> int:
    """How many files of passages there are."""
    return sum(1 for name in FOLDERS for _ in out.glob(f"gate/*/{name}/*"))


def lost(now: Mapping[Path, list[bytes]], seen: Mapping[Path, list[bytes]]) -> Iterator[str]:
    """What was seen and is not there any more, and what is named and not there whole."""
    for path, told in seen.items():
        if (path in now and now[path][: len(told)] != told) or not path.exists():
            yield f"{path}: a line that was there is not there any more"
    for path, told in now.items():
        for name, sha256 in _named(path, told).items():
            exhibit = path.parent / name
            if not exhibit.is_file() or _sha256(exhibit) != sha256:
                yield f"{exhibit}: it is named, and not there whole"


def left_over(out: Path) -> Iterator[str]:
    """What is half written or nobody's, but in the clip that the last one was killed at."""
    runs = sorted(out.glob("gate/*/run.json"), key=lambda path: path.stat().st_mtime_ns)
    every = lines(out)
    for clip in (path.parent for path in runs[:-1]):
        told = clip / PASSAGES
        named = _named(told, every.get(told, []))
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
    parser.add_argument("--kills", type=int, default=KILLS, help="of whoever watches")
    parser.add_argument("--written", type=int, default=WRITTEN, help="of whoever only writes down")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where it works")
    options = parser.parse_args(arguments)
    dice, began_s = random.Random(options.seed), time.monotonic()  # noqa: S311 - the same each run
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-", dir=options.folder) as name:
        folder = Path(name)
        (clip,) = clips_of(folder / "measured", 1)
        written = a_post(folder / "written")
        wrong += killed_at(
            partial(write_again, clip, written.place), written, dice, options.written, SHORT_S
        )
        if options.kills:
            drawn = a_clip(folder / "drawn")
            packets = coded(repeated(drawn.video, 2, folder / "twice.mp4"))
            watched = a_post(folder / "watched")
            with serving(then(sent(packets), stalled)) as url:
                work = partial(watch, url, drawn.site, watched.place)
                wrong += killed_at(work, watched, dice, options.kills, LONGEST_S)
            for fault in received(watched.place, folder / "office"):
                wrong += 1
                print(fault, flush=True)  # noqa: T201 - its data
    sys.stderr.write(f"seed {options.seed}, {time.monotonic() - began_s:.0f} s\n")
    return int(wrong > 0)


def killed_at(
    work: Callable[[], int], post: Post, dice: random.Random, kills: int, longest_s: float
) -> int:
    """Kill somebody at this work so often; how many things are wrong."""
    out, wrong = post.place, list[str]()
    (out / "gate").mkdir(parents=True)
    for turn in range(kills):
        seen = one_life(work, post, dice, longest_s)
        wrong += (f"life {turn}: {each}" for each in lost(lines(out, NEWEST), seen))
    wrong += lost(lines(out), {})
    wrong += left_over(out)
    if "Traceback" in post.complaints.read_text():
        wrong.append(f"a traceback: {post.complaints.read_text()[-500:]}")
    for each in wrong:
        print(each, flush=True)  # noqa: T201 - its data
    passages = sum(map(len, lines(out).values()))
    files = sum(len(_named(*each)) for each in lines(out).items())
    sys.stderr.write(
        f"{post.beside.name}: killed {kills} times, {passages} passages with {files} files there, "
        f"{len(wrong)} things wrong\n"
    )
    return len(wrong)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
