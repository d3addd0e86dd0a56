"""Who delivers from an office's folder just now, and the leases of those that are gone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, select

from services.errors import StoreUnavailable
from services.model import NoticeState
from services.notifier.outbox import given_up
from services.ports import Clock
from services.store.schema import outbox
from services.store.store import Store
from speedcam.disk import FILE_MODE


@contextmanager
def worker(store: Store, clock: Clock) -> Iterator[None]:
    """Be one of the workers on this folder; the system forgets a dead one by itself."""
    path = store.folder / "deliver.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, FILE_MODE)
    except OSError as error:
        raise StoreUnavailable(
            f"cannot use {path}: {error.strerror}. Check who owns the office's folder; nothing "
            "was handed over."
        ) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # others are at work, and their leases hold
        else:
            with store.writing() as connection:
                _take_back(store, connection, clock.now())
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _take_back(store: Store, connection: Connection, now: datetime) -> None:
    """End the leases of workers that are gone: nobody else is at work here."""
    leased = outbox.c.lease.is_not(None) & (outbox.c.state == NoticeState.WAITING)
    for row in connection.execute(select(outbox).where(leased)).all():
        given_up(store, connection, row, now)
