"""An outage extends every term that it touches, of all fines or of one site's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from services.errors import CaseError
from services.fines import Step, follow_money, tell
from services.life import PAYABLE, REMINDED, State
from services.store.fines import begin_pause, site_of_fine
from services.store.schema import fines, payments
from services.store.store import Store
from services.words import require_words

OUTAGE = "outage"


def record_outage(
    store: Store, start: datetime, end: datetime, step: Step, *, site_id: str | None = None
) -> int:
    """Let the clock of terms stand still on the days of an outage; how many it made paid.

    Args:
        store: Of the office.
        start: When it began, aware.
        end: When it was over, aware; not after the step.
        step: Who says so, why and when.
        site_id: Only fines of this site; None means all.

    Raises:
        CaseError: The instants are turned round, or lie ahead.
    """
    require_words(step.by, step.why, site_id or "all")
    if not start <= end <= step.at:
        raise CaseError(
            f"an outage from {start} to {end} cannot be: give two instants in order and not in the "
            "future."
        )
    with store.writing() as connection:
        row = begin_pause(
            store, connection, OUTAGE, start, by=step.by, why=step.why, end=end, site_id=site_id
        )
        tell(store, connection, row, OUTAGE, step)
        # Terms that were over may run again: each is looked at once.
        running = fines.c.state.in_(sorted(REMINDED))
        here = running if site_id is None else running & (site_of_fine() == site_id)
        seen_again = step.at.date().isoformat()
        connection.execute(update(fines).where(here).values(next_due=seen_again))
        # In its light a payment that came too late may have come in time.
        touched = select(fines.c.number).where(
            fines.c.state.in_(sorted(PAYABLE)),
            select(payments.c.bank_id).where(payments.c.fine_number == fines.c.number).exists(),
        )
        if site_id is not None:
            touched = touched.where(site_of_fine() == site_id)
        numbers = connection.execute(touched).scalars().all()
        after = [follow_money(store, connection, number, step.at) for number in numbers]
    return sum(each.state is State.PAID for each in after)
