"""``python -m tests.torture.footage``: hostile files and 20,000 mutants against the decoder.

Each goes through the gate, a confined decoder and its owner's checks, as in `speedcam process`; the
decoders are forked from this process instead of being started anew, so that a core does some
hundred a second, and bubblewrap is left out. It fails if anything but an error of the clip comes of
a file, if one keeps us longer than 30 s, or if a hostile file ends otherwise than it must.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from socket import socket

from speedcam.adapters import decoder
from speedcam.adapters.bounds import Bounds
from speedcam.adapters.sandbox import Launched, open_sandboxed
from speedcam.errors import FootageError
from tests.builders_hostile import HOSTILE, small

MUTANTS = 20_000
SEED = 20261127
LONGEST_S = 30.0


class Forked:
    """A decoder forked from this process; looks like a Popen to its owner."""

    def __init__(self, errand: str, descriptors: tuple[int, ...]) -> None:
        self.stderr = None
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            self._decode(errand, descriptors)

    def _decode(self, errand: str, descriptors: tuple[int, ...]) -> None:
        try:
            last = 0
            for each in sorted(descriptors):
                os.closerange(last, each)
                last = each + 1
            os.closerange(last, 1024)
            told = decoder.Errand(**json.loads(errand))
            decoder.run(socket(fileno=told.control), told)
        finally:
            os._exit(0)

    def kill(self) -> None:
        if self.returncode is None:
            os.kill(self.pid, 9)

    def wait(self, timeout: float = 0.0) -> int:  # noqa: ARG002 - it is dead or being killed
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode


def fork(errand: str, descriptors: tuple[int, ...]) -> Launched:
    """Launches a decoder in a copy of this process."""
    return Launched(Forked(errand, descriptors), "")


def end_of(path: Path, bounds: Bounds | None = None) -> str:
    """What a file comes to: a code, or whether all its frames are sound."""
    try:
        footage = open_sandboxed(path, bounds, launcher=fork)
        damaged = [frame.corrupt for frame in footage.frames()]
    except FootageError as error:
        return error.code or "without a code"
    return "marked" if any(damaged) else "frames"


def wrong_ends() -> Iterator[str]:
    """Every hostile file that ends otherwise than it must."""
    for case in HOSTILE:
        with tempfile.TemporaryDirectory() as folder:
            end = end_of(case.make(Path(folder)), case.bounds)
        if end not in case.ends:
            yield f"{case.name}: {end}, and not {' or '.join(sorted(case.ends))}"


def seeds(folder: Path) -> list[bytes]:
    """Small sound clips in each container and codec."""
    few = range(0, 800, 40)
    paths = [
        small(folder, "a.mp4", times_ms=few),
        small(folder, "b.mkv", times_ms=few),
        small(folder, "c.ts", times_ms=few, container="mpegts"),
        small(folder, "d.mp4", times_ms=few, codec="libx265"),
        small(folder, "e.mkv", times_ms=few, codec="libx265"),
    ]
    return [path.read_bytes() for path in paths]


def mutant(sound: bytes, dice: random.Random) -> bytes:
    """The clip with bits flipped, bytes set, a piece doubled, moved or cut out."""
    bytes_ = bytearray(sound)
    for _ in range(dice.choice((1, 2, 4, 16, 64))):
        place = dice.randrange(len(bytes_))
        piece = bytes_[place : place + dice.choice((1, 4, 188, 500))]
        match dice.randrange(6):
            case 0 | 1 | 2:
                bytes_[place] ^= 1 << dice.randrange(8)
            case 3:
                bytes_[place : place + 4] = dice.choice(
                    (bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff")
                )
            case 4:
                bytes_[place:place] = piece
            case 5 if len(bytes_) > 2000:
                del bytes_[place : place + len(piece)]
    return bytes(bytes_)


def ends_of_mutants(count: int) -> tuple[Counter[str], float]:
    """How often mutants ended how, and the longest that one took, in seconds."""
    dice, ends, longest_s = random.Random(SEED), Counter(), 0.0  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as folder:
        sound, path = seeds(Path(folder)), Path(folder) / "mutant"
        for _ in range(count):
            path.write_bytes(mutant(dice.choice(sound), dice))
            began = time.monotonic()
            ends[end_of(path)] += 1
            longest_s = max(longest_s, time.monotonic() - began)
    return ends, longest_s


def main(count: int = MUTANTS) -> int:
    """Run all of it, with so many mutants; how many things went wrong."""
    decoder.load_all()
    wrong = list(wrong_ends())
    for words in wrong:
        sys.stdout.write(f"WRONG {words}\n")
    ends, longest_s = ends_of_mutants(count)
    told = ", ".join(f"{end} {times}" for end, times in ends.most_common())
    sys.stdout.write(f"{len(HOSTILE)} hostile files, {len(wrong)} ended wrongly\n")
    sys.stdout.write(f"{count} mutants: {told}; the longest took {longest_s:.1f} s\n")
    return (
        len(wrong) + ends["without a code"] + ends["decoder_broke_rules"] + (longest_s > LONGEST_S)
    )


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) > 0)
