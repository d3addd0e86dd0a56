"""Footage by URL: fetched whole to a private file of this machine before any of it is looked at.

The decoder has no network and reads one descriptor, opened once, and what is proven is the footage
whose SHA-256 is known: none of that could be said of a file that is read far away, bit by bit.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

from speedcam.disk import make_folder, write_synced
from speedcam.errors import FootageError

BLOCK_BYTES = 1 << 20
"""Asked for at once. Left to itself a client of S3 asks for 50 MiB to read the first byte."""
SCHEMES = frozenset({"s3", "http", "https"})
ROOM_BYTES = 8_000_000_000
"""Idle clips are removed, the one used longest ago first, until all have so much or less."""
KEPT_S = 600.0
"""An idle clip is removed after so long at the latest."""


def is_url(place: str) -> bool:
    """Whether ``place`` is a URL and no path."""
    return "://" in place


def require_plain(url: str) -> None:
    """Raises FootageError for a URL of another kind, or one that could hold a secret."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or "::" in url:
        known = ", ".join(f"{scheme}://" for scheme in sorted(SCHEMES))
        raise FootageError(f"{url}: footage comes by path, or by {known}.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise FootageError(
            f"{parts.scheme}://{parts.hostname}{parts.path}: a URL may hold no user, password or "
            "query: everybody at the machine can read a command line. Give credentials by the "
            "workers' environment (see docs/scale.md)."
        )


@dataclass(slots=True, kw_only=True)
class _Kept:
    """A clip that was fetched."""

    path: Path
    sha256: str
    size_bytes: int
    users: int = 1
    idle_since_s: float = 0.0


class FetchedClips:
    """Clips in a folder, each fetched once for as long as somebody uses it, and a while longer."""

    def __init__(self, folder: Path, room_bytes: int = ROOM_BYTES, kept_s: float = KEPT_S) -> None:
        self._folder = folder
        self._room_bytes = room_bytes
        self._kept_s = kept_s
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._lock = threading.Lock()
        self._fetching: dict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def at(self, url: str, most_bytes: float, sha256: str = "") -> Iterator[Path]:
        """The file with the clip at ``url``, for as long as it is used.

        Args:
            url: Where it is.
            most_bytes: It may have.
            sha256: It must be this one if it was fetched before; empty: it is fetched anew.

        Raises:
            FootageError: It cannot be fetched, or is too large.
        """
        with self._fetching[url]:
            kept = self._taken(url, sha256) or self._fetch(url, most_bytes)
        try:
            yield kept.path
        finally:
            self._leave(kept)

    def _taken(self, url: str, sha256: str) -> _Kept | None:
        with self._lock:
            kept = self._kept.pop((url, sha256), None)
            if kept:
                kept.users += 1
                self._kept[url, sha256] = kept
            return kept

    def _fetch(self, url: str, most_bytes: float) -> _Kept:
        path = self._folder / secrets.token_hex(8) / Path(urlsplit(url).path).name
        make_folder(path.parent)
        try:
            size_bytes, sha256 = fetch(url, path, most_bytes)
        except BaseException:
            _remove(path)
            raise
        if known := self._taken(url, sha256):
            _remove(path)
            return known
        kept = _Kept(path=path, sha256=sha256, size_bytes=size_bytes)
        with self._lock:
            self._kept[url, sha256] = kept
        self._make_room()
        return kept

    def _leave(self, kept: _Kept) -> None:
        with self._lock:
            kept.users -= 1
            kept.idle_since_s = monotonic()
            if kept.users:
                return
        self._make_room()
        later = threading.Timer(self._kept_s, self._make_room)
        later.daemon = True
        later.start()

    def _make_room(self) -> None:
        with self._lock:
            held_bytes = sum(kept.size_bytes for kept in self._kept.values())
            for key, kept in list(self._kept.items()):
                old = monotonic() - kept.idle_since_s >= self._kept_s
                if not kept.users and (old or held_bytes > self._room_bytes):
                    held_bytes -= self._kept.pop(key).size_bytes
                    _remove(kept.path)


def fetch(url: str, to: Path, most_bytes: float) -> tuple[int, str]:
    """Copy what is at ``url`` to a file for its owner alone; its length and its SHA-256.

    Raises:
        FootageError: It cannot be fetched, or has more than ``most_bytes``.
    """
    digest, taken = hashlib.sha256(), 0

    def blocks() -> Iterator[bytes]:
        nonlocal taken
        for block in _blocks(url):
            taken += len(block)
            if taken > most_bytes:
                raise FootageError(
                    f"{url} has more than the {most_bytes / 1e9:g} GB that are allowed. Split it "
                    "without re-encoding, or allow more with --bound bytes=NUMBER.",
                    "too_large",
                )
            digest.update(block)
            yield block

    write_synced(to, blocks())
    return taken, digest.hexdigest()


def _blocks(url: str) -> Iterator[bytes]:
    import fsspec  # noqa: PLC0415 - an extra that most do not need

    try:
        store, path = fsspec.core.url_to_fs(url)
        with store.open(path, "rb", block_size=BLOCK_BYTES, cache_type="none") as far:
            while block := far.read(BLOCK_BYTES):
                yield block
    except Exception as error:  # noqa: BLE001 - each kind of store has its own
        # Their words may hold what they were given: keys, signed addresses.
        raise FootageError(
            f"{url}: cannot be fetched ({type(error).__name__}). Check the name, the credentials "
            "in the workers' environment, and that they reach it.",
            "not_there",
        ) from None


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.parent.rmdir()
