"""A proof that a leaf is in the log, as a file that anybody can check: C2SP's tlog-proof.

The leaf itself stands in the file's ``extra`` line; it counts only because it hashes to the tree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.errors import LedgerError
from services.ledger.checkpoint import Checkpoint, checkpoint_of
from services.ledger.merkle import HASH_BYTES, is_included, leaf_hash
from services.ledger.note import Note, Verifier, decoded, encoded, note_of, signed_at_s

HEAD = "c2sp.org/tlog-proof@v1"
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One leaf, its place, its path to the root, and the checkpoint that was signed."""

    leaf: bytes
    index: int
    path: tuple[bytes, ...]
    note: Note

    def __bytes__(self) -> bytes:
        lines = [HEAD, f"extra {encoded(self.leaf)}", f"index {self.index}"]
        lines += [encoded(each) for each in self.path]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + bytes(self.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was checked, in words, and whether it holds."""

    what: str
    holds: bool


def proof_of(content: bytes) -> Proof:
    """The proof in a file; nothing of it is checked yet.

    Raises:
        LedgerError: It is none, or not written as it must be.
    """
    try:
        head, _, rest = content[:MOST_BYTES].partition(b"\n\n")
        _, extra, index, *path = head.decode().split("\n")
        proof = Proof(
            leaf=decoded(extra.removeprefix("extra ")),
            index=int(index.removeprefix("index ")),
            path=tuple(decoded(line) for line in path),
            note=note_of(rest),
        )
    except ValueError:
        proof = None
    if proof is None or bytes(proof) != content or any(len(p) != HASH_BYTES for p in proof.path):
        raise LedgerError("this is no proof of a ledger: it is damaged, or another kind of file.")
    return proof


def checks_of(proof: Proof, log: Verifier, witnesses: Sequence[Verifier]) -> tuple[Check, ...]:
    """Every check of a proof, by public keys alone.

    Args:
        proof: As it was read.
        log: The key of the log.
        witnesses: Each of them must have signed too.
    """
    known = checkpoint_of(proof.note)
    return (
        Check(what=f"the checkpoint is of the log {log.name}", holds=known.origin == log.name),
        Check(
            what=f"the log signed {known.size} leaves with the root {known.root_text}",
            holds=signed_at_s(proof.note, log) is not None,
        ),
        *(
            Check(
                what=f"the witness {each.name} saw it and that nothing before it was changed",
                holds=signed_at_s(proof.note, each) is not None,
            )
            for each in witnesses
        ),
        Check(what=f"leaf {proof.index} is in that tree", holds=_is_in(proof, known)),
    )


def says(proof: Proof) -> Mapping[str, object]:
    """What the leaf says. Believe it once every check holds.

    Raises:
        LedgerError: It is no leaf of this ledger.
    """
    try:
        told = json.loads(proof.leaf)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise LedgerError("the leaf of this proof is no event of an office.")
    return told


def _is_in(proof: Proof, known: Checkpoint) -> bool:
    leaf = leaf_hash(proof.leaf)
    return is_included(leaf, proof.index, known.size, proof.path, known.root)
