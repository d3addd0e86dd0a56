"""What a watcher left that was killed, or whose disk was full: put right before the next one.

A line that was cut off would keep an office from all that stands before it, and pictures of
somebody whom no line tells of are nobody's business.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from speedcam import process
from speedcam.errors import PassageError
from speedcam.record import read_passages


def put_right(out: Path) -> None:
    """Put the newest clip of a stream right; no other can have been left so.

    Args:
        out: The stream's folder, which this process has to itself.
    """
    # By when it was written: whoever puts the clock back changes names.
    runs = out.glob(f"*/{process.RUN}")
    newest = max(runs, key=lambda path: path.stat().st_mtime_ns, default=None)
    if newest is None or not json.loads(newest.read_bytes()).get("live"):
        return
    folder = newest.parent
    told = folder / process.PASSAGES
    if told.exists():
        _cut_off(told)
    try:
        passages = list(read_passages(told)) if told.exists() else []
    except PassageError:
        return  # somebody changed it: nothing of it is ours to remove
    named = {exhibit.path for passage in passages for exhibit in passage.exhibits}
    for path in (path for name in process.FOLDERS for path in (folder / name).glob("*")):
        if path.relative_to(folder).as_posix() not in named:
            path.unlink()


def _cut_off(told: Path) -> None:
    """End a file after its last whole line."""
    content = told.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with told.open("r+b") as file:
            file.truncate(whole)
            os.fsync(file.fileno())
