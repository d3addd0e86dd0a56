"""The administrator's room: accounts are made, changed and told, and no case is seen from it."""

import re
from datetime import date

import pyotp
import pytest

from services.staff.account import Role
from services.store import open_store
from services.store.accounts import account_and_proofs, accounts_of
from services.store.history import history_of
from services.web.staff import create_staff_app
from tests.builders_fines import without_waiting
from tests.builders_notice import StoppedClock
from tests.builders_pages import visible_text
from tests.builders_staff import an_account, an_officer

NEW = {"id": "P-31", "name": "New Officer", "role": "reviewer", "last_day": "2027-06-30"}

CANNOT_BE = [
    {"id": "P-17"}, {"id": "p-l7"}, {"id": ""}, {"name": ""}, {"role": "owner"}, {"role": ""},
    {"last_day": "2026-10-19"}, {"last_day": "tomorrow"}, {"last_day": "2027-02-30"},
]  # fmt: skip
TOLD = {"role": "account_role", "last-day": "account_day", "disable": "account_disabled"}


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        yield without_waiting(opened)


@pytest.fixture
def clock():
    return StoppedClock()


@pytest.fixture
def app(store, clock):
    an_account(store, clock, Role.ADMINISTRATOR)
    an_account(store, clock)
    return create_staff_app(store, secret=b"s" * 32, clock=clock)


@pytest.fixture
def administrator(app, store, clock):
    person = an_officer(app, store, clock, "M-83")
    person.come_in()
    return person


def account(store, account_id):
    found = account_and_proofs(store, account_id)
    return found[0] if found else None


def last_told(store, account_id):
    event = history_of(store, account_id)[-1]
    return event.who, event.what


def test_a_new_account_gets_keys_that_are_shown_once_and_let_in(administrator, app, store, clock):
    answer = administrator.send("/accounts", **NEW)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    password, secret = re.findall(r"<code>([^<]+)</code>", answer.text)
    assert 'src="data:image/svg+xml' in answer.text
    made = account(store, "P-31")
    assert (made.role, made.last_day, made.must_change) == (Role.REVIEWER, date(2027, 6, 30), True)
    assert last_told(store, "P-31") == ("M-83", "account_made")
    code = pyotp.TOTP(secret.replace(" ", "")).at(clock.now())
    newcomer = an_officer(app, store, clock, "P-31", address="198.51.100.7")
    assert newcomer.sign_in(password=password, code=code).status_code == 303
    for path in ("/accounts", "/accounts/P-31"):
        page = administrator.client.get(path).text
        assert password not in page
        assert secret not in page


def test_an_account_that_cannot_be_is_not_made_and_the_page_says_why(administrator, store):
    for changes in CANNOT_BE:
        answer = administrator.send("/accounts", **(NEW | changes))
        assert answer.status_code == 422, changes
        assert 'role="alert"' in answer.text, changes
    assert [each.id for each in accounts_of(store)] == ["M-83", "P-17"]


@pytest.mark.parametrize(
    ("act", "fields", "becomes"),
    [
        ("role", {"role": "auditor"}, {"role": Role.AUDITOR}),
        ("last-day", {"last_day": "2026-10-20"}, {"last_day": date(2026, 10, 20)}),
        ("last-day", {"last_day": ""}, {"last_day": None}),
        ("disable", {}, {"disabled": True}),
    ],
)
def test_a_change_ends_every_session_and_names_who_did_it(
    administrator, store, act, fields, becomes
):
    officer = an_officer(administrator.client.app, store, administrator.clock)
    officer.come_in()
    assert administrator.send(f"/accounts/P-17/{act}", **fields).status_code == 303
    now = account(store, "P-17")
    assert {name: getattr(now, name) for name in becomes} == becomes
    assert last_told(store, "P-17") == ("M-83", TOLD[act])
    assert officer.client.get("/").headers["location"] == "/sign-in"


def test_new_keys_take_the_place_of_the_old_ones(administrator, store):
    administrator.send("/accounts/P-17/disable")
    before = account_and_proofs(store, "P-17")[1]
    answer = administrator.send("/accounts/P-17/reset", last_day="")
    now, proofs = account_and_proofs(store, "P-17")
    assert not now.disabled
    assert proofs.secret != before.secret
    assert proofs.secret in answer.text.replace(" ", "")
    assert last_told(store, "P-17") == ("M-83", "account_reset")


def test_what_was_typed_wrong_changes_nothing(administrator, store):
    before = account_and_proofs(store, "P-17")
    wrong = {"role": {"role": ""}, "last-day": {"last_day": "never"}, "reset": {"last_day": "x"}}
    for act, fields in wrong.items():
        answer = administrator.send(f"/accounts/P-17/{act}", **fields)
        assert answer.status_code == 422, act
        assert 'role="alert"' in answer.text, act
    assert account_and_proofs(store, "P-17") == before


def test_nobody_changes_their_own_account(administrator, store):
    before = account_and_proofs(store, "M-83")
    for act in ("role", "last-day", "reset", "disable"):
        for typed in ("M-83", "m-83"):
            answer = administrator.send(f"/accounts/{typed}/{act}", role="reviewer", last_day="")
            assert answer.status_code == 409, act
    assert account_and_proofs(store, "M-83") == before
    assert (
        '<form method="post" action="/accounts'
        not in administrator.client.get("/accounts/M-83").text
    )


@pytest.mark.parametrize("path", ["/accounts/P-99", "/accounts/%00"])
def test_an_account_that_is_not_there_is_told(administrator, path):
    assert administrator.client.get(path).status_code == 404
    assert administrator.send(f"{path}/disable").status_code == 404


def test_the_list_says_who_works_and_the_page_what_happened(administrator):
    administrator.send("/accounts/P-17/disable")
    page = visible_text(administrator.client.get("/accounts?lang=en").text)
    assert re.search(r"P-17\s+Demo reviewer\s+reviewing officer\s+disabled", page)
    one = visible_text(administrator.client.get("/accounts/P-17?lang=en").text)
    assert "account disabled" in one
    assert "M-83" in one


def test_the_hall_leads_administrators_there_and_nobody_else(administrator, app, store, clock):
    officer = an_officer(app, store, clock)
    officer.come_in()
    assert "/accounts" in administrator.client.get("/").text
    assert "/accounts" not in officer.client.get("/").text
    assert officer.client.get("/accounts").status_code == 403
