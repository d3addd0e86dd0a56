"""The second part of an audit: cases, decisions, fines and money against their leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from services.batches import batches
from services.errors import StoreError
from services.ledger.audit_tree import AT_ONCE, Walk
from services.ledger.finding import Finding
from services.ledger.leaf import Held, digest
from services.model import Violation
from services.store.case_keys import keyed_cases
from services.store.erasing import erased_subjects
from services.store.ledger_tables import FROZEN, Frozen
from services.store.ring import Ring, owner_of
from services.store.schema import cases, payments, refunds
from services.store.store import Store
from services.store.trust import trusted_cameras

_CASES = select(cases.c.key, cases.c.violation).order_by(cases.c.key)

_STREAMED = {"yield_per": AT_ONCE}
CASES_AT_ONCE = 64
"""Cases whose exhibits are looked at side by side."""

_SINCE = {payments.name: "taken_at_ms", refunds.name: "at_ms"}
"""Money from before there was a ledger has no leaf of its own."""


def audit_rows(connection: Connection, walk: Walk) -> Iterator[Finding]:
    """Every row that changed, went, or that no event tells of."""
    for name, frozen in FROZEN.items():
        wanted = {held.key for held in walk.pledges if held.table == name}
        query = select(frozen.table).order_by(frozen.key)
        rows = connection.execute(query, execution_options=_STREAMED)
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
    for part in batches(kept_violations(store), CASES_AT_ONCE):
        exhibits = {each.key: exhibits_in(each.violation) for each in part}
        broken = store.broken_exhibits(set().union(*exhibits.values()))
        for key, wanted in exhibits.items():
            for sha256 in sorted(wanted & broken.keys()):
                yield Finding(where=f"{cases.name} {key}", fault=str(broken[sha256]))


def exhibits_in(violation: Violation) -> set[str]:
    """The exhibits of a case, named by SHA-256."""
    return {each.sha256 for passage in violation.passages for each in passage.exhibits}


def audit_keys(store: Store) -> Iterator[Finding]:
    """Every case whose key is gone, or is there again, against what the history says."""
    with store.reading() as connection:
        erased, there = erased_subjects(connection), keyed_cases(connection)
        for key, sealed in connection.execute(_CASES, execution_options=_STREAMED):
            owner = owner_of(sealed)
            if owner and owner not in there and key not in erased:
                yield Finding(
                    where=f"{cases.name} {key}", fault="its key is gone, and no event says so"
                )
        for key in sorted(erased & there):
            yield Finding(
                where=f"{cases.name} {key}", fault="it was erased, and its key is there again"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A case that was not erased, and the data keys with which it and its neighbours open."""

    key: str
    violation: Violation
    ring: Ring


def kept_violations(store: Store) -> Iterator[Kept]:
    """Every case that was not erased, a few at a time."""
    after = ""
    while part := _cases_after(store, after):
        after = part[-1].key
        ring = store.opening(row.violation for row in part)
        for row in part:
            if ring.opens(row.violation):
                violation = store.unseal_violation(row.key, row.violation, ring)
                yield Kept(key=row.key, violation=violation, ring=ring)


def _cases_after(store: Store, key: str) -> Sequence[Any]:
    with store.reading() as connection:
        return connection.execute(_CASES.where(cases.c.key > key).limit(AT_ONCE)).all()


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
