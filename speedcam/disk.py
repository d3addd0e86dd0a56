"""Files that are whole or absent, on disk before anything names them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from threading import get_native_id

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_folder(folder: Path) -> None:
    """Make ``folder`` for its owner alone, durably; one that exists stays as it is."""
    if folder.is_dir():
        return
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    sync_folder(folder.parent)


def write_durably(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write ``content`` to ``path``: after a crash it is there whole, or not at all.

    Pieces are written as they come, and not held.
    """
    write_whole(path, content)
    sync_folder(path.parent)


def write_whole(path: Path, content: bytes | Iterable[bytes]) -> None:
    """As :func:`write_durably`, but whoever writes many syncs their folder once, at the end."""
    part = path.with_name(f".{path.name}.{get_native_id()}.part")  # threads write side by side
    try:
        write_synced(part, content)
        part.replace(path)
    except OSError:
        # On a full disk half a picture would take the room and stay for ever.
        part.unlink(missing_ok=True)
        raise


def create_once(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` unless something is there, even if only just."""
    make_folder(path.parent)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    write_synced(part, content)
    try:
        # A link, unlike a rename, never replaces what another process has just put there.
        path.hardlink_to(part)
    except FileExistsError:
        pass
    finally:
        part.unlink()
    sync_folder(path.parent)


def write_synced(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write ``content`` to ``path`` for its owner alone and wait for the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines([content] if isinstance(content, bytes) else content)
        file.flush()
        os.fsync(file.fileno())


def append_whole(descriptor: int, content: bytes) -> None:
    """Add ``content`` to an open file and wait for the disk; where it has no room, nothing of it.

    A disk that fills up takes a part, and whatever is added later would go on from there.
    """
    before, left = os.fstat(descriptor).st_size, memoryview(content)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, before)
        raise


def sync_folder(folder: Path) -> None:
    """Wait until the names in ``folder`` are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
