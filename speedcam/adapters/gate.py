"""The gate before the decoder: what a file must be before any of it is interpreted.

A clip is opened once, and whoever reads it reads that descriptor: a name can be made to point
elsewhere between two looks, a descriptor cannot. Each refusal has a code for programs (in square
brackets after its words) and words for people.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import weakref
from dataclasses import dataclass
from pathlib import Path

from speedcam.adapters.bounds import Bounds
from speedcam.errors import FootageError

_HEAD_BYTES = 2048
_MP4_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"})
_MATROSKA = b"\x1a\x45\xdf\xa3"
_TS_SYNC = 0x47
_TS_PACKETS = ((188, 0), (192, 4), (204, 0))
"""Length of a transport packet, and where in it the sync byte stands."""

_HELD = 0.5
"""Share of a file that must be there: a file of holes is a trap for whoever reads all of it."""


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class ClipFile:
    """A plain file that passed the gate, held by its descriptor.

    Attributes:
        path: What it is called in messages; never opened again.
        descriptor: The open file, which several processes may read at once.
        demuxer: FFmpeg's name of the only container format that its first bytes allow.
        bounds: What is asked of it.
        size_bytes: Its length at the gate.
        changed_ns: When it had last been written to at the gate.
    """

    path: Path
    descriptor: int
    demuxer: str
    bounds: Bounds
    size_bytes: int
    changed_ns: int

    def reader(self) -> io.RawIOBase:
        """A reader with a place of its own, from the first byte on."""
        return _Reader(self.descriptor, self.size_bytes)

    def sha256(self) -> str:
        """Of the file's bytes.

        Raises:
            FootageError: The file grew or was written to meanwhile.
        """
        digest, reader = hashlib.sha256(), self.reader()
        while chunk := reader.read(1 << 20):
            digest.update(chunk)
        self.require_unchanged()
        return digest.hexdigest()

    def require_unchanged(self) -> None:
        """Raises FootageError where the file is no longer the one that passed the gate."""
        status = os.fstat(self.descriptor)
        if (status.st_size, status.st_mtime_ns) != (self.size_bytes, self.changed_ns):
            raise FootageError(
                f"{self.path} changed while it was read, so nothing can be proven with it. Wait "
                "until the recorder has finished the file and process it again.",
                "changed",
            )


def admit(path: Path, bounds: Bounds | None = None) -> ClipFile:
    """Open ``path`` for good if it is a plain file that can be footage.

    Raises:
        FootageError: It is missing, a link, not a plain file, empty, too large, mostly holes, or
            does not begin as MP4/MOV, Matroska or MPEG-TS do.
    """
    try:
        # Before it is opened: opening a device can do something, and a pipe may wait for ever.
        _require_plain(path, path.lstat())
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise FootageError(
            f"{path}: cannot be opened ({error.strerror}). Check the name.", "not_there"
        ) from None
    try:
        clip = of_descriptor(descriptor, path, bounds or Bounds())
    except BaseException:
        os.close(descriptor)
        raise
    weakref.finalize(clip, os.close, descriptor)
    return clip


def of_descriptor(descriptor: int, path: Path, bounds: Bounds) -> ClipFile:
    """The gate for a file that is open already; it stays the caller's to close.

    Raises:
        FootageError: As for :func:`admit`.
    """
    status = os.fstat(descriptor)
    _require_plain(path, status)
    _require_size(path, descriptor, status.st_size, bounds)
    return ClipFile(
        path=path,
        descriptor=descriptor,
        demuxer=_demuxer(path, os.pread(descriptor, _HEAD_BYTES, 0)),
        bounds=bounds,
        size_bytes=status.st_size,
        changed_ns=status.st_mtime_ns,
    )


def _require_plain(path: Path, status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise FootageError(f"{path} is a link. Give the video file itself.", "link")
    if not stat.S_ISREG(status.st_mode):
        raise FootageError(
            f"{path} is not a plain file. Give a video file, one by one.", "not_a_file"
        )


def _require_size(path: Path, descriptor: int, size_bytes: int, bounds: Bounds) -> None:
    if size_bytes == 0:
        raise FootageError(f"{path} is empty (0 bytes). Copy it again from the recorder.", "empty")
    if size_bytes > bounds.bytes:
        raise FootageError(
            f"{path} has {size_bytes / 1e9:.1f} GB; {bounds.bytes / 1e9:g} GB are allowed. Split "
            "it without re-encoding, or allow more with --bound bytes=NUMBER.",
            "too_large",
        )
    if _held_bytes(descriptor, size_bytes) < _HELD * size_bytes:
        raise FootageError(
            f"{path} consists mostly of holes: its {size_bytes} bytes were never written. Copy it "
            "again from the recorder.",
            "sparse",
        )


def _held_bytes(descriptor: int, size_bytes: int) -> int:
    """Bytes that lie on the disk, where the file system can tell."""
    place = held = 0
    while place < size_bytes:
        try:
            start = os.lseek(descriptor, place, os.SEEK_DATA)
            place = os.lseek(descriptor, start, os.SEEK_HOLE)
        except OSError as error:
            return held if error.errno == errno.ENXIO else size_bytes
        held += place - start
    return held


def _demuxer(path: Path, head: bytes) -> str:
    """FFmpeg's name of the container that begins like this; no other one will look at it."""
    if head[4:8] in _MP4_BOXES:
        return "mov"
    if head.startswith(_MATROSKA):
        return "matroska"
    for length, sync in _TS_PACKETS:
        found = head[sync::length]
        if len(head) > 3 * length and set(found) == {_TS_SYNC}:
            return "mpegts"
    raise FootageError(
        f"{path} cannot be read as video: it does not begin as one. Accepted are MP4/MOV, "
        "Matroska and MPEG-TS.",
        "container",
    )


class _Reader(io.RawIOBase):
    """Reads a shared descriptor from a place of its own, up to the length it had at the gate."""

    def __init__(self, descriptor: int, size_bytes: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._size_bytes = size_bytes
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        left = max(0, self._size_bytes - self._place)
        count = os.preadv(self._descriptor, [memoryview(buffer)[:left]], self._place)
        self._place += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origins = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size_bytes}
        self._place = max(0, origins[whence] + offset)
        return self._place

    def tell(self) -> int:
        return self._place
