"""Whether anything changed in an office since somebody looked."""

from __future__ import annotations

from services.store.ledger_tables import checkpoints
from services.store.schema import events
from services.store.store import Store

Stamp = tuple[int, int]

_QUERY = (
    f"SELECT coalesce((SELECT max(position) FROM {events.name}), 0), "  # noqa: S608 - our own names
    f"coalesce((SELECT max(size) FROM {checkpoints.name}), 0)"
)


def stamp_of(store: Store) -> Stamp:
    """How long the history and the last checkpoint of it are.

    Whatever happens to a case, a fine or its money becomes a line of the history in the same
    transaction, so the same stamp means that nothing happened. One look at two indexes.
    """
    with store.reading() as connection:
        told, signed = connection.exec_driver_sql(_QUERY).one()
    return int(told), int(signed)
