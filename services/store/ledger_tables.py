"""The tables of the ledger, and which columns of the others it holds fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, String, Table

from services.store.schema import (
    cases,
    decisions,
    fines,
    metadata,
    only_ever_added,
    payments,
    refunds,
)

leaves = Table(
    "leaves",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("event", ForeignKey("events.id"), nullable=False, unique=True),
    Column("entry", LargeBinary, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("held_in", String(20)),
    Column("held_key", String(140)),
    Index("leaves_by_row", "held_in", "held_key"),
)
"""One for each event, without gaps. ``entry`` is what is hashed; ``hashes`` are those of the leaf
and of the full subtrees that it completes, level by level. ``salt`` is in no leaf: without it,
nobody can try out what was hashed."""

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),
)
"""Every checkpoint that the log signed, as a signed note."""

for _table in (leaves, checkpoints):
    only_ever_added(_table)

EVENT_COLUMNS: Final = ("id", "at_ms", "who", "what", "subject", "reason", "second")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A table whose rows stand, but for what the history tells of them.

    Attributes:
        table: The table.
        key: The column that names a row.
        columns: What a leaf holds fast. They stay what they are: leaves that stand rest on them.
    """

    table: Table
    key: Column[str]
    columns: tuple[str, ...]


def _frozen(table: Table, columns: str) -> Frozen:
    (key,) = table.primary_key.columns
    return Frozen(table=table, key=key, columns=tuple(columns.split()))


FROZEN: Final[Mapping[str, Frozen]] = MappingProxyType(
    {
        each.table.name: each
        for each in (
            _frozen(
                cases,
                "key site_id day passed_at_ms received_at_ms plate_digest pack_sha256 violation",
            ),
            _frozen(
                decisions,
                "case_key verdict by is_policy at_ms why second amount_minor currency country",
            ),
            _frozen(
                fines,
                "number case_key turn plate_digest issued_at_ms fine serve_until prescribed_after",
            ),
            _frozen(payments, "bank_id paid_on minor currency taken_at_ms remittance"),
            _frozen(refunds, "id fine_number minor at_ms by why"),
        )
    }
)
