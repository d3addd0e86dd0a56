"""Counts that all workers of a server share, and that nobody needs once it ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

MOST_MARKS = 20_000
"""Bounds the size; what has been quiet longest is forgotten first."""
_LOOKS_EVERY = 256
_PREPARED = (
    "PRAGMA journal_mode = MEMORY",
    "PRAGMA synchronous = OFF",  # a count that a power cut takes is no loss
    "CREATE TABLE IF NOT EXISTS marks (key BLOB PRIMARY KEY, count INTEGER, at_ms INTEGER)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is counted under one key, and an instant that belongs to it, in ms since 1970."""

    count: int
    at_ms: int


class Tally:
    """Marks by key, each changed by one worker at a time.

    Args:
        path: A file of its own that the workers share; None: this process counts for itself.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = Lock()
        self._changes = 0
        self._base = sqlite3.connect(
            path or ":memory:", timeout=10, isolation_level=None, check_same_thread=False
        )
        for statement in _PREPARED:
            self._base.execute(statement)

    def __len__(self) -> int:
        """How many marks are kept."""
        with self._lock:
            return int(self._base.execute("SELECT count(*) FROM marks").fetchone()[0])

    def change(self, key: bytes, changed: Callable[[Mark | None], Mark]) -> Mark:
        """Put in place of a mark what ``changed`` makes of it; what it made."""
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                mark = changed(self._mark(key))
                put = "INSERT OR REPLACE INTO marks VALUES (?, ?, ?)"
                self._base.execute(put, (key, mark.count, mark.at_ms))
                self._forget()
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")
            return mark

    def knows(self, key: bytes) -> bool:
        """Whether there is a mark under this key."""
        with self._lock:
            return self._mark(key) is not None

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def _mark(self, key: bytes) -> Mark | None:
        query = "SELECT count, at_ms FROM marks WHERE key = ?"
        row = self._base.execute(query, (key,)).fetchone()
        return Mark(count=row[0], at_ms=row[1]) if row else None

    def _forget(self) -> None:
        self._changes += 1
        if self._changes % _LOOKS_EVERY == 0:
            self._base.execute(
                "DELETE FROM marks WHERE key IN "
                "(SELECT key FROM marks ORDER BY at_ms DESC LIMIT -1 OFFSET ?)",
                (MOST_MARKS,),
            )
