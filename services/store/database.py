"""The connection to the database: one writer at a time, durable commits, a checked schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, event, insert, inspect, make_url, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, DBAPIError, OperationalError

from services.errors import StoreError, StoreUnavailable
from services.store.additions import add_what_is_missing, lacks_additions
from services.store.haste import TURN_S, at_most
from services.store.migrations import migrate
from services.store.schema import SCHEMA_VERSION, metadata, office
from services.store.sqlite import create_private, sqlite_engine

SQLITE = "office.sqlite"
URL_FILE = "keys/database.url"
"""Where an office that is not in SQLite says where it is. It may hold a password."""

_WRITING = {"begin": "IMMEDIATE"}
"""Execution options of a transaction that writes: it waits for its turn before it reads."""


_TURN = (
    "SET LOCAL lock_timeout = {wait_ms}; "
    "SET LOCAL idle_in_transaction_session_timeout = {idle_ms}; "
    "SELECT pg_advisory_xact_lock(7370656564)"
)
"""The turn to write: held until the transaction ends, by one writer at a time."""
_IDLE_MS = 300_000
"""A writer that stands still so long loses its turn, and all that it did in it."""


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
        engine = _engine(self)
        try:
            with engine.connect() as connection:
                return inspect(connection).has_table(office.name)
        except DBAPIError as error:
            raise StoreUnavailable(fault_of(str(self), error)) from None
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
        StoreUnavailable: It is locked, or does not answer.
        StoreError: It cannot be opened, is of another version, or belongs to another key.
    """
    if create and database.path and not database.path.exists():
        create_private(database.path)
    engine = _engine(database)
    try:
        _check(engine, str(database), key_check, create=create)
    except DBAPIError as error:
        engine.dispose()
        raise StoreUnavailable(fault_of(str(database), error)) from None
    except StoreError:
        engine.dispose()
        raise
    return engine


def _engine(database: Database) -> Engine:
    if database.path is not None:
        return sqlite_engine(database.path)
    try:
        from services.store.postgres import postgres_engine  # noqa: PLC0415 - its driver is optional
    except ModuleNotFoundError:
        raise StoreError(
            f"{database} needs the package psycopg: install speedcam[postgres]."
        ) from None
    return postgres_engine(database.url)


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
        _take_turn(connection)
        yield connection


def _take_turn(connection: Connection) -> None:
    """Wait for the turn to write, which ends with the transaction."""
    # The server gives up first, so that nobody waits there for who has left.
    wait_ms = max(1, int(900 * at_most(TURN_S)))
    words = _TURN.format(wait_ms=wait_ms, idle_ms=_IDLE_MS)
    connection.execution_options(no_parameters=True).exec_driver_sql(words)


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


def fault_of(name: str, error: DBAPIError) -> str:
    """What happened to the database ``name``, in words."""
    if isinstance(error, DataError):
        return (
            f"the database {name} does not take a value: it is too long, or has characters that it "
            "does not keep. Correct what was given; nothing of it was kept."
        )
    damaged = isinstance(error, DatabaseError) and not isinstance(error, OperationalError)
    kind = "is damaged" if damaged else "is locked or cannot be read"
    told = " ".join(str(error.orig).split()).rstrip(".")
    where = "that its server runs and is reached" if "://" in name else "the folder's rights"
    return (
        f"the database {name} {kind}: {told}. Check {where}, and free space; if it is "
        "damaged, restore the last verified backup."
    )
