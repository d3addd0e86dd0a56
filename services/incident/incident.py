"""An incident from its opening to its end. Each is one transaction: all of it, or nothing.

Opened twice it is opened once, and closed twice it is closed once, so that whatever was killed is
run again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, union

from services.errors import CaseError
from services.fines import HOLD, INCIDENT, Step, act_on, follow_money, tell
from services.incident.affected import affected_by
from services.ledger.leaf import Change
from services.life import HOLDABLE, OPEN, Act, State
from services.officers import NO_ACCOUNT
from services.refunds import give_back
from services.store.fines import begin_pause, end_pauses, move_on, read_file
from services.store.instants import to_ms
from services.store.quarantines import (
    Finding,
    Quarantine,
    add_quarantine,
    close_quarantine,
    holds_of,
    keep_hold,
    new_id,
    quarantine_of,
    quarantines_of,
)
from services.store.schema import cases, links, pauses, traffic
from services.store.store import Store
from services.store.withdrawal import withdraw
from services.words import require_second, require_words

NOTIFY_WITHIN = timedelta(hours=72)
"""GDPR art. 33(1): counted from the moment at which somebody first knew."""

OPENED, CLOSED = "incident_opened", "incident_closed"
"""In the history of an incident, under its id."""

_UNDECIDED = frozenset({State.DETECTED, State.IN_REVIEW, State.VALIDATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspected:
    """What is in doubt.

    Attributes:
        site_id: The source.
        start: From which instant on, aware.
        end: Until which, aware; it may lie ahead.
        found_at: When somebody first knew of it, aware.
    """

    site_id: str
    start: datetime
    end: datetime
    found_at: datetime


def open_incident(store: Store, wanted: Suspected, step: Step) -> Quarantine:
    """Hold what a source saw: decisions, fines and letters; the same again changes nothing.

    Args:
        store: Of the office.
        wanted: What is in doubt.
        step: Who opens it, who agrees, why and when.

    Raises:
        CaseError: The instants cannot be, the source is unknown, or one officer alone does it.
    """
    require_words(wanted.site_id, step.by, step.why, second=step.second)
    _require_possible(wanted, step.at)
    require_second(f"an incident of {wanted.site_id}", step.by, step.second, "it stops fines")
    with store.grouped(), store.writing() as connection:
        _require_known(connection, wanted.site_id)
        quarantine = _standing(store, wanted)
        if quarantine is None:
            quarantine = _entered(store, connection, wanted, step)
        _hold_fines(store, connection, quarantine, step)
    return quarantine


def close_incident(store: Store, incident: str, finding: Finding, step: Step) -> Quarantine:
    """End an incident: what it held goes on, or is taken back; the same again changes nothing.

    Sound: its holds are released, and the terms go on from here. Unsound: fines are cancelled,
    paid ones refunded, whoever was written to is told, and cases that wait are rejected.

    Args:
        store: Of the office.
        incident: Its id.
        finding: What it came to.
        step: Who closes it, who agrees, why and when.

    Raises:
        CaseError: There is no such incident, it was closed otherwise, or one officer alone does
            it.
    """
    require_words(incident, step.by, step.why, second=step.second)
    require_second(f"incident {incident}", step.by, step.second, "it frees or ends fines")
    with store.grouped(), store.writing() as connection:
        quarantine = quarantine_of(store, incident)
        if quarantine.finding is finding:
            return quarantine
        if quarantine.finding is not None:
            raise CaseError(f"incident {quarantine.id} was closed: {quarantine.finding}.")
        close_quarantine(connection, quarantine, finding)
        why = f"incident {quarantine.id}: {step.why}"
        because = replace(step, why=why)
        if finding is Finding.SOUND:
            _release(store, connection, quarantine, because)
        else:
            _take_back(store, quarantine, because)
        told = replace(step, why=f"{finding}: {step.why}")
        tell(store, connection, quarantine.id, CLOSED, told)
    return replace(quarantine, finding=finding)


def _require_possible(wanted: Suspected, now: datetime) -> None:
    if not wanted.start <= wanted.end:
        raise CaseError(f"an incident from {wanted.start} to {wanted.end} cannot be: turn them.")
    if wanted.found_at > now or wanted.start > now:
        raise CaseError("an incident begins, and is found, before it is entered: mend the instant.")


def _require_known(connection: Connection, site_id: str) -> None:
    """Raise CaseError where nothing ever came from a source: its name may be misspelt."""
    query = union(*(select(each.c.site_id) for each in (cases, links, traffic)))
    known = sorted(connection.scalars(query))
    if site_id not in known:
        raise CaseError(
            f"nothing ever came from {site_id}, so nothing would be held. Known: "
            f"{', '.join(known) or 'no source'}."
        )


def _standing(store: Store, wanted: Suspected) -> Quarantine | None:
    """The open incident of the very same source and interval."""
    asked = (wanted.site_id, to_ms(wanted.start), to_ms(wanted.end))
    for each in quarantines_of(store):
        if each.finding is None and asked == (each.site_id, to_ms(each.start), to_ms(each.end)):
            return each
    return None


def _entered(store: Store, connection: Connection, wanted: Suspected, step: Step) -> Quarantine:
    quarantine = Quarantine(
        id=new_id(),
        site_id=wanted.site_id,
        start=wanted.start,
        end=wanted.end,
        found_at=wanted.found_at,
        opened_at=step.at,
        why=step.why.removesuffix(NO_ACCOUNT),
    )
    add_quarantine(store, connection, quarantine)
    span = f"{wanted.site_id} from {wanted.start.isoformat()} to {wanted.end.isoformat()}"
    told = replace(step, why=f"{span}, found {wanted.found_at.isoformat()}: {step.why}")
    tell(store, connection, quarantine.id, OPENED, told)
    return quarantine


def _hold_fines(store: Store, connection: Connection, quarantine: Quarantine, step: Step) -> None:
    held, why = holds_of(connection, quarantine), f"incident {quarantine.id}: {step.why}"
    for number, state in affected_by(store, quarantine).fines.items():
        if state in OPEN and number not in held:
            _hold(store, connection, quarantine, number, replace(step, why=why))


def _hold(
    store: Store, connection: Connection, quarantine: Quarantine, number: str, step: Step
) -> None:
    """Stop the terms from this moment on; a fine that is on hold already is held once more."""
    file = read_file(store, connection, number)
    pause = begin_pause(
        store, connection, INCIDENT, step.at, by=step.by, why=step.why, number=number
    )
    keep_hold(connection, quarantine, number, pause)
    changed = Change()
    if file.state in HOLDABLE:
        changed = Change(before=file.state, after=move_on(connection, file, Act.HOLD))
    tell(store, connection, number, Act.HOLD, step, change=changed)


def _release(store: Store, connection: Connection, quarantine: Quarantine, step: Step) -> None:
    for number, pause in holds_of(connection, quarantine).items():
        end_pauses(connection, step.at, pauses.c.id == pause)
        file = read_file(store, connection, number)
        if file.state is State.ON_HOLD and not _is_held(connection, number):
            moved = Change(before=file.state, after=move_on(connection, file, Act.RELEASE))
            tell(store, connection, number, Act.RELEASE, step, change=moved)
        follow_money(store, connection, number, step.at)


def _is_held(connection: Connection, number: str) -> bool:
    """Whether another incident, or somebody's own hold, stops a fine still."""
    running = (pauses.c.fine_number == number) & pauses.c.until_ms.is_(None)
    query = select(pauses.c.id).where(running, pauses.c.kind.in_((HOLD, INCIDENT)))
    return connection.execute(query).first() is not None


def _take_back(store: Store, quarantine: Quarantine, step: Step) -> None:
    affected = affected_by(store, quarantine)
    for number, state in affected.fines.items():
        if state in OPEN:
            act_on(store, number, Act.CANCEL, step)
        elif state is State.PAID:
            give_back(store, number, step, whole=True)
    for case in affected.cases:
        if case.state in _UNDECIDED:
            withdraw(store, case.case_key, step.why, step.at)
