"""The tree: the answers that are known, the proofs, and what a second program says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from services.ledger.merkle import (
    consistency_path,
    inclusion_path,
    is_consistent,
    is_included,
    leaf_hash,
)
from tests.builders_proofs import Tree

CT_LEAVES = [
    bytes.fromhex(each)
    for each in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of Certificate Transparency's reference log, for its first 0 to 8 leaves."""


def entries_of(count):
    return [f"leaf {ordinal}".encode() for ordinal in range(count)]


def test_the_roots_are_those_of_certificate_transparency():
    tree = Tree(CT_LEAVES)
    assert [tree.root(size).hex() for size in range(len(CT_ROOTS))] == CT_ROOTS
    assert tree.frontier.root.hex() == CT_ROOTS[-1]


def test_every_proof_of_every_small_tree_holds_and_no_other_does():
    tree = Tree(entries_of(20))
    for size in range(1, 21):
        root = tree.root(size)
        for index in range(size):
            leaf, path = (
                leaf_hash(f"leaf {index}".encode()),
                inclusion_path(tree.node_at, index, size),
            )
            holds = [
                (other, grown)
                for other in range(size + 1)
                for grown in range(1, 24)
                if is_included(leaf, other, grown, path, root) and grown == size
            ]
            assert holds == [(index, size)]
            assert not is_included(leaf_hash(b"another"), index, size, path, root)
        for old in range(size + 1):
            path = consistency_path(tree.node_at, old, size)
            assert is_consistent(old, tree.root(old), size, root, path)
            if 0 < old < size:
                assert not is_consistent(old, leaf_hash(b"x"), size, root, path)
                assert not is_consistent(old, tree.root(old), size, leaf_hash(b"x"), path)
                assert not is_consistent(old, tree.root(old), size, root, path[:-1])
                assert not is_consistent(old, tree.root(old), size, root, [*path, root])


@pytest.mark.parametrize(("old", "size"), [(-1, 4), (5, 4)])
def test_a_tree_never_shrinks(old, size):
    tree = Tree(entries_of(8))
    assert not is_consistent(old, tree.root(4), size, tree.root(4), [])


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_a_second_program_says_the_same(entries, data):
    tree, other = Tree(entries), InmemoryTree.init_from_entries(entries, algorithm="sha256")
    size = data.draw(st.integers(1, len(entries)))
    index = data.draw(st.integers(0, size - 1))
    assert tree.root(size) == other.get_root(size)
    proof = other.prove_inclusion(index + 1, size)
    verify_inclusion(leaf_hash(entries[index]), tree.root(size), proof)
    assert proof.path[1:] == inclusion_path(tree.node_at, index, size)
    old = data.draw(st.integers(1, size))
    verify_consistency(tree.root(old), tree.root(size), other.prove_consistency(old, size))
