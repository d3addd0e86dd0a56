"""One question for all who ask the same: whoever asks while it is under way waits for the next."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Asks once for many threads.

    An answer serves only who came before it was asked for, so that nobody gets one that is older
    than their own question. An exception is its asker's alone; the next one asks again.

    Args:
        ask: Asks; called by one thread at a time.
    """

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._turn = Condition()
        self._begun = 0
        self._answered = 0
        self._answers: list[T] = []
        self._busy = False

    def __call__(self) -> T:
        """The answer to a question that began after this call."""
        with self._turn:
            mine = self._begun + 1
            while self._busy and self._answered < mine:
                self._turn.wait()
            if self._answered >= mine:
                return self._answers[-1]
            self._busy = True
            self._begun += 1
            asked = self._begun
        try:
            answer = self._ask()
            with self._turn:
                self._answers[:] = [answer]
                self._answered = asked
        finally:
            with self._turn:
                self._busy = False
                self._turn.notify_all()
        return answer
