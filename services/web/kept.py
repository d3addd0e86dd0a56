"""What was made last, for as long as nothing changed: who asks again waits for nobody."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

MOST = 1000
"""Some 30 MB of pages at most; what was asked for longest ago goes first."""
LONGEST = timedelta(minutes=1)
"""Nobody's stays in memory longer after it was made, but for the next one of somebody."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made(Generic[T]):
    stamp: Hashable
    at: datetime
    value: T


class Kept(Generic[T]):
    """Pages, or what they are made of, by key. In memory alone, and safe for threads."""

    def __init__(self) -> None:
        self._made: OrderedDict[Hashable, _Made[T]] = OrderedDict()
        self._lock = Lock()

    def get(
        self, key: Hashable, stamp: Hashable, now: datetime, make: Callable[[], T | None]
    ) -> T | None:
        """What was made for ``key``, made anew where anything may have changed.

        Args:
            key: Whose, and in which language.
            stamp: Read before it would be made; another one means that it may differ.
            now: The present instant.
            make: Makes it; None: there is none, and nothing is kept.
        """
        with self._lock:
            known = self._made.get(key)
            if known and known.stamp == stamp and timedelta() <= now - known.at < LONGEST:
                self._made.move_to_end(key)
                return known.value
        value = make()
        with self._lock:
            self._made.pop(key, None)
            if value is not None:
                self._made[key] = _Made(stamp=stamp, at=now, value=value)
            self._forget(now)
        return value

    def forget(self, key: Hashable) -> None:
        """Show nobody any more what was made for ``key``."""
        with self._lock:
            self._made.pop(key, None)

    def _forget(self, now: datetime) -> None:
        over = [key for key, made in self._made.items() if not now - made.at < LONGEST]
        for key in over:
            del self._made[key]
        while len(self._made) > MOST:
            self._made.popitem(last=False)
