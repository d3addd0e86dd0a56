"""Cases on their way: opened once, decided once, fined once, each step in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)

from services.errors import CaseError, StoreError
from services.life import Act, State, after
from services.model import Channel, Decision, Fine, NoticeState, Verdict, Violation
from services.rules.edition import Edition, read_edition
from services.rules.engine import local_day
from services.store.history import Event, add_events
from services.store.instants import from_ms, to_ms
from services.store.known import TWIN_WITHIN, Known
from services.store.schema import cases, decisions, fines, links, outbox, packs
from services.store.store import Store
from speedcam.model import Passage, PlateReading

OFFICE = "office"
"""Who acts in the history where no person or policy decided anything."""

CUT_WITHIN = timedelta(days=1)
"""The same plate, lane and speed within this time, from two clips, is looked at by a person."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A violation in the office and where it stands."""

    key: str
    state: State
    violation: Violation


def linked_to(store: Store, key: str) -> int:
    """How many other passages show the case ``key`` too."""
    query = select(func.count()).select_from(links).where(links.c.case_key == key)
    with store.reading() as connection:
        return connection.execute(query).scalar_one()


def twins_of(store: Store, case: Case) -> tuple[str, ...]:
    """The keys of cases that may be this very passage, from another clip of the same camera.

    That is the same lane and speed, at nearly the same time with another plate, one of which is
    wrong then, or on the same day with the same plate: footage that was cut, and is stamped as if
    it were whole. Within one clip the camera knows its vehicles apart.
    """
    passage, plate = case.violation.passage, case.violation.passage.plate
    soon = _passed_within(passage.at, TWIN_WITHIN)
    if isinstance(plate, PlateReading):
        same = cases.c.plate_digest == store.keys.plate_digest(plate.text)
        soon = or_(soon, and_(same, _passed_within(passage.at, CUT_WITHIN)))
    query = select(cases).where(
        cases.c.key != case.key, cases.c.site_id == passage.place.site_id, soon
    )
    with store.reading() as connection:
        rows = connection.execute(query.order_by(cases.c.passed_at_ms)).all()
    near = (_case(store, row) for row in rows)
    return tuple(other.key for other in near if _measured_alike(case.violation, other.violation))


def _passed_within(at: datetime, within: timedelta) -> ColumnElement[bool]:
    return cases.c.passed_at_ms.between(to_ms(at - within), to_ms(at + within))


def _measured_alike(one: Violation, other: Violation) -> bool:
    doubt_kmh = one.uncertainty_kmh + other.uncertainty_kmh
    return (
        one.passage.provenance.clip_sha256 != other.passage.provenance.clip_sha256
        and one.passage.lane == other.passage.lane
        and abs(one.measured_kmh - other.measured_kmh) <= doubt_kmh
    )


def open_cases(
    store: Store,
    connection: Connection,
    known: Known,
    group: Sequence[tuple[Violation, Edition]],
    at: datetime,
) -> list[tuple[str, bool]]:
    """Open the case of each violation, unless it is known.

    Exhibits must have been kept before. Gives the key of each case, and whether it is new.

    Args:
        store: Where the cases are kept.
        connection: Of a transaction that writes.
        known: The cases of the group, asked in this transaction.
        group: The violations with the law that judged them.
        at: When they are received.
    """
    told, rows, linked, opened = [], [], [], []
    for violation, edition in group:
        key, passage = violation.key, violation.passage
        case_key = known.of(key, passage)
        told.append((case_key or key, case_key is None))
        if case_key is None:
            _keep_edition(connection, edition)
            rows.append(_case_row(store, violation, at))
            reason = f"{violation.source.pack} {violation.offence}"
            opened.append(Event(at=at, who=OFFICE, what="opened", subject=key, reason=reason))
            known.add(key, passage)
        elif key not in {case_key, *known.links}:
            known.links[key] = case_key
            linked.append(_link_row(key, case_key, passage))
    for table, new in ((cases, rows), (links, linked)):
        if new:
            connection.execute(insert(table), new)
    add_events(store, connection, opened)
    return told


def _link_row(key: str, case_key: str, passage: Passage) -> dict[str, object]:
    return {
        "key": key,
        "case_key": case_key,
        "site_id": passage.place.site_id,
        "passed_at_ms": to_ms(passage.at),
    }


def _keep_edition(connection: Connection, edition: Edition) -> None:
    query = select(packs.c.sha256).where(packs.c.sha256 == edition.sha256)
    if connection.execute(query).one_or_none() is None:
        row = {"sha256": edition.sha256, "name": edition.pack.id, "text": edition.text}
        connection.execute(insert(packs), [row])


def _case_row(store: Store, violation: Violation, at: datetime) -> dict[str, object]:
    plate = violation.passage.plate
    return {
        "key": violation.key,
        "state": State.DETECTED,
        "site_id": violation.passage.place.site_id,
        "day": local_day(violation.passage).isoformat(),
        "passed_at_ms": to_ms(violation.passage.at),
        "received_at_ms": to_ms(at),
        "plate_digest": (
            store.keys.plate_digest(plate.text) if isinstance(plate, PlateReading) else None
        ),
        "pack_sha256": violation.source.pack_sha256,
        "violation": store.seal_violation(violation),
    }


def edition_of(store: Store, violation: Violation) -> Edition:
    """The very edition of the law that judged ``violation``, also when a newer one is installed.

    Raises:
        StoreError: It is not in the store.
    """
    sha256 = violation.source.pack_sha256
    with store.reading() as connection:
        text = connection.execute(
            select(packs.c.text).where(packs.c.sha256 == sha256)
        ).scalar_one_or_none()
    edition = _read_once(text, violation.source.pack) if text is not None else None
    if edition is None or edition.sha256 != sha256:
        raise StoreError(
            f"case {violation.key}: the rule pack {violation.source.pack} that judged it is "
            "missing or was changed. Restore the last verified backup."
        )
    return edition


@lru_cache(maxsize=16)
def _read_once(text: bytes, name: str) -> Edition:
    """Reading a pack takes as long as issuing fifty fines; the same bytes are the same law."""
    return read_edition(text, name)


def cases_in(store: Store, *states: State) -> tuple[Case, ...]:
    """Every case in one of ``states``, in order of the passage's instant."""
    query = select(cases).where(cases.c.state.in_(states))
    with store.reading() as connection:
        rows = connection.execute(query.order_by(cases.c.passed_at_ms, cases.c.key)).all()
    return tuple(_case(store, row) for row in rows)


def case_of(store: Store, key: str) -> Case:
    """The case ``key``.

    Raises:
        CaseError: There is none.
    """
    with store.reading() as connection:
        row = connection.execute(_by_key(key)).one_or_none()
    if row is None:
        raise CaseError(f"there is no case {key!r}: `speedcam office review` lists those waiting.")
    return _case(store, row)


def decision_of(store: Store, key: str) -> Decision | None:
    """The decision on the case ``key``, or None while it waits."""
    return decisions_of(store, [key]).get(key)


def decisions_of(store: Store, keys: Sequence[str]) -> dict[str, Decision]:
    """The decisions on cases, by key; of those that wait there is none."""
    query = select(decisions).where(decisions.c.case_key.in_(keys))
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return {row.case_key: _decision(store, row) for row in rows}


def _decision(store: Store, row: Row[tuple[object, ...]]) -> Decision:
    why = store.keys.unseal(row.why, table=decisions.name, row=row.case_key, column="why")
    return Decision(
        verdict=Verdict(row.verdict),
        by=row.by,
        is_policy=row.is_policy,
        at=from_ms(row.at_ms),
        why=why.decode(),
    )


def take_up(store: Store, reasons: Mapping[str, str], at: datetime) -> None:
    """Take cases into review, by key and why each waits; those beyond stay where they are."""
    with store.writing() as connection:
        fresh = _standing_in(connection, reasons, {State.DETECTED})
        _move(connection, fresh, Act.TAKE_UP)
        add_events(
            store,
            connection,
            [
                Event(at=at, who=OFFICE, what=Act.TAKE_UP, subject=key, reason=reasons[key])
                for key in fresh
            ],
        )


def record_decisions(store: Store, wanted: Mapping[str, Decision]) -> set[str]:
    """Decide cases, by key; the keys of those that nobody else had decided before."""
    with store.writing() as connection:
        here = _standing_in(connection, wanted, {State.DETECTED, State.IN_REVIEW})
        _move(connection, [k for k in here if here[k] is State.DETECTED], Act.TAKE_UP)
        for verdict, act in ACTS.items():
            _move(connection, [k for k in here if wanted[k].verdict is verdict], act)
        if here:
            rows = [_decision_row(store, key, wanted[key]) for key in here]
            connection.execute(insert(decisions), rows)
        told = [
            Event(at=d.at, who=d.by, what=ACTS[d.verdict], subject=key, reason=d.why)
            for key in here
            for d in [wanted[key]]
        ]
        add_events(store, connection, told)
    return set(here)


def _decision_row(store: Store, key: str, decision: Decision) -> dict[str, object]:
    sealed = store.keys.seal(decision.why.encode(), table=decisions.name, row=key, column="why")
    return {
        "case_key": key,
        "verdict": decision.verdict,
        "by": decision.by,
        "is_policy": decision.is_policy,
        "at_ms": to_ms(decision.at),
        "why": sealed,
    }


def record_fines(store: Store, wanted: Sequence[Fine], channels: Sequence[Channel]) -> set[str]:
    """Issue fines with their places in the outbox; the keys of the cases that had none before.

    Args:
        store: Holds their cases, validated.
        wanted: What is issued, of a case each.
        channels: By which their notices travel.

    Raises:
        IntegrityError: A number is taken; nothing was issued, try others.
    """
    by_key = {fine.violation.key: fine for fine in wanted}
    with store.writing() as connection:
        here = _standing_in(connection, by_key, {State.VALIDATED})
        _move(connection, here, Act.ISSUE)
        fresh = [by_key[key] for key in here]
        add_fines(store, connection, fresh, channels)
        add_events(
            store,
            connection,
            [
                Event(at=f.issued_at, who=OFFICE, what="issued", subject=key, reason=f.number)
                for key, f in zip(here, fresh, strict=True)
            ],
        )
    return set(here)


def _standing_in(
    connection: Connection, keys: Iterable[str], states: Set[State]
) -> dict[str, State]:
    """Which of these cases stand in one of ``states``, in order of key, and in which."""
    query = select(cases.c.key, cases.c.state).where(
        cases.c.key.in_(sorted(keys)), cases.c.state.in_(sorted(states))
    )
    return {row.key: State(row.state) for row in connection.execute(query.order_by(cases.c.key))}


def _move(connection: Connection, keys: Iterable[str], act: Act) -> None:
    """Move cases on whose states were read in this very transaction."""
    moved = sorted(keys)
    if moved:
        new = after(_BEFORE[act], act)
        connection.execute(update(cases).where(cases.c.key.in_(moved)).values(state=new))


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
    turn: int = 0,
) -> None:
    """Write fines and their notices, within the transaction of what brought them about."""
    if issued:
        notices = [_outbox_row(fine, channel) for fine in issued for channel in channels]
        connection.execute(insert(fines), [_fine_row(store, fine, turn) for fine in issued])
        connection.execute(insert(outbox), notices)


def _fine_row(store: Store, fine: Fine, turn: int) -> dict[str, object]:
    return {
        "number": fine.number,
        "case_key": fine.violation.key,
        "turn": turn,
        "plate_digest": store.keys.plate_digest(plate_of(fine.violation)),
        "issued_at_ms": to_ms(fine.issued_at),
        "state": State.ISSUED,
        "fine": store.seal_fine(fine),
    }


def _outbox_row(fine: Fine, channel: Channel) -> dict[str, object]:
    at_ms = to_ms(fine.issued_at)
    return {
        "key": f"{fine.number}/notice/{channel}",
        "fine_number": fine.number,
        "channel": channel,
        "state": NoticeState.WAITING,
        "attempts": 0,
        "created_at_ms": at_ms,
        "not_before_ms": at_ms,
    }


def _by_key(key: str) -> Select[tuple[object, ...]]:
    return select(cases).where(cases.c.key == key)


def _case(store: Store, row: Row[tuple[object, ...]]) -> Case:
    return Case(
        key=row.key,
        state=State(row.state),
        violation=store.unseal_violation(row.key, row.violation),
    )
