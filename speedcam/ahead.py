"""Items made ahead, in a thread of their own, while somebody is at those made before."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import suppress
from queue import Empty, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")

LOOK_S = 0.05


class Left(Exception):
    """Nobody wants what is being made any more."""


class Ahead(Generic[Item]):
    """Has items made up to ``most`` before they are taken, in their order.

    Whoever makes them calls :meth:`go_on` now and then, so that nobody has to wait for the next.
    """

    def __init__(self, most: int) -> None:
        self._made: Queue[Item | _End] = Queue(most)
        self._left = Event()

    def go_on(self) -> None:
        """Raises Left once nobody takes any more."""
        if self._left.is_set():
            raise Left

    def of(self, items: Iterable[Item]) -> Generator[Item]:
        """The same items; what goes wrong in making them is raised after those made before."""
        maker = Thread(target=self._make, args=(items,), name="ahead", daemon=True)
        maker.start()
        try:
            while not isinstance(item := self._made.get(), _End):
                yield item
            if item.why:
                raise item.why
        finally:
            self._left.set()
            while maker.is_alive():
                with suppress(Empty):
                    self._made.get(timeout=LOOK_S)

    def _make(self, items: Iterable[Item]) -> None:
        why: BaseException | None = None
        try:
            for item in items:
                self._made.put(item)
                self.go_on()
        except Left:
            pass
        except BaseException as error:  # noqa: BLE001 - raised where the items are taken
            why = error
        self._made.put(_End(why))


class _End:
    """After the last item: why there is no other, if something went wrong."""

    def __init__(self, why: BaseException | None) -> None:
        self.why = why
