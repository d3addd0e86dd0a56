"""A database that is a file: whoever comes finds that very file, or is told that it is gone."""

from __future__ import annotations

import os
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from services.store.haste import TURN_S, at_most
from speedcam.disk import FILE_MODE, sync_folder

POOL_S = 1.0
"""Until a connection is free, where many threads ask at once."""
CACHE_KIB = 64 * 1024
"""What SQLite may keep of the database in memory: the pages that a group of cases changes. With its
own 2 MiB it waits for the disk several times within the transaction."""

_FILE, _WAIT = "file", "wait"
"""Where a connection keeps which file it has open, and how long it waits for others, in ms."""

_Identity = tuple[int, int] | None


def sqlite_engine(path: Path) -> Engine:
    """The engine of the database in the file ``path``, which it never makes."""
    # A database that is away for a moment must not be found empty, and begun anew.
    name = URL.create("sqlite", database=path.absolute().as_uri(), query={"mode": "rw", "uri": "1"})
    # Numbers and digests belong in no log.
    engine = create_engine(name, hide_parameters=True, pool_timeout=POOL_S)

    file = str(path)

    def prepare(connection: SqliteConnection, record: ConnectionPoolEntry) -> None:
        record.info[_FILE], record.info[_WAIT] = _identity(file), None
        _prepare(connection)

    def require(
        connection: SqliteConnection, record: ConnectionPoolEntry, _: PoolProxiedConnection
    ) -> None:
        # An open file is still there for who has it open, wherever it was moved since.
        if record.info[_FILE] != _identity(file):
            raise DisconnectionError("another file is there now, or none")
        wait_ms = int(1000 * at_most(TURN_S))
        if record.info[_WAIT] != wait_ms:
            connection.execute(f"PRAGMA busy_timeout = {wait_ms}").close()
            record.info[_WAIT] = wait_ms

    event.listen(engine, "connect", prepare)
    event.listen(engine, "checkout", require)
    event.listen(engine, "begin", _begin)
    return engine


def create_private(path: Path) -> None:
    """Make an empty database that its owner alone may read."""
    # SQLite gives its journal the mode of the database, so this guards both.
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, FILE_MODE))
    sync_folder(path.parent)


def _identity(file: str) -> _Identity:
    try:
        about = os.stat(file)  # noqa: PTH116 - asked for each transaction, and faster
    except OSError:
        return None
    return about.st_dev, about.st_ino


def _prepare(connection: SqliteConnection) -> None:
    """A rollback journal with full synchronisation.

    The SQLite in common use (before 3.51.3) can damage a database in its WAL mode.
    """
    connection.isolation_level = None  # transactions begin where _begin says
    for pragma in (
        f"busy_timeout = {int(1000 * at_most(TURN_S))}",
        "journal_mode = DELETE",
        "synchronous = EXTRA",
        "foreign_keys = ON",
        "secure_delete = ON",
        "trusted_schema = OFF",
        f"cache_size = -{CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    kind = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")
