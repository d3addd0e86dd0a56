"""Notes and proofs: written as others read them, and worth nothing once a single bit is another."""

from dataclasses import replace
from random import Random

import pytest
import rfc8785

from services.errors import LedgerError
from services.ledger.checkpoint import checkpoint_of
from services.ledger.leaf import Change, Held, entry_of
from services.ledger.note import KeyKind, Note, note_of, signed_at_s, verifier_of
from services.ledger.proof import checks_of, proof_of, says
from services.ledger.request import request_of
from tests.builders_proofs import AT_S, LOG, WITNESS, Tree, a_leaf, a_note, a_proof, a_signer

NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SAID = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
    "pRZb6KE6RyyBwJnAM=\n"
)
"""The example of Go's package golang.org/x/mod/sumdb/note."""


def accepted(content, log=LOG, witness=WITNESS):
    """Whether somebody who knows the keys takes these bytes for a proof."""
    try:
        proof = proof_of(content)
        checks = checks_of(proof, log.verifier, [witness.verifier])
    except LedgerError:
        return False
    return all(each.holds for each in checks)


def test_a_note_of_another_program_is_read_and_checked():
    note = note_of(SAID.encode())
    assert signed_at_s(note, verifier_of(NEUMANN)) == 0
    assert bytes(note) == SAID.encode()
    assert str(verifier_of(NEUMANN)) == NEUMANN
    assert signed_at_s(replace(note, text=note.text.upper()), verifier_of(NEUMANN)) is None


@pytest.mark.parametrize(
    "text", ["", "name", NEUMANN[:-1], NEUMANN.replace("c74f", "c74e"), f"{NEUMANN} x"]
)
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(LedgerError):
        verifier_of(text)


def test_a_witness_says_when_and_a_log_does_not():
    note = a_note(Tree([b"x"]), 1, LOG, WITNESS)
    assert signed_at_s(note, LOG.verifier) == 0
    assert signed_at_s(note, WITNESS.verifier) == AT_S
    assert signed_at_s(note, a_signer(WITNESS.name, KeyKind.LOG).verifier) is None


def test_a_later_signature_of_a_key_takes_the_place_of_its_older_one():
    note = a_note(Tree([b"x"]), 1, LOG, WITNESS)
    later = note.plus(WITNESS.sign(note.text, AT_S + 60))
    assert len(later.signatures) == 2
    assert signed_at_s(later, WITNESS.verifier) == AT_S + 60


def test_a_proof_is_read_as_it_was_written_and_holds():
    content = bytes(a_proof())
    assert bytes(proof_of(content)) == content
    assert accepted(content)
    assert says(proof_of(content))["fine"] == "AL26-0005-TEST"


def test_no_altered_byte_of_a_proof_is_accepted():
    content, dice = bytes(a_proof()), Random(20261014)  # noqa: S311 - the same bits each time
    for place in range(len(content)):
        altered = bytearray(content)
        altered[place] ^= 1 << dice.randrange(8)
        assert not accepted(bytes(altered)), f"byte {place}"


def test_no_part_of_a_proof_is_accepted():
    content = bytes(a_proof())
    assert not any(accepted(content[:end]) for end in range(len(content)))
    assert not any(accepted(content[start:]) for start in range(1, len(content)))


@pytest.mark.parametrize(
    "change",
    [
        {"index": 4},
        {"leaf": a_leaf(4)},
        {"path": a_proof().path[::-1]},
        {"path": a_proof(index=4).path},
        {"path": a_proof().path[:-1]},
        {"note": a_proof(size=14).note},
        {"note": a_note(Tree([b"x"]), 1, LOG, WITNESS)},
        {"note": a_note(Tree(map(a_leaf, range(13))), 13, LOG)},
        {"note": a_note(Tree(map(a_leaf, range(13))), 13, WITNESS)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_proof_put_together_otherwise_is_not_accepted(change):
    assert not accepted(bytes(replace(a_proof(), **change)))


def test_keys_of_somebody_else_accept_nothing():
    content = bytes(a_proof())
    assert not accepted(content, log=a_signer("speedcam.log/other", KeyKind.LOG))
    assert not accepted(content, witness=a_signer("speedcam.witness/other", KeyKind.WITNESS))


@pytest.mark.parametrize("text", ["", "x\n1\n", "x\n01\nAAAA\n", "x\n1\nAAAA\n", "x\n-1\nAAAA\n"])
def test_a_note_that_says_something_else_is_no_checkpoint(text):
    with pytest.raises(LedgerError):
        checkpoint_of(Note(text=text, signatures=()))


@pytest.mark.parametrize("content", [b"", b"old 0", b"old 00\n\nx", b"\xff\xff"])
def test_what_is_no_request_is_refused(content):
    with pytest.raises(LedgerError):
        request_of(content)


def test_a_leaf_is_canonical_json_and_says_nothing_of_what_is_not_there():
    event = {"at_ms": 1, "what": "issued", "subject": "ab", "second": None}
    change = Change(before="validated", after="issued", holds=Held(table="fines", key="AL26-1"))
    leaf = entry_of(
        event, change, actor="a", second="", told="t", held="h", adopted=False
    )  # fmt: skip
    known = {
        "v": 1, "at_ms": 1, "what": "issued", "subject": "ab", "actor": "a", "from": "validated",
        "to": "issued", "fine": "AL26-1", "event": "t", "row": "h",
    }  # fmt: skip
    assert leaf == rfc8785.dumps(known)
