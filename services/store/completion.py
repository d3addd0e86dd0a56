"""A section's case that still waits takes what the section now says of its distance."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from services.ledger.leaf import Change, Held
from services.life import State
from services.model import Violation
from services.rules.edition import Edition
from services.store.cases import OFFICE, keep_editions
from services.store.history import Event, add_event
from services.store.schema import cases
from services.store.store import Store
from services.stretch import Stretch

_WAITING = (State.DETECTED, State.IN_REVIEW)


def complete(store: Store, violation: Violation, edition: Edition, at: datetime) -> None:
    """Let the waiting case of ``violation`` keep it as it is judged now.

    Nothing changes where it keeps the same distance and certificate already, or was decided: who
    decided saw another one.

    Args:
        store: Holds the case.
        violation: Of kind section, with the key of a case.
        edition: The law that judged it.
        at: Dates the history.
    """
    key = violation.key
    waits = (cases.c.key == key) & cases.c.state.in_(_WAITING)
    with store.writing() as connection:
        sealed = connection.execute(select(cases.c.violation).where(waits)).scalar()
        if sealed is None or violation.stretch is None:
            return
        ring = store.ring(connection, [key])
        known = store.unseal_violation(key, sealed, ring).stretch
        if known is not None and _certified(known) == _certified(violation.stretch):
            return
        keep_editions(connection, [edition])
        row = {
            "violation": store.seal_violation(violation, ring),
            "pack_sha256": violation.source.pack_sha256,
        }
        connection.execute(update(cases).where(waits).values(row))
        reason = f"certificate {violation.stretch.certificate} of its distance"
        kept = Change(holds=Held(table=cases.name, key=key))
        told = Event(
            at=at, who=OFFICE, what="completed", subject=key, reason=reason, change=kept
        )  # fmt: skip
        add_event(store, connection, told)


def _certified(stretch: Stretch) -> tuple[object, ...]:
    """What the section says, without the drive."""
    return (
        stretch.distance_m,
        stretch.uncertainty_m,
        stretch.certified_by,
        stretch.certificate,
        stretch.valid_until,
    )
