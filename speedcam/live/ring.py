"""The stream's last 75 seconds as they came, one file for each run from key frame to key frame.

Frames are decoded from here a second time for whoever is above the trigger, and his stretch of it
becomes an exhibit. What nobody needs is deleted by then, and all of it when a stretch ends. The
files have no names: nothing is left of them however the process ends.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from speedcam.disk import make_folder
from speedcam.errors import FootageError
from speedcam.live.packets import TICKS_PER_S, Packet

KEPT_S = 75.0
"""Longer than anybody takes through the view whose plate will be looked for, and who is measured
late and has to wait for the pictures of others."""
RUN_TICKS = TICKS_PER_S
"""No run is shorter, however often key frames come: a process may hold only so many files."""
MOST_BYTES = 512 * 1024 * 1024
"""Of all of it: over a minute of 50 Mb a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A part of the stream, which can be decoded by itself.

    Attributes:
        content: A transport stream.
        first_ticks: When its first picture is shown in the stream.
        to_s: Up to here nothing is missing.
    """

    content: bytes
    first_ticks: int
    to_s: float


class Ring:
    """Keeps the last packets on disk; one thread adds while another reads."""

    def __init__(self, folder: Path, kept_s: float = KEPT_S) -> None:
        """Keep them in ``folder``, which is made, and emptied of what another run left."""
        shutil.rmtree(folder, ignore_errors=True)
        make_folder(folder)
        self._folder = folder
        self._kept_ticks = round(kept_s * TICKS_PER_S)
        self._runs: deque[int] = deque()
        self._files: dict[int, BinaryIO] = {}
        self._lock = Lock()

    def add(self, packet: Packet) -> None:
        """Keep one more; the oldest run goes when another one fills the minute by itself."""
        with self._lock:
            if packet.is_key and self._is_due(packet.ticks):
                self._runs.append(packet.ticks)
                self._files[packet.ticks] = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
            if self._runs:
                self._files[self._runs[-1]].write(packet.content)
            while len(self._runs) > 1 and self._is_spent(packet.ticks):
                self._files.pop(self._runs.popleft()).close()

    def excerpt(self, from_s: float, to_s: float) -> Excerpt:
        """What was shown then, from a key frame before on, to the end of the run.

        Raises:
            FootageError: It is deleted already.
        """
        from_ticks, to_ticks = (round(each * TICKS_PER_S) for each in (from_s, to_s))
        with self._lock:
            runs = list(self._runs)
            first, end = bisect_right(runs, from_ticks) - 1, bisect_right(runs, to_ticks)
            if first < 0:
                raise FootageError(
                    f"{self._folder.parent.name}: what the stream showed at {from_s:.1f} s is "
                    "deleted already.",
                    "not_again",
                )
            # Pictures that are shown before a key frame may come after it.
            wanted = runs[first : end + 1]
            content = b"".join(_content(self._files[run]) for run in wanted)
        # Of a run that is still growing only what was asked for is there for certain.
        to_s = runs[end] / TICKS_PER_S if end < len(runs) else to_s
        return Excerpt(content=content, first_ticks=runs[first], to_s=to_s)

    def close(self) -> None:
        """Delete all of it."""
        with self._lock:
            for file in self._files.values():
                file.close()
            self._files.clear()
            self._runs.clear()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _is_due(self, ticks: int) -> bool:
        return not self._runs or ticks - self._runs[-1] >= RUN_TICKS

    def _is_spent(self, now_ticks: int) -> bool:
        """Whether the second oldest run alone reaches far enough back, or there is too much."""
        far = now_ticks - self._runs[1] > self._kept_ticks
        return far or sum(file.tell() for file in self._files.values()) > MOST_BYTES


def _content(file: BinaryIO) -> bytes:
    """All that was written; whoever writes goes on at the end."""
    file.flush()
    return os.pread(file.fileno(), file.tell(), 0)
