"""Finding a case by its number or plate: who looks, and what for, is written down first."""

from __future__ import annotations

from sqlalchemy import select

from services.ports import Clock
from services.store.cases import Case, case_of
from services.store.looks import SEARCH, record_read
from services.store.schema import cases
from services.store.store import Store

DIGITS = 16
"""Of a plate's keyed digest, by which a search stands in the history: the same for the same."""
MOST_FOUND = 20
"""Cases of one plate, the latest first."""


def find_cases(
    store: Store, typed: str, *, officer: str, purpose: str, clock: Clock
) -> tuple[Case, ...]:
    """The cases of one number or one plate; who looked, and what for, is written down first.

    Args:
        store: Of the office.
        typed: The number of a fine, or a whole plate, as people type them.
        officer: Who looks.
        purpose: What for, in words.
        clock: Dates it.
    """
    fine, digest = store.fine(typed), store.keys.plate_digest(typed)
    # Searches outlive the cases that they found: a plate would stay in them for ever.
    told = fine.number if fine else f"plate {digest[:DIGITS]}"
    record_read(store, SEARCH, officer, f"{purpose}: {told}", clock.now())
    if fine is not None:
        return (case_of(store, fine.violation.key),)
    query = select(cases.c.key).where(cases.c.plate_digest == digest)
    with store.reading() as connection:
        keys = connection.scalars(query.order_by(cases.c.passed_at_ms.desc()).limit(MOST_FOUND))
        found = list(keys)
    return tuple(case_of(store, key) for key in found)
