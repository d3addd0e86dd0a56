"""How much one person looks at, and who looks at what nobody has business with.

Officers see cases one by one; whoever copies the office sees many, or is curious. So each look is
counted before anything is shown: beyond a budget nothing more is, and an alarm is raised. A decoy
is a case of the office's own (a drive past a camera of its own): any look at it is an alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, distinct, func, insert, select
from sqlalchemy.sql.functions import Function

from services.errors import CaseError, OverBudget
from services.life import State
from services.store.alarm_schema import decoys, looks
from services.store.cases import case_of
from services.store.history import Event, add_event, add_events, history_of
from services.store.instants import to_ms
from services.store.store import Store

READ = "read"
"""In the history: somebody looked at a case; the reason is what for."""
SEARCH = "search"
"""The subject under which the history keeps who searched for what, and why."""
ALARM = "alarm"
"""In the history: somebody looked at too much, or at a decoy; it is its own subject."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CASES_IN_AN_HOUR = 120
"""Different ones: one in thirty seconds, for an hour without a pause."""
CASES_IN_A_DAY = 600
SEARCHES_IN_AN_HOUR = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What somebody did, to be looked into by another."""

    at: datetime
    who: str
    why: str


def record_read(store: Store, key: str, who: str, purpose: str, at: datetime) -> None:
    """Write into the history of a case, or of a search, who looks at it and what for.

    Raises:
        OverBudget: It would be one too many. Nothing may be shown; the alarm is in the history.
    """
    _refuse(who, _look(store, key, who, purpose, at))


def record_part(
    store: Store, key: str, who: str, purpose: str, at: datetime, *, since: datetime, slight: str
) -> None:
    """Write a look at a part of a case, unless one that was told ``since`` then covers it.

    What is asked for at once is one look: whether one covers it is asked in the turn to write.
    Looks for ``slight`` cover no other purpose.

    Raises:
        OverBudget: As :func:`record_read` does.
    """
    uncovering = {slight} - {purpose}
    if looks_since(store, key, who, since) - uncovering:
        return  # as nearly always, and nobody waits for a turn
    with store.grouped():
        covered = looks_since(store, key, who, since) - uncovering
        over = "" if covered else _look(store, key, who, purpose, at)
    _refuse(who, over)


def _look(store: Store, key: str, who: str, purpose: str, at: datetime) -> str:
    """Write a look, or the alarm where it is one too many: what was opened already, or nothing."""
    with store.writing() as connection:
        over = _over_budget(connection, key, who, at)
        if over:
            _alarm_once(store, connection, who, over, at)
            return over
        told = [Event(at=at, who=who, what=READ, subject=key, reason=purpose)]
        if _is_decoy(store, connection, key):
            # Not at which: whoever reads alarms must not learn the decoys.
            told.append(_alarm(who, "looked at a decoy", at))
        add_events(store, connection, told)
        _count(connection, key, who, at)
        return ""


def _refuse(who: str, over: str) -> None:
    """Raise OverBudget where too much was opened: after the alarm is written for good."""
    if over:
        raise OverBudget(f"{who} has opened {over}: wait, or ask an administrator to look into it.")


def add_decoy(store: Store, key: str, by: str, at: datetime) -> None:
    """Make a case a decoy from now on; done twice it is done once.

    Raises:
        CaseError: There is no such case, or somebody may still have business with it.
    """
    if (state := case_of(store, key).state) not in (State.REJECTED, State.ADVISORY):
        raise CaseError(
            f"case {key} is {state}: officers still have business with it. Reject it first, and "
            "let the minute pass in which that can be undone."
        )
    digest = store.keys.decoy_digest(key)
    with store.writing() as connection:
        if connection.execute(select(decoys).where(decoys.c.digest == digest)).first() is None:
            connection.execute(insert(decoys).values(digest=digest))
            # Which one it is stands nowhere: an insider reads the history too.
            told = Event(at=at, who=by, what="decoy_added", subject=ALARM, reason="a decoy more")
            add_event(store, connection, told)


def alarms_of(store: Store, since: datetime) -> tuple[Alarm, ...]:
    """Every alarm since then, the latest first."""
    told = (e for e in history_of(store, ALARM) if e.what == ALARM and e.at >= since)
    return tuple(Alarm(at=e.at, who=e.who, why=e.reason) for e in reversed(list(told)))


def _over_budget(connection: Connection, key: str, who: str, at: datetime) -> str:
    """What was opened already where one more is too many, or nothing."""
    if key == SEARCH:
        searches = _counted(connection, func.count(), who, at - HOUR, looks.c.subject == SEARCH)
        return f"{searches} searches within an hour" if searches >= SEARCHES_IN_AN_HOUR else ""
    others = looks.c.subject.not_in([SEARCH, ALARM, key])
    different = func.count(distinct(looks.c.subject))
    in_an_hour = _counted(connection, different, who, at - HOUR, others)
    if in_an_hour >= CASES_IN_AN_HOUR:
        return f"{in_an_hour} cases within an hour"
    in_a_day = _counted(connection, different, who, at - DAY, others)
    return f"{in_a_day} cases within a day" if in_a_day >= CASES_IN_A_DAY else ""


def _counted(
    connection: Connection,
    what: Function[Any],
    who: str,
    since: datetime,
    which: ColumnElement[bool],
) -> int:
    query = select(what).select_from(looks)
    query = query.where(looks.c.who == who, looks.c.at_ms > to_ms(since), which)
    return int(connection.execute(query).scalar_one())


def _count(connection: Connection, key: str, who: str, at: datetime) -> None:
    over = looks.c.at_ms <= to_ms(at - DAY)
    connection.execute(delete(looks).where(looks.c.who == who, over))
    connection.execute(insert(looks).values(who=who, subject=key, at_ms=to_ms(at)))


def _alarm_once(store: Store, connection: Connection, who: str, why: str, at: datetime) -> None:
    """Raise an alarm over somebody's budget, unless one was raised within the hour."""
    if not _counted(connection, func.count(), who, at - HOUR, looks.c.subject == ALARM):
        add_event(store, connection, _alarm(who, why, at))
        _count(connection, ALARM, who, at)


def _alarm(who: str, why: str, at: datetime) -> Event:
    return Event(at=at, who=who, what=ALARM, subject=ALARM, reason=why)


def _is_decoy(store: Store, connection: Connection, key: str) -> bool:
    query = select(decoys).where(decoys.c.digest == store.keys.decoy_digest(key))
    return connection.execute(query).first() is not None


def looks_since(store: Store, key: str, who: str, since: datetime) -> frozenset[str]:
    """What for somebody looked at a case since then, as its history tells."""
    told = (each for each in history_of(store, key) if (each.who, each.what) == (who, READ))
    return frozenset(each.reason for each in told if each.at >= since)
