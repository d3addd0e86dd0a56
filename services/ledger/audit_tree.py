"""The first part of an audit: events against leaves, and the tree that the leaves make."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from services.ledger.finding import Finding
from services.ledger.leaf import FINES, Change, Held, digest, entry_of
from services.ledger.merkle import Frontier, leaf_hash
from services.life import State
from services.store.keys import Keys
from services.store.ledger_tables import EVENT_COLUMNS, leaves
from services.store.schema import decisions, events

AT_ONCE = 1000
ACTORS = 4096
"""Pseudonyms that are remembered during a walk."""
LATE_MS = 3_600_000
"""An event may be told an hour after it happened: a long batch tells it at its end."""

Pseudonym = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge:
    """What the last leaf about a row says of it."""

    salt: bytes
    digest: str
    subject: str


@dataclass(slots=True, kw_only=True)
class Walk:
    """The tree as it was reckoned anew, leaf by leaf.

    Attributes:
        roots: At each size that somebody signed.
        pledges: By row, what its last leaf says of it.
        states: By case key and fine number, where it stands by the history.
        adopted_until_ms: The last event from before there was a ledger; -1 where there is none.
        findings: What is wrong so far.
    """

    frontier: Frontier = field(default_factory=Frontier)
    roots: dict[int, bytes] = field(default_factory=dict)
    pledges: dict[Held, Pledge] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    adopted_until_ms: int = -1
    findings: list[Finding] = field(default_factory=list)

    def finds(self, where: str, fault: str) -> None:
        """Write a finding down."""
        self.findings.append(Finding(where=where, fault=fault))


def walk_tree(
    keys: Keys, connection: Connection, sizes: Set[int], signed_at_ms: Mapping[int, int]
) -> Walk:
    """Reckon the whole tree anew.

    Args:
        keys: Of the office.
        connection: One view of its database.
        sizes: Where roots are wanted.
        signed_at_ms: When the office says it signed the tree of which size.
    """
    walk, not_before_ms, before = Walk(), 0, _Place(leaf=-1, event=-1)
    pseudonym = lru_cache(ACTORS)(keys.pseudonym)  # a few people act, many times each
    walk.roots[0] = walk.frontier.root
    rows = connection.execute(_IN_ORDER, execution_options={"yield_per": AT_ONCE})
    for row in rows.mappings():
        where = f"leaf {row['leaf']}"
        before = _next_place(walk, row, where, before)
        not_before_ms = signed_at_ms.get(walk.frontier.size, not_before_ms)
        if row["hashes"] != walk.frontier.append(leaf_hash(row["entry"])):
            walk.finds(where, "its hashes are not those of what it says")
        _read_leaf(pseudonym, walk, row, where, not_before_ms)
        if walk.frontier.size in sizes:
            walk.roots[walk.frontier.size] = walk.frontier.root
    for event in connection.execute(_WITHOUT_LEAF):
        walk.finds(f"event {event.id}", "it stands in the history and was never told: no leaf")
    return walk


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Positions of a leaf and of its event."""

    leaf: int
    event: int


def _next_place(walk: Walk, row: RowMapping, where: str, before: _Place) -> _Place:
    """Where a leaf and its event stand, which must be right after the ones before."""
    if row["leaf"] != before.leaf + 1:
        walk.finds(where, f"leaves before it are missing: leaf {before.leaf + 1} is the next")
    if row["told_at"] is None:
        walk.finds(where, "its event was deleted from the history")
        return _Place(leaf=row["leaf"], event=before.event)
    if row["told_at"] <= before.event:
        walk.finds(where, "its event stands in another order")
    return _Place(leaf=row["leaf"], event=row["told_at"])


def _read_leaf(
    pseudonym: Pseudonym, walk: Walk, row: RowMapping, where: str, not_before_ms: int
) -> None:
    leaf = _parsed(row["entry"])
    holds = Held(table=row["held_in"], key=row["held_key"]) if row["held_in"] else None
    change = Change(before=leaf.get("from", ""), after=leaf.get("to", ""), holds=holds)
    if row["told_at"] is not None and _leaf_again(pseudonym, row, change, leaf) != row["entry"]:
        walk.finds(where, "its event was changed after it was told")
    if leaf.get("adopted"):
        walk.adopted_until_ms = max(walk.adopted_until_ms, leaf.get("at_ms", -1))
    elif leaf.get("at_ms", 0) < not_before_ms - LATE_MS:
        walk.finds(where, "it says an instant long before the checkpoint that it came after")
    subject = leaf.get("subject", "")
    if holds:
        pledge = Pledge(salt=row["salt"], digest=leaf.get("row", ""), subject=subject)
        walk.pledges[holds] = pledge
    if change.after:
        stood = walk.states.get(subject)
        if stood != (change.before or None) and (stood or walk.adopted_until_ms < 0):
            walk.finds(where, f"it moves {subject} from {change.before!r}; it stood at {stood!r}")
        walk.states[subject] = change.after
    if change.after == State.IN_REVIEW:
        # A case that waits again has no decision: it was undone, and says so.
        walk.pledges.pop(Held(table=decisions.name, key=subject), None)
    if holds and holds.table == FINES and change.after and not leaf.get("adopted"):
        walk.states[holds.key] = State.ISSUED


def _leaf_again(
    pseudonym: Pseudonym, row: RowMapping, change: Change, leaf: Mapping[str, Any]
) -> bytes:
    """The leaf as it must be for its event as it stands now."""
    return entry_of(
        row,
        change,
        actor=pseudonym(row["who"]),
        second=pseudonym(row["second"]) if row["second"] else "",
        told=digest(row["salt"], events.name, row, EVENT_COLUMNS),
        held=leaf.get("row", ""),
        adopted=bool(leaf.get("adopted")),
    )


def _parsed(entry: bytes) -> dict[str, Any]:
    try:
        leaf = json.loads(entry.decode())
    except ValueError:
        return {}
    return leaf if isinstance(leaf, dict) else {}


_IN_ORDER = (
    select(
        leaves.c.position.label("leaf"),
        *(leaves.c[name] for name in ("entry", "hashes", "salt", "held_in", "held_key")),
        *(events.c[name] for name in EVENT_COLUMNS),
        events.c.position.label("told_at"),
    )
    .select_from(leaves.outerjoin(events, leaves.c.event == events.c.id))
    .order_by(leaves.c.position)
)

_WITHOUT_LEAF = (
    select(events.c.id)
    .select_from(events.outerjoin(leaves, leaves.c.event == events.c.id))
    .where(leaves.c.position.is_(None))
    .order_by(events.c.position)
)
