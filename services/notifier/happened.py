"""What a letter that is no notice has to tell beside the fine, out of the office's own memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from services.account import Stage, day_of
from services.errors import StoreError
from services.fines import Standing, standing
from services.letters import payment_cause
from services.life import Act, State
from services.model import Fine, LetterKind, Money
from services.notifier.outbox import Claim
from services.occasion import (
    ObjectionAnswered,
    ObjectionReceived,
    Occasion,
    Receipt,
    Reminder,
    Withdrawal,
)
from services.officers import NO_ACCOUNT
from services.ports import Clock
from services.store.history import Event, history_of
from services.store.money import payments_of
from services.store.store import Store

_OUR_FAULT = frozenset({Act.CANCEL, Act.REFUND})
_DECIDED = frozenset({Act.CANCEL, Act.WRITE_OFF, Act.TRANSFER, Act.REFUND, Act.UPHOLD})


def happened(store: Store, claim: Claim, fine: Fine, clock: Clock) -> Occasion | None:
    """What the letter of ``claim`` has to tell beside the fine; nothing for a notice.

    Raises:
        StoreError: The office remembers nothing of the kind.
    """
    telling = _TELLINGS.get(claim.kind)
    if telling is None:
        return None
    today = day_of(clock.now(), fine.violation.passage.place.timezone)
    now = standing(store, fine.number, clock)
    return telling(_Asked(store=store, claim=claim, fine=fine, now=now, today=today))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A letter, and where its fine stands."""

    store: Store
    claim: Claim
    fine: Fine
    now: Standing
    today: date


def _reminder(asked: _Asked) -> Reminder:
    now, object_until = asked.now, asked.fine.terms.object_until
    return Reminder(
        on=asked.today,
        owed=Money(minor=now.account.owed, currency=now.currency),
        until=_until(now),
        paid=_money(now, now.account.paid),
        object_until=object_until if asked.today <= object_until else None,
    )


def _receipt(asked: _Asked) -> Receipt:
    with asked.store.reading() as connection:
        came_in = payments_of(connection, asked.claim.fine_number)
    cause = asked.claim.cause
    payment = next((each for each in came_in if payment_cause(each.bank_id) == cause), None)
    if payment is None:
        raise StoreError(f"letter {asked.claim.key} is about a payment that is not there.")
    now = asked.now
    return Receipt(
        paid=Money(minor=payment.minor, currency=now.currency),
        paid_on=payment.on,
        owed=_money(now, now.account.owed),
        until=_until(now),
        stands_still=_stands_still(now),
        back=_money(now, now.to_refund),
    )


def _withdrawal(asked: _Asked) -> Withdrawal:
    decision = _last(asked)
    return Withdrawal(
        on=_day(decision, asked.fine),
        our_fault=decision.what in _OUR_FAULT,
        reason=_reason(decision),
        back=_money(asked.now, asked.now.account.surplus),
        erase_on=_erase_on(asked, decision),
    )


def _objection(asked: _Asked) -> ObjectionReceived:
    return ObjectionReceived(on=date.fromisoformat(asked.claim.cause))


def _answer(asked: _Asked) -> ObjectionAnswered:
    decision, now = _last(asked), asked.now
    accepted = decision.what != Act.UPHOLD
    return ObjectionAnswered(
        on=_day(decision, asked.fine),
        by=decision.who,
        accepted=accepted,
        reason=_reason(decision),
        owed=_money(now, now.account.owed),
        until=_until(now),
        stands_still=_stands_still(now),
        back=_money(now, now.account.surplus) if accepted else None,
        erase_on=_erase_on(asked, decision) if accepted else None,
    )


_TELLINGS: Mapping[LetterKind, Callable[[_Asked], Occasion]] = {
    LetterKind.REMINDER: _reminder,
    LetterKind.RECEIPT: _receipt,
    LetterKind.WITHDRAWAL: _withdrawal,
    LetterKind.OBJECTION_RECEIVED: _objection,
    LetterKind.OBJECTION_ANSWERED: _answer,
}


def _last(asked: _Asked) -> Event:
    told = [each for each in history_of(asked.store, asked.fine.number) if each.what in _DECIDED]
    if not told:
        raise StoreError(f"letter {asked.claim.key} is about a decision that is not there.")
    return told[-1]


def _day(event: Event, fine: Fine) -> date:
    return day_of(event.at, fine.violation.passage.place.timezone)


def _erase_on(asked: _Asked, closed_by: Event) -> date:
    """The day on which the pictures go, now that ``closed_by`` closed the case."""
    return max(asked.fine.terms.erase_on, _day(closed_by, asked.fine))


def _reason(event: Event) -> str:
    """The reason without the second officer, whom older histories name in it, and accounts."""
    return event.reason.partition("; agreed by ")[0].removesuffix(NO_ACCOUNT)


def _until(now: Standing) -> date | None:
    """The last day on which what is owed stays as it is; None where it grows."""
    if not now.account.owed:
        return None
    ends = {Stage.DISCOUNTED: now.discounted_until, Stage.DUE: now.due_until}
    return ends.get(now.account.stage)


def _stands_still(now: Standing) -> bool:
    """Whether a pause runs: then a term has no last day yet, and nothing grows after it either."""
    return now.due_until is None or now.state in {State.CONTESTED, State.ON_HOLD}


def _money(now: Standing, minor: int) -> Money | None:
    """An amount, or None where there is nothing."""
    return Money(minor=minor, currency=now.currency) if minor else None
