"""The door of the staff's pages: who comes in, with what, and when a session ends."""

from datetime import timedelta

import pytest

from services.staff.account import Role
from services.store import open_store
from services.store.accounts import disable_account, give_role, reset_account
from services.store.history import history_of
from services.store.staff_schema import sessions, tries
from services.web.app import create_app
from services.web.patience import FREE_FAILURES
from services.web.staff import create_staff_app
from tests.builders_fines import without_waiting
from tests.builders_notice import Shelf, StoppedClock
from tests.builders_staff import PASSWORD, Proofs, an_account, an_officer, hashed

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
def app(store, clock):
    an_account(store, clock)
    return create_staff_app(store, secret=SECRET, clock=clock)


@pytest.fixture
def officer(app, store, clock):
    return an_officer(app, store, clock)


def is_in(officer) -> bool:
    return officer.client.get("/").status_code == 200


def rows(store, table):
    with store.reading() as connection:
        return connection.execute(table.select()).all()


def test_id_password_and_code_let_in_and_the_history_says_so(officer, store):
    answer = officer.sign_in(account=" p-17 ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Demo reviewer" in officer.client.get("/").text
    assert [each.what for each in history_of(store, "P-17")][-1] == "signed_in"


@pytest.mark.parametrize(
    "typed",
    [{"account": "P-99"}, {"password": "another password"}, {"code": "000000"}, {"code": "word"}],
    ids=["account", "password", "code", "no digits"],
)
def test_whatever_is_wrong_gets_one_and_the_same_answer(officer, typed):
    token = officer.token()
    wrong = officer.sign_in(**typed)
    assert wrong.status_code == 403
    reference = officer.sign_in(account="nobody", code="-")
    assert wrong.text == reference.text
    assert wrong.headers.items() == reference.headers.items()
    assert token in wrong.text
    assert not is_in(officer)


def test_a_code_counts_once(officer, clock, app, store):
    code = officer.code()
    assert officer.sign_in(code=code).status_code == 303
    other = an_officer(app, store, clock)
    assert other.sign_in(code=code).status_code == 403
    clock.advance(seconds=30)
    assert other.sign_in(code=code).status_code == 403
    assert other.sign_in().status_code == 303


@pytest.mark.parametrize(("seconds", "status"), [(30, 303), (90, 403)])
def test_a_code_counts_near_its_time(officer, clock, seconds, status):
    code = officer.code()
    clock.advance(seconds=seconds)
    assert officer.sign_in(code=code).status_code == status


@pytest.mark.parametrize("account", ["P-17", "P-99"], ids=["known", "unknown"])
def test_guesses_from_many_networks_wait_together(app, store, clock, account):
    for network in range(FREE_FAILURES):
        stranger = an_officer(app, store, clock, address=f"198.51.{network}.1")
        assert stranger.sign_in(account=account, password=GUESS).status_code == 403
    late = an_officer(app, store, clock, address="203.0.113.1")
    answer = late.sign_in(account=account)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    assert late.sign_in(account=account).headers["retry-after"] == "30"
    clock.advance(seconds=30)
    assert late.sign_in(account=account).status_code == (303 if account == "P-17" else 403)


def test_tries_are_forgotten_and_name_nobody(officer, store, clock):
    officer.sign_in(password=GUESS)
    officer.sign_in(account="my password by mistake")
    assert len(rows(store, tries)) == 2
    assert "mistake" not in str(rows(store, tries))
    clock.advance(minutes=16)
    assert officer.sign_in().status_code == 303
    assert rows(store, tries) == []


def test_one_network_waits_whatever_it_types(app, store, clock):
    stranger = an_officer(app, store, clock, address="203.0.113.9")
    said = [stranger.sign_in(account=f"P-{n}").status_code for n in range(20, 26)]
    assert said == [403] * FREE_FAILURES + [429]


def test_a_session_has_a_new_secret_and_the_store_keeps_its_hash(officer, store):
    officer.token()
    before = officer.client.cookies["staff"]
    officer.sign_in()
    after = officer.client.cookies["staff"]
    (row,) = rows(store, sessions)
    assert after != before
    assert after not in str(row)


@pytest.mark.parametrize(
    ("passes", "there"),
    [
        ([timedelta(minutes=14, seconds=59)], True),
        ([timedelta(minutes=15)], False),
        ([timedelta(minutes=14)] * 34, True),
        ([timedelta(minutes=14)] * 35, False),
    ],
    ids=["not idle", "idle", "a day's work", "too long"],
)
def test_a_session_ends_by_itself(officer, clock, passes, there):
    officer.sign_in()
    for span in passes:
        clock.instant += span
        last = is_in(officer)
    assert last is there


def test_who_signs_out_is_out_with_every_copy_of_the_cookie(officer):
    officer.sign_in()
    copy = officer.client.cookies["staff"]
    assert officer.send("/sign-out").headers["location"] == "/sign-in"
    officer.client.cookies.set("staff", copy)
    assert not is_in(officer)


def disabled(store, clock):
    disable_account(store, "P-17", clock.now())


def promoted(store, clock):
    give_role(store, "P-17", Role.SENIOR, clock.now())


def reset(store, clock):
    proofs = Proofs(password=hashed("another password"), secret="JBSWY3DPEHPK3PXP")  # noqa: S106
    reset_account(store, "P-17", proofs, None, clock.now())


@pytest.mark.parametrize("change", [disabled, promoted, reset])
def test_a_change_of_the_account_ends_its_sessions(officer, store, clock, change):
    officer.sign_in()
    change(store, clock)
    assert officer.client.get("/").headers["location"] == "/sign-in"


def test_an_account_works_until_its_last_day(app, store, clock):
    last_day = clock.now().date()
    an_account(store, clock, Role.SENIOR, last_day=last_day)
    officer = an_officer(app, store, clock, "S-23")
    assert officer.sign_in().status_code == 303
    clock.instant = clock.instant.replace(hour=23, minute=59)
    assert officer.sign_in().status_code == 303
    assert is_in(officer)
    clock.advance(minutes=1)
    assert not is_in(officer)
    assert officer.sign_in().status_code == 403


def test_a_first_password_opens_nothing_but_the_way_to_change_it(app, store, clock):
    an_account(store, clock, Role.SENIOR, first=True)
    officer = an_officer(app, store, clock, "S-23")
    officer.sign_in()
    assert officer.client.get("/").headers["location"] == "/password"
    new = {"password": PASSWORD, "new": "five other words make one"}
    answer = officer.send("/password", "/password", **new, again=new["new"])
    assert (answer.status_code, is_in(officer)) == (303, True)


def test_a_new_password_ends_other_sessions_and_the_old_one(officer, app, store, clock):
    other = an_officer(app, store, clock)
    other.sign_in()
    clock.advance(seconds=30)
    officer.sign_in()
    new = {"password": PASSWORD, "new": "five other words make one"}
    officer.send("/password", "/password", **new, again=new["new"])
    assert (is_in(officer), is_in(other)) == (True, False)
    clock.advance(seconds=30)
    assert other.sign_in().status_code == 403
    assert other.sign_in(password=new["new"]).status_code == 303


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"password": "not it"}, "is wrong"),
        ({"again": "typed otherwise"}, "two different ways"),
        ({"new": "short", "again": "short"}, "too short"),
        ({"new": "my name is p-17", "again": "my name is p-17"}, "holds your id"),
        ({"new": "aaaaaabbbbbb", "again": "aaaaaabbbbbb"}, "same few letters"),
        ({"new": PASSWORD, "again": PASSWORD}, "the one until now"),
    ],
    ids=["wrong", "differs", "short", "id", "few", "same"],
)
def test_a_password_that_will_not_do_is_refused(officer, typed, told):
    officer.sign_in()
    known = {"password": PASSWORD, "new": "five other words make one"}
    fields = {"again": known["new"]} | known | typed
    officer.client.cookies.set("staff-lang", "en")
    answer = officer.send("/password", "/password", **fields)
    assert answer.status_code == 422
    assert told in answer.text


def test_the_form_of_another_browser_signs_nobody_in(officer, app, store, clock):
    other = an_officer(app, store, clock)
    fields = {"account": "P-17", "password": PASSWORD, "code": officer.code()}
    for token in ("", "forged", other.token()):
        officer.token()
        answer = officer.client.post("/sign-in", data=fields | {"token": token})
        assert answer.status_code == 403
        assert not is_in(officer)


def test_a_form_that_another_site_sends_is_refused(officer):
    officer.sign_in()
    crossed = {"sec-fetch-site": "cross-site"}
    fields = {"token": officer.token("/")}
    assert officer.client.post("/sign-out", data=fields, headers=crossed).status_code == 403
    assert is_in(officer)


def test_the_cookie_is_bound_to_host_and_tls(app, store, clock):
    officer = an_officer(app, store, clock, scheme="https")
    cookie = officer.sign_in().headers["set-cookie"]
    assert cookie.startswith("__Host-staff=")
    assert all(part in cookie for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"))
    assert "Domain" not in cookie


def test_scripts_of_ours_may_run_and_no_others(officer):
    for path in ("/sign-in", "/nowhere", "/static/staff.css"):
        policy = officer.client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


def test_the_public_process_holds_no_staff_routes(app, clock):
    def paths(of):
        return {route.path for route in of.routes if hasattr(route, "openapi_extra")}

    public = create_app(Shelf(), secret=SECRET, clock=clock)
    assert paths(public) & paths(app) == {"/", "/static/notice.css"}


@pytest.mark.parametrize("language", ["sq", "en"])
def test_every_page_speaks_the_language_that_was_chosen(officer, language):
    officer.sign_in()
    officer.client.get(f"/?lang={language}")
    for path in ("/", "/sign-in", "/password"):
        assert f'<html lang="{language}">' in officer.client.get(path).text


def test_a_short_secret_is_refused(store, clock):
    with pytest.raises(ValueError, match="32 or more"):
        create_staff_app(store, secret=b"short", clock=clock)
