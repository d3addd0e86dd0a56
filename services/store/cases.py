"""Cases on their way: opened once, decided once, fined once, each step in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from services.store.history import Event, add_event
from services.store.instants import from_ms, to_ms
from services.store.schema import cases, decisions, fines, links, outbox, packs
from services.store.store import Store
from speedcam.model import Passage, PlateReading

OFFICE = "office"
"""Who acts in the history where no person or policy decided anything."""

TWIN_WITHIN = timedelta(seconds=60)
"""The same plate within this time is the same passage: measured again by other software, after
the site file was mended, in overlapping clips, or by a second camera on the same stretch. One
passage is fined once."""

CUT_WITHIN = timedelta(days=1)
"""The same plate, lane and speed within this time, from two clips, is looked at by a person."""


ACTS = {
    Verdict.CONFIRM: Act.VALIDATE,
    Verdict.REJECT: Act.REJECT,
    Verdict.ADVISE: Act.ADVISE,
}
"""What each verdict does to a case in review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A violation in the office and where it stands."""

    key: str
    state: State
    violation: Violation


def known_case(store: Store, connection: Connection, key: str, passage: Passage) -> str | None:
    """The key of the case that this passage already is, or None.

    That is the case of the same key, the one it was linked to before, or the one of the same
    plate at nearly the same time, whichever camera saw it.
    """
    if connection.execute(select(cases.c.key).where(cases.c.key == key)).one_or_none():
        return key
    linked = connection.execute(select(links.c.case_key).where(links.c.key == key)).scalar()
    if linked is not None or not isinstance(passage.plate, PlateReading):
        return linked
    query = select(cases.c.key).where(
        cases.c.plate_digest == store.keys.plate_digest(passage.plate.text),
        _passed_within(passage.at, TWIN_WITHIN),
    )
    return connection.execute(query.order_by(cases.c.passed_at_ms)).scalars().first()


def link(connection: Connection, key: str, known: str, passage: Passage) -> None:
    """Remember that the passage of ``key`` shows the case ``known`` once more."""
    if key == known or connection.execute(select(links.c.key).where(links.c.key == key)).first():
        return
    row = {
        "key": key,
        "case_key": known,
        "site_id": passage.place.site_id,
        "passed_at_ms": to_ms(passage.at),
    }
    connection.execute(insert(links), [row])


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


def open_case(
    store: Store, violation: Violation, edition: Edition, at: datetime
) -> tuple[str, bool]:
    """Open the case of ``violation``, unless it is known.

    Its exhibits must have been kept before. Returns the key of the case, and whether it is new.
    """
    with store.writing() as connection:
        known = known_case(store, connection, violation.key, violation.passage)
        if known:
            link(connection, violation.key, known, violation.passage)
            return known, False
        _keep_edition(connection, edition)
        connection.execute(insert(cases), [_case_row(store, violation, at)])
        reason = f"{violation.source.pack} {violation.offence}"
        opened = Event(at=at, who=OFFICE, what="opened", subject=violation.key, reason=reason)
        add_event(store, connection, opened)
    return violation.key, True


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
    edition = read_edition(text, violation.source.pack) if text is not None else None
    if edition is None or edition.sha256 != sha256:
        raise StoreError(
            f"case {violation.key}: the rule pack {violation.source.pack} that judged it is "
            "missing or was changed. Restore the last verified backup."
        )
    return edition


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
    with store.reading() as connection:
        row = connection.execute(select(decisions).where(decisions.c.case_key == key)).one_or_none()
    if row is None:
        return None
    why = store.keys.unseal(row.why, table=decisions.name, row=key, column="why").decode()
    return Decision(
        verdict=Verdict(row.verdict),
        by=row.by,
        is_policy=row.is_policy,
        at=from_ms(row.at_ms),
        why=why,
    )


def take_up(store: Store, key: str, why: str, at: datetime) -> None:
    """Take the case ``key`` into review, unless it is there or beyond."""
    with store.writing() as connection:
        if _move(connection, key, State.DETECTED, Act.TAKE_UP):
            told = Event(at=at, who=OFFICE, what=Act.TAKE_UP, subject=key, reason=why)
            add_event(store, connection, told)


def record_decision(store: Store, key: str, decision: Decision) -> bool:
    """Decide the case ``key``; False when somebody else was first."""
    act = ACTS[decision.verdict]
    with store.writing() as connection:
        _move(connection, key, State.DETECTED, Act.TAKE_UP)
        if not _move(connection, key, State.IN_REVIEW, act):
            return False
        why = store.keys.seal(decision.why.encode(), table=decisions.name, row=key, column="why")
        row = {
            "case_key": key,
            "verdict": decision.verdict,
            "by": decision.by,
            "is_policy": decision.is_policy,
            "at_ms": to_ms(decision.at),
            "why": why,
        }
        connection.execute(insert(decisions), [row])
        told = Event(at=decision.at, who=decision.by, what=act, subject=key, reason=decision.why)
        add_event(store, connection, told)
    return True


def record_fine(store: Store, fine: Fine, channels: Sequence[Channel]) -> bool:
    """Issue ``fine`` with its place in the outbox; False when its case has a fine already.

    Args:
        store: Holds its case, validated.
        fine: What is issued.
        channels: By which its notice travels.

    Raises:
        IntegrityError: Its number is taken; try another.
    """
    key = fine.violation.key
    with store.writing() as connection:
        if not _move(connection, key, State.VALIDATED, Act.ISSUE):
            return False
        add_fine(store, connection, fine, channels)
        told = Event(at=fine.issued_at, who=OFFICE, what="issued", subject=key, reason=fine.number)
        add_event(store, connection, told)
    return True


def add_fine(
    store: Store, connection: Connection, fine: Fine, channels: Sequence[Channel], turn: int = 0
) -> None:
    """Write ``fine`` and its notices, within the transaction of what brought it about."""
    key, plate = fine.violation.key, fine.violation.passage.plate
    if not isinstance(plate, PlateReading):
        raise CaseError(f"case {key} has no plate: there is nobody to fine. Reject it.")
    row = {
        "number": fine.number,
        "case_key": key,
        "turn": turn,
        "plate_digest": store.keys.plate_digest(plate.text),
        "issued_at_ms": to_ms(fine.issued_at),
        "state": State.ISSUED,
        "fine": store.seal_fine(fine),
    }
    connection.execute(insert(fines), [row])
    connection.execute(insert(outbox), [_outbox_row(fine, channel) for channel in channels])


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


def _move(connection: Connection, key: str, old: State, act: Act) -> bool:
    """Move a case on from ``old``; False when it stands elsewhere."""
    here = (cases.c.key == key) & (cases.c.state == old)
    return connection.execute(update(cases).where(here).values(state=after(old, act))).rowcount == 1


def _by_key(key: str) -> Select[tuple[object, ...]]:
    return select(cases).where(cases.c.key == key)


def _case(store: Store, row: Row[tuple[object, ...]]) -> Case:
    return Case(
        key=row.key,
        state=State(row.state),
        violation=store.unseal_violation(row.key, row.violation),
    )
