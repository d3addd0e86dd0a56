"""The history: who did what to which case or fine, when and why. Only ever added to."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from services.ledger.leaf import NOTHING, Change
from services.store.instants import from_ms, to_ms
from services.store.leaves import append_leaves
from services.store.ring import Ring
from services.store.rows import add_rows
from services.store.schema import events
from services.store.store import Store

ERASED = "erased"
"""The reason of a line whose words were erased with its case."""


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


def add_events(
    store: Store, connection: Connection, told: Sequence[Event], ring: Ring | None = None
) -> None:
    """Add events in their order, within the transaction of the changes that they tell.

    Each gets its leaf in the ledger, so the rows that they hold must be there. ``ring`` has the
    data keys of what they are about, where they were asked in this transaction.
    """
    if told:
        ring = ring or store.ring(connection, {event.subject for event in told})
        rows = [_row(ring, event) for event in told]
        add_rows(connection, events, rows)
        changes = [event.change for event in told]
        append_leaves(store.keys, connection, list(zip(rows, changes, strict=True)))


def _row(ring: Ring, event: Event) -> dict[str, object]:
    row = secrets.token_hex(16)
    return {
        "id": row,
        "at_ms": to_ms(event.at),
        "who": event.who,
        "what": event.what,
        "subject": event.subject,
        "reason": ring.seal(
            event.reason.encode(), of=event.subject, table=events.name, row=row, column="reason"
        ),
        "second": event.second or None,
    }


def last_reason(store: Store, connection: Connection, subject: str) -> str:
    """The reason of the last line about ``subject``; empty where nothing was told of it."""
    query = select(events.c.id, events.c.reason).where(events.c.subject == subject)
    row = connection.execute(query.order_by(events.c.position.desc()).limit(1)).first()
    ring = store.opening([row.reason] if row else [], connection)
    return _reason(ring, row.id, row.reason) if row else ""


def _reason(ring: Ring, row: str, sealed: bytes) -> str:
    if not ring.opens(sealed):
        return ERASED
    return ring.unseal(sealed, table=events.name, row=row, column="reason").decode()


def history_of(store: Store, *subjects: str) -> tuple[Event, ...]:
    """Everything that happened to case keys or fine numbers, in the order of its entry."""
    query = select(events).where(events.c.subject.in_(subjects)).order_by(events.c.position)
    with store.reading() as connection:
        rows = connection.execute(query).all()
        ring = store.opening((row.reason for row in rows), connection)
    return tuple(
        Event(
            at=from_ms(row.at_ms),
            who=row.who,
            what=row.what,
            subject=row.subject,
            reason=_reason(ring, row.id, row.reason),
            second=row.second or "",
        )
        for row in rows
    )
