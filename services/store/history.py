"""The history: who did what to which case or fine, when and why. Only ever added to."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from services.ledger.leaf import NOTHING, Change
from services.store.instants import from_ms, to_ms
from services.store.leaves import append_leaves
from services.store.schema import events
from services.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the history; ``second`` is another officer who agreed, where there is one.

    ``change`` goes into the ledger and does not come back from the history.
    """

    at: datetime
    who: str
    what: str
    subject: str
    reason: str
    second: str = ""
    change: Change = NOTHING


def add_event(store: Store, connection: Connection, event: Event) -> None:
    """Add ``event`` within the transaction of the change that it tells."""
    add_events(store, connection, [event])


def add_events(store: Store, connection: Connection, told: Sequence[Event]) -> None:
    """Add events in their order, within the transaction of the changes that they tell.

    Each gets its leaf in the ledger, so the rows that they hold must be there.
    """
    if told:
        rows = [_row(store, event) for event in told]
        connection.execute(insert(events), rows)
        changes = [event.change for event in told]
        append_leaves(store.keys, connection, list(zip(rows, changes, strict=True)))


def _row(store: Store, event: Event) -> dict[str, object]:
    row = secrets.token_hex(16)
    return {
        "id": row,
        "at_ms": to_ms(event.at),
        "who": event.who,
        "what": event.what,
        "subject": event.subject,
        "reason": store.keys.seal(
            event.reason.encode(), table=events.name, row=row, column="reason"
        ),
        "second": event.second or None,
    }


def last_reason(store: Store, connection: Connection, subject: str) -> str:
    """The reason of the last line about ``subject``; empty where nothing was told of it."""
    query = select(events.c.id, events.c.reason).where(events.c.subject == subject)
    row = connection.execute(query.order_by(events.c.position.desc()).limit(1)).first()
    return _reason(store, row.id, row.reason) if row else ""


def _reason(store: Store, row: str, sealed: bytes) -> str:
    return store.keys.unseal(sealed, table=events.name, row=row, column="reason").decode()


def history_of(store: Store, subject: str) -> tuple[Event, ...]:
    """Everything that happened to a case key or fine number, in order."""
    query = select(events).where(events.c.subject == subject).order_by(events.c.position)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return tuple(
        Event(
            at=from_ms(row.at_ms),
            who=row.who,
            what=row.what,
            subject=row.subject,
            reason=_reason(store, row.id, row.reason),
            second=row.second or "",
        )
        for row in rows
    )
