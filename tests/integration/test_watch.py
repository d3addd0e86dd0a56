"""The deliverer that goes on: what it shows, how it ends, and what time alone causes."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest
from rich.console import Console
from sqlalchemy import select

from services.clock import SystemClock
from services.fines import act_on
from services.life import Act, State
from services.model import Channel, LetterKind
from services.notifier.board import Lines, Panel
from services.notifier.delivery import deliver
from services.notifier.digest import tell_staff
from services.notifier.habits import Habits
from services.notifier.outbox import notices
from services.notifier.settings import Alerts, Ways
from services.notifier.timely import queue_paper, queue_reminders
from services.notifier.watch import watch
from services.outages import record_outage
from services.recipient import Recipient
from services.store import open_store
from services.store.schema import fines
from tests.builders_fines import a_step, fines_in, without_waiting
from tests.builders_office import ISSUED, UnsteadySender, a_letter


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        fines_in(without_waiting(opened), 2)
        yield opened


class Register:
    """Knows one owner for every vehicle, or nobody."""

    def __init__(self, owner=None):
        self._owner = owner

    def owner(self, *_):
        return self._owner


EVERYBODY = Register(Recipient(name="A", postal_lines=("B",), email="a@b.test"))
NOBODY = Register()


def sent(store, clock, *senders):
    senders = senders or [UnsteadySender(faults=[], channel="email")]
    deliver(store, senders, a_letter, clock, Habits(register=EVERYBODY))


def ways(**changes):
    sender = UnsteadySender(faults=[])
    return Ways(**({"senders": {"folder": sender}, "order": ()} | changes))


@pytest.mark.parametrize("board", [Lines, Panel])
def test_it_delivers_shows_it_and_ends_when_told(board, store, clock, tmp_path):
    stop, known = Event(), ways()
    with (tmp_path / "shown").open("w") as file:
        shown = board(Console(file=file, force_terminal=board is Panel, width=200), clock)
        with shown:
            thread = Thread(
                target=watch,
                args=(store, known, a_letter, Habits()),
                kwargs={"clock": clock, "board": shown, "stop": stop, "pause_s": 0.01},
            )
            thread.start()
            while sum(each.state == "sent" for each in notices(store)) < 2:
                time.sleep(0.01)
            stop.set()
            thread.join()
    words = (tmp_path / "shown").read_text()
    for each in notices(store):
        assert each.key in words
    assert "AA0" not in words


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_the_command_ends_cleanly_by_a_signal(ending, store):
    office = store.folder
    # By a clock that was put back: on another day the notices could not be served in time.
    since_s = (SystemClock().now() - ISSUED).total_seconds()
    command = (
        "from datetime import timedelta; from services.clock import SystemClock as clock; "
        f"now = clock.now; clock.now = lambda self: now(self) - timedelta(seconds={since_s}); "
        "from speedcam.__main__ import main; main()"
    )
    arguments = ["office", "deliver", "--watch", "--office", str(office)]
    with subprocess.Popen(
        [sys.executable, "-c", command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    ) as child:
        lines = iter(child.stdout.readline, "")
        seen = [next(lines) for _ in range(2)]
        child.send_signal(ending)
        rest = child.stdout.read()
        assert child.wait() == 0, rest
    assert all("/notice/1 sent by folder" in line for line in seen), seen
    assert "stopped" in rest.splitlines()[-1]
    assert {each.state for each in notices(store)} == {"sent"}


def reminders(store):
    return [each.key for each in notices(store) if each.kind is LetterKind.REMINDER]


def with_a_second_term(store, number):
    """The fine as a law would have it that waits two weeks more before interest grows."""
    fine = store.fine(number)
    longer = replace(fine.terms, full_until=fine.terms.reduced_until + timedelta(days=14))
    sealed = store.seal_fine(replace(fine, terms=longer))
    with store.writing() as connection:
        change = fines.update().where(fines.c.number == number).values(fine=sealed)
        connection.execute(change)


@pytest.mark.parametrize(
    ("second_term", "days", "causes"),
    [(False, [12], ["reduced"]), (True, [12, 26], ["reduced", "full"])],
)
def test_a_reminder_goes_once_before_each_term_ends(second_term, days, causes, store, clock):
    number = notices(store)[0].fine_number
    if second_term:
        with_a_second_term(store, number)
    act_on(store, number, Act.SERVE, a_step(clock.now()))
    new = []
    for _ in range(40):
        new.append(queue_reminders(store, 3, clock))
        clock.pass_time(days=1)
    # The reduced amount is owed until day 15.
    assert [day + 1 for day, count in enumerate(new) if count] == days
    assert reminders(store) == [f"{number}/reminder/{cause}" for cause in causes]


def due(store):
    """When each served fine is looked at next, by number."""
    with store.reading() as connection:
        query = select(fines.c.number, fines.c.next_due).where(fines.c.state == State.SERVED)
        return {row.number: row.next_due for row in connection.execute(query)}


def test_only_fines_whose_term_ends_soon_are_looked_at(store, clock):
    first, later = (each.fine_number for each in notices(store))
    with_a_second_term(store, first)
    act_on(store, first, Act.SERVE, a_step(clock.now()))
    clock.pass_time(days=7)
    act_on(store, later, Act.SERVE, a_step(clock.now()))
    assert due(store) == {first: "2026-10-28", later: "2026-11-04"}
    clock.pass_time(days=5)
    assert queue_reminders(store, 3, clock) == 1
    # The end of its second term is all that is left to remind of.
    assert due(store) == {first: "2026-11-11", later: "2026-11-04"}
    clock.pass_time(days=30)
    assert queue_reminders(store, 3, clock) == 0
    assert due(store) == {first: None, later: None}


def test_a_pause_moves_the_reminder_with_the_term(store, clock):
    number = notices(store)[0].fine_number
    act_on(store, number, Act.SERVE, a_step(clock.now()))
    clock.pass_time(days=12)
    start = clock.now() - timedelta(days=9)
    record_outage(store, start, clock.now(), a_step(clock.now()))
    new = []
    for _ in range(20):
        new.append(queue_reminders(store, 3, clock))
        clock.pass_time(days=1)
    assert new.index(1) == 9  # ten days were touched, from one morning to another
    assert sum(new) == 1


def test_a_term_that_was_over_and_runs_again_is_reminded_of(store, clock):
    number = notices(store)[0].fine_number
    with_a_second_term(store, number)
    act_on(store, number, Act.SERVE, a_step(clock.now()))
    clock.pass_time(days=16)
    assert queue_reminders(store, 3, clock) == 0
    assert due(store) == {number: "2026-11-11"}
    start = clock.now() - timedelta(days=2)
    record_outage(store, start, clock.now(), a_step(clock.now()))
    assert queue_reminders(store, 3, clock) == 1
    assert reminders(store) == [f"{number}/reminder/reduced"]


def test_nobody_is_reminded_who_was_not_served_or_owes_nothing(store, clock):
    number = notices(store)[0].fine_number
    act_on(store, number, Act.SERVE, a_step(clock.now()))
    act_on(store, number, Act.CANCEL, a_step(clock.now()))
    for _ in range(40):
        assert queue_reminders(store, 3, clock) == 0
        clock.pass_time(days=1)


def test_a_notice_that_nobody_opened_is_posted_once(store, clock):
    sent(store, clock)
    clock.pass_time(days=9)
    assert queue_paper(store, 10, clock) == 0
    clock.pass_time(days=1)
    assert queue_paper(store, 10, clock) == 2
    assert queue_paper(store, 10, clock) == 0
    mail, post = (UnsteadySender(faults=[], channel=name) for name in ("email", Channel.POST))
    known = [each.fine_number for each in notices(store) if each.state == "waiting"]
    sent(store, clock, mail, post)
    assert post.sent == [f"{number}/notice/paper" for number in sorted(known)]
    assert not mail.sent


def test_who_was_served_gets_no_second_notice(store, clock):
    sent(store, clock)
    for each in notices(store):
        act_on(store, each.fine_number, Act.SERVE, a_step(clock.now()))
    clock.pass_time(days=30)
    assert queue_paper(store, 10, clock) == 0


def test_what_was_posted_is_not_posted_again(store, clock):
    sent(store, clock, UnsteadySender(faults=[], channel=Channel.POST))
    clock.pass_time(days=30)
    assert queue_paper(store, 10, clock) == 0


def test_the_staff_is_told_once_of_all_that_got_stuck(store, clock):
    deliver(store, [UnsteadySender(faults=[ValueError()] * 99)], a_letter, clock, Habits())
    for _ in range(3):
        clock.pass_time(hours=1)
        deliver(store, [UnsteadySender(faults=[ValueError()] * 99)], a_letter, clock, Habits())
    staff = UnsteadySender(faults=[], channel="email")
    alerts = Alerts(by=staff, to="staff@police.test", every_hours=24)
    assert "told of 2 letters" in tell_staff(store, alerts, clock)
    assert tell_staff(store, alerts, clock) == ""
    clock.pass_time(days=2)
    assert tell_staff(store, alerts, clock) == ""
    assert len(staff.sent) == 1


def test_a_day_passes_between_two_messages_to_the_staff(store, clock):
    staff = UnsteadySender(faults=[], channel="email")
    alerts = Alerts(by=staff, to="staff@police.test", every_hours=24)

    def somebody_is_unknown(count):
        seen = []
        habits = Habits(
            register=NOBODY, told=lambda *_: seen.append(1), stopped=lambda: len(seen) >= count
        )
        deliver(store, [UnsteadySender(faults=[])], a_letter, clock, habits)

    somebody_is_unknown(1)
    assert tell_staff(store, alerts, clock)
    somebody_is_unknown(1)
    assert not tell_staff(store, alerts, clock)
    clock.pass_time(hours=timedelta(days=1) // timedelta(hours=1))
    assert tell_staff(store, alerts, clock)
    assert len(staff.sent) == 2


def test_a_message_to_the_staff_that_fails_is_tried_again(store, clock):
    deliver(store, [UnsteadySender(faults=[])], a_letter, clock, Habits(register=NOBODY))
    staff = UnsteadySender(channel="email")
    alerts = Alerts(by=staff, to="staff@police.test", every_hours=24)
    assert "could not be told" in tell_staff(store, alerts, clock)
    assert "was told" in tell_staff(store, alerts, clock)
