"""Accounts of the staff on both databases, and the commands that make and change them."""

import json

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from services.cli import office_app
from services.errors import AccountError
from services.staff.account import Account, Role
from services.staff.password import Passwords, require_password
from services.store import open_store
from services.store.accounts import account_and_proofs, accounts_of, disable_account, use_step
from services.store.history import history_of
from services.store.staff_schema import accounts, sessions, tries
from services.store.staff_sessions import begin_session, end_session, signed_in
from tests.builders_staff import an_account


def test_an_account_is_kept_sealed_and_found_in_any_capitals(store, clock):
    an_account(store, clock, name="Demo Officer")
    account, proofs = account_and_proofs(store, "p-17")
    assert account == Account(id="P-17", name="Demo Officer", role=Role.REVIEWER, must_change=False)
    with store.reading() as connection:
        row = str(connection.execute(accounts.select()).one())
    assert not any(secret in row for secret in ("Demo Officer", "argon2", proofs.secret))


@pytest.mark.parametrize(
    "other",
    ["P-17", "p-17", "P17", "P-l7", "P.I7", "office", "Owner", "0ffice", "demo-auto-l", "console"],
)
def test_no_two_ids_look_alike(store, clock, other):
    an_account(store, clock)
    with pytest.raises(AccountError, match="looks like"):
        an_account(store, clock, Role.SENIOR, id=other)
    assert len(accounts_of(store)) == 1


def test_an_id_is_never_given_twice(store, clock):
    an_account(store, clock)
    disable_account(store, "P-17", clock.now())
    with pytest.raises(AccountError, match="looks like P-17"):
        an_account(store, clock)


@pytest.mark.parametrize("wrong", ["", "P", "P 17", "\u0420-17", "P-17\n", "-17", "P" * 41])
def test_what_is_no_id_is_told(store, clock, wrong):
    with pytest.raises(AccountError, match="is no id"):
        an_account(store, clock, id=wrong)


@pytest.mark.parametrize("wrong", [" ", "a\x1b[2J", "a" * 81])
def test_what_is_no_name_is_told(store, clock, wrong):
    with pytest.raises(AccountError, match="name"):
        an_account(store, clock, name=wrong)


def test_the_database_itself_knows_the_roles(store, clock):
    an_account(store, clock)
    with pytest.raises(IntegrityError), store.writing() as connection:
        connection.execute(accounts.update().values(role="owner"))


def test_a_step_counts_once_and_never_backwards(store, clock):
    an_account(store, clock)
    assert [use_step(store, "P-17", step) for step in (8, 8, 7, 9)] == [True, False, False, True]


def test_a_session_lives_in_the_store_and_ends_there(store, clock):
    an_account(store, clock)
    account, _ = account_and_proofs(store, "P-17")
    begin_session(store, "secret", account, clock.now())
    assert signed_in(store, "secret", clock.now()) == account
    assert signed_in(store, "", clock.now()) is None
    end_session(store, "secret", account, clock.now())
    assert signed_in(store, "secret", clock.now()) is None
    assert [each.what for each in history_of(store, "P-17")] == [
        "account_made",
        "password_changed",
        "signed_in",
        "signed_out",
    ]


def test_an_office_from_before_there_were_accounts_gets_them(tmp_path, office_in, clock):
    folder = office_in(tmp_path / "office")
    with open_store(folder, create=True) as store, store.writing() as connection:
        for table in (sessions, tries, accounts):
            connection.execute(text(f"DROP TABLE {table.name}"))
    with open_store(folder) as store:
        assert {"accounts", "staff_sessions"} <= set(inspect(store.engine).get_table_names())
        an_account(store, clock)


@pytest.mark.parametrize("weak", ["short", "P-17 and more of it", "abababababab", "a" * 129])
def test_a_weak_password_is_refused(weak):
    with pytest.raises(AccountError):
        require_password(weak, "P-17")


def test_the_hash_is_as_slow_as_it_says():
    kept = Passwords().hashed("four words make one")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert Passwords().fits(kept, "four words make one")
    assert not Passwords().fits("damaged", "four words make one")


@pytest.fixture
def office(tmp_path):
    open_store(tmp_path / "office", create=True).close()
    return tmp_path / "office"


def run(office, *arguments):
    return CliRunner().invoke(office_app, ["account", *arguments, "--office", str(office)])


def test_the_console_makes_lists_changes_resets_and_disables(office):
    made = run(office, "add", "M-83", "--name", "Demo", "--role", "administrator", "--json")
    told = json.loads(made.stdout)
    assert told["enrolment"].startswith("otpauth://totp/speedcam:M-83?secret=")
    with open_store(office) as store:
        account, proofs = account_and_proofs(store, "M-83")
    assert account.must_change
    assert Passwords().fits(proofs.password, told["password"])
    assert run(office, "role", "M-83", "auditor").exit_code == 0
    assert run(office, "disable", "M-83").exit_code == 0
    assert json.loads(run(office, "list", "--json").stdout)["works"] == "no"
    again = json.loads(run(office, "reset", "M-83", "--expires", "2199-12-31", "--json").stdout)
    assert again["secret"] != told["secret"]
    assert json.loads(run(office, "list", "--json").stdout) == {
        "id": "M-83", "role": "auditor", "name": "Demo", "last_day": "2199-12-31", "works": "yes",
    }  # fmt: skip


@pytest.mark.parametrize("command", [("disable",), ("reset",), ("role", "auditor")])
def test_an_account_that_is_not_there_is_told(office, command):
    name, *more = command
    assert isinstance(run(office, name, "P-99", *more).exception, AccountError)
