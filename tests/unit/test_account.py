from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.account import (
    Pause,
    Payment,
    Stage,
    account,
    calendar_day,
    day_of,
    days_touched,
    paused_days,
    terms_day,
    until_served,
)
from services.rules.terms import due, terms_of
from tests.builders_notice import lek
from tests.builders_office import albania

ISSUED_ON = date(2026, 10, 14)
TERMS = terms_of(albania().pack, lek(2000), ISSUED_ON)
TIRANA = "Europe/Tirane"


def after_days(count):
    return ISSUED_ON + timedelta(days=count)


DAYS = st.integers(0, 120).map(after_days)
PAUSES = st.lists(
    st.builds(
        lambda first, length: Pause(
            first=first, last=None if length is None else first + timedelta(days=length)
        ),
        DAYS,
        st.none() | st.integers(0, 40),
    ),
    max_size=4,
)


def numbered(parts):
    return tuple(
        Payment(bank_id=f"b{n}", on=on, minor=minor) for n, (on, minor) in enumerate(parts)
    )


PAYMENTS = st.lists(st.tuples(DAYS, st.integers(1, 4000)), max_size=5).map(numbered)


def paid(minor, on, bank_id="b"):
    return Payment(bank_id=bank_id, on=on, minor=minor)


@given(DAYS)
def test_without_pauses_and_payments_the_terms_alone_say_what_is_owed(on):
    assert account(TERMS, (), (), on).owed == due(TERMS, on).minor


@given(PAUSES, PAYMENTS, DAYS)
def test_no_money_is_lost_or_doubled(pauses, payments, on):
    told = account(TERMS, pauses, payments, on)
    assert told.paid == sum(payment.minor for payment in payments if payment.on <= on)
    assert told.paid - told.surplus == told.debt - told.owed
    assert min(told.owed, told.surplus) == 0
    assert told.owed >= 0
    assert told.surplus >= 0
    assert (told.owed == 0) == (told.settled_on is not None)


@given(PAUSES, PAYMENTS, DAYS, st.randoms())
def test_neither_the_order_of_payments_nor_that_of_pauses_matters(pauses, payments, on, dice):
    shuffled, moved = list(payments), list(pauses)
    dice.shuffle(shuffled)
    dice.shuffle(moved)
    assert account(TERMS, moved, shuffled, on) == account(TERMS, pauses, payments, on)


@given(PAUSES, PAUSES, PAYMENTS, DAYS)
def test_a_pause_never_makes_anything_dearer(pauses, more, payments, on):
    with_more = account(TERMS, [*pauses, *more], payments, on)
    assert with_more.owed <= account(TERMS, pauses, payments, on).owed
    assert with_more.debt <= account(TERMS, pauses, payments, on).debt


@given(PAUSES, PAYMENTS, DAYS, st.integers(1, 4000))
def test_paying_more_never_leaves_more_owed(pauses, payments, on, minor):
    more = account(TERMS, pauses, (*payments, paid(minor, on, "more")), on)
    assert more.owed <= account(TERMS, pauses, payments, on).owed


@given(PAYMENTS, DAYS, DAYS)
def test_what_is_settled_stays_settled(payments, on, later):
    now = account(TERMS, (), payments, on)
    if now.settled_on is not None and later >= on:
        then = account(TERMS, (), payments, later)
        assert (then.settled_on, then.debt, then.owed) == (now.settled_on, now.debt, 0)


@given(PAYMENTS, DAYS, st.integers(0, 60))
def test_nothing_grows_while_the_clock_stands_still(payments, first, length):
    """That is also what a contested fine does: no interest is added while it is decided."""
    pause = (Pause(first=first),)
    before = tuple(payment for payment in payments if payment.on < first)
    began = account(TERMS, pause, before, first)
    assert account(TERMS, pause, before, first + timedelta(days=length)).owed == began.owed


@given(PAUSES, PAYMENTS, DAYS)
def test_whoever_owes_nothing_gets_everything_back(pauses, payments, on):
    told = account(TERMS, pauses, payments, on, owes=False)
    assert (told.debt, told.owed, told.surplus) == (0, 0, told.paid)


@given(DAYS, DAYS)
def test_before_it_is_served_nothing_is_ever_late(served_on, on):
    pause = until_served(TERMS, served_on)
    told = account(TERMS, (pause,), (), on)
    if on <= served_on + timedelta(days=14):
        assert (told.stage, told.owed) == (Stage.DISCOUNTED, 1000)
    assert account(TERMS, (until_served(TERMS, None),), (), on).owed == 1000


def test_the_day_of_service_is_day_one_of_every_term():
    served_on = date(2026, 11, 20)
    pause = (until_served(TERMS, served_on),)
    expected = {15: 1000, 16: 2040, 18: 2120, 45: 3200, 99: 3200}
    for day, owed in expected.items():
        assert account(TERMS, pause, (), served_on + timedelta(days=day - 1)).owed == owed


def test_a_paused_day_counts_once_in_however_many_pauses_it_lies():
    first, last = after_days(3), after_days(5)
    pauses = [Pause(first=first, last=last), Pause(first=last, last=last), Pause(first=first)]
    assert paused_days(pauses, ISSUED_ON, after_days(5)) == 3
    assert paused_days(pauses, ISSUED_ON, after_days(9)) == 7
    assert paused_days([Pause(first=date(2026, 1, 1), last=ISSUED_ON)], ISSUED_ON, last) == 0


def test_an_outage_on_the_last_day_of_the_discount_keeps_it_for_the_next():
    outage = (Pause(first=date(2026, 10, 28), last=date(2026, 10, 28)),)
    assert account(TERMS, outage, (), date(2026, 10, 29)).owed == 1000
    assert account(TERMS, outage, (), date(2026, 10, 30)).owed == 2040
    assert calendar_day(TERMS, outage, TERMS.reduced_until) == date(2026, 10, 29)


def test_a_term_has_no_end_while_a_pause_runs():
    running = (Pause(first=date(2026, 10, 20)),)
    assert calendar_day(TERMS, running, TERMS.reduced_until) is None
    assert calendar_day(TERMS, (Pause(first=date(2026, 10, 29)),), TERMS.reduced_until) is None
    assert calendar_day(TERMS, (), TERMS.reduced_until) == TERMS.reduced_until


@given(PAUSES, st.integers(0, 60))
def test_a_term_ends_on_the_last_day_that_still_belongs_to_it(pauses, length):
    last = after_days(length)
    end = calendar_day(TERMS, pauses, last)
    if end is None:
        assert terms_day(TERMS, pauses, after_days(2000)) <= last
    else:
        assert terms_day(TERMS, pauses, end) <= last
        assert terms_day(TERMS, pauses, end + timedelta(days=1)) > last


def test_who_pays_the_reduced_amount_in_time_is_done():
    told = account(TERMS, (), [paid(1000, date(2026, 10, 28))], date(2027, 5, 1))
    assert (told.owed, told.debt, told.surplus) == (0, 1000, 0)
    assert told.settled_on == date(2026, 10, 28)


def test_one_lek_less_is_not_the_reduced_amount():
    told = account(TERMS, (), [paid(999, date(2026, 10, 28))], date(2026, 10, 29))
    # 2 % of 2 000 is 40, and 1 001 of 2 000 are unpaid: 20 lek of interest.
    assert (told.debt, told.owed) == (2020, 1021)


def test_what_is_paid_too_much_goes_back():
    payments = [paid(1000, date(2026, 10, 20)), paid(1000, date(2026, 10, 21), "twice")]
    told = account(TERMS, (), payments, date(2026, 10, 21))
    assert (told.owed, told.surplus) == (0, 1000)


def test_a_payment_counts_from_its_own_day_whenever_it_is_known():
    in_time = [paid(1000, date(2026, 10, 28))]
    assert account(TERMS, (), in_time, date(2026, 10, 27)).paid == 0
    assert account(TERMS, (), in_time, date(2026, 12, 24)).owed == 0


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        pytest.param((3, 28, 22, 59), (3, 28, 23, 0), (3, 28), (3, 28), id="to midnight, winter"),
        pytest.param((3, 28, 23, 0), (3, 29, 22, 0), (3, 29), (3, 29), id="day of 23 hours"),
        pytest.param((3, 29, 21, 59), (3, 29, 22, 1), (3, 29), (3, 30), id="over midnight, summer"),
        pytest.param((10, 24, 22, 0), (10, 25, 23, 0), (10, 25), (10, 25), id="day of 25 hours"),
        pytest.param((10, 25, 0, 30), (10, 25, 1, 30), (10, 25), (10, 25), id="the hour twice"),
        pytest.param((10, 25, 22, 59), (10, 25, 23, 1), (10, 25), (10, 26), id="over midnight"),
    ],
)
def test_an_outage_touches_the_local_days_that_it_lies_in(start, end, first, last):
    began, ended = (datetime(2026, *instant, tzinfo=UTC) for instant in (start, end))
    expected = Pause(first=date(2026, *first), last=date(2026, *last))
    assert days_touched(began, ended, TIRANA) == expected
    assert days_touched(began, None, TIRANA) == Pause(first=expected.first)


def test_a_moment_touches_its_day():
    at = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    assert days_touched(at, at, TIRANA) == Pause(first=date(2026, 3, 29), last=date(2026, 3, 29))
    assert day_of(at, TIRANA) == date(2026, 3, 29)
