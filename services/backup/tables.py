"""Tables as lines of JSON, the same for every database, so that a backup goes into any of them."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import Connection, LargeBinary, Table, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from services.errors import BackupError
from services.store import incident_schema, staff_schema  # noqa: F401 - tables of every office
from services.store.key_tables import case_keys
from services.store.ledger_tables import leaves  # noqa: F401 - likewise
from services.store.schema import metadata

AT_ONCE = 1000


def every_table() -> tuple[Table, ...]:
    """Every table of an office but that of the keys; each after those that it refers to."""
    return tuple(table for table in metadata.sorted_tables if table is not case_keys)


def count_rows(connection: Connection, table: Table) -> int:
    """How many rows there are."""
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def lines_of(connection: Connection, table: Table) -> Iterator[bytes]:
    """The names of the columns, and then each row, as a JSON array a line."""
    names = [column.name for column in table.columns]
    yield _line(names)
    query = select(table).order_by(*table.primary_key.columns)
    rows = connection.execute(query, execution_options={"yield_per": AT_ONCE})
    for part in rows.partitions():
        yield b"".join(
            _line([b64encode(v).decode() if isinstance(v, bytes) else v for v in row])
            for row in part
        )


def load_lines(connection: Connection, table: Table, parts: Iterable[bytes]) -> None:
    """Fill an empty table with what :func:`lines_of` gave.

    Raises:
        BackupError: It is of another table, of another version of it, or does not fit the others.
    """
    lines = _lines(parts)
    names = [column.name for column in table.columns]
    if json.loads(next(lines, b"[]")) != names:
        raise BackupError(
            f"the backup has other columns of {table.name} than this speedcam. Restore it with the "
            "version that made it."
        )
    sealed = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
    while part := list(islice(lines, AT_ONCE)):
        rows = [dict(zip(names, json.loads(line), strict=True)) for line in part]
        try:
            connection.execute(insert(table), [_unpacked(row, sealed) for row in rows])
        except IntegrityError:
            raise _does_not_fit(table) from None
    _go_on_counting(connection, table)


def _does_not_fit(table: Table) -> BackupError:
    return BackupError(
        f"rows of {table.name} in the backup do not fit its other tables: it was put together from "
        "several. Remove what was restored, and take another copy of the backup."
    )


def _unpacked(row: dict[str, object], sealed: set[str]) -> dict[str, object]:
    packed = {name: row[name] for name in sealed if row[name] is not None}
    return row | {name: b64decode(str(value)) for name, value in packed.items()}


def _go_on_counting(connection: Connection, table: Table) -> None:
    """PostgreSQL counts beside the table: without this the next row would get a number again."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    last = connection.execute(select(func.max(column))).scalar()
    if last:
        said = {"name": table.name, "column": column.name, "last": last}
        wanted = text("SELECT setval(pg_get_serial_sequence(:name, :column), :last)")
        connection.execute(wanted, said)


def _line(values: list[object] | list[str]) -> bytes:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    waiting = b""
    for part in parts:
        *whole, waiting = (waiting + part).split(b"\n")
        yield from whole
