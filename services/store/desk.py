"""What the officers' desk keeps of cases: who read them, left them to a senior, may undo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from services.errors import CaseError
from services.ledger.leaf import Change
from services.life import State
from services.store.history import Event, add_event, history_of
from services.store.instants import from_ms, to_ms
from services.store.schema import cases, decisions
from services.store.staff_schema import handed_on, undoable
from services.store.store import Store
from services.worded import worded

READ = "read"
"""In the history: somebody looked at a case; the reason is what for."""
UNDOABLE = frozenset({State.VALIDATED, State.REJECTED, State.ADVISORY})
"""Decided, and nothing followed of it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOn:
    """A case that somebody left to a senior officer, and why."""

    by: str
    at: datetime
    why: str


def record_read(store: Store, key: str, who: str, purpose: str, at: datetime) -> None:
    """Write into the history of a case, or of a search, who looked at it and what for."""
    with store.writing() as connection:
        told = Event(at=at, who=who, what=READ, subject=key, reason=purpose)
        add_event(store, connection, told)


def looks_since(store: Store, key: str, who: str, since: datetime) -> frozenset[str]:
    """What for somebody looked at a case since then, as its history tells."""
    looks = (each for each in history_of(store, key) if (each.who, each.what) == (who, READ))
    return frozenset(each.reason for each in looks if each.at >= since)


def hand_on(store: Store, key: str, by: str, why: str, at: datetime) -> None:
    """Leave a case to a senior officer; done twice it is done once."""
    with store.writing() as connection:
        here = handed_on.c.case_key == key
        if connection.execute(select(handed_on).where(here)).first() is not None:
            return
        ring = store.ring(connection, [key])
        sealed = ring.seal(why.encode(), of=key, table=handed_on.name, row=key, column="why")
        row = {"case_key": key, "by": by, "at_ms": to_ms(at), "why": sealed}
        connection.execute(insert(handed_on).values(**row))
        told = Event(at=at, who=by, what="handed_on", subject=key, reason=why)
        add_event(store, connection, told)


def handed_on_cases(store: Store) -> Mapping[str, HandedOn]:
    """What was left to senior officers and waits still, by key of the case."""
    waits = cases.c.state.in_((State.DETECTED, State.IN_REVIEW))
    query = select(handed_on).join(cases).where(waits)
    with store.reading() as connection:
        rows = connection.execute(query).all()
        ring = store.opening((row.why for row in rows), connection)
    return {
        row.case_key: HandedOn(
            by=row.by,
            at=from_ms(row.at_ms),
            why=ring.unseal(row.why, table=handed_on.name, row=row.case_key, column="why").decode(),
        )
        for row in rows
    }


def hold_back(store: Store, key: str, by: str, until: datetime) -> None:
    """Let ``by`` undo the decision on a case until then; no fine is issued before."""
    with store.writing() as connection:
        connection.execute(delete(undoable).where(undoable.c.case_key == key))
        row = {"case_key": key, "by": by, "until_ms": to_ms(until)}
        connection.execute(insert(undoable).values(**row))


def held_back(store: Store, at: datetime, by: str | None = None) -> tuple[str, ...]:
    """Keys of the cases whose decision may still be undone, by one officer or by any."""
    query = select(undoable.c.case_key).where(undoable.c.until_ms > to_ms(at))
    own = query if by is None else query.where(undoable.c.by == by)
    with store.reading() as connection:
        return tuple(connection.scalars(own.order_by(undoable.c.until_ms.desc())))


def undo(store: Store, key: str, by: str, at: datetime) -> None:
    """Take a decision back that nothing followed of: the case waits again as if it never was.

    Raises:
        CaseError: The minute is over, or it is somebody else's decision.
    """
    with store.writing() as connection:
        mine = (undoable.c.case_key == key) & (undoable.c.by == by)
        held = select(undoable).where(mine, undoable.c.until_ms > to_ms(at))
        state = connection.execute(select(cases.c.state).where(cases.c.key == key)).scalar()
        if connection.execute(held).first() is None or state not in UNDOABLE:
            raise CaseError(
                worded("case {key}: the minute in which it could be undone is over.", key=key)
            )
        connection.execute(delete(undoable).where(mine))
        connection.execute(delete(decisions).where(decisions.c.case_key == key))
        # No act of services/life.py: those follow a decision, and here there is none any more.
        back = update(cases).where(cases.c.key == key)
        connection.execute(back.values(state=State.IN_REVIEW))
        told = Event(
            at=at, who=by, what="undone", subject=key, reason="within the minute",
            change=Change(before=state, after=State.IN_REVIEW),
        )  # fmt: skip
        add_event(store, connection, told)
