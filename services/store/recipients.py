"""Whom the letters of a fine go to, sealed."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select

from services.recipient import Recipient
from services.store.instants import to_ms
from services.store.schema import recipients
from services.store.store import Store

_RECIPIENT: TypeAdapter[Recipient] = TypeAdapter(Recipient)


def keep_recipient(
    store: Store, connection: Connection, number: str, recipient: Recipient, at: datetime
) -> None:
    """Keep whom the letters of the fine ``number`` go to, in place of whoever was kept."""
    content = _RECIPIENT.dump_json(recipient)
    ring = store.ring(connection, [number])
    sealed = ring.seal(content, of=number, table=recipients.name, row=number, column="recipient")
    connection.execute(delete(recipients).where(recipients.c.fine_number == number))
    row = {"fine_number": number, "at_ms": to_ms(at), "recipient": sealed}
    connection.execute(insert(recipients), [row])


def recipient_of(store: Store, number: str) -> Recipient | None:
    """Whom the letters of the fine ``number`` go to, or None where nobody is kept."""
    query = select(recipients.c.recipient).where(recipients.c.fine_number == number)
    with store.reading() as connection:
        sealed = connection.execute(query).scalar()
    if sealed is None:
        return None
    ring = store.opening([sealed])
    content = ring.unseal(sealed, table=recipients.name, row=number, column="recipient")
    return _RECIPIENT.validate_json(content)
