"""Reading a report's figures out of the store. No sealed column is opened for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from services.errors import CaseError
from services.life import State
from services.report.figures import Day, Decided, Figures, Report
from services.store.schema import cases, decisions, fines, outbox, pauses, traffic
from services.store.store import Store
from services.store.traffic import DOUBT, OUTCOME, REFUSAL, SPEED

_MS_PER_HOUR = 3_600_000
_UNDECIDED = (State.TRANSFERRED, State.WRITTEN_OFF)
"""States in which an objection ended without a decision on it."""


def report_of(store: Store, first: date, last: date, *, site: str = "") -> Report:
    """The report of the local days from ``first`` to ``last``.

    Args:
        store: Of the office.
        first: First local day of the passages.
        last: Last one, itself included.
        site: Of this site alone; empty for all.

    Raises:
        CaseError: The days are turned round, or the site has no passage on them.
    """
    if last < first:
        raise CaseError(f"a period from {first} to {last} cannot be: exchange its days.")
    with store.reading() as connection:
        sites = [site] if site else _sites(connection, first, last)
        each = [_figures(connection, first, last, one) for one in sites]
        whole = each[0] if site else _figures(connection, first, last, "")
    if site and not whole.passages and not whole.violations:
        raise CaseError(f"site {site!r} has no passage from {first} to {last}: check its id.")
    return Report(first=first, last=last, whole=whole, sites=each)


def _sites(connection: Connection, first: date, last: date) -> list[str]:
    found: set[str] = set()
    for table in (traffic, cases):
        here = _within(table, first, last, "")
        found.update(connection.execute(select(table.c.site_id).where(*here).distinct()).scalars())
    return sorted(found)


def _within(table: Table, first: date, last: date, site: str) -> list[ColumnElement[bool]]:
    days = table.c.day.between(first.isoformat(), last.isoformat())
    return [days, table.c.site_id == site] if site else [days]


def _figures(connection: Connection, first: date, last: date, site: str) -> Figures:
    seen, judged = _within(traffic, first, last, site), _within(cases, first, last, site)

    def counted(what: str) -> dict[str, int]:
        total = func.sum(traffic.c.passages)
        query = select(traffic.c.value, total).where(*seen, traffic.c.what == what)
        return _pairs(connection.execute(query.group_by(traffic.c.value)))

    contested, decided, undone = _objections(connection, judged)
    return Figures(
        site=site,
        speeds={int(kmh): count for kmh, count in counted(SPEED).items()},
        doubts={int(tenths): count for tenths, count in counted(DOUBT).items()},
        refusals=counted(REFUSAL),
        outcomes=counted(OUTCOME),
        days=_days(connection, seen, judged),
        violations=_count(connection, judged),
        decisions=_decisions(connection, judged),
        fines=_fines(connection, judged),
        contested=contested,
        decided=decided,
        reversed=undone,
        hours_to_notice=_hours_to_notice(connection, judged),
    )


def _pairs(rows: Iterable[Sequence[Any]]) -> dict[str, int]:
    return {row[0]: int(row[1]) for row in rows}  # sums are no integers everywhere


def _count(connection: Connection, judged: Sequence[ColumnElement[bool]]) -> int:
    query = select(func.count()).select_from(cases).where(*judged)
    return int(connection.execute(query).scalar_one())


def _days(
    connection: Connection,
    seen: Sequence[ColumnElement[bool]],
    judged: Sequence[ColumnElement[bool]],
) -> list[Day]:
    by_day = select(traffic.c.day, func.sum(traffic.c.passages)).where(
        *seen, traffic.c.what.in_((SPEED, REFUSAL))
    )
    passages = _pairs(connection.execute(by_day.group_by(traffic.c.day)))
    opened = select(cases.c.day, func.count()).where(*judged).group_by(cases.c.day)
    violations = _pairs(connection.execute(opened))
    return [
        Day(
            day=date.fromisoformat(day),
            passages=passages.get(day, 0),
            violations=violations.get(day, 0),
        )
        for day in sorted({*passages, *violations})
    ]


def _decisions(connection: Connection, judged: Sequence[ColumnElement[bool]]) -> list[Decided]:
    who = (decisions.c.by, decisions.c.is_policy, decisions.c.verdict)
    query = select(*who, func.count()).join(cases, cases.c.key == decisions.c.case_key)
    rows = connection.execute(query.where(*judged).group_by(*who).order_by(*who)).all()
    return [
        Decided(by=by, is_policy=is_policy, verdict=verdict, cases=count)
        for by, is_policy, verdict, count in rows
    ]


def _fines(connection: Connection, judged: Sequence[ColumnElement[bool]]) -> dict[str, int]:
    query = select(fines.c.state, func.count()).join(cases, cases.c.key == fines.c.case_key)
    return _pairs(connection.execute(query.where(*judged).group_by(fines.c.state)))


def _objections(
    connection: Connection, judged: Sequence[ColumnElement[bool]]
) -> tuple[int, int, int]:
    """Fines objected to, objections decided, fines cancelled after one."""
    running = func.max(pauses.c.until_ms.is_(None).cast(fines.c.turn.type))
    query = (
        select(fines.c.state, running.label("running"))
        .join(fines, fines.c.number == pauses.c.fine_number)
        .join(cases, cases.c.key == fines.c.case_key)
        .where(*judged, pauses.c.kind == "contest")
        .group_by(fines.c.number, fines.c.state)
    )
    rows = connection.execute(query).all()
    ended = [State(row.state) for row in rows if not row.running]
    decided = [state for state in ended if state not in _UNDECIDED]
    return len(rows), len(decided), sum(state is State.CANCELLED for state in decided)


def _hours_to_notice(connection: Connection, judged: Sequence[ColumnElement[bool]]) -> list[float]:
    waited_ms = outbox.c.sent_at_ms - cases.c.passed_at_ms
    query = (
        select(waited_ms)
        .join(fines, fines.c.number == outbox.c.fine_number)
        .join(cases, cases.c.key == fines.c.case_key)
        .where(*judged, outbox.c.sent_at_ms.is_not(None), fines.c.turn == 0)
    )
    return sorted(ms / _MS_PER_HOUR for ms in connection.execute(query).scalars())
