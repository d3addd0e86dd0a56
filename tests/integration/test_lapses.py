"""What was not served in time, or is prescribed, is found by the rule and written off by two."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.errors import CaseError
from services.fines import act_on, next_due, standing
from services.lapses import Lapse, lapsed, write_off_lapsed
from services.life import Act, State
from services.notifier.delivery import deliver
from services.notifier.outbox import notices
from services.notifier.timely import queue_reminders
from services.rules.edition import read_edition
from services.store.fines import read_file
from services.store.history import history_of
from services.transfers import transfer
from tests import builders_fines
from tests.builders_fines import a_step, an_issued_fine
from tests.builders_office import UnsteadySender, a_letter, albania

LAST_TO_SERVE = date(2026, 11, 12)
"""Albania: day 30, the day of the passage being day 1."""


@pytest.fixture
def prescribing(monkeypatch):
    """Albania's law with a prescription of 90 days, invented for these tests."""
    entry = b"prescription: {days: 90, reference: none, source: [own], sure: K}\n"
    text = albania().text.replace(b"\nretention:", b"\n" + entry + b"retention:")
    edition = read_edition(text, "al.yaml")
    monkeypatch.setattr(builders_fines, "albania", lambda: edition)


def stands(store, number):
    with store.reading() as connection:
        return read_file(store, connection, number)


def test_a_notice_is_served_until_the_last_day_and_not_on_the_next(store, clock):
    in_time, late = (an_issued_fine(store, clock) for _ in range(2))
    assert stands(store, late).fine.terms.serve_until == LAST_TO_SERVE
    clock.pass_time(days=40)
    with pytest.raises(CaseError, match="cannot be served on 2026-11-13"):
        act_on(store, late, Act.SERVE, a_step(clock.now()), on=LAST_TO_SERVE + timedelta(days=1))
    act_on(store, in_time, Act.SERVE, a_step(clock.now()), on=LAST_TO_SERVE)
    assert [each.number for each in lapsed(store, clock.now())] == [late]


def test_a_day_is_over_at_midnight_by_the_clock_of_the_place(store, clock):
    number = an_issued_fine(store, clock)
    midnight = datetime(2026, 11, 13, tzinfo=ZoneInfo("Europe/Tirane"))
    assert lapsed(store, midnight - timedelta(seconds=1)) == ()
    (told,) = lapsed(store, midnight)
    assert (told.number, told.state) == (number, State.ISSUED)
    assert (told.lapse, told.last_day) == (Lapse.NOT_SERVED, LAST_TO_SERVE)


def test_two_officers_write_off_the_page_and_the_history_says_why(store, clock):
    numbers = {an_issued_fine(store, clock) for _ in range(3)}
    clock.pass_time(days=60)
    for second in ("", "P-17"):
        with pytest.raises(CaseError, match="two different officers"):
            write_off_lapsed(store, a_step(clock.now(), second=second))
    assert {each.number for each in lapsed(store, clock.now())} == numbers
    assert {each.number for each in write_off_lapsed(store, a_step(clock.now()))} == numbers
    assert lapsed(store, clock.now()) == ()
    for number in numbers:
        assert standing(store, number, clock).state is State.WRITTEN_OFF
        told = history_of(store, number)[-1]
        assert (told.what, told.who, told.second) == ("write_off", "P-17", "P-23")
        assert told.reason == "not served in time, last day 2026-11-12: seen in the file"


def test_no_page_holds_them_all(store, clock):
    for _ in range(4):
        an_issued_fine(store, clock)
    clock.pass_time(days=60)
    assert len(lapsed(store, clock.now(), most=3)) == 3


def test_the_driver_who_is_named_can_be_served_from_then_on(store, clock):
    number = an_issued_fine(store, clock)
    clock.pass_time(days=28)
    anew = transfer(store, number, "D. Driver, Durrës", a_step(clock.now()))
    assert anew.terms.serve_until == date(2026, 12, 10)
    clock.pass_time(days=10)
    act_on(store, anew.number, Act.SERVE, a_step(clock.now()))
    assert lapsed(store, clock.now()) == ()


@pytest.mark.usefixtures("prescribing")
def test_a_prescribed_fine_is_told_whatever_was_done_to_it_unless_it_is_closed(store, clock):
    served, contested, closed = (an_issued_fine(store, clock) for _ in range(3))
    for number in (served, contested, closed):
        act_on(store, number, Act.SERVE, a_step(clock.now()))
    act_on(store, contested, Act.CONTEST, a_step(clock.now()))
    act_on(store, closed, Act.CANCEL, a_step(clock.now()))
    clock.pass_time(days=89)
    assert lapsed(store, clock.now()) == ()
    clock.pass_time(days=1)
    told = lapsed(store, clock.now())
    assert {each.number for each in told} == {served, contested}
    assert {(each.lapse, each.last_day) for each in told} == {(Lapse.PRESCRIBED, date(2027, 1, 11))}


@pytest.mark.usefixtures("prescribing")
def test_a_fine_both_unserved_and_prescribed_is_one_line(store, clock):
    number = an_issued_fine(store, clock)
    clock.pass_time(days=200)
    (told,) = lapsed(store, clock.now())
    assert (told.number, told.lapse) == (number, Lapse.NOT_SERVED)


@pytest.mark.usefixtures("prescribing")
@pytest.mark.sqlite
def test_what_ran_out_is_not_owed_any_more_and_nobody_is_reminded_or_pursued(store, clock):
    unserved, served = (an_issued_fine(store, clock) for _ in range(2))
    act_on(store, served, Act.SERVE, a_step(clock.now()))
    clock.pass_time(days=29)
    assert standing(store, unserved, clock).lapse is None
    assert standing(store, unserved, clock).account.owed > 0
    clock.pass_time(days=1)
    told = standing(store, unserved, clock)
    assert (told.lapse, told.account.owed) == (Lapse.NOT_SERVED, 0)
    assert standing(store, served, clock).account.owed > 0
    act_on(store, unserved, Act.HOLD, a_step(clock.now()))
    assert standing(store, unserved, clock).account.owed == 0
    assert [each.number for each in lapsed(store, clock.now())] == [unserved]
    clock.pass_time(days=60)
    told = standing(store, served, clock)
    assert (told.lapse, told.account.owed) == (Lapse.PRESCRIBED, 0)
    assert next_due(told, date(2026, 11, 1)) is None
    with pytest.raises(CaseError, match="cannot be enforced on 2027-01-12: it is prescribed"):
        act_on(store, served, Act.ENFORCE, a_step(clock.now()))


@pytest.mark.parametrize("day", [LAST_TO_SERVE, LAST_TO_SERVE + timedelta(days=1)], ids=str)
def test_an_objection_that_comes_too_late_to_be_served_makes_nobody_owe(day, store, clock):
    number = an_issued_fine(store, clock)
    clock.pass_time(days=40)
    act_on(store, number, Act.CONTEST, a_step(clock.now()), on=day)
    told = act_on(store, number, Act.UPHOLD, a_step(clock.now()))
    in_time = day == LAST_TO_SERVE
    assert (told.lapse is None, told.account.owed > 0) == (in_time, in_time)
    assert [each.number for each in lapsed(store, clock.now())] == ([] if in_time else [number])


def test_what_ran_out_is_not_issued_anew_for_a_driver_who_is_named(store, clock):
    number = an_issued_fine(store, clock)
    clock.pass_time(days=40)
    with pytest.raises(CaseError, match=f"fine {number} cannot be transferred: it is not served"):
        transfer(store, number, "D. Driver, Durrës", a_step(clock.now()))
    assert [each.number for each in lapsed(store, clock.now())] == [number]


@pytest.mark.usefixtures("prescribing")
def test_a_reminder_of_what_ran_out_meanwhile_is_withdrawn(store, clock):
    number = an_issued_fine(store, clock)
    act_on(store, number, Act.SERVE, a_step(clock.now()))
    clock.pass_time(days=12)
    assert queue_reminders(store, 3, clock) == 1
    clock.pass_time(days=80)
    deliver(store, [UnsteadySender(faults=[])], a_letter, clock)
    assert {each.kind: each.state for each in notices(store)}["reminder"] == "withdrawn"
