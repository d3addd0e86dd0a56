"""The leaves of the ledger: added with the events that they tell, read for proofs."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from services.errors import StoreError
from services.ledger.leaf import NOTHING, Change, Held, digest, entry_of
from services.ledger.merkle import HASH_BYTES, Frontier, Node, leaf_hash, peaks
from services.life import Act
from services.store.among import among, among_later
from services.store.keys import Keys
from services.store.ledger_tables import EVENT_COLUMNS, FROZEN, leaves
from services.store.rows import add_rows
from services.store.schema import cases, decisions, events, fines

SALT_BYTES = 16
ADOPTED_AT_ONCE = 1000

_BROUGHT = {"opened": cases.name} | dict.fromkeys(
    (Act.VALIDATE, Act.REJECT, Act.ADVISE), decisions.name
)
"""Which table an old event added a row to."""

# Written once: each event asks them, and to build a question takes longer than the answer.
_LAST = select(func.max(leaves.c.position))
_HASHES = select(leaves.c.position, leaves.c.hashes).where(among_later(leaves.c.position, "places"))

Row = Mapping[Any, Any]
"""A row of a table, by the names of its columns."""


def append_leaves(
    keys: Keys,
    connection: Connection,
    told: Sequence[tuple[Row, Change]],
    *,
    adopted: bool = False,
) -> None:
    """Add a leaf for each event, within the transaction that has its turn to write.

    Args:
        keys: Of the office; they make names into pseudonyms.
        connection: Of the transaction.
        told: Rows of the history in their order, with what each changed.
        adopted: They were told before there was a ledger.
    """
    held = rows_held(connection, [change.holds for _, change in told if change.holds])
    frontier = frontier_at(connection, size_of(connection))
    rows = []
    for event, change in told:
        row = held[change.holds] if change.holds else {}
        salt = secrets.token_bytes(SALT_BYTES)
        entry = leaf_of(keys, event, change, row, salt, adopted=adopted)
        position = frontier.size
        rows.append(
            {
                "position": position,
                "event": event["id"],
                "entry": entry,
                "hashes": frontier.append(leaf_hash(entry)),
                "salt": salt,
                "held_in": change.holds.table if change.holds else None,
                "held_key": change.holds.key if change.holds else None,
            }
        )
    add_rows(connection, leaves, rows)


def leaf_of(
    keys: Keys, event: Row, change: Change, held: Row, salt: bytes, *, adopted: bool
) -> bytes:
    """The leaf of an event, from the rows as they stand."""
    second, holds = event["second"], change.holds
    return entry_of(
        event,
        change,
        actor=keys.pseudonym(str(event["who"])),
        second=keys.pseudonym(str(second)) if second else "",
        told=digest(salt, events.name, event, EVENT_COLUMNS),
        held=digest(salt, holds.table, held, FROZEN[holds.table].columns) if holds else "",
        adopted=adopted,
    )


def rows_held(connection: Connection, wanted: Iterable[Held]) -> dict[Held, Row]:
    """The rows that leaves hold; those that are not there are left out."""
    by_table: dict[str, set[str]] = {}
    for each in wanted:
        by_table.setdefault(each.table, set()).add(each.key)
    found: dict[Held, Row] = {}
    for name, keys in by_table.items():
        frozen = FROZEN[name]
        query = select(frozen.key, *(frozen.table.c[column] for column in frozen.columns))
        for key, *values in connection.execute(query.where(among(frozen.key, sorted(keys)))):
            row = dict(zip(frozen.columns, values, strict=True))
            found[Held(table=name, key=key)] = row
    return found


def adopt_history(keys: Keys, connection: Connection) -> int:
    """Give an office from before there was a ledger a leaf for each event; how many.

    An office that has leaves is left as it is: what lacks one was not told by the office.
    """
    if size_of(connection):
        return 0
    query = select(*(events.c[name] for name in EVENT_COLUMNS)).order_by(events.c.position)
    count = 0
    for part in connection.execute(query).mappings().partitions(ADOPTED_AT_ONCE):
        append_leaves(keys, connection, list(_as_they_stand(connection, part)), adopted=True)
        count += len(part)
    return count


def _as_they_stand(connection: Connection, told: Sequence[Row]) -> Iterator[tuple[Row, Change]]:
    """Old events with the rows that they brought about, as those are today."""
    subjects = {event["subject"] for event in told}
    query = select(fines.c.case_key, fines.c.number).where(
        fines.c.turn == 0, fines.c.case_key.in_(subjects)
    )
    numbers = {row.case_key: row.number for row in connection.execute(query)}
    wanted = [_brought_about(event, numbers) for event in told]
    there = rows_held(connection, (each for each in wanted if each))
    for event, held in zip(told, wanted, strict=True):
        yield event, Change(holds=held) if held in there else NOTHING


def _brought_about(event: Row, numbers: Mapping[str, str]) -> Held | None:
    subject: str = event["subject"]
    if event["what"] == "issued":
        return Held(table=fines.name, key=numbers.get(subject, subject))
    table = _BROUGHT.get(event["what"])
    return Held(table=table, key=subject) if table else None


def lacks_leaves(connection: Connection) -> bool:
    """Whether there is a history and no ledger yet."""
    told = connection.execute(select(events.c.position).limit(1)).first()
    return told is not None and not size_of(connection)


def size_of(connection: Connection) -> int:
    """How many leaves there are."""
    last = connection.execute(_LAST).scalar()
    return 0 if last is None else last + 1


def frontier_at(connection: Connection, size: int) -> Frontier:
    """The right edge of the tree when it had ``size`` leaves."""
    wanted = peaks(size)
    known = nodes_of(connection, wanted)
    return Frontier(size=size, edge=[known[node] for node in wanted])


def nodes_of(connection: Connection, wanted: Sequence[Node]) -> dict[Node, bytes]:
    """The stored hashes of full subtrees, by node."""
    places = {node: _place(node) for node in wanted}
    there = connection.execute(_HASHES, {"places": sorted(set(places.values()))})
    hashes: dict[int, bytes] = {row.position: row.hashes for row in there}
    if len(hashes) < len(set(places.values())):
        raise StoreError(
            "leaves of the ledger are missing: somebody removed them. Nothing more is written. Run "
            "`speedcam ledger audit`, and restore the last verified backup."
        )
    return {node: _hash_in(hashes[place], node[0]) for node, place in places.items()}


def node_at(connection: Connection, node: Node) -> bytes:
    """The stored hash of one full subtree."""
    return nodes_of(connection, [node])[node]


def _place(node: Node) -> int:
    """The leaf that completes a full subtree, and has its hash."""
    level, index = node
    return ((index + 1) << level) - 1


def _hash_in(hashes: bytes, level: int) -> bytes:
    return hashes[level * HASH_BYTES :][:HASH_BYTES]
