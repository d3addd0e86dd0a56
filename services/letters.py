"""Which letters follow from what is done to a fine, put into the outbox with it."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from sqlalchemy import Connection, select

from services.life import OWES_NOTHING, Act, State
from services.model import LetterKind
from services.store.fines import FineFile
from services.store.letters import queue_letter
from services.store.schema import outbox

_WITHDRAWN_BY = frozenset({Act.CANCEL, Act.WRITE_OFF, Act.TRANSFER, Act.REFUND})


def letter_after(state: State, act: Act) -> LetterKind | None:
    """What the recipient must be told when ``act`` is done in ``state``, or None for nothing."""
    if act is Act.CONTEST:
        return LetterKind.OBJECTION_RECEIVED
    if act is Act.UPHOLD or (state is State.CONTESTED and act is Act.CANCEL):
        return LetterKind.OBJECTION_ANSWERED
    return LetterKind.WITHDRAWAL if act in _WITHDRAWN_BY else None


def is_moot(kind: LetterKind, state: State) -> bool:
    """Whether a letter has nothing left to ask for, or says of an objection that it is open."""
    if kind is LetterKind.OBJECTION_RECEIVED:
        return state not in {State.CONTESTED, State.ON_HOLD}
    asks = kind in {LetterKind.REMINDER, LetterKind.NOTICE}
    return asks and (state in OWES_NOTHING or state is State.PAID)


def announce(connection: Connection, file: FineFile, act: Act, day: date, at: datetime) -> None:
    """Queue the letter that follows from an act, within its transaction.

    Args:
        connection: Of the transaction.
        file: The fine as it was before the act.
        act: What is done.
        day: The local day that it counts from; it tells this letter from others of its kind.
        at: When it is done.
    """
    kind, number = letter_after(file.state, act), file.fine.number
    # Who was never written to need not hear that nothing is asked of them.
    unheard = kind is LetterKind.WITHDRAWAL and not _was_written_to(connection, number)
    if kind is not None and not unheard:
        queue_letter(connection, number, kind, at, cause=f"{day:%Y%m%d}")


def acknowledge(connection: Connection, number: str, bank_id: str, at: datetime) -> None:
    """Queue the receipt for a payment, within the transaction that takes it."""
    queue_letter(connection, number, LetterKind.RECEIPT, at, cause=payment_cause(bank_id))


def payment_cause(bank_id: str) -> str:
    """By what the receipts of two payments are told apart; a bank's reference may be long."""
    return hashlib.sha256(bank_id.encode()).hexdigest()[:16]


def _was_written_to(connection: Connection, number: str) -> bool:
    """Whether a notice left, or may have left: one that was tried may lie in a mailbox."""
    # One that came back, or seemed to, was handed over all the same.
    sent = outbox.c.sent_at_ms.is_not(None) | (outbox.c.attempts > 0)
    notice = (outbox.c.fine_number == number) & (outbox.c.kind == LetterKind.NOTICE)
    return connection.execute(select(outbox.c.key).where(notice, sent)).first() is not None
