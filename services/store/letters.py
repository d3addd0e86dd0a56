"""Letters into the outbox, within the transaction of what causes them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, case, insert, select, update

from services.model import Channel, LetterKind, NoticeState
from services.store.instants import to_ms
from services.store.schema import outbox

FIRST = "1"
ONE_KEPT = case((outbox.c.attempts > 0, 1), else_=0)
"""Attempts of a letter that begins anew. One is never forgotten: what was tried may lie in a
mailbox, and a withdrawal must reach whoever reads it there."""
ON_PAPER = "paper"
"""Cause of the notice that is posted because nobody is known to have seen the first one."""


def new_row(
    number: str,
    channel: str,
    at: datetime,
    *,
    kind: LetterKind = LetterKind.NOTICE,
    cause: str = FIRST,
) -> dict[str, object]:
    """The row of a letter that waits from an instant on.

    Args:
        number: Of the fine.
        channel: By which it travels.
        at: When it was caused.
        kind: What it tells.
        cause: Tells it from others of its kind: the same cause again is the same letter.
    """
    return {
        "key": f"{number}/{kind}/{cause}",
        "fine_number": number,
        "channel": channel,
        "state": NoticeState.WAITING,
        "attempts": 0,
        "created_at_ms": to_ms(at),
        "not_before_ms": to_ms(at),
        "kind": kind,
    }


def queue_letter(
    connection: Connection,
    number: str,
    kind: LetterKind,
    at: datetime,
    *,
    cause: str = FIRST,
    channel: str = Channel.ANY,
) -> bool:
    """Put a letter into the outbox unless it is there; whether it was put."""
    row = new_row(number, channel, at, kind=kind, cause=cause)
    if connection.execute(select(outbox.c.key).where(outbox.c.key == row["key"])).first():
        return False
    connection.execute(insert(outbox), [row])
    return True


def wait_again(connection: Connection, number: str, at: datetime) -> int:
    """Let the letters of a fine that had nobody to go to wait again; how many."""
    nowhere = (outbox.c.fine_number == number) & (outbox.c.state == NoticeState.UNADDRESSED)
    anew = {"state": NoticeState.WAITING, "attempts": ONE_KEPT, "not_before_ms": to_ms(at)}
    return connection.execute(update(outbox).where(nowhere).values(**anew)).rowcount
