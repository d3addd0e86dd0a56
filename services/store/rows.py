"""Many rows into a table at once, the shortest way that each database has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Connection, Table
from sqlalchemy.engine import Dialect


def add_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Add rows, which name the same columns, within a transaction that writes.

    SQLAlchemy prepares each row anew, which takes longer than the database takes for it.
    """
    if not rows:
        return
    names = tuple(rows[0])
    columns = [[row[name] for row in rows] for name in names]
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_from_arrays(table, names, connection.dialect), tuple(columns))
    else:
        connection.exec_driver_sql(_by_row(table, names), list(zip(*columns, strict=True)))


@lru_cache(maxsize=64)
def _by_row(table: Table, names: tuple[str, ...]) -> str:
    return f"{_into(table, names)} VALUES ({', '.join('?' * len(names))})"


@lru_cache(maxsize=64)
def _from_arrays(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    """One statement that takes an array for each column: it is sent and planned once."""
    # Without its length: to cast to that would cut off what is too long, and not refuse it.
    types = (table.c[name].type.compile(dialect).partition("(")[0] for name in names)
    arrays = ", ".join(f"%b::{type_}[]" for type_ in types)
    return f"{_into(table, names)} SELECT * FROM unnest({arrays})"  # noqa: S608 - our own names


def _into(table: Table, names: Sequence[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table.name}" ({quoted})'
