"""The connection to the database: one writer at a time, durable commits, a checked schema."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, OperationalError

from services.errors import StoreError
from services.store.additions import add_what_is_missing, lacks_additions
from services.store.migrations import migrate
from services.store.schema import SCHEMA_VERSION, metadata, office
from speedcam.disk import FILE_MODE, sync_folder

SQLITE = "office.sqlite"
URL_FILE = "keys/database.url"
"""Where an office that is not in SQLite says where it is. It may hold a password."""

BUSY_TIMEOUT_MS = 30_000
CACHE_KIB = 64 * 1024
"""What SQLite may keep of the database in memory: the pages that a group of cases changes. With its
own 2 MiB it waits for the disk several times within the transaction."""

_WRITING = {"begin": "IMMEDIATE"}
"""Execution options of a transaction that writes: it waits for its turn before it reads."""

_TURN = text("SELECT pg_advisory_xact_lock(7370656564)")
"""The same turn in PostgreSQL: held until the transaction ends, by one writer at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where an office keeps its rows.

    Attributes:
        url: Of SQLAlchemy.
        path: The SQLite file; None where the database is a PostgreSQL server's.
    """

    url: URL
    path: Path | None

    def __str__(self) -> str:
        return str(self.path) if self.path else self.url.render_as_string(hide_password=True)

    def exists(self) -> bool:
        """Whether the office has been made; for a server its schema says so."""
        if self.path is not None:
            return self.path.is_file()
        engine = _server_engine(self.url)
        try:
            with engine.connect() as connection:
                return inspect(connection).has_table(office.name)
        except DatabaseError as error:
            raise StoreError(fault_of(str(self), error)) from None
        finally:
            engine.dispose()


def database_of(office_dir: Path) -> Database:
    """The database of the office in ``office_dir``: its own SQLite file, or the one it names.

    Raises:
        StoreError: The file that names it names none.
    """
    named = office_dir / URL_FILE
    if not named.is_file():
        path = office_dir / SQLITE
        return Database(url=URL.create("sqlite", database=str(path)), path=path)
    try:
        url = make_url(named.read_text(encoding="utf-8").strip())
    except (ArgumentError, ValueError, OSError):
        url = URL.create("nothing")
    if url.get_backend_name() != "postgresql":
        raise StoreError(
            f"{named} does not name a PostgreSQL database. Write one line such as "
            "postgresql://USER@HOST/NAME, or remove the file to keep the office in SQLite."
        )
    return Database(url=url.set(drivername="postgresql+psycopg"), path=None)


def connect(database: Database, key_check: str, *, create: bool) -> Engine:
    """The database of an office, its schema and key checked.

    Args:
        database: Where it is.
        key_check: Of the office key; a database written with another key is refused.
        create: Make the file and its tables where there are none.

    Raises:
        StoreError: It cannot be opened, is of another version, or belongs to another key.
    """
    if create and database.path and not database.path.exists():
        _create_private(database.path)
    engine = _engine(database)
    try:
        _check(engine, str(database), key_check, create=create)
    except DatabaseError as error:
        engine.dispose()
        raise StoreError(fault_of(str(database), error)) from None
    except StoreError:
        engine.dispose()
        raise
    return engine


def _engine(database: Database) -> Engine:
    # Numbers and digests belong in no log.
    if database.path is None:
        return create_engine(database.url, hide_parameters=True, isolation_level="REPEATABLE READ")
    engine = create_engine(database.url, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _server_engine(url: URL) -> Engine:
    try:
        # A reader sees one state of the office from its first statement to its last.
        return create_engine(url, hide_parameters=True, isolation_level="REPEATABLE READ")
    except ModuleNotFoundError:
        raise StoreError(
            f"{url.render_as_string()} needs the package psycopg: install speedcam[postgres]."
        ) from None


@contextmanager
def writer_of(engine: Engine) -> Iterator[Connection]:
    """A transaction that has its turn to write: what it reads, nobody else changes."""
    if engine.dialect.name == "sqlite":
        with engine.execution_options(**_WRITING).connect() as connection, connection.begin():
            yield connection
        return
    # With the turn taken, each statement must see what the writer before has committed.
    committed = engine.execution_options(isolation_level="READ COMMITTED")
    with committed.connect() as connection, connection.begin():
        connection.execute(_TURN)
        yield connection


def refuse_changes(engine: Engine) -> None:
    """Let the database itself refuse every change that comes through ``engine`` from now on."""
    words = (
        "PRAGMA query_only = ON"
        if engine.dialect.name == "sqlite"
        else "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
    )

    def forbid(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(words)
        cursor.close()
        if engine.dialect.name != "sqlite":
            connection.commit()

    event.listen(engine, "connect", forbid)
    engine.dispose()  # connections that may still write


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
        f"cache_size = -{CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    kind = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")


def _check(engine: Engine, name: str, key_check: str, *, create: bool) -> None:
    if create:
        with writer_of(engine) as connection:
            if not inspect(connection).has_table(office.name):
                metadata.create_all(connection)
                told = {"schema": str(SCHEMA_VERSION), "key": key_check}
                rows = [{"name": name, "value": value} for name, value in told.items()]
                connection.execute(insert(office), rows)
    with engine.connect() as connection:
        if not inspect(connection).has_table(office.name):
            raise StoreError(f"{name} is no office database. Give the folder of an office.")
        known = _stated(connection)
    if known.get("schema") != str(SCHEMA_VERSION):
        # Read again in its turn: another process may lead it on at the same moment.
        with writer_of(engine) as connection:
            migrate(connection, _stated(connection).get("schema", "none"))
            known = _stated(connection)
    _require_schema(name, known.get("schema", "none"))
    if known.get("key") != key_check:
        raise StoreError(
            f"the office key does not belong to {name}: it was written with another key. Restore "
            "keys/ and the database from the same backup."
        )
    if lacks_additions(engine):
        with writer_of(engine) as connection:
            add_what_is_missing(connection)


def _stated(connection: Connection) -> dict[str, str]:
    return {row.name: row.value for row in connection.execute(select(office))}


def _require_schema(name: str, found: str) -> None:
    if found != str(SCHEMA_VERSION):
        raise StoreError(
            f"{name} has schema version {found}, and this speedcam works with {SCHEMA_VERSION}. "
            "Use the speedcam that wrote it, or start a new office folder."
        )


def fault_of(name: str, error: DatabaseError) -> str:
    """What happened to the database ``name``, in words."""
    if isinstance(error, DataError):
        return (
            f"the database {name} does not take a value: it is too long, or has characters that it "
            "does not keep. Correct what was given; nothing of it was kept."
        )
    kind = "is locked or cannot be read" if isinstance(error, OperationalError) else "is damaged"
    return (
        f"the database {name} {kind}: {error.orig}. Check the folder's rights and free space; if "
        "it is damaged, restore the last verified backup."
    )
