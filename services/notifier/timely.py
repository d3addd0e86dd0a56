"""Letters that time alone causes: reminders, and the notice on paper when nobody opened the first.

Each is put into the outbox once, however often it is looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select, update

from services.account import day_of
from services.fines import Standing, next_due, standing_of
from services.lapses import EASTERNMOST
from services.life import REMINDED, State
from services.model import Channel, LetterKind, NoticeState
from services.notifier.told_later import What
from services.ports import Clock
from services.store.fines import FineFile, keep_next_due, read_file
from services.store.instants import to_ms
from services.store.letters import ON_PAPER, queue_letter
from services.store.remembered import remember, remembered
from services.store.schema import fines, outbox, receipts
from services.store.store import Store

_LOOKED_ON = "reminded_on"
"""In the office's table: the day, in UTC, on which it was last asked whom to remind."""
_DAY = timedelta(days=1)
_OLDEST = timedelta(days=365)
"""Of fines that are looked at: nobody is reminded of an older one."""


def queue_reminders(store: Store, before_days: int, clock: Clock) -> int:
    """Remind everybody whose reduced or full amount is about to grow; how many are new.

    Args:
        store: Of the office.
        before_days: How many days before the term ends a reminder is sent at the earliest.
        clock: Says which day it is.
    """
    now, before = clock.now(), timedelta(days=before_days)
    _look_again_if_put_back(store, now.date())
    soon = (now + EASTERNMOST).date() + before
    wanted = select(fines.c.number).where(
        fines.c.state.in_(sorted(REMINDED)),
        fines.c.next_due <= soon.isoformat(),
        fines.c.issued_at_ms >= to_ms(now - _OLDEST),
    )
    with store.reading() as connection:
        numbers = connection.execute(wanted).scalars().all()
    return sum(_remind(store, number, before, now) for number in numbers)


def _look_again_if_put_back(store: Store, today: date) -> None:
    """Forget what a clock that ran ahead said of terms, once it is put back."""
    with store.reading() as connection:
        known = remembered(connection, _LOOKED_ON)
    if known == today.isoformat():
        return
    with store.writing() as connection:
        if known is not None and known > today.isoformat():
            running = fines.c.state.in_(sorted(REMINDED))
            connection.execute(update(fines).where(running).values(next_due=today.isoformat()))
        remember(connection, _LOOKED_ON, today.isoformat())


def _remind(store: Store, number: str, before: timedelta, now: datetime) -> int:
    """Queue what is due for a fine, and keep when it is to be looked at again."""
    with store.writing() as connection:
        file = read_file(store, connection, number)
        today = day_of(now, file.zone)
        told = standing_of(connection, file, today)
        causes = list(_causes(told, today, before))
        keep_next_due(connection, number, next_due(told, today + before + _DAY))
        return sum(_queue(connection, file, cause, now) for cause in causes)


def _causes(told: Standing, today: date, before: timedelta) -> Iterator[str]:
    """The terms that end soon while something is owed."""
    ends = {"reduced": told.discounted_until}
    # Where interest follows the reduced amount at once, both terms end on one day.
    if told.due_until != told.discounted_until:
        ends["full"] = told.due_until
    for cause, last in ends.items():
        if told.account.owed and last is not None and last - before <= today <= last:
            yield cause


def _queue(connection: Connection, file: FineFile, cause: str, now: datetime) -> bool:
    return queue_letter(connection, file.fine.number, LetterKind.REMINDER, now, cause=cause)


def queue_paper(store: Store, after_days: int, clock: Clock) -> int:
    """Post each notice that was sent so long ago and that nobody is known to have seen; how many.

    Args:
        store: Of the office.
        after_days: Days since it was sent by something other than the post.
        clock: Says how long ago that is.
    """
    now = clock.now()
    unseen = (
        ~select(receipts.c.id)
        .where(receipts.c.outbox_key == outbox.c.key, receipts.c.what == What.OPENED)
        .exists()
    )
    wanted = (
        select(outbox.c.fine_number)
        .join(fines, fines.c.number == outbox.c.fine_number)
        .where(
            outbox.c.kind == LetterKind.NOTICE,
            outbox.c.state == NoticeState.SENT,
            outbox.c.channel != Channel.POST,
            outbox.c.sent_at_ms <= to_ms(now - timedelta(days=after_days)),
            # Whoever has paid, objected or was served has it.
            fines.c.state == State.ISSUED,
            unseen,
        )
    )
    with store.writing() as connection:
        return sum(
            queue_letter(
                connection, number, LetterKind.NOTICE, now, cause=ON_PAPER, channel=Channel.POST
            )
            for number in connection.execute(wanted).scalars().all()
        )
