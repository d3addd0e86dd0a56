"""The outbox: every notice is handed over, by one worker at a time, and never forgotten.

A worker claims a notice under a lease, hands it over outside any transaction, and settles it. A
worker that dies leaves its lease; the next one to find itself alone takes such leases back.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from services.errors import EvidenceError, OfficeError, StoreError, StoreUnavailable, Unreachable
from services.life import State
from services.model import Channel, Fine, NoticeState
from services.ports import Clock, LetterRenderer, Sender
from services.store.history import Event, add_event
from services.store.instants import from_ms, to_ms
from services.store.schema import fines, outbox
from services.store.store import Store
from speedcam.disk import FILE_MODE
from speedcam.model import ExhibitKind

LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
MOST_ATTEMPTS = 12
"""About a day and a half with these pauses; then a person must look."""

_LONGEST_FAULT = 1000
_AT_ONCE = 500
"""Notices looked up with one question; databases bound its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to hand one notice over until the lease ends.

    Attributes:
        key: Idempotency key of the notice.
        lease: Says whose claim it is.
        attempts: How often it was tried, this time included.
    """

    key: str
    fine_number: str
    channel: Channel
    lease: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Where one notice stands.

    Attributes:
        receipt: What the sender gave; empty unless sent.
        fault: Why it is not sent; empty when it is.
        not_before: When it is tried again; meaningful while it waits.
    """

    key: str
    fine_number: str
    channel: Channel
    state: NoticeState
    attempts: int
    receipt: str
    fault: str
    not_before: datetime


def deliver(
    store: Store, senders: Sequence[Sender], render: LetterRenderer, clock: Clock
) -> tuple[Delivered, ...]:
    """Hand over every notice that is due; what became of each that was tried.

    Args:
        store: Holds the outbox.
        senders: At most one per channel; notices of other channels wait.
        render: Writes the letters.
        clock: Decides what is due.
    """
    by_channel = {Channel(sender.channel): sender for sender in senders}
    tried = []
    with _worker(store, clock):
        while claim := claim_next(store, tuple(by_channel), clock.now()):
            _hand_over(store, claim, by_channel, render, clock)
            tried.append(claim.key)
    told: dict[str, Delivered] = {}
    for start in range(0, len(tried), _AT_ONCE):
        told |= {each.key: each for each in notices(store, tried[start:][:_AT_ONCE])}
    return tuple(told[key] for key in tried)


def _hand_over(
    store: Store,
    claim: Claim,
    senders: Mapping[Channel, Sender],
    render: LetterRenderer,
    clock: Clock,
) -> None:
    try:
        fine = store.fine(claim.fine_number)
        if fine is None:
            raise StoreError(f"notice {claim.key} names a fine that is not there.")
        letter = render(fine, _photo(store, fine))
        receipt = senders[claim.channel].send(claim.key, letter, fine)
    except StoreUnavailable:
        raise
    except Unreachable as error:
        settle_unreachable(store, claim, str(error), clock.now())
    except OfficeError as error:
        settle(store, claim, NoticeState.FAILED, fault=str(error), now=clock.now())
    else:
        settle(store, claim, NoticeState.SENT, receipt=receipt, now=clock.now())


def _photo(store: Store, fine: Fine) -> bytes:
    """The redacted photo, the only picture that may leave the store."""
    for exhibit in fine.violation.passage.exhibits:
        if exhibit.kind is ExhibitKind.PHOTO:
            return store.exhibit_bytes(exhibit.sha256)
    raise EvidenceError(f"fine {fine.number} has no redacted photo: no notice can be written.")


def claim_next(store: Store, channels: Sequence[Channel], now: datetime) -> Claim | None:
    """Claim the oldest notice that is due by one of ``channels``, or None."""
    now_ms = to_ms(now)
    query = (
        select(outbox.c.key, outbox.c.fine_number, outbox.c.channel, outbox.c.attempts)
        .where(
            outbox.c.state == NoticeState.WAITING,
            outbox.c.channel.in_(channels),
            outbox.c.not_before_ms <= now_ms,
            or_(outbox.c.leased_until_ms.is_(None), outbox.c.leased_until_ms <= now_ms),
            outbox.c.fine_number.not_in(
                select(fines.c.number).where(fines.c.state == State.ON_HOLD)
            ),
        )
        .order_by(outbox.c.attempts, outbox.c.created_at_ms, outbox.c.key)
        .limit(1)
    )
    with store.writing() as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        claim = Claim(
            key=row.key,
            fine_number=row.fine_number,
            channel=Channel(row.channel),
            lease=secrets.token_hex(16),
            attempts=row.attempts + 1,
        )
        connection.execute(
            update(outbox)
            .where(outbox.c.key == claim.key)
            .values(
                lease=claim.lease,
                leased_until_ms=to_ms(now + LEASE),
                attempts=claim.attempts,
            )
        )
    return claim


def settle(
    store: Store,
    claim: Claim,
    state: NoticeState,
    *,
    now: datetime,
    receipt: str = "",
    fault: str = "",
    not_before: datetime | None = None,
) -> bool:
    """Write down how a claim ended; False when its lease had gone to another worker."""
    with store.writing() as connection:
        values: dict[str, object] = {
            "state": state,
            "receipt": receipt,
            "fault": fault[:_LONGEST_FAULT],
            "lease": None,
            "leased_until_ms": None,
            "sent_at_ms": to_ms(now) if state is NoticeState.SENT else None,
        }
        if not_before is not None:
            values["not_before_ms"] = to_ms(not_before)
        mine = (outbox.c.key == claim.key) & (outbox.c.lease == claim.lease)
        if connection.execute(update(outbox).where(mine).values(**values)).rowcount != 1:
            return False
        what = "put off" if state is NoticeState.WAITING else state
        told = Event(
            at=now,
            who=f"sender {claim.channel}",
            what=what,
            subject=claim.fine_number,
            reason=receipt or fault,
        )
        add_event(store, connection, told)
    return True


def settle_unreachable(store: Store, claim: Claim, fault: str, now: datetime) -> None:
    """Put a notice off for twice as long as last time, or give up after the last attempt."""
    if claim.attempts >= MOST_ATTEMPTS:
        settle(store, claim, NoticeState.FAILED, fault=fault, now=now)
        return
    pause = min(FIRST_PAUSE * 2 ** (claim.attempts - 1), LONGEST_PAUSE)
    settle(store, claim, NoticeState.WAITING, fault=fault, now=now, not_before=now + pause)


def try_failed_again(store: Store, now: datetime) -> int:
    """Let every failed notice wait again, because a person mended the cause; how many."""
    with store.writing() as connection:
        failed = connection.execute(
            select(outbox.c.fine_number).where(outbox.c.state == NoticeState.FAILED)
        ).scalars()
        for number in failed.all():
            told = Event(at=now, who="office", what="retried", subject=number, reason="")
            add_event(store, connection, told)
        revived = (
            update(outbox)
            .where(outbox.c.state == NoticeState.FAILED)
            .values(state=NoticeState.WAITING, attempts=0, not_before_ms=to_ms(now))
        )
        return connection.execute(revived).rowcount


def notices(store: Store, keys: Sequence[str] | None = None) -> tuple[Delivered, ...]:
    """Notices of the outbox in order of issue: those with these keys, or all of them."""
    query = select(outbox).order_by(outbox.c.created_at_ms, outbox.c.key)
    if keys is not None:
        query = query.where(outbox.c.key.in_(keys))
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return tuple(
        Delivered(
            key=row.key,
            fine_number=row.fine_number,
            channel=Channel(row.channel),
            state=NoticeState(row.state),
            attempts=row.attempts,
            receipt=row.receipt or "",
            fault=row.fault or "",
            not_before=from_ms(row.not_before_ms),
        )
        for row in rows
    )


@contextmanager
def _worker(store: Store, clock: Clock) -> Iterator[None]:
    """Be one of the workers on this folder; the system forgets a dead one by itself."""
    path = store.folder / "deliver.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, FILE_MODE)
    except OSError as error:
        raise StoreError(
            f"cannot use {path}: {error.strerror}. Check who owns the office's folder; nothing "
            "was handed over."
        ) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # others are at work, and their leases hold
        else:
            with store.writing() as connection:
                _take_back(store, connection, clock.now())
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _take_back(store: Store, connection: Connection, now: datetime) -> None:
    """End the leases of workers that are gone: nobody else is at work here."""
    leased = outbox.c.lease.is_not(None) & (outbox.c.state == NoticeState.WAITING)
    for row in connection.execute(select(outbox).where(leased)).all():
        # A notice that kills its worker each time must not be tried for ever.
        given_up = row.attempts >= MOST_ATTEMPTS
        fault = "its worker ended without a word"
        values: dict[str, object] = {"lease": None, "leased_until_ms": None}
        if given_up:
            values |= {"state": NoticeState.FAILED, "fault": fault}
        connection.execute(update(outbox).where(outbox.c.key == row.key).values(**values))
        what = NoticeState.FAILED if given_up else "taken back"
        told = Event(at=now, who="office", what=what, subject=row.fine_number, reason=fault)
        add_event(store, connection, told)
