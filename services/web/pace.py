"""How fast somebody may ask: a steady pace, with some in store for who asks seldom."""

from __future__ import annotations

from datetime import timedelta

from services.ports import Clock
from services.store.instants import to_ms
from services.web.tally import Mark, Tally


class Pace:
    """So many questions a second on average, and so many at once.

    Source: the generic cell rate algorithm (ITU-T I.371, annex A): one instant is all that is kept
    of a key, and no window begins anew in which twice as many would fit.

    Args:
        tally: Keeps the instants, for all workers together.
        clock: Says when somebody asks.
        per_second: On average, 1000 at most.
        at_once: After a time of silence.
    """

    def __init__(self, tally: Tally, clock: Clock, *, per_second: int, at_once: int) -> None:
        self._tally = tally
        self._clock = clock
        self._each_ms = 1000 // per_second
        self._ahead_ms = (at_once - 1) * self._each_ms

    def wait(self, key: str) -> timedelta:
        """Ask now. Zero: it counts; else how long to wait first, and it does not count."""
        now_ms, waits_ms = to_ms(self._clock.now()), 0

        def asked(mark: Mark | None) -> Mark:
            nonlocal waits_ms
            known = mark or Mark(count=0, at_ms=now_ms)
            due_ms = max(known.at_ms, now_ms)
            waits_ms = max(0, due_ms - now_ms - self._ahead_ms)
            return known if waits_ms else Mark(count=known.count + 1, at_ms=due_ms + self._each_ms)

        self._tally.change(key.encode(), asked)
        return timedelta(milliseconds=waits_ms)
