"""Payments: a bank's statement in, each credit taken once and given to the fine that it names.

A credit that names no fine, or two, or another currency, is kept all the same and waits for a
person: no money is lost. Its reference of the bank is what makes it the same money.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from services.bank import Credit, read_statement
from services.bank.credit import fine_numbers_in
from services.errors import CaseError
from services.fines import Standing, Step, follow_money, tell
from services.ledger.leaf import Change, Held
from services.letters import acknowledge
from services.ports import Clock
from services.store.fines import read_file
from services.store.money import give_to_fine, keep_credit, known_credit
from services.store.schema import payments
from services.store.store import Store
from services.words import require_words

BANK = "bank"
"""Who acts in the history where money came in by itself."""

GROUP = 256
"""Credits taken with one commit."""


class Outcome(StrEnum):
    """What became of a credit."""

    MATCHED = "matched"
    KNOWN = "known"
    UNMATCHED = "unmatched"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one entry of a statement.

    Attributes:
        bank_id: The bank's reference; empty where the entry could not be read.
        outcome: What became of it.
        fine_number: The fine it was given to, or None.
        state: Where that fine stands now; empty without one.
        to_refund: Minor units of the fine's money that must go back.
        reason: Why it was given to nobody; empty when it was.
    """

    bank_id: str
    outcome: Outcome
    fine_number: str | None = None
    state: str = ""
    to_refund: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeReport:
    """What became of a statement; ``others`` were no money that came in."""

    entries: tuple[Taken, ...]
    others: int

    def count(self, outcome: Outcome) -> int:
        """How many entries ended so."""
        return sum(each.outcome is outcome for each in self.entries)


def take_statement(store: Store, path: Path, clock: Clock) -> TakeReport:
    """Take every credit of a statement that was not taken before.

    Raises:
        StatementError: It cannot be read; nothing was taken.
    """
    statement = read_statement(path)
    faults = [Taken(bank_id="", outcome=Outcome.FAULT, reason=told) for told in statement.faults]
    taken: list[Taken] = []
    for start in range(0, len(statement.credits), GROUP):
        with store.grouped():
            taken += [_take(store, each, clock) for each in statement.credits[start:][:GROUP]]
    return TakeReport(entries=(*taken, *faults), others=statement.others)


def _take(store: Store, credit: Credit, clock: Clock) -> Taken:
    with store.writing() as connection:
        now = clock.now()
        known = known_credit(store, connection, credit.bank_id)
        if known is not None and known.credit.amount != credit.amount:
            before = known.credit.amount
            told = f"was taken with {before} before: ask the bank"
            return Taken(bank_id=credit.bank_id, outcome=Outcome.FAULT, reason=told)
        if known is not None and _of_another_fine(credit, known.credit):
            told = "was taken for another fine before: ask the bank"
            return Taken(bank_id=credit.bank_id, outcome=Outcome.FAULT, reason=told)
        if known is not None:
            return Taken(
                bank_id=credit.bank_id, outcome=Outcome.KNOWN, fine_number=known.fine_number
            )
        # No zone is a whole day ahead of UTC: a later date is a mistake in the file.
        if credit.paid_on > now.date() + timedelta(days=1):
            told = f"paid on {credit.paid_on}, which is still to come"
            return Taken(bank_id=credit.bank_id, outcome=Outcome.FAULT, reason=told)
        number, reason = _fine_of(store, credit)
        keep_credit(store, connection, credit, number, now)
        if number is None:
            return Taken(bank_id=credit.bank_id, outcome=Outcome.UNMATCHED, reason=reason)
        step = _paid(credit, Step(by=BANK, why="", at=now))
        tell(store, connection, number, "paid", step, change=_came_in(credit))
        acknowledge(connection, number, credit.bank_id, now)
        standing = follow_money(store, connection, number, now)
    return _matched(credit.bank_id, standing)


def _of_another_fine(credit: Credit, known: Credit) -> bool:
    """Whether two credits of one reference name different fines, so that they are not one."""
    now, before = fine_numbers_in(credit.remittance), fine_numbers_in(known.remittance)
    return bool(now and before) and now.isdisjoint(before)


def _fine_of(store: Store, credit: Credit) -> tuple[str | None, str]:
    """The number of the one fine that a credit is for, or None and why."""
    numbers = fine_numbers_in(credit.remittance)
    fines = [fine for number in sorted(numbers) if (fine := store.fine(number))]
    if len(fines) != 1:
        told = "names several fines" if fines else "names a fine that is not there"
        return None, told if numbers else "has no reference with right check digits"
    if fines[0].amount.currency != credit.amount.currency:
        return None, f"is in {credit.amount.currency} and the fine in {fines[0].amount.currency}"
    return fines[0].number, ""


def assign(store: Store, bank_id: str, number: str, step: Step) -> Taken:
    """Give a credit that waits to the fine that a person found for it.

    Raises:
        CaseError: There is no such credit or fine, it was given already, or the currency differs.
    """
    require_words(bank_id, number, step.by, step.why)
    with store.writing() as connection:
        known = known_credit(store, connection, bank_id)
        if known is None:
            raise CaseError(
                f"there is no payment {bank_id!r}: `speedcam office payments` lists them."
            )
        fine = read_file(store, connection, number).fine
        if fine.amount.currency != known.credit.amount.currency:
            raise CaseError(
                f"payment {bank_id} is in {known.credit.amount.currency}: not this fine's."
            )
        if not give_to_fine(store, connection, known.credit, fine.number):
            raise CaseError(f"payment {bank_id} belongs to fine {known.fine_number} already.")
        told = _paid(known.credit, step)
        tell(store, connection, fine.number, "paid", told, change=_came_in(known.credit))
        acknowledge(connection, fine.number, bank_id, step.at)
        standing = follow_money(store, connection, fine.number, step.at)
    return _matched(bank_id, standing)


def _paid(credit: Credit, step: Step) -> Step:
    amount = str(credit.amount)
    told = f"{credit.bank_id}: {amount} on {credit.paid_on}"
    return replace(step, why=f"{told}, {step.why}" if step.why else told)


def _came_in(credit: Credit) -> Change:
    return Change(holds=Held(table=payments.name, key=credit.bank_id))


def _matched(bank_id: str, standing: Standing) -> Taken:
    return Taken(
        bank_id=bank_id,
        outcome=Outcome.MATCHED,
        fine_number=standing.number,
        state=standing.state,
        to_refund=standing.to_refund,
    )
