"""What newer offices have beside older ones of the same schema version: tables and columns.

They are added and nothing is changed, so that an office can be opened by both.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, inspect, text, update
from sqlalchemy.schema import CreateColumn

from services.model import Channel
from services.store import (  # noqa: F401 - of all
    alarm_schema,
    incident_schema,
    key_tables,
    staff_schema,
)
from services.store.schema import metadata, outbox


def lacks_additions(engine: Engine) -> bool:
    """Whether a table or column of the outbox is missing."""
    known = inspect(engine)
    return bool(set(metadata.tables) - set(known.get_table_names())) or bool(
        _missing({column["name"] for column in known.get_columns(outbox.name)})
    )


def add_what_is_missing(connection: Connection) -> None:
    """Add missing tables and columns; notices that wait travel by any channel from now on."""
    metadata.create_all(connection)
    known = {column["name"] for column in inspect(connection).get_columns(outbox.name)}
    for name in _missing(known):
        column = CreateColumn(outbox.c[name]).compile(dialect=connection.dialect)
        connection.execute(text(f"ALTER TABLE {outbox.name} ADD COLUMN {column}"))
    # Before there was a choice, every notice was for the folder.
    waiting = (outbox.c.channel == Channel.FOLDER) & outbox.c.sent_at_ms.is_(None)
    connection.execute(update(outbox).where(waiting).values(channel=Channel.ANY))


def _missing(known: set[str]) -> list[str]:
    return [column.name for column in outbox.columns if column.name not in known]
