"""The long attack on the ledger, for a moment: it tries what it says, and tells what it finds."""

from tests.builders_attacks import ATTACKS
from tests.torture import ledger


def test_every_attack_is_tried_and_found(capsys):
    assert ledger.main(["--times", "0", "--mutants", "900"]) == 0
    said = capsys.readouterr().err
    assert all(f"{attack.__name__}: 0 of 0" in said for attack in ATTACKS)
    assert "altered proofs: 900" in said


def test_a_proof_that_is_taken_though_altered_is_told(capsys, monkeypatch):
    monkeypatch.setattr(ledger, "_taken", lambda *_: True)
    assert ledger.main(["--times", "0", "--mutants", "3"]) == 1
    assert capsys.readouterr().out.count("was taken") == 3
