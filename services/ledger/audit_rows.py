"""The second part of an audit: cases, decisions, fines and money against their leaves."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, RowMapping, select

from services.errors import StoreError
from services.ledger.audit_tree import AT_ONCE, Walk
from services.ledger.finding import Finding
from services.ledger.leaf import Held, digest
from services.model import Violation
from services.store.case_keys import keyed_cases
from services.store.erasing import erased_subjects
from services.store.ledger_tables import FROZEN, Frozen
from services.store.ring import owner_of
from services.store.schema import cases, payments, refunds
from services.store.store import Store
from services.store.trust import trusted_cameras

_CASES = select(cases.c.key, cases.c.violation).order_by(cases.c.key)

_SINCE = {payments.name: "taken_at_ms", refunds.name: "at_ms"}
"""Money from before there was a ledger has no leaf of its own."""


def audit_rows(connection: Connection, walk: Walk) -> Iterator[Finding]:
    """Every row that changed, went, or that no event tells of."""
    for name, frozen in FROZEN.items():
        wanted = {held.key for held in walk.pledges if held.table == name}
        query = select(frozen.table).order_by(frozen.key)
        rows = connection.execute(query, execution_options={"yield_per": AT_ONCE})
        for row in rows.mappings():
            key = row[frozen.key.name]
            fault = _fault(walk, frozen, Held(table=name, key=key), row)
            if fault:
                yield Finding(where=f"{name} {key}", fault=fault)
            wanted.discard(key)
        for key in sorted(wanted):
            yield Finding(where=f"{name} {key}", fault="it was deleted")


def audit_trust(store: Store) -> Iterator[Finding]:
    """Whether the office trusts the cameras that its history says, and no others."""
    try:
        trusted_cameras(store)
    except StoreError as error:
        yield Finding(where="registry", fault=str(error))


def audit_exhibits(store: Store) -> Iterator[Finding]:
    """Every picture and raw file of a case that is missing or is not what the case says."""
    for key, violation in kept_violations(store):
        exhibits = {each.sha256 for passage in violation.passages for each in passage.exhibits}
        for fault in store.broken_exhibits(exhibits).values():
            yield Finding(where=f"{cases.name} {key}", fault=str(fault))


def audit_keys(store: Store) -> Iterator[Finding]:
    """Every case whose key is gone, or is there again, against what the history says."""
    with store.reading() as connection:
        erased, there = erased_subjects(connection), keyed_cases(connection)
        for key, sealed in connection.execute(_CASES):
            owner = owner_of(sealed)
            if owner and owner not in there and key not in erased:
                yield Finding(
                    where=f"{cases.name} {key}", fault="its key is gone, and no event says so"
                )
        for key in sorted(erased & there):
            yield Finding(
                where=f"{cases.name} {key}", fault="it was erased, and its key is there again"
            )


def kept_violations(store: Store) -> Iterator[tuple[str, Violation]]:
    """Every case that was not erased, with its key."""
    with store.reading() as connection:
        rows = connection.execute(_CASES).all()
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start:][:AT_ONCE]
        ring = store.opening(row.violation for row in part)
        for key, sealed in part:
            if ring.opens(sealed):
                yield key, store.unseal_violation(key, sealed, ring)


def _fault(walk: Walk, frozen: Frozen, held: Held, row: RowMapping) -> str:
    pledge = walk.pledges.get(held)
    if pledge is None:
        return "" if _needs_none(walk, held, row) else "no event tells of it: it was slipped in"
    if digest(pledge.salt, held.table, row, frozen.columns) != pledge.digest:
        return "it was changed after it was told"
    state = walk.states.get(held.key)
    if "state" in row and state not in {None, row["state"]}:
        return f"it stands at {row['state']!r}, and by its history at {state!r}"
    if held.table == payments.name and row["fine_number"] != pledge.subject:
        return f"it was given to another fine than {pledge.subject}"
    return ""


def _needs_none(walk: Walk, held: Held, row: RowMapping) -> bool:
    if held.table == payments.name and row["fine_number"] is None:
        return True  # money that is nobody's yet has no history
    since = _SINCE.get(held.table)
    return since is not None and row[since] <= walk.adopted_until_ms
