"""Cases: opened once for a passage, found, compared with what may be the same passage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Row,
    Select,
    func,
    insert,
    select,
    union,
)

from services.errors import CaseError, StoreError
from services.ledger.leaf import Change, Held
from services.life import State
from services.model import Violation
from services.rules.edition import Edition, read_edition
from services.rules.engine import local_day
from services.store.among import among
from services.store.history import Event, add_events
from services.store.instants import to_ms
from services.store.known import TWIN_WITHIN, Known
from services.store.ring import Ring
from services.store.rows import add_rows
from services.store.schema import cases, links, packs
from services.store.store import Store
from services.uncollected import uncollected
from services.worded import worded
from speedcam.model import Passage, PlateReading

OFFICE = "office"
"""Who acts in the history where no person or policy decided anything."""

CUT_WITHIN = timedelta(days=1)
"""The same plate, lane and speed within this time, from two clips, is looked at by a person."""

_SOON_MS, _CUT_MS = (span // timedelta(milliseconds=1) for span in (TWIN_WITHIN, CUT_WITHIN))


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


def twins_of(store: Store, group: Sequence[Case]) -> dict[str, tuple[str, ...]]:
    """By case, the keys of those that may be its very passage, from another clip of its camera.

    That is the same lane and speed, at nearly the same time with another plate, one of which is
    wrong then, or on the same day with the same plate: footage that was cut, and is stamped as if
    it were whole. Within one clip the camera knows its vehicles apart.

    Args:
        store: Holds them.
        group: Cases of the store, asked for with two questions however many they are.
    """
    told = {case.key: case for case in group}
    with store.reading() as connection:
        pairs = connection.execute(_near(list(told))).all()
        others = sorted({other for _, other, _ in pairs} - told.keys())
        rows = connection.execute(select(cases).where(among(cases.c.key, others))).all()
    told |= {case.key: case for case in _cases(store, rows)}
    twins: dict[str, list[str]] = {case.key: [] for case in group}
    for key, other, _ in pairs:
        if other in told and _measured_alike(told[key].violation, told[other].violation):
            twins[key].append(other)
    return {key: tuple(found) for key, found in twins.items()}


def _near(keys: Sequence[str]) -> CompoundSelect[Any]:
    """Pairs of cases of one site: soon after one another, or of one plate on one day."""
    other, at_ms = cases.alias("other"), cases.c.passed_at_ms
    pair = select(
        cases.c.key.label("key"), other.c.key.label("other"), other.c.passed_at_ms.label("at")
    ).where(
        among(cases.c.key, keys), other.c.key != cases.c.key, other.c.site_id == cases.c.site_id
    )
    soon = pair.where(other.c.passed_at_ms.between(at_ms - _SOON_MS, at_ms + _SOON_MS))
    same = pair.where(
        other.c.plate_digest == cases.c.plate_digest,
        other.c.passed_at_ms.between(at_ms - _CUT_MS, at_ms + _CUT_MS),
    )
    # Two questions in one: each of them has an index of its own, an `or` of both has none.
    return union(soon, same).order_by("key", "at", "other")


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
    told, fresh, linked, opened = [], [], [], []
    for violation, _ in group:
        key, passage = violation.key, violation.passage
        case_key = known.of(key, passage)
        told.append((case_key or key, case_key is None))
        if case_key is None:
            fresh.append(violation)
            reason = f"{violation.source.pack} {violation.offence}"
            told_of = Event(at=at, who=OFFICE, what="opened", subject=key, reason=reason)
            opened.append(replace(told_of, change=_opens(key)))
            known.add(key, passage)
        elif key not in {case_key, *known.links}:
            known.links[key] = case_key
            linked.append(_link_row(key, case_key, passage))
    keep_editions(connection, [edition for _, edition in group] if fresh else [])
    ring = store.mint(connection, [violation.key for violation in fresh])
    rows = [_case_row(store, violation, at, ring) for violation in fresh]
    for table, new in ((cases, rows), (links, linked)):
        add_rows(connection, table, new)
    add_events(store, connection, opened, ring)
    return told


def _opens(key: str) -> Change:
    return Change(after=State.DETECTED, holds=Held(table=cases.name, key=key))


def link_passage(connection: Connection, key: str, case_key: str, passage: Passage) -> None:
    """Say once that a passage shows a case too, by the key that its own case would have had."""
    if connection.execute(select(links.c.key).where(links.c.key == key)).first() is None:
        connection.execute(insert(links), [_link_row(key, case_key, passage)])


def _link_row(key: str, case_key: str, passage: Passage) -> dict[str, object]:
    return {
        "key": key,
        "case_key": case_key,
        "site_id": passage.place.site_id,
        "passed_at_ms": to_ms(passage.at),
    }


def keep_editions(connection: Connection, editions: Iterable[Edition]) -> None:
    """Keep the texts of the law that are not kept yet, within a transaction that writes."""
    by_hash = {edition.sha256: edition for edition in editions}
    known = select(packs.c.sha256).where(packs.c.sha256.in_(sorted(by_hash)))
    for sha256 in by_hash.keys() - set(connection.execute(known).scalars()):
        edition = by_hash[sha256]
        row = {"sha256": sha256, "name": edition.pack.id, "text": edition.text}
        connection.execute(insert(packs), [row])


def _case_row(store: Store, violation: Violation, at: datetime, ring: Ring) -> dict[str, object]:
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
        "violation": store.seal_violation(violation, ring),
    }


def texts_of(store: Store, violations: Iterable[Violation]) -> dict[str, bytes]:
    """The packs that judged ``violations`` as they were kept, by SHA-256."""
    wanted = sorted({violation.source.pack_sha256 for violation in violations})
    query = select(packs.c.sha256, packs.c.text).where(packs.c.sha256.in_(wanted))
    with store.reading() as connection:
        return {row.sha256: row.text for row in connection.execute(query)}


def edition_of(violation: Violation, texts: Mapping[str, bytes]) -> Edition:
    """The very edition of the law that judged ``violation``, also when a newer one is installed.

    Args:
        violation: Of a case.
        texts: What :func:`texts_of` gave for it.

    Raises:
        StoreError: It is not in the store.
    """
    sha256 = violation.source.pack_sha256
    text = texts.get(sha256)
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


def cases_in(store: Store, *states: State, most: int | None = None) -> tuple[Case, ...]:
    """Every case in one of ``states``, or the first few, in order of the passage's instant.

    One that was erased is not among them.
    """
    query = select(cases).where(cases.c.state.in_(states))
    with store.reading() as connection:
        rows = connection.execute(
            query.order_by(cases.c.passed_at_ms, cases.c.key).limit(most)
        ).all()
    with uncollected():
        return tuple(_cases(store, rows))


def _cases(store: Store, rows: Sequence[Row[tuple[object, ...]]]) -> Iterator[Case]:
    """Those that were not erased."""
    ring = store.opening(row.violation for row in rows)
    return (_case(store, row, ring) for row in rows if ring.opens(row.violation))


def case_of(store: Store, key: str) -> Case:
    """The case ``key``.

    Raises:
        CaseError: There is none; or, as :class:`~services.errors.Erased`, no more of it than that.
    """
    with store.reading() as connection:
        row = connection.execute(_by_key(key)).one_or_none()
    if row is None:
        raise CaseError(
            worded(
                "there is no case {key}: `speedcam office review` lists those waiting.",
                key=repr(key),
            )
        )
    return _case(store, row)


def _by_key(key: str) -> Select[tuple[object, ...]]:
    return select(cases).where(cases.c.key == key)


def _case(store: Store, row: Row[tuple[object, ...]], ring: Ring | None = None) -> Case:
    return Case(
        key=row.key,
        state=State(row.state),
        violation=store.unseal_violation(row.key, row.violation, ring),
    )
