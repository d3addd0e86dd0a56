"""The outbox: every letter is handed over, by one worker at a time, and never forgotten.

A worker claims a letter under a lease, hands it over outside any transaction, and settles it. A
worker that dies leaves its lease; the next one to find itself alone takes such leases back.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select, update

from services.errors import StoreUnavailable
from services.life import State
from services.model import Channel, LetterKind, NoticeState
from services.store.fines import PAGE
from services.store.history import Event, add_event
from services.store.instants import from_ms, to_ms
from services.store.letters import ONE_KEPT
from services.store.schema import fines, outbox
from services.store.store import Store

LEASE = timedelta(minutes=20)
"""Longer than all mail servers of a channel together may take for one letter."""

FARTHEST = timedelta(hours=25)
"""No letter is put off for longer, unless by a clock that ran ahead."""

DEADLY = 5
"""A letter that ended so many workers in a row is kept away from the next one."""

ENDED = "its worker ended without a word"

_LONGEST_WORDS = 1000
_AT_ONCE = 500
"""Letters looked up with one question; databases bound its length."""

PATIENCE = timedelta(days=1)
"""So long may letters be put off, by a provider that is down, before a person hears of it."""

_IN_ORDER = select(outbox).order_by(outbox.c.created_at_ms, outbox.c.key)

STUCK = (NoticeState.FAILED, NoticeState.QUARANTINED, NoticeState.UNADDRESSED)
"""What waits for nothing but a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to hand one letter over until the lease ends.

    Attributes:
        key: Idempotency key of the letter.
        channel: By which it travels; any where that is still to be decided.
        kind: What it tells.
        lease: Says whose claim it is.
        attempts: How often it was tried, this time included.
        refused: Channels that turned it down for good.
        fault: Why it was not handed over last time; empty the first time.
        same_faults: How often in a row it failed so.
    """

    key: str
    fine_number: str
    channel: str
    kind: LetterKind
    lease: str
    attempts: int
    refused: tuple[str, ...]
    fault: str
    same_faults: int

    @property
    def cause(self) -> str:
        """What tells the letter from others of its kind."""
        return self.key.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Where one letter stands.

    Attributes:
        channel: By which it went or was last tried; any before that.
        receipt: What the sender gave; empty unless sent.
        fault: Why it is not sent; empty when it is.
        not_before: When it is tried again; meaningful while it waits.
    """

    key: str
    fine_number: str
    kind: LetterKind
    channel: str
    state: NoticeState
    attempts: int
    receipt: str
    fault: str
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a claim ended.

    Attributes:
        state: Where the letter stands now.
        by: The sender that was asked, or who else decided.
        channel: By which it went; None leaves what was.
        receipt: What the sender gave.
        fault: Why it is not sent.
        not_before: When it is tried again; None leaves what was.
        refused: A channel that turned it down for good; empty for none.
        counts: Whether it was an attempt at all.
        same_faults: How often in a row it failed so.
    """

    state: NoticeState
    by: str = "office"
    channel: str | None = None
    receipt: str = ""
    fault: str = ""
    not_before: datetime | None = None
    refused: str = ""
    counts: bool = True
    same_faults: int = 0


def claim_next(store: Store, channels: Collection[str], now: datetime) -> Claim | None:
    """Claim a letter that is due by one of ``channels``, the least tried first, or None."""
    now_ms = to_ms(now)
    query = (
        select(outbox)
        .where(
            outbox.c.state == NoticeState.WAITING,
            outbox.c.channel.in_({*channels, Channel.ANY}),
            ~outbox.c.not_before_ms.between(now_ms + 1, to_ms(now + FARTHEST)),
            or_(outbox.c.leased_until_ms.is_(None), outbox.c.leased_until_ms <= now_ms),
            outbox.c.fine_number.not_in(
                select(fines.c.number).where(fines.c.state == State.ON_HOLD)
            ),
            # While an objection is open nobody is told that what they owe grows.
            (outbox.c.kind != LetterKind.REMINDER)
            | outbox.c.fine_number.not_in(
                select(fines.c.number).where(fines.c.state == State.CONTESTED)
            ),
        )
        .order_by(outbox.c.attempts, outbox.c.created_at_ms, outbox.c.key)
        .limit(1)
    )
    with store.writing() as connection:
        while (row := connection.execute(query).one_or_none()) is not None:
            # A lease that is over is that of a worker which ended, or might as well have.
            if row.lease is None or not given_up(store, connection, row, now):
                return _claimed(connection, row, now)
    return None


def _claimed(connection: Connection, row: Row[Any], now: datetime) -> Claim:
    claim = Claim(
        key=row.key,
        fine_number=row.fine_number,
        channel=row.channel,
        kind=LetterKind(row.kind),
        lease=secrets.token_hex(16),
        attempts=row.attempts + 1,
        refused=tuple(row.refused.split()),
        fault=row.fault or "",
        same_faults=row.same_faults,
    )
    values = {
        "lease": claim.lease, "leased_until_ms": to_ms(now + LEASE), "attempts": claim.attempts
    }  # fmt: skip
    connection.execute(update(outbox).where(outbox.c.key == claim.key).values(**values))
    return claim


def settle(store: Store, claim: Claim, end: Ending, now: datetime) -> bool:
    """Write down how a claim ended; False when its lease had gone to another worker.

    A letter that was withdrawn while it was in hand stays so, unless it has left.
    """
    mine = (outbox.c.key == claim.key) & (outbox.c.lease == claim.lease)
    end = replace(end, receipt=_kept(end.receipt), fault=_kept(end.fault))
    with store.writing() as connection:
        state = connection.execute(select(outbox.c.state).where(mine)).scalar()
        if state is None:
            return False
        if state == NoticeState.WITHDRAWN and end.state is not NoticeState.SENT:
            end = replace(end, state=NoticeState.WITHDRAWN)
        connection.execute(update(outbox).where(mine).values(**_ended(claim, end, now)))
        told = Event(
            at=now,
            who=end.by,
            what="put off" if end.state is NoticeState.WAITING else end.state,
            subject=claim.fine_number,
            reason=end.receipt or end.fault,
        )
        add_event(store, connection, told)
    return True


@contextmanager
def given_back(store: Store, claim: Claim) -> Iterator[None]:
    """Give a claim back, as if it had not been made, where the office lacks its keys or database.

    Its letter is not to blame, however often that happens, and nobody did anything with it.
    """
    try:
        yield
    except StoreUnavailable:
        mine = (outbox.c.key == claim.key) & (outbox.c.lease == claim.lease)
        free = {"lease": None, "leased_until_ms": None, "attempts": claim.attempts - 1}
        with suppress(StoreUnavailable), store.writing() as connection:
            connection.execute(update(outbox).where(mine).values(**free))
        raise


def _kept(words: object) -> str:
    """What a sender gave or said, as a database takes it: another package's may give anything."""
    return str(words or "")[:_LONGEST_WORDS].replace("\0", "?").encode(errors="replace").decode()


def _ended(claim: Claim, end: Ending, now: datetime) -> dict[str, object]:
    values: dict[str, object] = {
        "state": end.state,
        "receipt": end.receipt,
        "fault": end.fault,
        "lease": None,
        "leased_until_ms": None,
        "attempts": claim.attempts if end.counts else claim.attempts - 1,
        "refused": " ".join((*claim.refused, end.refused)).strip(),
        "same_faults": end.same_faults,
        "channel": end.channel or claim.channel,
    }
    if end.state is NoticeState.SENT:
        values["sent_at_ms"] = to_ms(now)
    if end.not_before is not None:
        values["not_before_ms"] = to_ms(end.not_before)
    return values


def try_failed_again(store: Store, now: datetime) -> int:
    """Let every letter that is stuck wait again, because a person mended the cause; how many."""
    stuck = outbox.c.state.in_(STUCK)
    with store.writing() as connection:
        numbers = connection.execute(select(outbox.c.fine_number).where(stuck)).scalars()
        for number in numbers.all():
            told = Event(at=now, who="office", what="retried", subject=number, reason="")
            add_event(store, connection, told)
        anew = {"attempts": ONE_KEPT, "same_faults": 0, "refused": "", "not_before_ms": to_ms(now)}
        revived = update(outbox).where(stuck).values(state=NoticeState.WAITING, **anew)
        return connection.execute(revived).rowcount


def notices(store: Store, keys: Sequence[str] | None = None) -> tuple[Delivered, ...]:
    """Letters of the outbox in order of issue: those with these keys, or all of them."""
    if keys is None:
        return _read(store, _IN_ORDER)
    parts = (keys[start:][:_AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
    return tuple(
        each for part in parts for each in _read(store, _IN_ORDER.where(outbox.c.key.in_(part)))
    )


def stuck(store: Store, now: datetime, most: int = PAGE) -> tuple[Delivered, ...]:
    """The oldest letters that a person must look at, a page at most."""
    return _read(store, _IN_ORDER.where(needs_person(now)).limit(min(most, PAGE)))


def needs_person(now: datetime) -> ColumnElement[bool]:
    """Which letters are stuck, or are put off since a day and more; a part of a query."""
    late = outbox.c.created_at_ms <= to_ms(now - PATIENCE)
    put_off = (outbox.c.state == NoticeState.WAITING) & (outbox.c.fault != "")
    return or_(outbox.c.state.in_(STUCK), put_off & late)


def _read(store: Store, query: Select[Any]) -> tuple[Delivered, ...]:
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return tuple(
        Delivered(
            key=row.key,
            fine_number=row.fine_number,
            kind=LetterKind(row.kind),
            channel=row.channel,
            state=NoticeState(row.state),
            attempts=row.attempts,
            receipt=row.receipt or "",
            fault=row.fault or "",
            not_before=from_ms(row.not_before_ms),
        )
        for row in rows
    )


def tally(store: Store) -> dict[NoticeState, int]:
    """How many letters stand in each state."""
    query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    with store.reading() as connection:
        return {NoticeState(state): count for state, count in connection.execute(query).all()}


def given_up(store: Store, connection: Connection, row: Row[Any], now: datetime) -> bool:
    """End the lease of a worker that ended; whether its letter ends one worker after the other."""
    times = row.same_faults + 1 if row.fault == ENDED else 1
    deadly = times >= DEADLY
    values: dict[str, object] = {
        "lease": None, "leased_until_ms": None, "fault": ENDED, "same_faults": times
    }  # fmt: skip
    if deadly:
        values["state"] = NoticeState.QUARANTINED
    connection.execute(update(outbox).where(outbox.c.key == row.key).values(**values))
    what = NoticeState.QUARANTINED if deadly else "taken back"
    told = Event(at=now, who="office", what=what, subject=row.fine_number, reason=ENDED)
    add_event(store, connection, told)
    return deadly
