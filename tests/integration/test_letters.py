"""Letters that follow from what is done to a fine: one for each, with it, and what they tell."""

from dataclasses import fields
from datetime import date, timedelta

import pytest

from services.bank.credit import Credit
from services.errors import CaseError
from services.fines import act_on
from services.letters import letter_after
from services.life import TRANSITIONS, Act, State
from services.model import LetterKind, Money, NoticeState
from services.notifier.addressing import enter_address
from services.notifier.delivery import deliver
from services.notifier.habits import Habits
from services.notifier.outbox import notices
from services.payments import assign
from services.recipient import Recipient
from services.refunds import give_back
from services.store import open_store
from services.store.money import keep_credit
from services.transfers import transfer
from tests.builders_fines import a_step, fines_in, without_waiting
from tests.builders_office import UnsteadySender, a_letter

TODAY = date(2026, 10, 14)


class Told:
    """Writes letters, and remembers what they were to tell."""

    def __init__(self):
        self.of = {}

    def __call__(self, fine, photo, telling):
        told = telling.occasion
        names = [each.name for each in fields(told)] if told else []
        self.of[telling.kind] = {name: getattr(told, name) for name in names}
        return a_letter(fine, photo)


class Nobody:
    """A register without entries."""

    def owner(self, *_):
        return None


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        fines_in(without_waiting(opened), 1)
        yield opened


@pytest.fixture
def number(store):
    return notices(store)[0].fine_number


def delivered(store, clock):
    """Hand everything over; what each kind of letter was to tell."""
    told = Told()
    deliver(store, [UnsteadySender(faults=[])], told, clock, Habits())
    return told.of


def waiting(store):
    return [each.kind for each in notices(store) if each.state == "waiting"]


def do(store, number, act, clock, **more):
    return act_on(store, number, act, a_step(clock.now()), **more)


def pay(store, number, clock, minor, bank_id="B-1"):
    paid = Money(minor=minor, currency="ALL")
    credit = Credit(bank_id=bank_id, paid_on=clock.now().date(), amount=paid, remittance="")
    with store.writing() as connection:
        keep_credit(store, connection, credit, None, clock.now())
    assign(store, bank_id, number, a_step(clock.now()))


def test_a_payment_is_acknowledged_with_what_is_still_owed(store, clock, number):
    do(store, number, Act.SERVE, clock)
    pay(store, number, clock, 400)
    told = delivered(store, clock)[LetterKind.RECEIPT]
    assert told == {
        "paid": Money(minor=400, currency="ALL"),
        "paid_on": TODAY,
        "owed": Money(minor=600, currency="ALL"),
        "until": TODAY + timedelta(days=14),
        "stands_still": False,
        "back": None,
    }


@pytest.mark.parametrize("act", [None, Act.CONTEST], ids=["unserved", "contested"])
def test_no_interest_is_told_of_while_the_terms_stand_still(act, store, clock, number):
    if act:
        do(store, number, Act.SERVE, clock)
        clock.pass_time(days=40)
        do(store, number, act, clock)
    pay(store, number, clock, 400)
    told = delivered(store, clock)[LetterKind.RECEIPT]
    assert told["owed"].minor > 0
    assert (told["until"], told["stands_still"]) == (None, True)


def test_each_payment_has_its_own_receipt(store, clock, number):
    pay(store, number, clock, 400, "B-1")
    pay(store, number, clock, 700, "B-2")
    assert waiting(store).count(LetterKind.RECEIPT) == 2
    told = delivered(store, clock)[LetterKind.RECEIPT]
    assert told["back"] == Money(minor=100, currency="ALL")


def test_a_withdrawn_notice_that_was_sent_is_taken_back_by_a_letter(store, clock, number):
    delivered(store, clock)
    do(store, number, Act.CANCEL, clock)
    told = delivered(store, clock)
    assert set(told) == {LetterKind.WITHDRAWAL}
    assert told[LetterKind.WITHDRAWAL]["our_fault"]
    assert told[LetterKind.WITHDRAWAL]["reason"] == "seen in the file"


def test_who_was_never_written_to_hears_nothing_of_a_withdrawal(store, clock, number):
    do(store, number, Act.CANCEL, clock)
    assert delivered(store, clock) == {}


def test_a_notice_that_may_lie_in_a_mailbox_is_taken_back_by_a_letter(store, clock, number):
    deliver(store, [UnsteadySender()], a_letter, clock, Habits())
    do(store, number, Act.CANCEL, clock)
    assert waiting(store) == [LetterKind.WITHDRAWAL]


def test_an_objection_is_acknowledged_and_answered(store, clock, number):
    delivered(store, clock)
    do(store, number, Act.SERVE, clock)
    do(store, number, Act.CONTEST, clock)
    assert delivered(store, clock)[LetterKind.OBJECTION_RECEIVED] == {"on": TODAY}
    clock.pass_time(days=5)
    do(store, number, Act.UPHOLD, clock)
    told = delivered(store, clock)[LetterKind.OBJECTION_ANSWERED]
    assert (told["accepted"], told["by"], told["back"]) == (False, "P-17", None)
    assert told["owed"] == Money(minor=1000, currency="ALL")


def test_an_objection_that_is_answered_is_not_acknowledged_any_more(store, clock, number):
    delivered(store, clock)
    do(store, number, Act.CONTEST, clock)
    clock.pass_time(days=5)
    do(store, number, Act.UPHOLD, clock)
    assert set(delivered(store, clock)) == {LetterKind.OBJECTION_ANSWERED}
    assert waiting(store) == []


def test_an_objection_that_is_won_is_answered_once(store, clock, number):
    delivered(store, clock)
    do(store, number, Act.CONTEST, clock)
    delivered(store, clock)
    do(store, number, Act.CANCEL, clock)
    told = delivered(store, clock)
    assert set(told) == {LetterKind.OBJECTION_ANSWERED}
    assert told[LetterKind.OBJECTION_ANSWERED]["accepted"]
    assert told[LetterKind.OBJECTION_ANSWERED]["owed"] is None


def test_a_named_driver_frees_the_owner_by_a_letter(store, clock, number):
    delivered(store, clock)
    anew = transfer(store, number, "Besa Shembull, Rruga 2, Durrës", a_step(clock.now()))
    sent = UnsteadySender(faults=[])
    deliver(store, [sent], Told(), clock, Habits())
    assert set(sent.sent) == {f"{number}/withdrawal/20261014", f"{anew.number}/notice/1"}


def test_a_refunded_fine_is_taken_back_with_its_money(store, clock, number):
    delivered(store, clock)
    pay(store, number, clock, 1000)
    give_back(store, number, a_step(clock.now()), whole=True)
    told = delivered(store, clock)[LetterKind.WITHDRAWAL]
    assert told["back"] == Money(minor=1000, currency="ALL")
    assert told["our_fault"]


def test_what_shows_no_picture_is_written_when_pictures_are_gone(store, clock, number):
    delivered(store, clock)
    for picture in (store.folder / "exhibits").iterdir():
        picture.unlink()
    pay(store, number, clock, 400)
    assert set(delivered(store, clock)) == {LetterKind.RECEIPT}


def test_an_address_that_is_entered_makes_nobody_forget_what_was_tried(store, clock, number):
    deliver(store, [UnsteadySender()], a_letter, clock, Habits())
    clock.pass_time(hours=1)
    deliver(store, [UnsteadySender()], a_letter, clock, Habits(register=Nobody()))
    assert notices(store)[0].state == NoticeState.UNADDRESSED
    enter_address(store, number, Recipient(name="Arta"), by="P-17", why="asked", clock=clock)
    do(store, number, Act.CANCEL, clock)
    assert waiting(store) == [LetterKind.WITHDRAWAL]


def test_what_did_not_happen_is_told_to_nobody(store, clock, number):
    before = notices(store)
    with pytest.raises(CaseError):
        do(store, number, Act.UPHOLD, clock)
    with pytest.raises(CaseError):
        act_on(store, number, Act.CANCEL, a_step(clock.now(), second=""))
    assert notices(store) == before


def test_every_way_to_owe_nothing_is_told():
    ends = {State.CANCELLED, State.WRITTEN_OFF, State.TRANSFERRED, State.REFUNDED}
    for start, act, end in TRANSITIONS:
        assert (
            letter_after(start, act) in {LetterKind.WITHDRAWAL, LetterKind.OBJECTION_ANSWERED}
        ) == (end in ends | {State.UPHELD} and act is not Act.RELEASE)
