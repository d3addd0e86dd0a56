from collections import deque

import pytest

from services.errors import CaseError
from services.life import (
    HOLDABLE,
    OPEN,
    OWES_NOTHING,
    PAYABLE,
    TRANSITIONS,
    Act,
    State,
    acts_on,
    after,
)

ENDS = {State.REJECTED, State.ADVISORY, State.CANCELLED, State.TRANSFERRED, State.WRITTEN_OFF} | {
    State.REFUNDED
}


def reached_from(start, without=()):
    """Every state that some path leads to."""
    seen, queue = {start}, deque([start])
    while queue:
        here = queue.popleft()
        for begin, act, end in TRANSITIONS:
            if begin is here and act not in without and end not in seen:
                seen.add(end)
                queue.append(end)
    return seen


def test_every_state_is_reached_and_every_act_is_of_use():
    assert reached_from(State.DETECTED) == set(State)
    assert {act for _, act, _ in TRANSITIONS} == set(Act)


def test_what_has_ended_stays_so():
    assert {state for state in State if not acts_on(state)} == ENDS


def test_an_act_leads_to_one_state_and_only_a_release_needs_to_be_told_which():
    several = {
        (start, act)
        for start, act, end in TRANSITIONS
        for other in State
        if other is not end and (start, act, other) in TRANSITIONS
    }
    assert several == {(State.ON_HOLD, Act.RELEASE)}


def test_what_is_paid_is_never_contested_away():
    assert acts_on(State.PAID) == (Act.REFUND,)
    assert reached_from(State.PAID) == {State.PAID, State.REFUNDED}


def test_there_is_no_fine_without_a_validation():
    assert not reached_from(State.DETECTED, without={Act.VALIDATE}) & (OPEN | {State.PAID})


def test_every_open_fine_can_be_cancelled_and_written_off_and_leads_to_paid():
    for state in OPEN:
        assert {Act.CANCEL, Act.WRITE_OFF} <= set(acts_on(state))
        assert State.PAID in reached_from(state)


def test_what_stands_still_is_moved_by_no_payment():
    assert {state for state in OPEN if Act.PAY in acts_on(state)} == PAYABLE
    for state in State:
        assert (Act.PAY_PART in acts_on(state)) == (state in PAYABLE)


@pytest.mark.parametrize("state", sorted(HOLDABLE))
def test_a_hold_ends_where_it_began(state):
    assert after(after(state, Act.HOLD), Act.RELEASE, back_to=state) is state


def test_a_release_to_nowhere_is_refused():
    for state in (None, State.PAID, State.ON_HOLD):
        with pytest.raises(CaseError, match="'release' does not apply"):
            after(State.ON_HOLD, Act.RELEASE, back_to=state)


def test_what_owes_nothing_is_not_open():
    assert not OWES_NOTHING & OPEN
    assert OWES_NOTHING < ENDS


def test_what_cannot_happen_is_told_with_what_can():
    with pytest.raises(CaseError, match=r"it is paid, which 'contest' .* Possible: refund"):
        after(State.PAID, Act.CONTEST)
    with pytest.raises(CaseError, match="nothing: this is its end"):
        after(State.CANCELLED, Act.PAY)


def test_every_step_of_the_table_is_what_after_says_and_no_other():
    for state in State:
        for act in Act:
            ends = {end for end in State if (state, act, end) in TRANSITIONS}
            for end in ends:
                assert after(state, act, back_to=end) is end
            if not ends:
                with pytest.raises(CaseError):
                    after(state, act)


def test_an_act_is_told_by_the_word_that_the_command_takes():
    with pytest.raises(CaseError) as told:
        after(State.REJECTED, Act.WRITE_OFF)
    assert "it is rejected, which 'write_off' does not apply to" in str(told.value)
    with pytest.raises(CaseError, match=r"Possible: .*\bwrite_off\b"):
        after(State.PART_PAID, Act.TAKE_UP)
