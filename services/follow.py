"""Passages taken in as they come: a folder that live cameras write into, looked at again and again.

A file is received again, whole, when it has grown: what is known of it already is known by its
key, so nothing is made twice, and whoever is killed between two looks goes on at the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from services.intake import ReceiveReport
from speedcam.errors import PassageError

PASSAGES = "passages.jsonl"
LOOK_S = 1.0
"""Between two looks."""


def follow(
    folder: Path,
    receive: Callable[[Path], ReceiveReport],
    pause: Callable[[], bool],
    complain: Callable[[PassageError], None],
) -> Iterator[ReceiveReport]:
    """What became of the passages that came since the last look, file by file.

    Args:
        folder: Where `speedcam watch` or `speedcam process` write, however deep.
        receive: Takes in one file.
        pause: Waits until the next look; whether there is to be one.
        complain: Told of a file that is none of passages; the others go on.
    """
    received: dict[Path, int] = {}
    told: dict[Path, int] = {}
    doubtful: dict[Path, int] = {}
    while True:
        for path in sorted(folder.rglob(PASSAGES)):
            size_bytes = _size_bytes(path)
            if size_bytes == received.get(path, 0):
                continue
            try:
                report = receive(path)
            except PassageError as error:
                # A line that is only being written is whole at the next look.
                if doubtful.get(path) == size_bytes:
                    received[path] = size_bytes
                    complain(error)
                doubtful[path] = size_bytes
            else:
                received[path] = size_bytes
                yield ReceiveReport(passages=report.passages[told.get(path, 0) :])
                told[path] = len(report.passages)
        if not pause():
            return


def _size_bytes(path: Path) -> int:
    """0 where somebody removed it meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
