"""What is done to fines after their issue."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.account import Stage
from services.bank import Credit
from services.errors import CaseError
from services.fines import BY_PERSON, act_on, standing
from services.life import OWES_NOTHING, Act, State
from services.model import Money
from services.notifier.delivery import deliver
from services.notifier.outbox import notices, try_failed_again
from services.outages import record_outage
from services.payments import assign
from services.refunds import give_back
from services.store import open_store
from services.store.fines import page_of, read_file
from services.store.history import history_of
from services.store.money import keep_credit
from services.transfers import transfer
from tests.builders_fines import a_step, an_issued_fine, without_waiting
from tests.builders_office import SetClock, UnsteadySender, a_letter

DAY = timedelta(days=1)
SERVE_UNTIL = date(2026, 11, 12)
"""Day 30 from the passage on, which is day 1."""


@pytest.fixture(scope="module")
def store(tmp_path_factory, office_in):
    folder = office_in(tmp_path_factory.mktemp("life") / "office")
    with open_store(folder, create=True) as opened:
        yield without_waiting(opened)


@pytest.fixture
def empty(tmp_path, office_in):
    with open_store(office_in(tmp_path / "office"), create=True) as opened:
        yield without_waiting(opened)


@pytest.fixture
def number(store, clock):
    return an_issued_fine(store, clock)


def do(store, number, act, clock, **more):
    return act_on(store, number, act, a_step(clock.now()), **more)


def pay(store, number, minor, clock, on=None):
    """A credit that a person gives to the fine; where the fine stands then."""
    bank_id = f"bank-{number}-{minor}-{clock.now().timestamp()}"
    amount = Money(minor=minor, currency="ALL")
    credit = Credit(bank_id=bank_id, paid_on=on or clock.now().date(), amount=amount, remittance="")
    with store.writing() as connection:
        keep_credit(store, connection, credit, None, clock.now())
    assign(store, bank_id, number, a_step(clock.now()))
    return standing(store, number, clock)


def told(store, number):
    return [(event.who, event.what) for event in history_of(store, number)]


def test_a_fine_is_served_and_paid_and_its_history_says_by_whom(store, number, clock):
    clock.pass_time(days=20)
    assert do(store, number, Act.SERVE, clock).state is State.SERVED
    clock.pass_time(days=14)
    paid = pay(store, number, 1000, clock)
    assert (paid.state, paid.account.owed, paid.to_refund) == (State.PAID, 0, 0)
    assert told(store, number) == [("P-17", "serve"), ("P-17", "paid"), ("office", "pay")]
    assert history_of(store, number)[0].reason == "seen in the file"


def test_until_it_is_served_nothing_is_late(store, number, clock):
    clock.pass_time(days=29)
    now = standing(store, number, clock)
    assert (now.account.stage, now.account.owed) == (Stage.DISCOUNTED, 1000)
    assert now.discounted_until is None
    clock.pass_time(days=271)
    assert standing(store, number, clock).account.owed == 0
    served = do(store, number, Act.SERVE, clock, on=date(2026, 11, 1))
    assert (served.account.stage, served.account.owed) == (Stage.OVERDUE, 3200)
    assert served.discounted_until == served.due_until == date(2026, 11, 15)


def test_a_day_before_the_issue_or_to_come_is_refused(store, number, clock):
    for day in (date(2026, 10, 13), date(2026, 10, 15)):
        with pytest.raises(CaseError, match="before its issue on 2026-10-14 or in the future"):
            do(store, number, Act.SERVE, clock, on=day)


def test_a_contested_fine_gathers_no_interest_and_goes_on_where_it_stood(store, number, clock):
    do(store, number, Act.SERVE, clock)
    clock.pass_time(days=20)
    do(store, number, Act.CONTEST, clock)
    before = standing(store, number, clock).account.owed
    clock.pass_time(days=50)
    assert standing(store, number, clock).account.owed == before == 2200
    assert do(store, number, Act.UPHOLD, clock).state is State.UPHELD
    clock.pass_time(days=1)
    assert standing(store, number, clock).account.owed == before + 40


def test_an_objection_counts_from_the_day_it_came_in(store, number, clock):
    do(store, number, Act.SERVE, clock)
    clock.pass_time(days=30)
    assert do(store, number, Act.CONTEST, clock, on=date(2026, 10, 28)).account.owed == 1000


def test_who_contests_what_was_never_served_has_it_now(store, number, clock):
    clock.pass_time(days=20)
    do(store, number, Act.CONTEST, clock)
    do(store, number, Act.UPHOLD, clock)
    assert standing(store, number, clock).discounted_until == clock.now().date() + 14 * DAY


def test_money_that_comes_while_it_is_contested_waits_with_it(store, number, clock):
    do(store, number, Act.SERVE, clock)
    do(store, number, Act.CONTEST, clock)
    assert pay(store, number, 1000, clock).state is State.CONTESTED
    clock.pass_time(days=90)
    assert do(store, number, Act.UPHOLD, clock).state is State.PAID


def test_what_is_cancelled_gives_its_money_back_once(store, number, clock):
    pay(store, number, 300, clock)
    do(store, number, Act.CONTEST, clock)
    cancelled = do(store, number, Act.CANCEL, clock)
    assert (cancelled.account.owed, cancelled.to_refund) == (0, 300)
    assert give_back(store, number, a_step(clock.now())) == 300
    with pytest.raises(CaseError, match="nothing to give back: 300 ALL came in, 0 were due, 300"):
        give_back(store, number, a_step(clock.now()))


@pytest.mark.parametrize("act", [Act.CANCEL, Act.WRITE_OFF])
@pytest.mark.parametrize("second", ["", " ", "P-17", "p 17"])
def test_one_officer_alone_takes_no_fine_back(store, number, clock, act, second):
    with pytest.raises(CaseError, match="two different officers"):
        act_on(store, number, act, a_step(clock.now(), second=second))
    assert standing(store, number, clock).state is State.ISSUED


def test_the_history_names_both_officers_who_took_a_fine_back(store, number, clock):
    act_on(store, number, Act.CANCEL, a_step(clock.now(), why="another car"))
    (told,) = [event for event in history_of(store, number) if event.what == Act.CANCEL]
    assert (told.who, told.second, told.reason) == ("P-17", "P-23", "another car")


def test_a_paid_fine_cannot_be_contested_away_but_can_be_taken_back(store, number, clock):
    pay(store, number, 1500, clock)
    for act in (Act.CONTEST, Act.CANCEL, Act.WRITE_OFF, Act.HOLD):
        with pytest.raises(CaseError, match="it is paid, which"):
            do(store, number, act, clock)
    assert give_back(store, number, a_step(clock.now())) == 500
    assert give_back(store, number, a_step(clock.now()), whole=True) == 1000
    now = standing(store, number, clock)
    assert (now.state, now.refunded, now.to_refund) == (State.REFUNDED, 1500, 0)


@pytest.mark.parametrize("second", ["", "P-17", "p 17"])
def test_one_officer_alone_takes_no_paid_fine_back(store, number, clock, second):
    pay(store, number, 1000, clock)
    with pytest.raises(CaseError, match="two different officers"):
        give_back(store, number, a_step(clock.now(), second=second), whole=True)
    assert standing(store, number, clock).state is State.PAID


def test_a_hold_stops_the_clock_and_leads_back(store, number, clock):
    do(store, number, Act.SERVE, clock)
    do(store, number, Act.CONTEST, clock)
    do(store, number, Act.HOLD, clock)
    assert Act.UPHOLD not in standing(store, number, clock).acts
    assert do(store, number, Act.RELEASE, clock).state is State.CONTESTED
    do(store, number, Act.UPHOLD, clock)
    do(store, number, Act.HOLD, clock)
    clock.pass_time(days=100)
    assert standing(store, number, clock).account.owed == 1000
    assert do(store, number, Act.RELEASE, clock).state is State.UPHELD


def test_a_notice_of_a_fine_on_hold_or_at_its_end_is_not_handed_over(empty, clock):
    store = empty
    kept, waits = (an_issued_fine(store, clock) for _ in range(2))
    do(store, kept, Act.CANCEL, clock)
    do(store, waits, Act.HOLD, clock)
    sender = UnsteadySender(faults=[])
    assert deliver(store, [sender], a_letter, clock) == ()
    states = {each.fine_number: each.state for each in notices(store)}
    assert (states[kept], states[waits]) == ("withdrawn", "waiting")
    try_failed_again(store, clock.now())
    do(store, waits, Act.RELEASE, clock)
    # Its pictures are in no store of this test, so it is tried and fails; the other is not tried.
    assert [each.fine_number for each in deliver(store, [sender], a_letter, clock)] == [waits]


def test_enforcement_waits_for_every_term_and_pause(store, number, clock):
    do(store, number, Act.SERVE, clock)
    clock.pass_time(days=20)
    with pytest.raises(CaseError, match="not over, pauses included"):
        do(store, number, Act.ENFORCE, clock)
    clock.pass_time(days=10)
    assert do(store, number, Act.ENFORCE, clock).state is State.ENFORCEMENT
    assert pay(store, number, 100, clock).state is State.ENFORCEMENT
    assert pay(store, number, 9000, clock).state is State.PAID


def test_an_outage_extends_terms_and_finds_late_payments_in_time(store, number, clock):
    do(store, number, Act.SERVE, clock)
    clock.pass_time(days=16)
    assert pay(store, number, 1000, clock, on=date(2026, 10, 29)).state is State.PART_PAID
    began = datetime(2026, 10, 28, 22, 30, tzinfo=UTC)
    step = a_step(clock.now(), why="the payment service was down")
    record_outage(store, began, began + timedelta(minutes=5), step, site_id="elsewhere")
    assert standing(store, number, clock).state is State.PART_PAID
    assert record_outage(store, began, began + timedelta(minutes=5), step) >= 1
    now = standing(store, number, clock)
    assert (now.state, now.account.settled_on) == (State.PAID, date(2026, 10, 29))
    assert now.discounted_until == date(2026, 10, 29)


def test_an_outage_that_cannot_be_is_refused(store, clock):
    now = clock.now()
    for start, end in ((now, now - DAY), (now - DAY, now + DAY)):
        with pytest.raises(CaseError, match="cannot be: give two instants"):
            record_outage(store, start, end, a_step(now))


def test_the_named_driver_gets_a_fine_of_their_own_and_the_owner_the_money_back(
    store, number, clock
):
    do(store, number, Act.SERVE, clock)
    pay(store, number, 400, clock)
    clock.pass_time(days=10)
    anew = transfer(store, number, "Somebody Else, Rruga 1", a_step(clock.now()))
    old, new = standing(store, number, clock), standing(store, anew.number, clock)
    assert (old.state, old.account.owed, old.to_refund) == (State.TRANSFERRED, 0, 400)
    assert (new.state, new.account.owed) == (State.ISSUED, 1000)
    assert store.fine_of_case(anew.violation.key) == anew
    assert anew.driver == "Somebody Else, Rruga 1"
    assert anew.terms.issued_on == date(2026, 10, 24)
    again = transfer(store, anew.number, "A Third", a_step(clock.now()))
    with store.reading() as connection:
        assert read_file(store, connection, again.number).turn == 2
    with pytest.raises(CaseError, match="transferred"):
        transfer(store, number, "Nobody", a_step(clock.now()))


@pytest.mark.sqlite
def test_a_drivers_name_stands_in_no_byte_of_the_office(store, number, clock):
    transfer(store, number, "Quite Unmistakable", a_step(clock.now()))
    assert b"Unmistakable" not in (store.folder / "office.sqlite").read_bytes()


@pytest.mark.parametrize("words", [("", "why"), ("P-17", " "), ("P-17", "a\x00b")])
def test_somebody_does_it_for_a_reason(words, store, number, clock):
    with pytest.raises(CaseError, match=r"in words|no text has"):
        act_on(store, number, Act.SERVE, a_step(clock.now(), *words))


def test_a_fine_that_is_not_there_is_told(store, clock):
    with pytest.raises(CaseError, match="there is no fine 'AL26-0000-0000'"):
        do(store, "AL26-0000-0000", Act.SERVE, clock)


def test_pages_hold_every_fine_once_and_none_holds_all(empty, clock):
    numbers = {an_issued_fine(empty, clock) for _ in range(7)}
    seen, after = [], ""
    while page := page_of(empty, after_number=after, most=3):
        assert len(page) <= 3
        seen += [line.number for line in page]
        after = page[-1].number
    assert sorted(seen) == sorted(numbers)
    do(empty, seen[0], Act.CANCEL, clock)
    assert [line.number for line in page_of(empty, state=State.CANCELLED)] == seen[:1]
    assert len(page_of(empty, state=State.ISSUED, most=1000)) == 6


class Life(RuleBasedStateMachine):
    """Anything may happen to a fine, in any order: what the promises say holds after each step."""

    store = None

    def __init__(self):
        super().__init__()
        self.clock = SetClock()
        self.number = an_issued_fine(self.store, self.clock)
        self.came_in = self.went_back = 0
        self.owed_when_contested = None

    @property
    def now(self):
        return standing(self.store, self.number, self.clock)

    @rule(days=st.integers(1, 40), hours=st.integers(0, 23))
    def time_passes(self, days, hours):
        self.clock.pass_time(days=days, hours=hours)

    @rule(act=st.sampled_from(BY_PERSON))
    def somebody_acts(self, act):
        before = self.now
        try:
            after = do(self.store, self.number, act, self.clock)
        except CaseError:
            too_late = act is Act.SERVE and self.clock.now().date() > SERVE_UNTIL
            assert act not in before.acts or act is Act.ENFORCE or too_late
            assert self.now == before
        else:
            assert act in before.acts
            assert after == self.now
            self.owed_when_contested = after.account.owed if act is Act.CONTEST else None

    @rule(minor=st.integers(1, 2500), days_ago=st.integers(0, 5))
    def money_comes(self, minor, days_ago):
        paid_on = max(date(2026, 10, 14), self.clock.now().date() - days_ago * DAY)
        self.clock.pass_time(seconds=1)
        before = self.now
        after = pay(self.store, self.number, minor, self.clock, on=paid_on)
        self.came_in += minor
        assert after.account.owed <= before.account.owed
        self.owed_when_contested = None

    @precondition(lambda self: self.now.to_refund)
    @rule()
    def surplus_goes_back(self):
        self.went_back += give_back(self.store, self.number, a_step(self.clock.now()))

    @precondition(lambda self: self.now.state is State.PAID)
    @rule()
    def the_paid_fine_is_taken_back(self):
        step = a_step(self.clock.now())
        if self.now.account.paid > self.went_back:
            self.went_back += give_back(self.store, self.number, step, whole=True)

    @rule(days=st.integers(0, 9))
    def there_was_an_outage(self, days):
        end = self.clock.now()
        start = max(end - days * DAY, datetime(2026, 10, 1, tzinfo=UTC))
        before = self.now
        record_outage(self.store, start, end, a_step(end), site_id="AL-DEMO-01")
        assert self.now.account.owed <= before.account.owed

    @invariant()
    def the_promises_hold(self):
        now = self.now
        # No money is lost or doubled.
        assert (now.account.paid, now.refunded) == (self.came_in, self.went_back)
        kept = now.account.debt - now.account.owed
        assert self.came_in == kept + now.to_refund + self.went_back
        assert now.to_refund >= 0
        # The state says what the account says.
        assert now.account.owed == 0 or now.state is not State.PAID
        assert now.account.debt == 0 or now.state not in OWES_NOTHING
        assert not (now.account.paid and now.state in {State.ISSUED, State.SERVED, State.UPHELD})
        # Contested gathers no interest.
        if self.owed_when_contested is not None and now.state is State.CONTESTED:
            assert now.account.owed <= self.owed_when_contested


def test_whatever_happens_the_promises_hold(empty):
    Life.store = empty
    state_machine = Life.TestCase()
    state_machine.settings = settings(
        max_examples=10 if empty.engine.dialect.name == "sqlite" else 2,
        stateful_step_count=14,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    state_machine.runTest()
