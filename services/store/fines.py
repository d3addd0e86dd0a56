"""Issued fines: where each stands, what pauses its terms, and pages of them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Tuple,
    and_,
    insert,
    null,
    or_,
    select,
    tuple_,
    update,
)

from services.account import Pause, days_touched, until_served
from services.errors import CaseError
from services.life import Act, State, after
from services.model import Fine, NoticeState
from services.numbers import normal_number
from services.store.instants import from_ms, to_ms
from services.store.ring import Ring
from services.store.schema import cases, fines, outbox, pauses
from services.store.store import Store
from services.worded import worded

PAGE = 50
"""Fines on one page; no list is longer, so that none is an export of everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FineFile:
    """A fine with where it stands.

    Attributes:
        interrupted: What the hold leads back to; None unless it is on hold.
        served_on: Local day of service; None until it is proven.
        turn: How often a driver was named before.
    """

    fine: Fine
    state: State
    interrupted: State | None
    served_on: date | None
    turn: int

    @property
    def zone(self) -> str:
        """Time zone of its place, where its days are counted."""
        return self.fine.violation.passage.place.timezone


@dataclass(frozen=True, slots=True, kw_only=True)
class FineLine:
    """A fine in a list; nothing personal stands in it."""

    number: str
    state: State
    issued_at: datetime


def read_file(store: Store, connection: Connection, number: str) -> FineFile:
    """The fine with this number as people type it.

    Raises:
        CaseError: There is none; or, as :class:`~services.errors.Erased`, no more of it than that.
    """
    query = select(fines).where(fines.c.number == normal_number(number))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise no_fine(number)
    return _file(store, row, store.opening([row.fine], connection))


def case_key_of(store: Store, number: str) -> str:
    """The key of the case of the fine ``number``, which is there; also of one that was erased."""
    query = select(fines.c.case_key).where(fines.c.number == number)
    with store.reading() as connection:
        return str(connection.execute(query).scalar_one())


def page_of(
    store: Store, *, state: State | None = None, after_number: str = "", most: int = PAGE
) -> tuple[FineLine, ...]:
    """One page of fines in order of issue.

    Args:
        store: Of the office.
        state: Only those that stand so.
        after_number: The last number of the page before; empty for the first page.
        most: Fines on the page; never more than :data:`PAGE`.
    """
    wanted: list[ColumnElement[bool]] = [] if state is None else [fines.c.state == state]
    with store.reading() as connection:
        if after_number:
            place = tuple_(fines.c.issued_at_ms, fines.c.number)
            wanted.append(place > _place_of(connection, after_number))
        query = select(fines.c.number, fines.c.state, fines.c.issued_at_ms).where(*wanted)
        ordered = query.order_by(fines.c.issued_at_ms, fines.c.number)
        rows = connection.execute(ordered.limit(min(most, PAGE))).all()
    return tuple(
        FineLine(number=row.number, state=State(row.state), issued_at=from_ms(row.issued_at_ms))
        for row in rows
    )


def _place_of(connection: Connection, number: str) -> Tuple:
    """Where a fine stands in the order of issue.

    Raises:
        CaseError: There is none.
    """
    query = select(fines.c.issued_at_ms, fines.c.number)
    row = connection.execute(query.where(fines.c.number == normal_number(number))).one_or_none()
    if row is None:
        raise no_fine(number)
    return tuple_(row.issued_at_ms, row.number)


def no_fine(number: str) -> CaseError:
    """The error for a number that no fine has."""
    return CaseError(f"there is no fine {number!r}: `speedcam office fines` lists them.")


def move_on(
    connection: Connection, file: FineFile, act: Act, *, served_on: date | None = None
) -> State:
    """Move a fine that was read in this very transaction; the state that it now has.

    Args:
        connection: Of the transaction.
        file: As it was read.
        act: What is done to it.
        served_on: The day of service, where this act proves it.

    Raises:
        CaseError: The table of transitions does not have the act in its state.
    """
    state = after(file.state, act, back_to=file.interrupted)
    day = served_on or file.served_on
    values = {
        "state": state,
        "interrupted": file.state if state is State.ON_HOLD else null(),
        "served_on": day.isoformat() if day else null(),
    }
    here = (fines.c.number == file.fine.number) & (fines.c.state == file.state)
    if connection.execute(update(fines).where(here).values(**values)).rowcount != 1:
        raise CaseError(
            worded("fine {number} was moved meanwhile: look at it again.", number=file.fine.number)
        )
    return state


def keep_next_due(connection: Connection, number: str, day: date | None) -> None:
    """Keep when a term of a fine ends next; None: none does."""
    due = fines.c.next_due
    here = (fines.c.number == number) & due.is_distinct_from(day and day.isoformat())
    connection.execute(update(fines).where(here).values(next_due=day and day.isoformat()))


def begin_pause(
    store: Store,
    connection: Connection,
    kind: str,
    start: datetime,
    *,
    by: str,
    why: str,
    end: datetime | None = None,
    number: str | None = None,
    site_id: str | None = None,
) -> str:
    """Let the clock of terms stand still from an instant on; the id of the pause.

    Without ``number`` and ``site_id`` it does so for every fine of the office.
    """
    row = secrets.token_hex(8)
    ring = store.ring(connection, [number] if number else [])
    values = {
        "id": row,
        "kind": kind,
        "fine_number": number,
        "site_id": site_id,
        "from_ms": to_ms(start),
        "until_ms": None if end is None else to_ms(end),
        "by": by,
        "why": ring.seal(why.encode(), of=number or "", table=pauses.name, row=row, column="why"),
    }
    connection.execute(insert(pauses), [values])
    return row


def end_pauses(connection: Connection, at: datetime, wanted: ColumnElement[bool]) -> int:
    """Let the clock go on for every running pause that is wanted; how many there were."""
    running = and_(wanted, pauses.c.until_ms.is_(None))
    return connection.execute(update(pauses).where(running).values(until_ms=to_ms(at))).rowcount


def pauses_of(connection: Connection, file: FineFile) -> tuple[Pause, ...]:
    """Every pause that touches a fine, as local days; the wait for its service is the first."""
    site_id = file.fine.violation.passage.place.site_id
    everybody = pauses.c.fine_number.is_(None)
    here = or_(pauses.c.site_id.is_(None), pauses.c.site_id == site_id)
    own = pauses.c.fine_number == file.fine.number
    query = select(pauses.c.from_ms, pauses.c.until_ms).where(or_(own, and_(everybody, here)))
    spans = (
        days_touched(
            from_ms(row.from_ms), None if row.until_ms is None else from_ms(row.until_ms), file.zone
        )
        for row in connection.execute(query).all()
    )
    return (until_served(file.fine.terms, file.served_on), *spans)


def keep_notices_back(connection: Connection, number: str) -> None:
    """Let no notice of this fine be handed over any more."""
    waits = (outbox.c.fine_number == number) & (
        outbox.c.state.not_in([NoticeState.SENT, NoticeState.WITHDRAWN])
    )
    connection.execute(update(outbox).where(waits).values(state=NoticeState.WITHDRAWN))


def site_of_fine() -> ColumnElement[str]:
    """The site of a fine, as a part of a query over :data:`fines`."""
    return select(cases.c.site_id).where(cases.c.key == fines.c.case_key).scalar_subquery()


def _file(store: Store, row: Row[tuple[object, ...]], ring: Ring) -> FineFile:
    return FineFile(
        fine=store.unseal_fine(row.number, row.fine, ring),
        state=State(row.state),
        interrupted=State(row.interrupted) if row.interrupted else None,
        served_on=date.fromisoformat(row.served_on) if row.served_on else None,
        turn=row.turn,
    )
