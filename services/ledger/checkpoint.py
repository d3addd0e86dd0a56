"""A checkpoint: how large the tree is and what its root is, as C2SP's tlog-checkpoint writes it."""

from __future__ import annotations

from dataclasses import dataclass

from services.errors import LedgerError
from services.ledger.merkle import HASH_BYTES
from services.ledger.note import Note, decoded, encoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A tree at one moment.

    Attributes:
        origin: The name of its log.
        size: Its leaves.
        root: Its root hash, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What the log signs."""
        return f"{self.origin}\n{self.size}\n{self.root_text}\n"

    @property
    def printed(self) -> str:
        """As it stands on a letter: all that its owner has to keep."""
        return f"{self.size}:{self.root_text}"

    @property
    def root_text(self) -> str:
        """The root as people read it."""
        return encoded(self.root)


def checkpoint_of(note: Note) -> Checkpoint:
    """The checkpoint that a note says; its signatures are yet to be checked.

    Raises:
        LedgerError: It says none.
    """
    lines = note.text.split("\n")
    try:
        origin, size, root = lines[:3]
        made = Checkpoint(origin=origin, size=int(size), root=decoded(root))
    except ValueError:
        made = None
    if made is None or made.text != note.text or len(made.root) != HASH_BYTES or made.size < 0:
        raise LedgerError("this note is no checkpoint of a log.")
    return made
