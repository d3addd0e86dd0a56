"""Nobody is fined who cannot be served in time any more: the case ends, and no notice leaves."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services import office
from services.desk import answer_proposal, settle
from services.errors import CaseError
from services.fines import act_on, standing
from services.life import Act, State
from services.model import NoticeState, Verdict
from services.office import deliver, issue, review
from services.policy import demo_auto_1
from services.store.cases import case_of
from services.store.decisions import decision_of
from services.store.history import history_of
from services.web.desk.view import view_of
from tests.builders_desk import UNSURE, a_case
from tests.builders_fines import a_step, fines_in
from tests.builders_office import SetClock, UnsteadySender, a_letter, a_plate

SURE = a_plate("AA000BB", confidence=0.99)
MIDNIGHT = datetime(2026, 11, 13, tzinfo=ZoneInfo("Europe/Tirane")).astimezone(UTC)
"""The day of the passage is day 1 of 30."""
LATE = "it can no longer be served: the law gave time until 2026-11-12"


@pytest.fixture
def in_time():
    return SetClock(at=MIDNIGHT - timedelta(seconds=1))


@pytest.fixture
def late():
    return SetClock(at=MIDNIGHT)


def ended(store, key):
    return case_of(store, key).state, decision_of(store, key).verdict, decision_of(store, key).why


def test_a_confirmed_case_is_fined_until_the_last_day_and_ends_on_the_next(
    store, clock, in_time, late
):
    first = a_case(store, clock, plate=SURE)
    review(store, demo_auto_1, clock)
    assert [each.case_key for each in issue(store, in_time)] == [first]
    assert store.fine_of_case(first)
    key = a_case(store, clock, passage_id="p-2", plate=a_plate("AA111BB", confidence=0.99))
    review(store, demo_auto_1, clock)
    (told,) = issue(store, late)
    assert (told.case_key, told.fine, told.fault, told.ended) == (key, None, "", LATE)
    assert ended(store, key) == (State.REJECTED, Verdict.REJECT, LATE)
    assert [(e.who, e.what, e.reason) for e in history_of(store, key)][-1] == (
        "office",
        "reject",
        LATE,
    )
    assert issue(store, late) == ()


def test_a_policy_confirms_nothing_late_and_ends_what_waits(store, clock, late):
    sure = a_case(store, clock, plate=SURE)
    unsure = a_case(store, clock, passage_id="p-2", plate=a_plate("AA111BB", confidence=0.9))
    told = review(store, demo_auto_1, late)
    assert {each.case_key: each.reasons for each in told} == {sure: (LATE,), unsure: (LATE,)}
    for key in (sure, unsure):
        assert ended(store, key) == (State.REJECTED, Verdict.REJECT, LATE)
    assert review(store, demo_auto_1, late) == ()


def test_no_officer_confirms_a_case_late_and_the_desk_says_why(store, clock, in_time, late):
    key = a_case(store, clock, plate=UNSURE)
    assert LATE not in view_of(store, case_of(store, key), in_time.now()).lacks
    assert LATE in view_of(store, case_of(store, key), late.now()).lacks
    with pytest.raises(CaseError, match=LATE):
        settle(store, key, Verdict.CONFIRM, officer="P-17", why="seen", clock=late)
    settle(store, key, Verdict.REJECT, officer="P-17", why="too late", clock=late)
    assert case_of(store, key).state is State.REJECTED


def test_the_same_decision_again_is_the_same_also_when_it_is_late(store, clock, late):
    key, said = a_case(store, clock), {"officer": "P-17", "verdict": Verdict.CONFIRM, "why": "seen"}
    first = office.decide(store, key, clock=clock, **said)
    assert office.decide(store, key, clock=late, **said) == first


def test_what_two_must_agree_on_is_neither_proposed_nor_agreed_to_late(store, clock, late):
    key, other = (
        a_case(store, clock, kmh=115.0, passage_id=f"p-{n}", plate=a_plate(f"AA{n}{n}{n}BB"))
        for n in (1, 2)
    )
    said = {"officer": "P-17", "why": "seen"}
    assert not settle(store, key, Verdict.CONFIRM, clock=clock, **said)
    with pytest.raises(CaseError, match=LATE):
        answer_proposal(store, key, officer="P-23", agreed=True, clock=late)
    with pytest.raises(CaseError, match=LATE):
        settle(store, other, Verdict.CONFIRM, clock=late, **said)


def test_a_notice_that_did_not_leave_in_time_never_leaves(store, clock, late):
    in_hand, served = fines_in(store, 2)
    act_on(store, served, Act.SERVE, a_step(clock.now()))
    sender = UnsteadySender(faults=[])
    told = {each.fine_number: each for each in deliver(store, [sender], a_letter, late)}
    assert (told[in_hand].state, told[in_hand].fault) == (NoticeState.WITHDRAWN, LATE)
    assert told[served].state is NoticeState.SENT  # who was served may have it once more
    assert [key.split("/")[0] for key in sender.sent] == [served]
    assert standing(store, in_hand, late).state is State.ISSUED  # two officers write it off
