"""What an office remembers from one time to the next: one value for each name."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from services.store.schema import office


def remember(connection: Connection, name: str, value: str) -> None:
    """Keep a value in place of the one before, within the transaction of ``connection``."""
    connection.execute(delete(office).where(office.c.name == name))
    connection.execute(insert(office).values(name=name, value=value))


def remembered(connection: Connection, name: str) -> str | None:
    """What was kept last, or None."""
    value: str | None = connection.execute(
        select(office.c.value).where(office.c.name == name)
    ).scalar()
    return value
