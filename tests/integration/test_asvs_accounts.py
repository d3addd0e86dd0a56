"""What docs/asvs.md says of accounts, passwords and sessions, where no other test holds it."""

from dataclasses import replace
from datetime import timedelta
from secrets import token_hex

import pytest

from services.errors import AccountError
from services.staff.account import Role
from services.staff.api_key import new_key
from services.staff.password import MOST, REFUSED_FILE, Passwords, new_password, require_password
from services.staff.second_factor import new_secret
from services.store import open_store
from services.store.accounts import Proofs, account_and_proofs, accounts_of, reset_account
from services.store.history import history_of
from services.store.staff_schema import sessions
from services.store.staff_sessions import NOBODY, signed_in
from services.web.app import create_app
from services.web.secret import web_secret
from services.web.sign_in import FIRST_KEYS_LAST
from services.web.staff import create_staff_app
from services.web.staff_visit import new_visit
from tests.builders_fines import without_waiting
from tests.builders_notice import Shelf, StoppedClock
from tests.builders_pages import TestClient
from tests.builders_staff import PASSWORD, an_account, an_officer, hashed

SECRET = b"s" * 32
GUESS = "a guess of mine"


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        yield without_waiting(opened)


@pytest.fixture
def clock():
    return StoppedClock()


@pytest.fixture
def officer(store, clock):
    an_account(store, clock)
    return an_officer(create_staff_app(store, secret=SECRET, clock=clock), store, clock)


def test_a_new_office_has_no_account(store):
    assert accounts_of(store) == ()


def told(store, subject):
    return [(each.who, each.what) for each in history_of(store, subject)]


def test_a_failed_sign_in_is_written_down_and_nothing_of_what_was_typed(officer, store):
    officer.sign_in(password=GUESS)
    officer.sign_in(account="my password by mistake")
    assert told(store, "P-17")[-1] == (NOBODY, "sign_in_failed")
    assert told(store, NOBODY) == [(NOBODY, "sign_in_failed")]
    written = str(history_of(store, "P-17", NOBODY))
    assert GUESS not in written
    assert "mistake" not in written


def test_a_wrong_password_where_another_is_chosen_is_written_down(officer, store):
    officer.come_in()
    officer.send("/password", "/password", password=GUESS, new=PASSWORD, again=PASSWORD)
    assert told(store, "P-17")[-1] == (NOBODY, "sign_in_failed")


def test_who_asks_for_what_their_role_does_not_open_is_written_down(officer, store):
    officer.come_in()
    assert officer.client.get("/accounts/P-17").status_code == 403
    event = history_of(store, "P-17")[-1]
    assert (event.who, event.what) == ("P-17", "refused")
    assert event.reason.endswith("GET /accounts/{account_id}")


def test_who_signs_in_again_has_one_session(officer, store, clock):
    officer.sign_in()
    before = officer.client.cookies["staff"]
    clock.advance(seconds=30)
    assert officer.sign_in().status_code == 303
    assert signed_in(store, before, clock.now()) is None
    with store.reading() as connection:
        assert len(connection.execute(sessions.select()).all()) == 1


def test_first_keys_that_nobody_used_in_time_open_nothing_until_others_are_given(store, clock):
    an_account(store, clock, Role.SENIOR, first=True)
    app = create_staff_app(store, secret=SECRET, clock=clock)
    officer = an_officer(app, store, clock, "S-23")
    clock.instant += FIRST_KEYS_LAST - timedelta(minutes=1)
    assert officer.sign_in().status_code == 303
    clock.instant += timedelta(minutes=1)
    assert officer.sign_in().status_code == 403
    _, known = account_and_proofs(store, "S-23")
    proofs = Proofs(password=hashed(), secret=known.secret)
    reset_account(store, "S-23", proofs, None, clock.now())
    assert officer.sign_in().status_code == 303


@pytest.mark.parametrize(
    "known",
    [
        "password1234", "P@ssw0rd12345", "qwertyuiop123", "123456789012", "1q2w3e4r5t6y7u",
        "iloveyou12345", "speedcam2026!", "administrator1", "policia123456", "1qaz2wsx3edc",
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_no_password(known):
    with pytest.raises(AccountError, match="everybody knows"):
        require_password(known, "P-17")


def test_what_stands_in_the_offices_list_is_no_password(officer, store):
    listed = "a train to nowhere"
    (store.folder / REFUSED_FILE).write_text(f"another one\n{listed}\n", encoding="utf-8")
    officer.come_in()
    for chosen, status in ((listed.upper(), 422), ("a train to somewhere", 303)):
        known = {"password": PASSWORD, "new": chosen, "again": chosen}
        assert officer.send("/password", "/password", **known).status_code == status


@pytest.mark.parametrize(
    "chosen",
    [
        "x7 kq vz mw bp",
        "ujku ha mish natën",
        "hglwzmcnrtaf",
        "×÷§¶ łđŧ ↓→øþ",
        "w" * 4 + "drei ohm" * 15,
    ],
    ids=["words", "accents", "small letters", "signs", "124 characters"],
)
def test_a_password_may_be_of_any_characters_and_long(chosen):
    require_password(chosen, "P-17")
    require_password(new_password(), "P-17")


def test_a_password_counts_as_a_whole_and_in_its_own_capitals():
    longest = ("twelve words of which none is another " * 4)[:MOST]
    passwords = Passwords()
    kept = passwords.hashed(longest)
    assert passwords.fits(kept, longest)
    for other in (longest + "x", longest[:-1], longest.upper(), longest + " " * 100):
        assert not passwords.fits(kept, other)


def test_a_password_that_its_owner_chose_has_no_age(officer, clock):
    clock.instant += timedelta(days=1000)
    assert officer.sign_in().status_code == 303


def test_a_form_changes_what_it_is_for_and_nothing_else(officer, store, clock):
    an_account(store, clock, Role.ADMINISTRATOR)
    administrator = an_officer(officer.client.app, store, clock, "M-83")
    administrator.come_in()
    before, _ = account_and_proofs(store, "P-17")
    more = {"name": "Another", "disabled": "1", "must_change": "1", "last_day": "2027-01-01"}
    answer = administrator.send("/accounts/P-17/role", role="senior", id="X-1", **more)
    assert answer.status_code == 303
    assert account_and_proofs(store, "P-17")[0] == replace(before, role=Role.SENIOR)


def test_what_is_drawn_cannot_be_guessed(tmp_path):
    drawn = {
        new_secret: 32,  # of base 32: 160 bits
        new_visit: 43,  # of base 64: 256 bits
        new_password: 23,  # 20 of 31 signs in groups: 99 bits
        lambda: new_key()[1]: len("speedcam_12345678_") + 43,
        lambda: web_secret(tmp_path / token_hex(8)).hex(): 64,
    }
    for draw, length in drawn.items():
        several = {draw() for _ in range(20)}
        assert len(several) == 20
        assert {len(each) for each in several} == {length}


def test_who_leaves_is_told_to_forget(officer, clock):
    officer.come_in()
    owners = TestClient(create_app(Shelf(), secret=SECRET, clock=clock), follow_redirects=False)
    token = owners.get("/").text.split('name="token" value="')[1].split('"')[0]
    for answer in (officer.send("/sign-out"), owners.post("/leave", data={"token": token})):
        assert answer.status_code == 303
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
