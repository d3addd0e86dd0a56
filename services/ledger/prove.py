"""What the ledger shows of one fine: its proof, and what was signed before its issue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from services.errors import LedgerError
from services.ledger.checkpoint import Checkpoint, checkpoint_of
from services.ledger.leaf import FINES
from services.ledger.log import cosigned, latest, latest_before, nodes
from services.ledger.merkle import inclusion_path
from services.ledger.note import Note
from services.ledger.proof import Proof
from services.numbers import normal_number
from services.store.ledger_tables import leaves
from services.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """Where a fine stands in the ledger.

    Attributes:
        position: Of the leaf of its issue; None where it was issued before there was a ledger.
        before: The last checkpoint that was signed before; None where there was none.
        proven: A checkpoint covers it, so that it can be proven.
    """

    position: int | None
    before: Checkpoint | None
    proven: bool


def anchored(store: Store, number: str) -> Anchored:
    """Where the fine with this number stands in the ledger."""
    with store.reading() as connection:
        leaf = _leaf(connection, number)
        if leaf is None:
            return Anchored(position=None, before=None, proven=False)
        before = latest_before(connection, leaf.position)
        proven = _covering(store, connection, leaf.position) is not None
    return Anchored(
        position=leaf.position, before=checkpoint_of(before) if before else None, proven=proven
    )


def signed_before(store: Store, number: str) -> str:
    """The last checkpoint before the issue of a fine, as its letter prints it, or empty."""
    before = anchored(store, number).before
    return before.printed if before else ""


def prove(store: Store, number: str) -> Proof:
    """The proof that the issue of a fine is in the log; cosigned where a witness has seen it.

    Raises:
        LedgerError: The ledger has no such fine, or no checkpoint covers it yet.
    """
    with store.reading() as connection:
        leaf = _leaf(connection, number)
        if leaf is None:
            raise LedgerError(
                f"the ledger has no fine {number!r}: `speedcam office fines` lists those there are."
            )
        note = _covering(store, connection, leaf.position)
        if note is None:
            raise LedgerError(
                f"fine {number}: no checkpoint covers it yet. Run `speedcam ledger checkpoint` "
                "and ask again."
            )
        size = checkpoint_of(note).size
        path = inclusion_path(nodes(connection), leaf.position, size)
    return Proof(leaf=leaf.entry, index=leaf.position, path=tuple(path), note=note)


def _leaf(connection: Connection, number: str) -> Row[Any, Any] | None:
    here = (leaves.c.held_in == FINES) & (leaves.c.held_key == normal_number(number))
    return connection.execute(select(leaves.c.position, leaves.c.entry).where(here)).first()


def _covering(store: Store, connection: Connection, position: int) -> Note | None:
    """A checkpoint with the leaf in it; one that a witness cosigned comes first."""
    known = (note for note in (cosigned(store), latest(connection)) if note)
    return next((note for note in known if checkpoint_of(note).size > position), None)
