"""Fines whose time ran out: the rule finds them, two officers write them off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

from sqlalchemy import Column, ColumnElement, Connection, select, true

from services.account import day_of
from services.fines import Step, act_on
from services.lapse import Lapse
from services.life import OPEN, Act, State
from services.service_term import over
from services.store.fines import PAGE, read_file
from services.store.schema import fines
from services.store.store import Store

EASTERNMOST = timedelta(hours=14)
"""So much earlier than in Greenwich a day begins where it begins first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed:
    """An open fine whose time ran out; ``last_day`` is the one on which it still ran."""

    number: str
    state: State
    lapse: Lapse
    last_day: date


_ENDS: Mapping[Lapse, tuple[Column[str], ColumnElement[bool]]] = MappingProxyType(
    {
        Lapse.NOT_SERVED: (fines.c.serve_until, fines.c.served_on.is_(None)),
        Lapse.PRESCRIBED: (fines.c.prescribed_after, true()),
    }
)
"""Where the end of each term stands, and of which fines it runs."""


def lapsed(store: Store, now: datetime, *, most: int = PAGE) -> tuple[Lapsed, ...]:
    """Open fines whose time has run out, those whose term ended first before others.

    Args:
        store: Of the office.
        now: The present instant, aware.
        most: Fines told; never more than :data:`~services.store.fines.PAGE`.
    """
    with store.reading() as connection:
        found = [each for lapse in Lapse for each in _over(store, connection, lapse, now)]
    once = {each.number: each for each in reversed(found)}
    return tuple(sorted(once.values(), key=lambda each: (each.last_day, each.number)))[
        : min(most, PAGE)
    ]


def _over(store: Store, connection: Connection, lapse: Lapse, now: datetime) -> Iterator[Lapsed]:
    term, runs = _ENDS[lapse]
    first = (now + EASTERNMOST).date().isoformat()
    query = select(fines.c.number, fines.c.state, term.label("last_day")).where(
        fines.c.state.in_(sorted(OPEN)), runs, term < first
    )
    rows = connection.execute(query.order_by(term, fines.c.number).limit(PAGE)).all()
    for row in rows:
        day = date.fromisoformat(row.last_day)
        if over(day, day_of(now, read_file(store, connection, row.number).zone)):
            yield Lapsed(number=row.number, state=State(row.state), lapse=lapse, last_day=day)


def write_off_lapsed(store: Store, step: Step) -> tuple[Lapsed, ...]:
    """Write off one page of fines whose time ran out, all of them or none; which they were.

    Args:
        store: Of the office.
        step: By whom, who agrees, why and when.

    Raises:
        CaseError: The second officer is missing, or is the first one.
    """
    with store.grouped():
        page = lapsed(store, step.at)
        for each in page:
            why = f"{each.lapse}, last day {each.last_day}: {step.why}"
            act_on(store, each.number, Act.WRITE_OFF, replace(step, why=why))
    return page
