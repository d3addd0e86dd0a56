"""The connection to the database: one writer at a time, durable commits, a checked schema."""

from __future__ import annotations

import os
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.exc import DatabaseError, OperationalError

from services.errors import StoreError
from services.store.schema import SCHEMA_VERSION, metadata, office
from speedcam.disk import FILE_MODE, sync_folder

BUSY_TIMEOUT_MS = 30_000

WRITING = {"begin": "IMMEDIATE"}
"""Execution options of a transaction that writes: it waits for its turn before it reads."""


def connect(path: Path, key_check: str, *, create: bool) -> Engine:
    """The database of an office, its schema and key checked.

    Args:
        path: The SQLite file.
        key_check: Of the office key; a database written with another key is refused.
        create: Make the file and its tables where there are none.

    Raises:
        StoreError: It cannot be opened, is of another version, or belongs to another key.
    """
    if create and not path.exists():
        _create_private(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        hide_parameters=True,  # numbers and digests belong in no log
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        _check(engine, path, key_check, create=create)
    except DatabaseError as error:
        engine.dispose()
        raise StoreError(fault_of(path, error)) from None
    except StoreError:
        engine.dispose()
        raise
    return engine


def _create_private(path: Path) -> None:
    # SQLite gives its journal the mode of the database, so this guards both.
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, FILE_MODE))
    sync_folder(path.parent)


def _prepare(connection: SqliteConnection, _record: object) -> None:
    """A rollback journal with full synchronisation.

    The SQLite in common use (before 3.51.3) can damage a database in its WAL mode.
    """
    connection.isolation_level = None  # transactions begin where _begin says
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = DELETE",
        "synchronous = EXTRA",
        "foreign_keys = ON",
        "secure_delete = ON",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    kind = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")


def _check(engine: Engine, path: Path, key_check: str, *, create: bool) -> None:
    if create:
        with engine.connect().execution_options(**WRITING) as connection, connection.begin():
            if not inspect(connection).has_table(office.name):
                metadata.create_all(connection)
                told = {"schema": str(SCHEMA_VERSION), "key": key_check}
                rows = [{"name": name, "value": value} for name, value in told.items()]
                connection.execute(insert(office), rows)
    with engine.connect() as connection:
        if not inspect(connection).has_table(office.name):
            raise StoreError(f"{path} is no office database. Give the folder of an office.")
        known = {row.name: row.value for row in connection.execute(select(office))}
    _require_schema(path, known.get("schema", "none"))
    if known.get("key") != key_check:
        raise StoreError(
            f"the office key does not belong to {path}: it was written with another key. Restore "
            "keys/ and the database from the same backup."
        )


def _require_schema(path: Path, found: str) -> None:
    if found != str(SCHEMA_VERSION):
        raise StoreError(
            f"{path} has schema version {found}, and this speedcam works with {SCHEMA_VERSION}. "
            "Use the speedcam that wrote it, or start a new office folder."
        )


def fault_of(path: Path, error: DatabaseError) -> str:
    """What happened to the database at ``path``, in words."""
    kind = "is locked or cannot be read" if isinstance(error, OperationalError) else "is damaged"
    return (
        f"the database {path} {kind}: {error.orig}. Check the folder's rights and free space; if "
        "it is damaged, restore the last verified backup."
    )
