"""Money goes back: what was paid beyond the debt, or all of it where a paid fine is taken back."""

from __future__ import annotations

from dataclasses import replace

from services.account import day_of
from services.errors import CaseError
from services.fines import Step, standing_of, tell
from services.ledger.leaf import Change, Held
from services.letters import announce
from services.life import Act
from services.store.fines import move_on, read_file
from services.store.money import keep_refund
from services.store.schema import refunds
from services.store.store import Store
from services.words import require_second, require_words


def give_back(store: Store, number: str, step: Step, *, whole: bool = False) -> int:
    """Write down that money goes back to who paid it; how much, in minor units.

    Args:
        store: Holds the fine.
        number: As people type it.
        step: By whom, why and when.
        whole: A paid fine is taken back, so that all of it goes back; otherwise only what was
            paid beyond the debt does.

    Raises:
        CaseError: There is no such fine, it is not paid, there is nothing to give back, or one
            officer alone would take a paid fine back.
    """
    require_words(number, step.by, step.why, second=step.second)
    if whole:
        require_second(f"fine {number}", step.by, step.second, "a paid fine is taken back")
    with store.writing() as connection:
        file = read_file(store, connection, number)
        if whole:
            moved = Change(before=file.state, after=move_on(connection, file, Act.REFUND))
            announce(connection, file, Act.REFUND, day_of(step.at, file.zone), step.at)
            tell(store, connection, file.fine.number, Act.REFUND, step, change=moved)
            file = read_file(store, connection, number)
        told = standing_of(connection, file, day_of(step.at, file.zone))
        if not told.to_refund:
            raise CaseError(
                f"fine {told.number} has nothing to give back: {told.account.paid} "
                f"{told.currency} came in, {told.account.debt} were due, {told.refunded} went back."
            )
        row = keep_refund(
            store, connection, told.number, told.to_refund, by=step.by, why=step.why, at=step.at
        )
        paid_back = replace(step, why=f"{told.to_refund} {told.currency}: {step.why}")
        given = Change(holds=Held(table=refunds.name, key=row))
        tell(store, connection, told.number, "gave back", paid_back, change=given)
    return told.to_refund
