"""The data keys of cases: made once, read for each use, destroyed to erase."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from itertools import islice

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    func,
    select,
    update,
)

from services.errors import StoreError
from services.store.among import among_later
from services.store.keks import KeyEncryption
from services.store.key_tables import case_keys
from services.store.keys import KEY_BYTES, Keys
from services.store.remembered import remember
from services.store.ring import CASE_KEY, Ring
from services.store.rows import add_rows
from services.store.schema import cases, fines, office

CURRENT = "kek"
"""The row of the office that names the key-encryption key for new data keys. It is read in the
transaction that wraps one, so no key is wrapped with one that was replaced before."""

AT_ONCE = 1000

# Written once: every sealed value asks them, and to build a question takes longer than the answer.
_KEYS = select(case_keys.c.case_key, case_keys.c.kek, case_keys.c.wrapped).where(
    among_later(case_keys.c.case_key, "wanted")
)
_CASES = select(fines.c.number, fines.c.case_key).where(among_later(fines.c.number, "wanted"))
_THERE = select(cases.c.key).where(among_later(cases.c.key, "wanted"))
_CURRENT = select(office.c.value).where(office.c.name == CURRENT)


def ring_of(
    keys: Keys, keks: KeyEncryption, connection: Connection, subjects: Iterable[str]
) -> Ring:
    """The data keys of what is asked for, as they stand in this transaction.

    Args:
        keys: Of the office.
        keks: Unwraps them.
        connection: Of the transaction.
        subjects: Case keys, numbers of fines, and whatever belongs to no case.
    """
    asked = set(subjects)
    cases = {each for each in asked if CASE_KEY.fullmatch(each)}
    known = {each: each for each in cases}
    for part in _parts(asked - cases):
        known |= {row.number: row.case_key for row in connection.execute(_CASES, {"wanted": part})}
    found = {
        row.case_key: keks.unwrap(row.wrapped, kek=row.kek, bound=bound_to(row.case_key))
        for part in _parts(set(known.values()))
        for row in connection.execute(_KEYS, {"wanted": part})
    }
    return Ring(office=keys, keys=found, cases=known)


def mint(keys: Keys, keks: KeyEncryption, connection: Connection, wanted: Iterable[str]) -> Ring:
    """Make data keys for cases to come, within a transaction that writes; their ring.

    A case that is there gets none: it has its key, is older than keys of cases, or was erased.
    """
    ring = ring_of(keys, keks, connection, wanted)
    lacking = set(ring.cases) - set(ring.keys)
    for part in _parts(lacking):
        lacking -= set(connection.execute(_THERE, {"wanted": part}).scalars())
    return give(keys, keks, connection, lacking, ring)


def give(
    keys: Keys,
    keks: KeyEncryption,
    connection: Connection,
    wanted: Set[str],
    ring: Ring | None = None,
) -> Ring:
    """Give each of these cases a data key unless it has one.

    Args:
        keys: Of the office.
        keks: Wraps them.
        connection: Of a transaction that writes.
        wanted: Case keys.
        ring: What was asked in this transaction already.
    """
    ring = ring or ring_of(keys, keks, connection, wanted)
    fresh = {case: secrets.token_bytes(KEY_BYTES) for case in sorted(wanted - ring.keys.keys())}
    if not fresh:
        return ring
    kek = current_kek(connection)
    rows = [
        {"case_key": case, "kek": kek, "wrapped": keks.wrap(key, kek=kek, bound=bound_to(case))}
        for case, key in fresh.items()
    ]
    add_rows(connection, case_keys, rows)
    return replace(ring, keys={**ring.keys, **fresh})


def destroy(connection: Connection, case_key: str) -> None:
    """Destroy the data key of a case: nothing that was sealed with it ever opens again."""
    connection.execute(delete(case_keys).where(case_keys.c.case_key == case_key))


def keyed_cases(connection: Connection) -> set[str]:
    """Every case with a data key."""
    return set(connection.execute(select(case_keys.c.case_key)).scalars())


def current_kek(connection: Connection) -> str:
    """The key-encryption key that new data keys are wrapped with.

    Raises:
        StoreError: The office names none.
    """
    kek = connection.execute(_CURRENT).scalar()
    if kek is None:
        raise StoreError("the office names no key-encryption key. Open it again.")
    return str(kek)


def name_kek(connection: Connection, kek: str) -> None:
    """Let new data keys be wrapped with this one from now on."""
    remember(connection, CURRENT, kek)


def names_kek(connection: Connection) -> bool:
    """Whether the office names a key-encryption key."""
    return connection.execute(_CURRENT).scalar() is not None


def begin_kek(keks: KeyEncryption, connection: Connection) -> None:
    """Name a key-encryption key where an office has none yet."""
    if not names_kek(connection):
        name_kek(connection, keks.first())


def wrap_again(
    keks: KeyEncryption, connection: Connection, after: str, most: int
) -> tuple[str, ...]:
    """Wrap the next few data keys with the current key-encryption key; of which cases.

    Args:
        keks: Has the old one and the new one.
        connection: Of a transaction that writes.
        after: The case key to go on after; empty at first.
        most: How many.
    """
    kek = current_kek(connection)
    stale = select(case_keys).where(case_keys.c.case_key > after, case_keys.c.kek != kek)
    rows = connection.execute(stale.order_by(case_keys.c.case_key).limit(most)).all()
    anew = []
    for row in rows:
        bound = bound_to(row.case_key)
        key = keks.unwrap(row.wrapped, kek=row.kek, bound=bound)
        anew.append({"case": row.case_key, "anew": keks.wrap(key, kek=kek, bound=bound)})
    if anew:
        here = update(case_keys).where(case_keys.c.case_key == bindparam("case"))
        connection.execute(here.values(kek=kek, wrapped=bindparam("anew")), anew)
    return tuple(row.case_key for row in rows)


def stale_keys(connection: Connection) -> int:
    """How many data keys another than the current key-encryption key wraps."""
    stale = case_keys.c.kek != current_kek(connection)
    return _count(connection, stale)


def wrapped_with(connection: Connection, kek: str) -> int:
    """How many data keys this key-encryption key wraps."""
    return _count(connection, case_keys.c.kek == kek)


def _count(connection: Connection, wanted: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(case_keys).where(wanted)
    return connection.execute(query).scalar_one()


def bound_to(case_key: str) -> bytes:
    """What binds a wrapped key to its case, so that no two can be exchanged."""
    return f"case_keys\x1f{case_key}\x1f2".encode()


def _parts(wanted: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = iter(sorted(wanted))
    while part := list(islice(rest, AT_ONCE)):
        yield part
