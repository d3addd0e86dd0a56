"""Builders for proofs without an office: a log and a witness in memory."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.ledger.checkpoint import Checkpoint
from services.ledger.merkle import HASH_BYTES, Frontier, inclusion_path, leaf_hash, root_at
from services.ledger.note import KeyKind, Note, Signer
from services.ledger.proof import Proof

AT_S = 1_791_968_400


class Tree:
    """A tree in memory, stored as the office stores its own."""

    def __init__(self, entries=()):
        self.frontier = Frontier()
        self.entries, self.made = [], []
        for entry in entries:
            self.append(entry)

    def append(self, entry):
        self.entries.append(entry)
        self.made.append(self.frontier.append(leaf_hash(entry)))

    def node_at(self, node):
        level, index = node
        made = self.made[((index + 1) << level) - 1]
        return made[level * HASH_BYTES :][:HASH_BYTES]

    def root(self, size):
        return root_at(self.node_at, size)


def a_signer(name: str, kind: KeyKind) -> Signer:
    seed = hashlib.sha256(name.encode()).digest()
    return Signer(name=name, kind=kind, private=Ed25519PrivateKey.from_private_bytes(seed))


LOG = a_signer("speedcam.log/test", KeyKind.LOG)
WITNESS = a_signer("speedcam.witness/test", KeyKind.WITNESS)


def a_leaf(ordinal: int) -> bytes:
    return f'{{"fine":"AL26-{ordinal:04}-TEST","what":"issued"}}'.encode()


def a_note(tree: Tree, size: int, *signers: Signer) -> Note:
    text = Checkpoint(origin=LOG.name, size=size, root=tree.root(size)).text
    return Note(text=text, signatures=tuple(each.sign(text, AT_S) for each in signers))


def a_proof(index: int = 5, size: int = 13) -> Proof:
    tree = Tree(a_leaf(ordinal) for ordinal in range(size))
    path = inclusion_path(tree.node_at, index, size)
    note = a_note(tree, size, LOG, WITNESS)
    return Proof(leaf=a_leaf(index), index=index, path=tuple(path), note=note)
