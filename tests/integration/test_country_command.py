"""A country's words are proven before any letter has them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.errors import PackError
from services.notifier.cli import notify_app

COUNTRIES = Path(__file__).resolve().parents[2] / "services" / "notifier" / "countries"


def check(*files):
    return CliRunner().invoke(notify_app, ["check", *map(str, files)])


@pytest.fixture
def changed(tmp_path):
    """Albania's words with one thing changed, checked."""

    def change(old, new):
        text = (COUNTRIES / "al.yaml").read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "mine.yaml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return check(path)

    return change


def test_what_is_shipped_has_no_fault():
    told = check(*sorted(COUNTRIES.glob("*.yaml")))
    assert (told.exit_code, told.stdout) == (0, "")
    assert "files: 7; faults: 0" in told.stderr


def test_a_fault_of_the_form_is_told_with_its_line(changed):
    lines = (COUNTRIES / "al.yaml").read_text(encoding="utf-8").splitlines()
    line = 1 + next(n for n, words in enumerate(lines) if words.startswith("unit:"))
    told = changed("unit: km/h", "unit: knots")
    assert isinstance(told.exception, PackError)
    assert f"mine.yaml line {line}: unit" in str(told.exception)


def test_an_account_that_is_none_is_a_fault(changed):
    told = changed("AL19", "AL20")
    assert told.exit_code == 1
    assert "mine.yaml: the account AL20" in told.stdout
    assert "faults: 1" in told.stderr


def test_a_source_that_nothing_names_is_a_fault(changed):
    told = changed("sources:\n", "sources:\n  hearsay: {ref: T, read: own, read_on: 2026-01-01}\n")
    assert "no entry names the source 'hearsay': remove it" in told.stdout


def test_a_file_that_is_not_there_is_told(tmp_path):
    assert "cannot read" in str(check(tmp_path / "no.yaml").exception)
