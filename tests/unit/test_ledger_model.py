"""A log under every order of events: it only grows, and whoever saw any of it can check that."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.ledger.checkpoint import checkpoint_of
from services.ledger.merkle import (
    Frontier,
    consistency_path,
    inclusion_path,
    is_consistent,
    leaf_hash,
    peaks,
)
from services.ledger.note import note_of
from services.ledger.proof import Proof, checks_of, proof_of
from tests.builders_proofs import LOG, WITNESS, Tree, a_note


class LogModel(RuleBasedStateMachine):
    """Appends, checkpoints, restarts and proofs in any order, against a plain list."""

    def __init__(self):
        super().__init__()
        self.tree, self.signed = Tree(), []

    @rule(entries=st.lists(st.binary(max_size=4), min_size=1, max_size=9))
    def append(self, entries):
        for entry in entries:
            self.tree.append(entry)

    @rule()
    def restart(self):
        """The frontier is read anew from what is stored."""
        size = len(self.tree.entries)
        self.tree.frontier = Frontier(size=size, edge=[*map(self.tree.node_at, peaks(size))])

    @precondition(lambda self: self.tree.entries)
    @rule()
    def sign(self):
        self.signed.append(bytes(a_note(self.tree, len(self.tree.entries), LOG, WITNESS)))

    @precondition(lambda self: self.signed)
    @rule(data=st.data())
    def prove(self, data):
        note = note_of(data.draw(st.sampled_from(self.signed)))
        size = checkpoint_of(note).size
        index = data.draw(st.integers(0, size - 1))
        path = tuple(inclusion_path(self.tree.node_at, index, size))
        proof = Proof(leaf=self.tree.entries[index], index=index, path=path, note=note)
        checks = checks_of(proof_of(bytes(proof)), LOG.verifier, [WITNESS.verifier])
        assert all(each.holds for each in checks)

    @precondition(lambda self: self.signed)
    @rule(data=st.data())
    def compare(self, data):
        old = checkpoint_of(note_of(data.draw(st.sampled_from(self.signed))))
        size = len(self.tree.entries)
        root, path = self.tree.root(size), consistency_path(self.tree.node_at, old.size, size)
        assert is_consistent(old.size, old.root, size, root, path)
        other = leaf_hash(b"another history")
        assert not is_consistent(old.size, other, size, root, path)

    @invariant()
    def the_edge_has_the_root(self):
        assert self.tree.frontier.root == self.tree.root(len(self.tree.entries))


TestLog = LogModel.TestCase
TestLog.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
