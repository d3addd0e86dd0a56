"""A deliverer that goes on until it is told to stop."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event
from types import FrameType

from services.errors import LedgerError, StoreUnavailable
from services.ledger.recorded import Recorder
from services.notifier.alarm_mail import tell_alarms
from services.notifier.board import Board
from services.notifier.delivery import deliver
from services.notifier.digest import tell_staff
from services.notifier.habits import Habits
from services.notifier.outbox import tally
from services.notifier.settings import Ways
from services.notifier.timely import queue_paper, queue_reminders
from services.ports import Clock, LetterRenderer
from services.store.store import Store

PAUSE_S = 5.0
"""Between two looks into the outbox."""

CHORES_EVERY = timedelta(hours=1)


def watch(
    store: Store,
    ways: Ways,
    render: LetterRenderer,
    habits: Habits,
    *,
    clock: Clock,
    board: Board,
    stop: Event,
    pause_s: float = PAUSE_S,
) -> None:
    """Deliver whatever is due, again and again, until ``stop`` is set.

    The history is signed meanwhile. A database that does not answer is waited for; everything
    else that can go wrong stays with its letter.

    Args:
        store: Of the office.
        ways: Its senders, reminders and alerts.
        render: Writes the letters.
        habits: How it delivers.
        clock: Decides what is due.
        board: Shows what happens.
        stop: Ends it after the letter in hand.
        pause_s: Between two looks, in seconds.
    """
    told = replace(habits, stopped=stop.is_set, told=board.told)
    chores_at, recorder = clock.now(), Recorder(store, clock)
    while not stop.is_set():
        try:
            # Also where the clock was put back: nobody may miss a reminder over it.
            if not clock.now() < chores_at <= clock.now() + CHORES_EVERY:
                chores(store, ways, clock)
                chores_at = clock.now() + CHORES_EVERY
            deliver(store, ways.senders.values(), render, clock, told)
            board.stands(tally(store))
            for tell in (tell_staff, tell_alarms):
                if words := tell(store, ways.alerts, clock):
                    board.says(words)
            recorder.sign_if_due()
        except (StoreUnavailable, LedgerError) as error:
            board.says(str(error))
        stop.wait(pause_s)


def chores(store: Store, ways: Ways, clock: Clock) -> int:
    """Put what time causes into the outbox; how many letters are new."""
    new = queue_reminders(store, ways.remind_before_days, clock)
    if ways.paper_after_days is not None:
        new += queue_paper(store, ways.paper_after_days, clock)
    return new


@contextmanager
def until_stopped() -> Iterator[Event]:
    """An event that Ctrl-C and SIGTERM set; a second Ctrl-C ends at once.

    Ending at once loses nothing: the letter in hand is taken back by the next deliverer.
    """
    stop = Event()

    def end(number: int, _frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
