"""The second look: a person judges what a policy decided, without knowing how it did."""

from __future__ import annotations

from sqlalchemy import select

from services.office import quality_sample
from services.ports import Clock
from services.store.cases import Case
from services.store.history import Event, add_event
from services.store.schema import events
from services.store.store import Store
from services.words import require_words

SECOND_LOOK = "second_look"
"""In the history: what a person would have decided."""


def second_looks(store: Store) -> tuple[Case, ...]:
    """Decisions of a policy that are drawn for a person and that nobody has looked at yet."""
    drawn = quality_sample(store)
    query = select(events.c.subject).where(
        events.c.what == SECOND_LOOK, events.c.subject.in_([case.key for case in drawn])
    )
    with store.reading() as connection:
        seen = set(connection.scalars(query))
    return tuple(case for case in drawn if case.key not in seen)


def look_again(
    store: Store, key: str, *, officer: str, agrees: bool, why: str, clock: Clock
) -> None:
    """Say what a person would have decided, who did not know what the policy did."""
    require_words(officer, why)
    said = "would confirm" if agrees else "would reject"
    told = Event(
        at=clock.now(), who=officer, what=SECOND_LOOK, subject=key, reason=f"{said}: {why}"
    )
    with store.writing() as connection:
        add_event(store, connection, told)
