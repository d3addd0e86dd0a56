"""Footage that comes through a pipe: it can be read once, and its beginning twice.

Whoever opens footage looks at its first picture and opens it again to show all of it.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from pathlib import Path

from speedcam.adapters.bounds import Bounds
from speedcam.adapters.gate import ClipFile


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class PipedClip(ClipFile):
    """A transport stream on its way; the descriptor stays the caller's to close.

    Attributes:
        seen: What was read so far by whoever looked at the first picture.
    """

    seen: list[bytes] = field(default_factory=list)

    def reader(self) -> io.RawIOBase:
        """From the first byte on; only the second one may read on to the end."""
        return _Pipe(self.descriptor, self.seen)


def of_pipe(descriptor: int, path: Path, bounds: Bounds) -> PipedClip:
    """The stream that comes through this descriptor.

    Args:
        descriptor: The pipe's end.
        path: What it is called in messages.
        bounds: What is asked of it.
    """
    return PipedClip(
        path=path,
        descriptor=descriptor,
        demuxer="mpegts",
        bounds=bounds,
        size_bytes=0,
        changed_ns=0,
    )


class _Pipe(io.RawIOBase):
    """Reads again what the one before has read, and then on."""

    def __init__(self, descriptor: int, seen: list[bytes]) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._again, self._seen = list(reversed(seen)), seen
        self._keeps = not seen

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        room = memoryview(buffer)
        came = self._again.pop() if self._again else os.read(self._descriptor, len(room))
        if len(came) > len(room):
            self._again.append(came[len(room) :])
            came = came[: len(room)]
        if self._keeps:
            self._seen.append(came)
        elif not self._again:
            self._seen.clear()
        room[: len(came)] = came
        return len(came)
