"""The files of a backup, a line for each: read and written one after the other, never held whole.

    [path, SHA-256, size, name]

SHA-256 and size are those of the file as it lies there, sealed; its name is below ``objects``, its
path below the office's folder. Lines stand in the order of the parts of their paths, so that an
office and its last backup can be gone through side by side.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from services.backup.manifest import Manifest, Sealed
from services.errors import BackupError
from speedcam.disk import write_whole

Listed = tuple[str, Sealed]
"""A path below the office's folder, and the sealed file that holds what is there."""


def write_list(objects: Path, name: str, listed: Iterable[Listed]) -> Sealed:
    """Write the list of a backup whole; its name is on disk once the folder is."""
    digest, size = hashlib.sha256(), 0

    def lines() -> Iterator[bytes]:
        nonlocal size
        for path, each in listed:
            line = json.dumps([path, each.sha256, each.size, each.name]).encode() + b"\n"
            digest.update(line)
            size += len(line)
            yield line

    write_whole(objects / name, lines())
    return Sealed(name=name, sha256=digest.hexdigest(), size=size)


def files_of(objects: Path, manifest: Manifest) -> Iterator[Listed]:
    """Every file that a backup holds; its list must have been found whole before.

    Raises:
        BackupError: A line of the list is none, or its path leads out of an office.
    """
    yield from manifest.files.items()
    if manifest.listed is not None:
        yield from read_list(objects, manifest.listed)


def read_list(objects: Path, listed: Sealed) -> Iterator[Listed]:
    """Every file of a list, as it comes."""
    with (objects / listed.name).open("rb") as file:
        yield from map(_read, file)


class Known:
    """The files of the last backup, asked for in the order of their paths."""

    def __init__(self, listed: Iterable[Listed]) -> None:
        self._rest = iter(listed)
        self._next = next(self._rest, None)

    def at(self, path: str) -> Sealed | None:
        """The file that holds what was at ``path``; each path comes after the one before."""
        while self._next and in_order(self._next[0]) < in_order(path):
            self._next = next(self._rest, None)
        return self._next[1] if self._next and self._next[0] == path else None


def in_order(path: str) -> list[str]:
    """By what paths are ordered: folder by folder."""
    return path.split("/")


def _read(line: bytes) -> Listed:
    try:
        path, sha256, size, name = json.loads(line)
    except (ValueError, TypeError):
        raise _no_list() from None
    sealed = Sealed(name=name, sha256=sha256, size=size)
    if path.startswith("/") or ".." in in_order(path):
        raise _no_list()
    return path, sealed


def _no_list() -> BackupError:
    return BackupError(
        "the list of the backup's files is none of this version. Restore it with the version that "
        "made it."
    )
