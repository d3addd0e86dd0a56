"""What one officer proposes and another one answers: four eyes, which the database checks."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from services.countries import with_country
from services.errors import CaseError
from services.life import State
from services.store.history import Event, add_event
from services.store.instants import from_ms, to_ms
from services.store.ring import Ring
from services.store.schema import cases
from services.store.staff_schema import proposals, undoable
from services.store.store import Store
from services.worded import worded


class Kind(StrEnum):
    """What can be proposed."""

    CONFIRM = "confirm"
    PLATE = "plate"
    CANCEL = "cancel"


_MOOT = (
    proposals.c.answer.is_(None)
    & (proposals.c.kind != Kind.CANCEL)
    & proposals.c.case_key.in_(
        select(cases.c.key).where(cases.c.state.not_in((State.DETECTED, State.IN_REVIEW)))
    )
)
"""Open, of a case that was decided meanwhile: nobody can answer it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One officer's proposal, not yet answered.

    Attributes:
        case_key: What it is about.
        kind: What is proposed.
        by: Who did.
        at: When.
        why: The reason in words.
        plate: The plate as it should be; empty unless that is proposed.
        number: Of the fine that is to be cancelled; empty likewise.
        country: Whose plate it is, as who proposes states it; empty likewise.
        amount_minor: What is to be paid, in the currency of the case; None: the least.
        id: Random.
    """

    case_key: str
    kind: Kind
    by: str
    at: datetime
    why: str
    plate: str = ""
    number: str = ""
    country: str = ""
    amount_minor: int | None = None
    id: str = field(default_factory=lambda: secrets.token_hex(16))


_SAID = ("why", "plate", "number", "country", "amount_minor")
"""What of a proposal is sealed."""


def propose(store: Store, wanted: Proposal) -> None:
    """Let a proposal wait for another officer.

    Raises:
        CaseError: One waits for the case already.
    """
    said = json.dumps({name: getattr(wanted, name) for name in _SAID})
    row = {
        "id": wanted.id,
        "case_key": wanted.case_key,
        "kind": wanted.kind,
        "proposed_by": wanted.by,
        "at_ms": to_ms(wanted.at),
    }
    told = Event(
        at=wanted.at, who=wanted.by, what=f"proposed_{wanted.kind}", subject=wanted.case_key,
        reason=with_country(wanted.why, wanted.country),
    )  # fmt: skip
    try:
        with store.writing() as connection:
            still = select(undoable.c.case_key).where(undoable.c.until_ms > to_ms(wanted.at))
            # Where the decision may be undone, the proposal waits again with its case.
            over = proposals.c.case_key.not_in(still)
            connection.execute(delete(proposals).where(_MOOT, over))
            sealed = store.ring(connection, [wanted.case_key]).seal(
                said.encode(), of=wanted.case_key, table=proposals.name, row=wanted.id,
                column="said",
            )  # fmt: skip
            connection.execute(insert(proposals).values(**row, said=sealed))
            add_event(store, connection, told)
    except IntegrityError:
        raise CaseError(
            worded(
                "case {key}: a proposal waits already. It is answered before another one is made.",
                key=wanted.case_key,
            )
        ) from None


def open_proposals(store: Store, kind: Kind | None = None) -> Mapping[str, Proposal]:
    """Every proposal that waits for an answer, by key of its case."""
    query = select(proposals).where(proposals.c.answer.is_(None), ~_MOOT)
    wanted = query if kind is None else query.where(proposals.c.kind == kind)
    with store.reading() as connection:
        rows = connection.execute(wanted).all()
        ring = store.opening((row.said for row in rows), connection)
    return {row.case_key: _proposal(ring, row) for row in rows if ring.opens(row.said)}


def answer(store: Store, proposal: Proposal, by: str, *, agreed: bool, at: datetime) -> None:
    """Agree to a proposal, or refuse it.

    Raises:
        CaseError: It was answered meanwhile, or by whoever made it.
    """
    said = "agreed" if agreed else "refused"
    told = Event(
        at=at, who=by, what=f"{said}_{proposal.kind}", subject=proposal.case_key,
        reason=proposal.why,
    )  # fmt: skip
    here = update(proposals).where(proposals.c.id == proposal.id, proposals.c.answer.is_(None))
    try:
        with store.writing() as connection:
            done = connection.execute(
                here.values(answer=said, answered_by=by, answered_at_ms=to_ms(at))
            )
            if done.rowcount != 1:
                raise CaseError(
                    worded(
                        "case {key}: the proposal was answered meanwhile.", key=proposal.case_key
                    )
                )
            add_event(store, connection, told)
    except IntegrityError:
        raise CaseError(
            worded(
                "case {key}: another officer than {officer} must answer.",
                key=proposal.case_key,
                officer=proposal.by,
            )
        ) from None


def was_corrected(store: Store, case_key: str) -> bool:
    """Whether two officers corrected the plate of a case."""
    return bool(correctors_of(store, case_key))


def correctors_of(store: Store, case_key: str) -> tuple[str, ...]:
    """Both officers of whom a plate is as it stands; empty where it is as it was read."""
    query = select(proposals.c.proposed_by, proposals.c.answered_by).where(
        proposals.c.case_key == case_key,
        proposals.c.kind == Kind.PLATE,
        proposals.c.answer == "agreed",
    )
    with store.reading() as connection:
        last = connection.execute(query.order_by(proposals.c.answered_at_ms.desc())).first()
    return tuple(last) if last else ()


def _proposal(ring: Ring, row: Row[Any]) -> Proposal:
    said = ring.unseal(row.said, table=proposals.name, row=row.id, column="said")
    return Proposal(
        id=row.id,
        case_key=row.case_key,
        kind=Kind(row.kind),
        by=row.proposed_by,
        at=from_ms(row.at_ms),
        **json.loads(said),
    )
