"""Fines into the store: one for each validated case, with its notices, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from services.errors import CaseError
from services.ledger.leaf import Change, Held
from services.life import Act, State
from services.model import Channel, Fine, Violation
from services.store.cases import OFFICE
from services.store.decisions import move_cases, standing_in
from services.store.history import Event, add_events
from services.store.instants import to_ms
from services.store.letters import new_row
from services.store.ring import Ring
from services.store.rows import add_rows
from services.store.schema import fines, outbox
from services.store.store import Store
from speedcam.model import PlateReading


def record_fines(
    store: Store, wanted: Sequence[Fine], channels: Sequence[Channel], ring: Ring | None = None
) -> set[str]:
    """Issue fines with their places in the outbox; the keys of the cases that had none before.

    Args:
        store: Holds their cases, validated.
        wanted: What is issued, of a case each.
        channels: By which their notices travel.
        ring: The data keys of their cases, where they were asked in this transaction.

    Raises:
        IntegrityError: A number is taken; nothing was issued, try others.
    """
    by_key = {fine.violation.key: fine for fine in wanted}
    with store.writing() as connection:
        here = standing_in(connection, by_key, {State.VALIDATED})
        move_cases(connection, here, Act.ISSUE)
        fresh = [by_key[key] for key in here]
        ring = ring or store.ring(connection, here)
        add_fines(store, connection, fresh, channels, ring=ring)
        add_events(
            store,
            connection,
            [
                Event(
                    at=f.issued_at,
                    who=OFFICE,
                    what="issued",
                    subject=key,
                    reason=f.number,
                    change=Change(before=State.VALIDATED, after=State.ISSUED, holds=fined(f)),
                )
                for key, f in zip(here, fresh, strict=True)
            ],
            ring,
        )
    return set(here)


def fined(fine: Fine) -> Held:
    """The row of an issued fine, which never changes."""
    return Held(table=fines.name, key=fine.number)


def plate_of(violation: Violation) -> str:
    """The plate of whoever is fined.

    Raises:
        CaseError: There is none, so there is nobody to fine.
    """
    plate = violation.passage.plate
    if not isinstance(plate, PlateReading):
        raise CaseError(f"case {violation.key} has no plate: there is nobody to fine. Reject it.")
    return plate.text


def add_fines(
    store: Store,
    connection: Connection,
    issued: Sequence[Fine],
    channels: Sequence[Channel],
    *,
    turn: int = 0,
    ring: Ring | None = None,
) -> None:
    """Write fines and their notices, within the transaction of what brought them about.

    ``ring`` has the data keys of their cases, where they were asked in this transaction.
    """
    ring = ring or store.ring(connection, [fine.violation.key for fine in issued])
    notices = [
        new_row(fine.number, channel, fine.issued_at) for fine in issued for channel in channels
    ]
    add_rows(connection, fines, [_fine_row(store, fine, turn, ring) for fine in issued])
    add_rows(connection, outbox, notices)


def _fine_row(store: Store, fine: Fine, turn: int, ring: Ring) -> dict[str, object]:
    return {
        "number": fine.number,
        "case_key": fine.violation.key,
        "turn": turn,
        "plate_digest": store.keys.plate_digest(plate_of(fine.violation)),
        "issued_at_ms": to_ms(fine.issued_at),
        "state": State.ISSUED,
        "fine": store.seal_fine(fine, ring),
        "serve_until": _day(fine.terms.serve_until),
        "prescribed_after": _day(fine.terms.prescribed_after),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
