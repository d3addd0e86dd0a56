"""Keys for cases from before each case had one: what the office key sealed is sealed anew.

The key is durable first, then the pictures, then all rows in one transaction with a line in the
history for each row that the ledger holds fast. Whoever is killed between goes on from there.
Reasons in the history are never changed: those told before stay under the office key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Column, Connection, Table, select, update

from services.ledger.leaf import Change, Held
from services.store.exhibits import seal_kept
from services.store.history import Event, add_events
from services.store.key_tables import legal_holds
from services.store.ledger_tables import FROZEN
from services.store.ring import Ring, owner_of
from services.store.schema import (
    cases,
    decisions,
    fines,
    pauses,
    payments,
    recipients,
    refunds,
)
from services.store.staff_schema import handed_on, proposals
from services.store.store import EXHIBITS, Store
from speedcam.disk import sync_folder
from speedcam.model import ExhibitKind

KEYED = "keyed"
"""In the history: a row was sealed with the key of its case."""
AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealed:
    """A sealed column; ``about`` names the case or fine of its row."""

    table: Table
    column: str
    about: Column[str]


_OF_CASES: Final = (
    _Sealed(table=cases, column="violation", about=cases.c.key),
    _Sealed(table=decisions, column="why", about=decisions.c.case_key),
    _Sealed(table=proposals, column="said", about=proposals.c.case_key),
    _Sealed(table=handed_on, column="why", about=handed_on.c.case_key),
    _Sealed(table=legal_holds, column="why", about=legal_holds.c.case_key),
)
_OF_FINES: Final = (
    _Sealed(table=fines, column="fine", about=fines.c.number),
    _Sealed(table=recipients, column="recipient", about=recipients.c.fine_number),
    _Sealed(table=pauses, column="why", about=pauses.c.fine_number),
    _Sealed(table=payments, column="remittance", about=payments.c.fine_number),
    _Sealed(table=refunds, column="why", about=refunds.c.fine_number),
)


def adopt_cases(store: Store, told: Event) -> int:
    """Give every case from before cases had keys one of its own; how many.

    Args:
        store: Of the office.
        told: By whom, why and when.

    Raises:
        EvidenceError: A picture is damaged; its case and those after it stay as they were.
    """
    count = 0
    for key in _without_key(store):
        _adopt(store, key, replace(told, what=KEYED))
        count += 1
    return count


def _without_key(store: Store) -> Iterator[str]:
    after = ""
    query = select(cases.c.key, cases.c.violation).order_by(cases.c.key).limit(AT_ONCE)
    while True:
        with store.reading() as connection:
            rows = connection.execute(query.where(cases.c.key > after)).all()
        if not rows:
            return
        yield from (row.key for row in rows if not owner_of(row.violation))
        after = rows[-1].key


def _adopt(store: Store, key: str, told: Event) -> None:
    with store.writing() as connection:
        ring = store.give_key(connection, key)
    _seal_exhibits(store, key, ring)
    with store.writing() as connection:
        query = select(fines.c.number).where(fines.c.case_key == key)
        numbers = connection.execute(query).scalars().all()
        # Asked again: others may have written meanwhile, with the key that is there now.
        ring = store.ring(connection, [key, *numbers])
        wanted = [(each, key) for each in _OF_CASES]
        wanted += [(each, number) for number in numbers for each in _OF_FINES]
        held = [pair for each, about in wanted for pair in _seal(connection, ring, each, about)]
        lines = [
            replace(told, subject=about, change=Change(holds=held_row)) for held_row, about in held
        ]
        add_events(store, connection, lines)


def _seal(
    connection: Connection, ring: Ring, each: _Sealed, about: str
) -> Iterator[tuple[Held, str]]:
    """Seal a column anew wherever it is about this; the rows that the ledger holds fast."""
    (name,) = each.table.primary_key.columns
    value = each.table.c[each.column]
    for row, sealed in connection.execute(select(name, value).where(each.about == about)).all():
        if owner_of(sealed):
            continue
        place = {"table": each.table.name, "row": row, "column": each.column}
        anew = ring.seal(ring.unseal(sealed, **place), of=about, **place)
        connection.execute(update(each.table).where(name == row).values({each.column: anew}))
        if each.table.name in FROZEN:
            yield Held(table=each.table.name, key=row), about


def _seal_exhibits(store: Store, key: str, ring: Ring) -> None:
    folder = store.folder / EXHIBITS
    with store.reading() as connection:
        sealed = connection.execute(
            select(cases.c.violation).where(cases.c.key == key)
        ).scalar_one()
    for passage in store.unseal_violation(key, sealed).passages:
        for exhibit in passage.exhibits:
            if exhibit.kind is not ExhibitKind.SITE:
                content = store.exhibit_bytes(exhibit.sha256)
                seal_kept(folder, exhibit, content, {key: ring.keys[key]})
    sync_folder(folder)
