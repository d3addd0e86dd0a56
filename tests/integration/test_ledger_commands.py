"""``speedcam ledger``, as it is typed: by the office, by its witness, and by a stranger."""

import re
import shutil

import pytest
from typer.testing import CliRunner

from services.cli import office_app
from services.clock import SystemClock
from services.errors import LedgerError
from services.ledger.cli import ledger_app
from tests.builders_office import ISSUED, a_passage, on_disk


def run(*arguments, app=ledger_app):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def desk(*arguments):
    ended = run(*arguments, app=office_app)
    assert ended.exit_code == 0, ended.output
    return ended


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An office with a fine, made by commands alone, and its witness; the number of the fine."""
    folder = tmp_path_factory.mktemp("ledger")
    office = folder / "office"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SystemClock, "now", lambda _: ISSUED)
        desk("receive", on_disk(folder / "camera", a_passage()), "--office", office)
        desk("review", "--policy", "demo-auto-1", "--office", office)
        issued = desk("issue", "--office", office, "--json").stdout
    number = re.search(r"AL26-\w{4}-\w{4}", issued)[0]
    looked = run("witness", folder / "witness", "--ledger", office / "ledger")
    assert looked.exit_code == 0
    assert "cosigned: 3 leaves" in looked.stderr
    return folder, number


@pytest.fixture
def folder(made, tmp_path):
    shutil.copytree(made[0], tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def proof(made, folder):
    path = folder / "notice.tlog-proof"
    path.write_text(run("prove", made[1], "--office", folder / "office").stdout)
    return path


@pytest.fixture
def keys(folder):
    """The two public keys, away from everything else."""
    shutil.copy(folder / "office" / "ledger" / "log.vkey", folder)
    shutil.copy(folder / "witness" / "witness.vkey", folder)
    return ("--key", folder / "log.vkey", "--witness-key", folder / "witness.vkey")


def test_each_command_that_writes_signs_what_it_did(folder):
    signed = run("checkpoint", "--office", folder / "office")
    assert "leaves: 3" in signed.stderr
    note = (folder / "office" / "ledger" / "checkpoint").read_text()
    assert note.splitlines()[1] == "3"


def test_a_stranger_verifies_a_proof_with_two_keys(made, proof, keys, folder):
    shutil.rmtree(folder / "office")
    shutil.rmtree(folder / "witness")
    checked = run("verify", proof, *keys, "--number", made[1])
    assert checked.exit_code == 0
    assert checked.stdout.count("holds: ") == 5
    assert f"fine: {made[1]}" in checked.stdout
    assert "log alone" not in checked.stderr
    assert "log alone" in run("verify", proof, *keys[:2]).stderr


def test_a_proof_of_another_fine_or_another_tree_fails(proof, keys):
    about = run("verify", proof, *keys, "--number", "AL26-0000-0000")
    assert about.exit_code == 1
    assert "FAILS: it is about fine AL26-0000-0000" in about.stdout
    proof.write_text(proof.read_text().replace("index 2", "index 1"))
    assert run("verify", proof, *keys).exit_code == 1


def test_what_is_no_proof_or_no_key_is_told(proof, keys, folder):
    for wrong, told in ((folder / "none", "there is no proof"), (keys[1], "no proof of a ledger")):
        assert told in str(run("verify", wrong, *keys).exception)
    assert "no public key" in str(run("verify", proof, "--key", proof).exception)


def test_an_audit_without_findings_ends_with_0_and_any_with_1(folder):
    audit = ("audit", "--office", folder / "office", "--witness", folder / "witness")
    assert run(*audit).exit_code == 0
    _, size, root, *_ = (folder / "office" / "ledger" / "checkpoint").read_text().splitlines()
    assert run(*audit, "--printed", f"{size}:{root}").exit_code == 0
    found = run(*audit, "--printed", f"{size}:{'A' * 43}=", "--json")
    assert found.exit_code == 1
    assert "a printed notice" in found.stdout
    assert "findings: 1" in found.stderr
    assert run(*audit, "--printed", "2026-11-27").exit_code == 2


def test_a_command_tells_when_history_was_changed_under_it(folder):
    newer = folder / "office" / "ledger" / "checkpoint"
    kept = newer.read_bytes()
    newer.write_bytes(kept.replace(b"\n3\n", b"\n2\n"))
    told = run("checkpoint", "--office", folder / "office").exception
    assert isinstance(told, LedgerError)
    assert "does not go on" in str(told)
