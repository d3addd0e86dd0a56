"""Receipts into the office: who was served, and which letters must take another way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from services.account import day_of
from services.errors import CaseError, ReceiptError
from services.fines import Step, act_on, tell
from services.life import Act, State
from services.model import Channel, LetterKind, NoticeState
from services.notifier.told_later import Told, What, files_in, told_in
from services.ports import Clock
from services.store.fines import read_file
from services.store.instants import from_ms, to_ms
from services.store.letters import ON_PAPER
from services.store.schema import outbox, receipts
from services.store.store import Store

FAULT = "fault"
KNOWN = "known"
"""A receipt that was taken before."""

_TOLD_BY = {
    What.HANDED_OVER: Channel.POST,
    What.OPENED: Channel.PORTAL,
    What.DELIVERED: Channel.SMS,
    What.BOUNCED: Channel.SMS,
}
"""Which channel tells it of a letter that it names by its key."""

_UNSERVED = frozenset({State.ISSUED, State.PART_PAID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one file, or of one line of a list.

    Attributes:
        file: Its name.
        what: What it tells, ``known``, or ``fault``.
        key: Of its letter; empty where none was found.
        reason: Why it was not taken; empty when it was.
    """

    file: str
    what: str
    key: str = ""
    reason: str = ""


def take_receipts(store: Store, paths: Sequence[Path], clock: Clock) -> tuple[Taken, ...]:
    """Take in what channels told, each file once.

    A letter that came back waits for its next way. A notice that was opened is served, on the
    local day of its opening; the file's digest is kept as the proof.
    """
    return tuple(taken for path in files_in(paths) for taken in _take(store, path, clock.now()))


def _take(store: Store, path: Path, now: datetime) -> list[Taken]:
    try:
        return [_taken(store, path.name, told, now) for told in told_in(path)]
    except ReceiptError as error:
        return [Taken(file=path.name, what=FAULT, reason=str(error))]


def _taken(store: Store, file: str, told: Told, now: datetime) -> Taken:
    try:
        with store.grouped(), store.writing() as connection:
            known = select(receipts.c.outbox_key).where(receipts.c.id == told.id)
            if key := connection.execute(known).scalar():
                return Taken(file=file, what=KNOWN, key=key)
            row = _letter(connection, told)
            kept = {
                "id": told.id, "outbox_key": row.key, "what": told.what,
                "at_ms": to_ms(told.at or now),
            }  # fmt: skip
            connection.execute(insert(receipts), [kept])
            _follow(store, connection, told, row, now)
    except (ReceiptError, CaseError) as error:
        return Taken(file=file, what=FAULT, key=told.key, reason=str(error))
    return Taken(file=file, what=told.what, key=row.key)


def _letter(connection: Connection, told: Told) -> Row[Any]:
    """The letter that a receipt is about, which must have left by that channel."""
    number = told.message_id.strip("<>").split(".")[0].upper()
    by_mail = (outbox.c.fine_number == number) & (outbox.c.receipt == told.message_id)
    by_key = (outbox.c.key == told.key) & (outbox.c.channel == _TOLD_BY[told.what])
    wanted = by_key & outbox.c.sent_at_ms.is_not(None) if told.key else by_mail
    row = connection.execute(select(outbox).where(wanted)).one_or_none()
    if row is None:
        raise ReceiptError("it is about a letter that this office did not send.")
    return row


def _follow(store: Store, connection: Connection, told: Told, row: Row[Any], now: datetime) -> None:
    proof = f"{told.proof}, " if told.proof else ""
    step = Step(by=f"channel {row.channel}", why=f"{proof}receipt sha256:{told.id}", at=now)
    tell(store, connection, row.fine_number, told.what, step)
    bounced = told.what is What.BOUNCED and row.state == NoticeState.SENT
    if bounced and not _on_paper(connection, row):
        _another_way(connection, row, now)
    if row.kind == LetterKind.NOTICE and (told.at or told.on):
        _serve(store, connection, row, told, step)


def _on_paper(connection: Connection, row: Row[Any]) -> bool:
    """Whether the same notice is posted, because nobody seemed to have seen the first one."""
    posted = outbox.c.key == f"{row.fine_number}/{LetterKind.NOTICE}/{ON_PAPER}"
    goes = outbox.c.state.in_([NoticeState.WAITING, NoticeState.SENT])
    query = select(outbox.c.key).where(posted, goes)
    return row.kind == LetterKind.NOTICE and connection.execute(query).first() is not None


def _another_way(connection: Connection, row: Row[Any], now: datetime) -> None:
    values = {
        "state": NoticeState.WAITING,
        "refused": f"{row.refused} {row.channel}".strip(),
        "channel": Channel.ANY,
        "fault": "it came back",
        "attempts": 0,
        "not_before_ms": to_ms(now),
    }
    connection.execute(update(outbox).where(outbox.c.key == row.key).values(**values))


def _serve(store: Store, connection: Connection, row: Row[Any], told: Told, step: Step) -> None:
    number = row.fine_number
    file = read_file(store, connection, number)
    day = told.on or (day_of(told.at, file.zone) if told.at else None)
    if file.state is State.ON_HOLD and file.served_on is None:
        raise ReceiptError(f"fine {number} is on hold: take this in again once it is released.")
    if file.state in _UNSERVED and file.served_on is None:
        _require_after_sending(day, row, file.zone)
        act_on(store, number, Act.SERVE, step, on=day)


def _require_after_sending(day: date | None, row: Row[Any], zone: str) -> None:
    """An earlier day of service would let the terms end, and interest grow, too soon."""
    sent_on = day_of(from_ms(row.sent_at_ms), zone)
    if day is not None and day < sent_on:
        raise ReceiptError(f"it tells of {day}, and its letter left on {sent_on}: ask the channel.")
