"""Pages of what the office counts and follows, in one fixed order. No sealed column is opened.

Each page begins after a place that the one before it ended with, so that nothing is told twice or
left out because something was added meanwhile, and the last page costs no more than the first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, Select, func, select, tuple_, union

from services.life import State
from services.model import LetterKind, NoticeState
from services.numbers import normal_number
from services.store.instants import from_ms
from services.store.lines import (
    CaseLine,
    LetterLine,
    NoticeLine,
    Pulse,
    SiteLine,
    Traffic,
    Wanted,
)
from services.store.schema import cases, fines, intakes, outbox, traffic
from services.store.store import Store
from services.store.traffic import OUTCOME, REFUSAL, SPEED


def traffic_page(
    store: Store, wanted: Wanted, after: tuple[str, str] | None, most: int
) -> list[Traffic]:
    """Traffic in order of day and site, at most so many lines, after a place."""
    order = (traffic.c.day, traffic.c.site_id)
    kept = _within(traffic.c.day, traffic.c.site_id, wanted)
    groups = select(*order).distinct().where(*kept, *_after(order, after))
    with store.reading() as connection:
        places = connection.execute(groups.order_by(*order).limit(most)).all()
        counts = _counts(connection, [(row.day, row.site_id) for row in places])
    return [_traffic(row.day, row.site_id, counts[row.day, row.site_id]) for row in places]


def case_page(
    store: Store, wanted: Wanted, after: tuple[str, str] | None, most: int
) -> list[CaseLine]:
    """Cases in order of day and key, at most so many, after a place."""
    order = (cases.c.day, cases.c.key)
    kept = [*_within(cases.c.day, cases.c.site_id, wanted), *_after(order, after)]
    if wanted.state:
        kept.append(cases.c.state == wanted.state)
    query = select(cases.c.key, cases.c.state, cases.c.site_id, cases.c.day).where(*kept)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(*order).limit(most)).all()
    return [_case(*row) for row in rows]


def case_line(store: Store, key: str) -> CaseLine | None:
    """The case with this key, or None."""
    query = select(cases.c.key, cases.c.state, cases.c.site_id, cases.c.day)
    with store.reading() as connection:
        row = connection.execute(query.where(cases.c.key == key)).one_or_none()
    return _case(*row) if row else None


def notice_page(
    store: Store, state: State | None, after: tuple[int, str] | None, most: int
) -> list[NoticeLine]:
    """Notices in order of issue and number, at most so many, after a place."""
    order = (fines.c.issued_at_ms, fines.c.number)
    kept = [fines.c.state == state] if state else []
    query = _NOTICES.where(*kept, *_after(order, after)).order_by(*order).limit(most)
    return _notices(store, query)


def notice_line(store: Store, number: str) -> NoticeLine | None:
    """The notice with this number, as people type it, or None."""
    found = _notices(store, _NOTICES.where(fines.c.number == normal_number(number)))
    return found[0] if found else None


def site_page(store: Store, after: tuple[str] | None, most: int) -> list[SiteLine]:
    """Sites in order of id, at most so many, after a place."""
    days = union(
        *(
            select(t.c.site_id, func.min(t.c.day).label("first"), func.max(t.c.day).label("last"))
            .where(*([t.c.site_id > after[0]] if after else []))
            .group_by(t.c.site_id)
            for t in (traffic, cases)
        )
    ).subquery()
    query = select(days.c.site_id, func.min(days.c.first), func.max(days.c.last))
    with store.reading() as connection:
        found = query.group_by(days.c.site_id).order_by(days.c.site_id).limit(most)
        rows = connection.execute(found).all()
    return [
        SiteLine(site=s, first_day=date.fromisoformat(a), last_day=date.fromisoformat(b))
        for s, a, b in rows
    ]


def pulse(store: Store) -> Pulse:
    """How the office is now."""
    letters = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    with store.reading() as connection:
        at_ms = connection.execute(select(func.max(intakes.c.at_ms))).scalar()
        rows = connection.execute(letters).all()
    told = {NoticeState(state): count for state, count in rows}
    return Pulse(received_at=None if at_ms is None else from_ms(at_ms), letters=told)


_NOTICES = select(fines.c.number, fines.c.state, fines.c.issued_at_ms, fines.c.served_on)


def _notices(store: Store, query: Select[tuple[str, str, int, str | None]]) -> list[NoticeLine]:
    with store.reading() as connection:
        rows = connection.execute(query).all()
        letters = _letters(connection, [row.number for row in rows])
    return [
        NoticeLine(
            number=row.number,
            state=State(row.state),
            issued_at=from_ms(row.issued_at_ms),
            served_on=date.fromisoformat(row.served_on) if row.served_on else None,
            letters=letters[row.number],
        )
        for row in rows
    ]


def _letters(connection: Connection, numbers: Sequence[str]) -> Mapping[str, list[LetterLine]]:
    query = select(outbox).where(outbox.c.fine_number.in_(numbers))
    found: dict[str, list[LetterLine]] = defaultdict(list)
    for row in connection.execute(query.order_by(outbox.c.created_at_ms, outbox.c.key)):
        found[row.fine_number].append(
            LetterLine(
                kind=LetterKind(row.kind),
                state=NoticeState(row.state),
                attempts=row.attempts,
                sent_at=None if row.sent_at_ms is None else from_ms(row.sent_at_ms),
            )
        )
    return found


Counts = Mapping[str, Counter[str]]
_LISTED = (SPEED, REFUSAL, OUTCOME)


def _counts(
    connection: Connection, places: Sequence[tuple[str, str]]
) -> Mapping[tuple[str, str], Counts]:
    where, what = (traffic.c.day, traffic.c.site_id), (traffic.c.what, traffic.c.value)
    query = (
        select(*where, *what, func.sum(traffic.c.passages))
        .where(tuple_(*where).in_(places), traffic.c.what.in_(_LISTED))
        .group_by(*where, *what)
    )
    found: dict[tuple[str, str], dict[str, Counter[str]]] = {
        place: {kind: Counter() for kind in _LISTED} for place in places
    }
    for day, site, kind, value, passages in connection.execute(query):
        found[day, site][kind][value] += int(passages)
    return found


def _traffic(day: str, site: str, counts: Counts) -> Traffic:
    return Traffic(
        site=site,
        day=date.fromisoformat(day),
        measured=counts[SPEED].total(),
        refused=dict(counts[REFUSAL]),
        outcomes=dict(counts[OUTCOME]),
    )


def _case(key: str, state: str, site: str, day: str) -> CaseLine:
    return CaseLine(key=key, state=State(state), site=site, day=date.fromisoformat(day))


def _within(
    day: ColumnElement[str], site: ColumnElement[str], wanted: Wanted
) -> list[ColumnElement[bool]]:
    kept = []
    if wanted.site is not None:
        kept.append(site == wanted.site)
    if wanted.first:
        kept.append(day >= wanted.first.isoformat())
    if wanted.last:
        kept.append(day <= wanted.last.isoformat())
    return kept


def _after(
    order: tuple[ColumnElement[str] | ColumnElement[int], ColumnElement[str]],
    place: tuple[str | int, str] | None,
) -> list[ColumnElement[bool]]:
    """Rows beyond a place; its first column alone, too, as an index is found by that."""
    if place is None:
        return []
    return [order[0] >= place[0], tuple_(*order) > tuple_(*place)]
