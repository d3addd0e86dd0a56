"""Quarantines: what a source saw in an interval, held until it is found sound or unsound."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, true, update

from services.errors import CaseError
from services.model import Violation
from services.store.incident_schema import quarantine_holds, quarantines
from services.store.instants import from_ms, to_ms
from services.store.schema import cases, links
from services.store.store import Store
from services.worded import worded
from speedcam.model import Passage


class Finding(StrEnum):
    """What an incident came to."""

    SOUND = "sound"
    UNSOUND = "unsound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """What a source saw in an interval.

    Attributes:
        id: Short and random; it names the incident in the history.
        site_id: The source.
        start: Of the interval, which its ends belong to.
        end: Likewise; it may lie ahead.
        found_at: When somebody first knew of it.
        opened_at: When it was entered.
        why: In words.
        finding: None while the incident is open.
    """

    site_id: str
    start: datetime
    end: datetime
    found_at: datetime
    opened_at: datetime
    why: str
    id: str
    finding: Finding | None = None

    def covers(self, passage: Passage) -> bool:
        """Whether the source saw this passage in the interval."""
        # As the database keeps instants, so that both answers are one.
        inside = to_ms(self.start) <= to_ms(passage.at) <= to_ms(self.end)
        return passage.place.site_id == self.site_id and inside

    def touches(self, violation: Violation) -> bool:
        """Whether any passage of the proof is covered."""
        return any(map(self.covers, violation.passages))

    @property
    def told(self) -> str:
        """Why nothing is decided or issued on what it covers."""
        if self.finding is Finding.UNSOUND:
            return worded(
                "incident {incident} found what {site} saw then unsound",
                incident=self.id,
                site=self.site_id,
            )
        return worded(
            "incident {incident} holds what {site} saw then, until it is closed",
            incident=self.id,
            site=self.site_id,
        )


def new_id() -> str:
    """A short name that nobody can mistake for a case or a fine."""
    return secrets.token_hex(4)


def add_quarantine(store: Store, connection: Connection, wanted: Quarantine) -> None:
    """Write an incident down, within the transaction of what it holds."""
    row = {
        "id": wanted.id,
        "site_id": wanted.site_id,
        "from_ms": to_ms(wanted.start),
        "to_ms": to_ms(wanted.end),
        "found_at_ms": to_ms(wanted.found_at),
        "opened_at_ms": to_ms(wanted.opened_at),
        "why": store.keys.seal(
            wanted.why.encode(), table=quarantines.name, row=wanted.id, column="why"
        ),
    }
    connection.execute(insert(quarantines), [row])


def close_quarantine(connection: Connection, quarantine: Quarantine, finding: Finding) -> None:
    """Write down what an open incident came to, within the transaction of what follows."""
    here = (quarantines.c.id == quarantine.id) & quarantines.c.finding.is_(None)
    if connection.execute(update(quarantines).where(here).values(finding=finding)).rowcount != 1:
        raise CaseError(f"incident {quarantine.id} was closed meanwhile: look at it again.")


def quarantines_of(store: Store) -> tuple[Quarantine, ...]:
    """Every incident there was, in order of entry."""
    return _read(store, true())


def quarantine_of(store: Store, incident: str) -> Quarantine:
    """The incident with this id.

    Raises:
        CaseError: There is none.
    """
    found = _read(store, quarantines.c.id == incident.strip().lower())
    if not found:
        raise CaseError(f"there is no incident {incident!r}: `speedcam office incident list`.")
    return found[0]


def in_force(store: Store) -> tuple[Quarantine, ...]:
    """Incidents that are open or found their source unsound."""
    return _read(store, quarantines.c.finding.is_(None) | (quarantines.c.finding == "unsound"))


def doubts_of_source(store: Store, group: Iterable[tuple[str, Violation]]) -> dict[str, str]:
    """By key, why nothing may be decided or issued on a case; those in no incident are left out."""
    standing = in_force(store)
    doubts = {
        key: next((each.told for each in standing if each.touches(violation)), "")
        for key, violation in (group if standing else ())
    }
    return {key: doubt for key, doubt in doubts.items() if doubt}


def unsound_sources(store: Store, group: Iterable[tuple[str, Violation]]) -> dict[str, str]:
    """By key, why a case must end: an incident found unsound what proves it."""
    standing = [each for each in in_force(store) if each.finding is Finding.UNSOUND]
    return {
        key: each.told
        for key, violation in (group if standing else ())
        for each in standing
        if each.touches(violation)
    }


def cases_covered(store: Store, quarantine: Quarantine) -> Iterator[tuple[str, str, Violation]]:
    """Key, state and violation of every case whose proof an incident covers, in order of time."""
    for row in _near(store, quarantine):
        violation = store.unseal_violation(row.key, row.violation)
        if quarantine.touches(violation):
            yield row.key, row.state, violation


def _near(store: Store, quarantine: Quarantine) -> list[Row[Any]]:
    """Cases of the source in the interval, and those that a passage of it was linked to."""
    span = (to_ms(quarantine.start), to_ms(quarantine.end))
    own = (cases.c.site_id == quarantine.site_id) & cases.c.passed_at_ms.between(*span)
    # Where a section began is a link of its case.
    linked = select(links.c.case_key).where(
        links.c.site_id == quarantine.site_id, links.c.passed_at_ms.between(*span)
    )
    query = select(cases.c.key, cases.c.state, cases.c.violation).where(
        or_(own, cases.c.key.in_(linked))
    )
    with store.reading() as connection:
        return list(connection.execute(query.order_by(cases.c.passed_at_ms, cases.c.key)))


def keep_hold(connection: Connection, quarantine: Quarantine, number: str, pause_id: str) -> None:
    """Write down that an incident put a fine on hold."""
    row = {"quarantine_id": quarantine.id, "fine_number": number, "pause_id": pause_id}
    connection.execute(insert(quarantine_holds), [row])


def holds_of(connection: Connection, quarantine: Quarantine) -> Mapping[str, str]:
    """By number of a fine that an incident put on hold, the pause that it began."""
    query = select(quarantine_holds.c.fine_number, quarantine_holds.c.pause_id).where(
        quarantine_holds.c.quarantine_id == quarantine.id
    )
    rows = connection.execute(query.order_by(quarantine_holds.c.fine_number)).all()
    return {row.fine_number: row.pause_id for row in rows}


def incident_that_holds(connection: Connection, number: str) -> str:
    """The id of an open incident that put a fine on hold; empty where there is none."""
    query = (
        select(quarantines.c.id)
        .join(quarantine_holds, quarantine_holds.c.quarantine_id == quarantines.c.id)
        .where(quarantine_holds.c.fine_number == number, quarantines.c.finding.is_(None))
    )
    return connection.execute(query.order_by(quarantines.c.opened_at_ms)).scalar() or ""


def _read(store: Store, wanted: ColumnElement[bool]) -> tuple[Quarantine, ...]:
    query = select(quarantines).where(wanted)
    with store.reading() as connection:
        rows = connection.execute(
            query.order_by(quarantines.c.opened_at_ms, quarantines.c.id)
        ).all()
    return tuple(_quarantine(store, row) for row in rows)


def _quarantine(store: Store, row: Row[Any]) -> Quarantine:
    why = store.keys.unseal(row.why, table=quarantines.name, row=row.id, column="why")
    return Quarantine(
        id=row.id,
        site_id=row.site_id,
        start=from_ms(row.from_ms),
        end=from_ms(row.to_ms),
        found_at=from_ms(row.found_at_ms),
        opened_at=from_ms(row.opened_at_ms),
        why=why.decode(),
        finding=Finding(row.finding) if row.finding else None,
    )
