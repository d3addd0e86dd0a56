"""Letters that must not cross each other, money that must not vanish, and clocks put back."""

from datetime import UTC, datetime, time, timedelta
from threading import Event

import pytest
from rich.console import Console

from services.bank.credit import Credit, money_of
from services.errors import Unclear
from services.fines import act_on
from services.life import Act
from services.model import Money
from services.notifier.board import Lines
from services.notifier.delivery import MOST_SAME, deliver
from services.notifier.digest import tell_staff
from services.notifier.habits import Habits
from services.notifier.outbox import notices, try_failed_again
from services.notifier.quiet import QuietHours
from services.notifier.receipts import take_receipts
from services.notifier.settings import Alerts, Ways
from services.notifier.timely import queue_reminders
from services.notifier.watch import watch
from services.numbers import creditor_reference
from services.payments import Outcome, assign, take_statement
from services.recipient import Recipient
from services.store import open_store
from services.store.money import keep_credit
from tests.builders_bank import a_row, a_table
from tests.builders_fines import a_step, an_issued_fine, fines_in, without_waiting
from tests.builders_office import SetClock, UnsteadySender, a_letter


class Everybody:
    def owner(self, *_):
        return Recipient(name="Arta", postal_lines=("Rruga 1",), email="arta@example.test")


HABITS = Habits(register=Everybody(), jitter=lambda: 0.0)


@pytest.fixture
def office(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        fines_in(without_waiting(opened), 1)
        yield opened


@pytest.fixture
def number(office):
    return notices(office)[0].fine_number


class Mail(UnsteadySender):
    """Gives receipts as mail does."""

    def __init__(self, *faults):
        super().__init__(faults=list(faults), channel="email")

    def send(self, dispatch):
        super().send(dispatch)
        return f"<{dispatch.key.replace('/', '.').lower()}@police.test>"


def came_back(folder, notice):
    path = folder / "report.eml"
    path.write_text(
        'Content-Type: multipart/report; boundary="b"\n\n'
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\nAction: failed\n"
        f"\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {notice.receipt}\n\n--b--\n"
    )
    return path


def by_mail(office, clock):
    deliver(office, [Mail()], a_letter, clock, HABITS)
    return notices(office)[0]


def pay(office, number, minor, clock):
    credit = Credit(
        bank_id="B1",
        paid_on=clock.now().date(),
        amount=Money(minor=minor, currency="ALL"),
        remittance="cash",
    )
    with office.writing() as connection:
        keep_credit(office, connection, credit, None, clock.now())
    assign(office, "B1", number, a_step(clock.now()))


@pytest.mark.parametrize("tried_again", [False, True])
def test_whoever_may_have_a_notice_that_came_back_hears_that_it_is_withdrawn(
    tried_again, office, clock, number, tmp_path
):
    take_receipts(office, [came_back(tmp_path, by_mail(office, clock))], clock)
    if tried_again:  # no channel is left that reaches them
        deliver(office, [Mail()], a_letter, clock, HABITS)
    act_on(office, number, Act.CANCEL, a_step(clock.now()))
    assert f"{number}/withdrawal/20261014" in {each.key for each in notices(office)}


def test_a_letter_that_may_have_been_taken_is_not_forgotten_when_it_is_tried_again(
    office, clock, number
):
    for _ in range(MOST_SAME):
        deliver(office, [Mail(Unclear("gone"))], a_letter, clock, HABITS)
        clock.pass_time(hours=1)
    assert notices(office)[0].state == "quarantined"
    try_failed_again(office, clock.now())
    act_on(office, number, Act.CANCEL, a_step(clock.now()))
    assert f"{number}/withdrawal/20261014" in {each.key for each in notices(office)}


def test_whoever_has_paid_is_asked_for_nothing_by_a_notice_that_came_back(
    office, clock, number, tmp_path
):
    notice = by_mail(office, clock)
    pay(office, number, 1000, clock)
    take_receipts(office, [came_back(tmp_path, notice)], clock)
    post = UnsteadySender(faults=[], channel="post")
    deliver(office, [post], a_letter, clock, HABITS)
    assert not [key for key in post.sent if "/notice/" in key]


def test_nobody_is_reminded_while_their_objection_is_open(office, clock, number):
    by_mail(office, clock)
    act_on(office, number, Act.SERVE, a_step(clock.now()))
    clock.pass_time(days=12)
    assert queue_reminders(office, 3, clock) == 1
    act_on(office, number, Act.CONTEST, a_step(clock.now()))
    mail = Mail()
    deliver(office, [mail], a_letter, clock, HABITS)
    assert not [key for key in mail.sent if "/reminder/" in key]
    act_on(office, number, Act.UPHOLD, a_step(clock.now()))
    deliver(office, [mail], a_letter, clock, HABITS)
    assert [key for key in mail.sent if "/reminder/" in key]


def test_money_for_another_fine_under_a_known_reference_is_told(office, clock, tmp_path):
    first, second = (creditor_reference(an_issued_fine(office)) for _ in range(2))
    path = tmp_path / "bank.csv"
    path.write_text(a_table(a_row(first, bank_id="1"), a_row(second, bank_id="1")))
    clock.pass_time(days=30)
    told = take_statement(office, path, clock).entries
    assert [each.outcome for each in told] == [Outcome.MATCHED, Outcome.FAULT]
    assert "another fine" in told[1].reason


@pytest.mark.parametrize("amount", ["1e9999999", "-1e9999999", "1e-9999999", "Infinity"])
def test_an_amount_beyond_all_numbers_is_none(amount):
    with pytest.raises(ValueError, match="no amount"):
        money_of(amount, "EUR")


@pytest.mark.parametrize("minute", range(0, 180, 10))
@pytest.mark.parametrize(
    "night", [datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)]
)
def test_quiet_hours_end_later_than_now_also_when_the_clocks_change(night, minute):
    quiet = QuietHours(begins=time(21), ends=time(2, 30), channels=frozenset({"sms"}))
    now = night + timedelta(minutes=minute - 60)
    over = quiet.over_at("sms", now, "Europe/Tirane")
    assert over is None or over > now
    assert over is None or quiet.over_at("sms", over, "Europe/Tirane") is None


def test_a_clock_that_is_put_back_keeps_no_reminder_and_no_staff_waiting(office, clock, number):
    by_mail(office, clock)
    act_on(office, number, Act.SERVE, a_step(clock.now()))
    staff = UnsteadySender(faults=[], channel="email")
    alerts = Alerts(by=staff, to="staff@police.test", every_hours=24)
    stop, rounds = Event(), []

    class Board(Lines):
        def stands(self, stand):
            rounds.append(stand)
            # A year ahead for one round, then right again, on the day for reminders.
            clock.at = datetime(2026, 10, 26, 9, tzinfo=UTC)
            if len(rounds) == 2:
                stop.set()

    clock.pass_time(days=300)
    ways = Ways(senders={"mail": Mail()}, order=("email",))
    watch(
        office, ways, a_letter, HABITS,
        clock=clock, board=Board(Console(quiet=True), clock), stop=stop, pause_s=0,
    )  # fmt: skip
    assert f"{number}/reminder/reduced" in {each.key for each in notices(office)}
    deliver(office, [Mail(*[ValueError()] * 9)], a_letter, clock, HABITS)
    an_issued_fine(office, clock)  # its exhibits are missing, so it gets stuck
    ahead = SetClock(at=clock.now() + timedelta(days=300))
    deliver(office, [Mail()], a_letter, clock, HABITS)
    assert "told of" in tell_staff(office, alerts, ahead)
    an_issued_fine(office, clock)
    deliver(office, [Mail()], a_letter, clock, HABITS)
    assert "told of" in tell_staff(office, alerts, clock)
