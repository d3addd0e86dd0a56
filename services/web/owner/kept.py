"""Pages as they were made last, for as long as nothing changed: who asks again waits for nobody."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

MOST_PAGES = 1000
"""Some 30 MB of memory at most; what was asked for longest ago goes first."""
LONGEST = timedelta(minutes=1)
"""Nobody's page stays in memory longer after it was made, but for the next one of somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    stamp: Hashable
    at: datetime
    page: str


class KeptPages:
    """Pages by key, each with what it was made of. In memory alone, and safe for threads."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, _Made] = OrderedDict()
        self._lock = Lock()

    def page(
        self, key: Hashable, stamp: Hashable, now: datetime, make: Callable[[], str | None]
    ) -> str | None:
        """The page of ``key``, made anew where anything may have changed.

        Args:
            key: Whose page, and in which language.
            stamp: Read before the page would be made; another one means that it may differ.
            now: The present instant.
            make: Makes it; None: there is none, and nothing is kept.
        """
        with self._lock:
            known = self._pages.get(key)
            if known and known.stamp == stamp and timedelta() <= now - known.at < LONGEST:
                self._pages.move_to_end(key)
                return known.page
        page = make()
        with self._lock:
            self._pages.pop(key, None)
            if page is not None:
                self._pages[key] = _Made(stamp=stamp, at=now, page=page)
            self._forget(now)
        return page

    def _forget(self, now: datetime) -> None:
        over = [key for key, made in self._pages.items() if not now - made.at < LONGEST]
        for key in over:
            del self._pages[key]
        while len(self._pages) > MOST_PAGES:
            self._pages.popitem(last=False)
