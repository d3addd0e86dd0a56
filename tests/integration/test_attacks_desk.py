"""Attacks from the inside and bad luck at the desk: none of them may make a fine."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from services import office
from services.desk import answer_proposal, leave_to_senior, propose_plate
from services.errors import CaseError
from services.life import State
from services.model import Verdict
from services.policy import demo_auto_1
from services.staff.account import Role
from services.store.accounts import disable_account
from services.store.cases import case_of
from services.store.decisions import decision_of
from services.store.desk import undo
from services.store.proposals import open_proposals
from services.web.staff import create_staff_app
from tests.builders_desk import UNSURE, a_case, decided, received
from tests.builders_office import AT, a_passage, a_plate, on_disk
from tests.builders_staff import an_account, an_officer


@pytest.fixture
def let_in(store, clock):
    """A function that lets somebody of the office's staff in."""
    app = create_staff_app(store, secret=b"s" * 32, clock=clock)

    def come(account_id, role=Role.REVIEWER):
        an_account(store, clock, role, id=account_id)
        officer = an_officer(app, store, clock, account_id)
        officer.come_in()
        return officer

    return come


def form_at(officer, path, action):
    """The hidden fields of the form that a page shows for ``action``."""
    forms = re.findall(
        r'<form[^>]* action="([^"]+)">(.*?)</form>', officer.client.get(path).text, re.DOTALL
    )
    html = next(html for to, html in forms if to == action)
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))


def test_who_agrees_agrees_to_what_the_page_showed(store, clock, let_in):
    key = a_case(store, clock)
    page = f"/desk/case/{key}"
    propose_plate(store, key, "AA000BD", officer="P-17", why="a D", clock=clock)
    officer = let_in("R-31")
    shown = form_at(officer, page, f"{page}/answer")
    answer_proposal(store, key, officer="S-23", agreed=False, clock=clock)
    propose_plate(store, key, "AA000BP", officer="P-17", why="a P", clock=clock)
    answer = officer.client.post(f"{page}/answer", data=shown | {"said": "agree"})
    assert answer.status_code == 409
    assert case_of(store, key).violation.passage.plate.text == "AA000BB"
    assert open_proposals(store)[key].plate == "AA000BP"


def test_nobody_undoes_what_the_office_withdrew(store, clock):
    passage = a_passage(plate=UNSURE)
    (key,) = received(store, clock, passage)
    decided(store, key, clock)
    slower = a_passage(kmh=48.0, plate=UNSURE)
    office.receive(store, on_disk(store.folder.parent / "camera", slower), clock)
    assert case_of(store, key).state is State.REJECTED
    with pytest.raises(CaseError, match="minute"):
        undo(store, key, "P-17", clock.now())
    assert decision_of(store, key).verdict is Verdict.REJECT


def test_no_policy_and_no_command_confirms_while_another_plate_is_proposed(store, clock):
    key = a_case(store, clock, plate="AA000BB")
    propose_plate(store, key, "AA000BD", officer="P-17", why="a D", clock=clock)
    (reviewed,) = office.review(store, demo_auto_1, clock)
    assert "proposal" in "; ".join(reviewed.reasons)
    with pytest.raises(CaseError, match="a proposal waits"):
        office.decide(store, key, officer="S-23", verdict=Verdict.CONFIRM, why="seen", clock=clock)
    assert decision_of(store, key) is None


def test_no_policy_confirms_what_was_left_to_a_senior(store, clock):
    key = a_case(store, clock, plate="AA000BB")
    leave_to_senior(store, key, officer="P-17", why="a trailer hides it", clock=clock)
    (reviewed,) = office.review(store, demo_auto_1, clock)
    assert "left it to a senior" in "; ".join(reviewed.reasons)
    assert decision_of(store, key) is None


def test_who_rejects_and_undoes_it_ends_nobody_elses_proposal(store, clock):
    key = a_case(store, clock)
    propose_plate(store, key, "AA000BD", officer="P-17", why="a D", clock=clock)
    decided(store, key, clock, Verdict.REJECT, officer="S-23")
    other = a_case(store, clock, passage_id="p-2", plate=a_plate("AA111BB", confidence=0.9))
    propose_plate(store, other, "AA111BD", officer="P-17", why="a D", clock=clock)
    undo(store, key, "S-23", clock.now())
    with pytest.raises(CaseError, match="a proposal waits"):
        decided(store, key, clock, officer="S-23")
    assert decision_of(store, key) is None


def test_a_drive_is_no_second_case_by_a_corrected_plate(store, clock):
    first, misread = (
        a_passage(name, plate=a_plate(text, confidence=0.9), at=at)
        for name, text, at in (
            ("p-1", "AA000BD", AT),
            ("p-2", "AA000BB", AT + timedelta(seconds=30)),
        )
    )
    one, other = received(store, clock, first, misread)
    assert one != other
    propose_plate(store, other, "AA000BD", officer="P-17", why="a D", clock=clock)
    with pytest.raises(CaseError, match=one):
        answer_proposal(store, other, officer="S-23", agreed=True, clock=clock)
    assert case_of(store, other).violation.passage.plate.text == "AA000BB"


def test_a_country_that_is_told_later_otherwise_withdraws_the_case(store, clock):
    untold = a_plate("AA000BB", country=None)
    (key,) = received(store, clock, a_passage(plate=untold))
    decided(store, key, clock, country="AL")
    told = a_passage(plate=replace(untold, country="IT"))
    office.receive(store, on_disk(store.folder.parent / "camera", told), clock)
    assert case_of(store, key).state is State.REJECTED


def test_no_junior_agrees_to_what_was_left_to_a_senior(store, clock, let_in):
    an_account(store, clock)
    key = a_case(store, clock, kmh=90.0)
    decided(store, key, clock)
    leave_to_senior(store, key, officer="R-31", why="a trailer hides it", clock=clock)
    wanted = {"said": "agree", "proposal": open_proposals(store)[key].id}
    assert let_in("Q-52").send(f"/desk/case/{key}/answer", **wanted).status_code == 409
    assert decision_of(store, key) is None
    assert let_in("S-23", Role.SENIOR).send(f"/desk/case/{key}/answer", **wanted).status_code == 303


def test_who_confirms_confirms_the_plate_that_the_page_showed(store, clock, let_in):
    an_account(store, clock)
    an_account(store, clock, Role.SENIOR)
    key = a_case(store, clock, plate=a_plate("AA000BB", country=None))
    page = f"/desk/case/{key}"
    officer = let_in("R-31")
    shown = form_at(officer, page, f"{page}/decide") | {"verdict": "confirm", "country": "AL"}
    propose_plate(store, key, "AA000BD", officer="P-17", why="a D", clock=clock)
    answer_proposal(store, key, officer="S-23", agreed=True, clock=clock)
    assert officer.client.post(f"{page}/decide", data=shown).status_code == 409
    assert decision_of(store, key) is None
    again = form_at(officer, page, f"{page}/decide") | {"verdict": "confirm", "country": "AL"}
    assert officer.client.post(f"{page}/decide", data=again).status_code == 303


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("officer", ["P-18", "p-17", "A-42", "X-66"])
def test_where_accounts_exist_only_they_decide_and_only_while_they_may(
    store, clock, verdict, officer
):
    an_account(store, clock)
    an_account(store, clock, Role.AUDITOR)
    an_account(store, clock, Role.SENIOR, id="X-66", disabled=True)
    key = a_case(store, clock)
    said = {"verdict": verdict, "why": "seen", "clock": clock}
    with pytest.raises(CaseError, match=f"{officer} is no account"):
        office.decide(store, key, officer=officer, **said)
    with pytest.raises(CaseError, match=f"{officer} is no account"):
        office.decide(store, key, officer="P-17", second=officer, **said)
    assert decision_of(store, key) is None
    assert office.decide(store, key, officer="P-17", **said).by == "P-17"


def test_nothing_is_agreed_to_that_a_disabled_account_proposed(store, clock):
    an_account(store, clock)
    an_account(store, clock, Role.SENIOR)
    key = a_case(store, clock, kmh=90.0)
    decided(store, key, clock)
    disable_account(store, "P-17", clock.now())
    with pytest.raises(CaseError, match="P-17 is no account"):
        answer_proposal(store, key, officer="S-23", agreed=True, clock=clock)
    assert decision_of(store, key) is None
    answer_proposal(store, key, officer="S-23", agreed=False, clock=clock)


@pytest.mark.parametrize("typed", ["P-17\0", "\0", "P" * 5_000])
def test_an_id_that_no_database_keeps_gets_the_answer_of_any_wrong_one(let_in, typed):
    officer = let_in("P-17")
    assert officer.sign_in(account=typed, code="123456").status_code == 403
