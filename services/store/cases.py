"""Cases on their way: opened once, decided once, fined once, each step in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    insert,
    or_,
    select,
    update,
)

from services.errors import CaseError, StoreError
from services.model import Channel, Decision, Fine, NoticeState, Verdict, Violation
from services.rules.edition import Edition, read_edition
from services.store.history import Event, add_event
from services.store.instants import from_ms, to_ms
from services.store.schema import cases, decisions, fines, outbox, packs
from services.store.store import Store
from speedcam.model import Passage, PlateReading

OFFICE = "office"
"""Who acts in the history where no person or policy decided anything."""

TWIN_WITHIN = timedelta(seconds=60)
"""The same plate at the same camera within this time is the same passage, measured again by
other software or after the site file was mended. One passage is fined once."""

CUT_WITHIN = timedelta(days=1)
"""The same plate, lane and speed within this time, from two clips, is looked at by a person."""


class CaseState(StrEnum):
    """Where a case stands."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    FINED = "fined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A violation in the office and where it stands."""

    key: str
    state: CaseState
    violation: Violation


def known_case(store: Store, connection: Connection, key: str, passage: Passage) -> str | None:
    """The key of the case that this passage already is, or None.

    That is the case of the same key, or of the same plate at the same camera at nearly the
    same time.
    """
    if connection.execute(select(cases.c.key).where(cases.c.key == key)).one_or_none():
        return key
    if not isinstance(passage.plate, PlateReading):
        return None
    at_ms, within_ms = to_ms(passage.at), TWIN_WITHIN // timedelta(milliseconds=1)
    query = select(cases.c.key).where(
        cases.c.plate_digest == store.keys.plate_digest(passage.plate.text),
        cases.c.site_id == passage.place.site_id,
        cases.c.passed_at_ms.between(at_ms - within_ms, at_ms + within_ms),
    )
    return connection.execute(query.order_by(cases.c.passed_at_ms)).scalars().first()


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
        "state": CaseState.WAITING,
        "site_id": violation.passage.place.site_id,
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


def cases_in(store: Store, state: CaseState) -> tuple[Case, ...]:
    """Every case in ``state``, in order of the passage's instant."""
    query = select(cases).where(cases.c.state == state)
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


def record_decision(store: Store, key: str, decision: Decision) -> bool:
    """Decide the waiting case ``key``; False when somebody else was first."""
    confirmed = decision.verdict is Verdict.CONFIRM
    state = CaseState.CONFIRMED if confirmed else CaseState.REJECTED
    with store.writing() as connection:
        if not _move(connection, key, CaseState.WAITING, state):
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
        told = Event(at=decision.at, who=decision.by, what=state, subject=key, reason=decision.why)
        add_event(store, connection, told)
    return True


def record_fine(store: Store, fine: Fine, channels: Sequence[Channel]) -> bool:
    """Issue ``fine`` with its place in the outbox; False when its case has a fine already.

    Raises:
        IntegrityError: Its number is taken; try another.
    """
    key, plate = fine.violation.key, fine.violation.passage.plate
    if not isinstance(plate, PlateReading):
        raise CaseError(f"case {key} has no plate: there is nobody to fine. Reject it.")
    with store.writing() as connection:
        if not _move(connection, key, CaseState.CONFIRMED, CaseState.FINED):
            return False
        row = {
            "number": fine.number,
            "case_key": key,
            "plate_digest": store.keys.plate_digest(plate.text),
            "issued_at_ms": to_ms(fine.issued_at),
            "fine": store.seal_fine(fine),
        }
        connection.execute(insert(fines), [row])
        connection.execute(insert(outbox), [_outbox_row(fine, channel) for channel in channels])
        told = Event(at=fine.issued_at, who=OFFICE, what="issued", subject=key, reason=fine.number)
        add_event(store, connection, told)
    return True


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


def _move(connection: Connection, key: str, old: CaseState, new: CaseState) -> bool:
    """Move a case from one state to the next; False when it stands elsewhere."""
    change = update(cases).where(cases.c.key == key, cases.c.state == old).values(state=new)
    return connection.execute(change).rowcount == 1


def _by_key(key: str) -> Select[tuple[object, ...]]:
    return select(cases).where(cases.c.key == key)


def _case(store: Store, row: Row[tuple[object, ...]]) -> Case:
    return Case(
        key=row.key,
        state=CaseState(row.state),
        violation=store.unseal_violation(row.key, row.violation),
    )
