"""What the desk keeps, on both databases: undoing, four eyes, corrected plates."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services import office
from services.desk import answer_proposal, propose_plate
from services.errors import CaseError
from services.life import State
from services.model import Verdict
from services.staff.account import Account, Role
from services.store.cases import case_of
from services.store.history import history_of
from services.store.proposals import Kind, Proposal, open_proposals, propose
from services.store.staff_schema import proposals
from services.web.desk.reading import AHEAD, REVIEW, Reading
from tests.builders_desk import a_case, decided
from tests.builders_office import a_plate


def test_a_decision_can_be_undone_for_a_minute_and_nothing_is_issued_before(store, clock):
    key = a_case(store, clock)
    assert decided(store, key, clock)
    assert case_of(store, key).state is State.VALIDATED
    assert office.issue(store, clock) == ()
    clock.pass_time(seconds=59)
    assert office.issue(store, clock) == ()
    clock.pass_time(seconds=1)
    assert len(office.issue(store, clock)) == 1


def test_the_database_itself_wants_four_eyes(store, clock):
    key = a_case(store, clock, kmh=90.0)
    decided(store, key, clock)
    for answered in ({"answered_by": "P-17", "answer": "agreed"}, {"answer": "agreed"}):
        with pytest.raises(IntegrityError), store.writing() as connection:
            connection.execute(proposals.update().values(**answered))


def test_a_case_has_one_open_proposal(store, clock):
    key = a_case(store, clock, kmh=90.0)
    decided(store, key, clock)
    other = Proposal(case_key=key, kind=Kind.PLATE, by="S-23", at=clock.now(), why="w", plate="A1")
    with pytest.raises(CaseError, match="waits already"):
        propose(store, other)


def test_a_proposal_of_a_case_that_was_decided_elsewhere_is_moot(store, clock):
    key = a_case(store, clock)
    propose_plate(store, key, "AA000BD", officer="P-17", why="a D", clock=clock)
    office.decide(
        store, key, officer="S-23", verdict=Verdict.REJECT, why="seen", clock=clock
    )  # as from the command line
    assert not open_proposals(store)
    other = a_case(store, clock, passage_id="p-2", plate=a_plate("AA111BB", confidence=0.9))
    propose_plate(store, other, "AA111BD", officer="P-17", why="a D", clock=clock)
    with store.reading() as connection:
        assert connection.execute(select(proposals.c.case_key)).scalars().all() == [other]


def test_a_corrected_plate_finds_its_owner_and_the_old_one_stays_in_the_history(store, clock):
    key = a_case(store, clock)
    propose_plate(store, key, "aa 000 bd", officer="P-17", why="a D", clock=clock)
    assert case_of(store, key).violation.passage.plate.text == "AA000BB"
    answer_proposal(store, key, officer="S-23", agreed=True, clock=clock)
    plate = case_of(store, key).violation.passage.plate
    assert (plate.text, plate.country) == ("AA000BD", None)
    assert history_of(store, key)[-1].reason == "AA000BB is AA000BD: a D"
    with pytest.raises(CaseError, match="does not tell its country"):
        decided(store, key, clock)
    decided(store, key, clock, country="AL")
    clock.pass_time(minutes=2)
    (issued,) = office.issue(store, clock)
    assert store.fine_by_number_and_plate(issued.fine.number, "AA000BD")
    assert not store.fine_by_number_and_plate(issued.fine.number, "AA000BB")


PICTURES = 6
"""Of a page; a browser asks for them at once."""


def looks_at(store, key):
    return [each.reason for each in history_of(store, key) if each.what == "read"]


def test_pictures_that_are_asked_for_at_once_are_one_look(store, clock):
    officer = Account(id="P-17", name="Demo Officer", role=Role.REVIEWER)
    key = a_case(store, clock)
    reading, together = Reading(store=store, clock=clock), Barrier(PICTURES)

    def ask(ahead):
        together.wait()
        reading.open_part(key, officer, ahead=ahead)

    with ThreadPoolExecutor(PICTURES) as browser:
        list(browser.map(ask, [True] * PICTURES))
        assert looks_at(store, key) == [AHEAD]
        list(browser.map(ask, [False] * PICTURES))
    assert looks_at(store, key) == [AHEAD, REVIEW]
