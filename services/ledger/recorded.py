"""When the history is signed: at the end of each command that writes, else twice a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread

from services.clock import SystemClock
from services.errors import LedgerError, StoreError
from services.ledger.log import checkpoint
from services.ports import Clock
from services.store.store import Store, open_store

EVERY = timedelta(seconds=30)


@contextmanager
def open_recorded(
    office_dir: Path, *, create: bool = False, clock: Clock | None = None
) -> Iterator[Store]:
    """The store of an office for a command that writes; what it did is signed at its end.

    ``clock`` dates the signature; None: the machine's own.

    Raises:
        StoreError: See :func:`services.store.store.open_store`.
        LedgerError: The history is not what was signed before.
    """
    with open_store(office_dir, create=create) as store:
        yield store
        checkpoint(store, clock or SystemClock())


class Recorder:
    """Signs the history whenever it is due, for whoever goes on for long."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._next: datetime | None = None

    def sign_if_due(self) -> None:
        """Sign what is new.

        Raises:
            LedgerError: The history is not what was signed before.
            StoreError: The database does not answer.
        """
        now = self._clock.now()
        # Also where the clock was put back.
        if self._next is None or not now < self._next <= now + EVERY:
            self._next = now + EVERY
            checkpoint(self._store, self._clock)


@contextmanager
def keep_recording(store: Store, clock: Clock, told: Callable[[str], object]) -> Iterator[None]:
    """Sign beside whatever else is done, and once more at the end; faults are told in words."""
    stop = Event()

    def sign() -> None:
        try:
            checkpoint(store, clock)
        except (LedgerError, StoreError) as error:
            told(f"{error}\n")

    def go_on() -> None:
        while not stop.wait(EVERY.total_seconds()):
            sign()

    beside = Thread(target=go_on, name="ledger", daemon=True)
    beside.start()
    try:
        yield
    finally:
        stop.set()
        beside.join()
        sign()
