"""Decisions on cases: made once, each with who, when and why, many with one question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime

from sqlalchemy import Connection, Row, select, update

from services.countries import with_country
from services.ledger.leaf import Change, Held
from services.life import Act, State, after
from services.model import Decision, Money, Verdict
from services.store.among import among
from services.store.cases import OFFICE
from services.store.history import Event, add_events
from services.store.instants import from_ms, to_ms
from services.store.ring import Ring
from services.store.rows import add_rows
from services.store.schema import cases, decisions
from services.store.store import Store

ACTS = {
    Verdict.CONFIRM: Act.VALIDATE,
    Verdict.REJECT: Act.REJECT,
    Verdict.ADVISE: Act.ADVISE,
}
"""What each verdict does to a case in review."""

_BEFORE = dict.fromkeys(ACTS.values(), State.IN_REVIEW) | {
    Act.TAKE_UP: State.DETECTED,
    Act.ISSUE: State.VALIDATED,
}
"""In which state a case must stand for each act here."""

_AFTER = {act: after(state, act) for act, state in _BEFORE.items()}
"""And where it stands then."""


def decision_of(store: Store, key: str) -> Decision | None:
    """The decision on the case ``key``, or None while it waits."""
    return decisions_of(store, [key]).get(key)


def decisions_of(
    store: Store, keys: Sequence[str], ring: Ring | None = None
) -> dict[str, Decision]:
    """The decisions on cases, by key; of those that wait, or were erased, there is none.

    ``ring`` has the data keys of the cases, where they were asked in this transaction.
    """
    query = select(decisions).where(among(decisions.c.case_key, keys))
    with store.reading() as connection:
        rows = connection.execute(query).all()
        ring = ring or store.opening((row.why for row in rows), connection)
    return {row.case_key: _decision(ring, row) for row in rows if ring.opens(row.why)}


def _decision(ring: Ring, row: Row[tuple[object, ...]]) -> Decision:
    why = ring.unseal(row.why, table=decisions.name, row=row.case_key, column="why")
    return Decision(
        verdict=Verdict(row.verdict),
        by=row.by,
        is_policy=row.is_policy,
        at=from_ms(row.at_ms),
        why=why.decode(),
        second=row.second or "",
        amount=None
        if row.currency is None
        else Money(minor=row.amount_minor, currency=row.currency),
        country=row.country or "",
    )


def take_up(store: Store, reasons: Mapping[str, str], at: datetime) -> None:
    """Take cases into review, by key and why each waits; those beyond stay where they are."""
    with store.writing() as connection:
        fresh = standing_in(connection, reasons, {State.DETECTED})
        move_cases(connection, fresh, Act.TAKE_UP)
        add_events(
            store,
            connection,
            [
                Event(
                    at=at,
                    who=OFFICE,
                    what=Act.TAKE_UP,
                    subject=key,
                    reason=reasons[key],
                    change=Change(before=State.DETECTED, after=State.IN_REVIEW),
                )
                for key in fresh
            ],
        )


def record_decisions(store: Store, wanted: Mapping[str, Decision]) -> set[str]:
    """Decide cases, by key; the keys of those that nobody else had decided before."""
    with store.writing() as connection:
        here = standing_in(connection, wanted, {State.DETECTED, State.IN_REVIEW})
        # What is detected is taken up and decided at once.
        for verdict, act in ACTS.items():
            move_cases(connection, [k for k in here if wanted[k].verdict is verdict], act)
        ring = store.ring(connection, here)
        if here:
            rows = [_decision_row(ring, key, wanted[key]) for key in here]
            add_rows(connection, decisions, rows)
        told = [
            Event(
                at=d.at,
                who=d.by,
                what=ACTS[d.verdict],
                subject=key,
                reason=with_country(d.why, d.country),
                second=d.second,
                change=decided(key, here[key], ACTS[d.verdict]),
            )
            for key in here
            for d in [wanted[key]]
        ]
        add_events(store, connection, told, ring)
    return set(here)


def decided(key: str, before: State, act: Act) -> Change:
    """What a decision changes: the state of its case, and the row that says why."""
    return Change(
        before=before,
        after=_AFTER[act],
        holds=Held(table=decisions.name, key=key),
    )


def _decision_row(ring: Ring, key: str, decision: Decision) -> dict[str, object]:
    why = decision.why.encode()
    sealed = ring.seal(why, of=key, table=decisions.name, row=key, column="why")
    return {
        "case_key": key,
        "verdict": decision.verdict,
        "by": decision.by,
        "is_policy": decision.is_policy,
        "at_ms": to_ms(decision.at),
        "why": sealed,
        "second": decision.second or None,
        "amount_minor": decision.amount.minor if decision.amount else None,
        "currency": decision.amount.currency if decision.amount else None,
        "country": decision.country or None,
    }


def standing_in(
    connection: Connection, keys: Iterable[str], states: Set[State]
) -> dict[str, State]:
    """Which of these cases stand in one of ``states``, in order of key, and in which."""
    # The states are looked at here: SQLite would go through all cases that stand in them instead.
    query = select(cases.c.key, cases.c.state).where(among(cases.c.key, sorted(keys)))
    rows = connection.execute(query.order_by(cases.c.key)).all()
    return {row.key: State(row.state) for row in rows if row.state in states}


def move_cases(connection: Connection, keys: Iterable[str], act: Act) -> None:
    """Move cases on whose states were read in this very transaction."""
    moved = sorted(keys)
    if moved:
        here = among(cases.c.key, moved)
        connection.execute(update(cases).where(here).values(state=_AFTER[act]))
