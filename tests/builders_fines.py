"""Builders for issued fines in a store, without the way that leads to them."""

from __future__ import annotations

import itertools
from datetime import datetime

from sqlalchemy import event

from services.fines import Step
from services.life import Act
from services.model import Channel, Decision, Verdict
from services.office import new_fine
from services.rules.engine import judge
from services.store.cases import open_cases
from services.store.decisions import move_cases
from services.store.issue import add_fines
from services.store.known import Known
from tests.builders_office import SetClock, a_passage, albania, on_disk

SHARED = "5" * 24
"""The key of no case, which the pictures of all fines of :func:`fines_in` are sealed for."""

_ORDINALS = itertools.count()


def without_waiting(store):
    """Let the disk take its time: tests of what happens need not wait for it."""
    if store.engine.dialect.name == "sqlite":

        @event.listens_for(store.engine, "connect")
        def hurry(connection, _record):
            connection.execute("PRAGMA synchronous = OFF").close()

        store.engine.dispose()
    return store


def an_issued_fine(store, clock=None, *, stated="", **about):
    """A fine of 2 000 lek, issued at the clock's instant, in the store; its number."""
    clock = clock or SetClock()
    ordinal = next(_ORDINALS)
    known = {"plate": f"AA{ordinal % 1000:03}{'BCDEFGH'[ordinal // 1000 % 7]}B"}
    passage = a_passage(f"f-{ordinal}", **(known | about))
    key = store.keys.case_key(passage.id, "speeding")
    violation = judge(passage, albania(), key)
    decision = Decision(
        verdict=Verdict.CONFIRM,
        by="P-17",
        is_policy=False,
        at=clock.now(),
        why="seen",
        country=stated,
    )
    fine = new_fine(violation, decision, albania(), clock)
    with store.writing() as connection:
        known = Known(store, connection, [(key, passage)])
        opened = open_cases(store, connection, known, [(violation, albania())], clock.now())
        assert opened == [(key, True)]
        move_cases(connection, [key], Act.ISSUE)
        add_fines(store, connection, [fine], [Channel.ANY])
    return fine.number


def fines_in(store, count, clock=None):
    """So many issued fines whose notices can be written; their numbers."""
    shared = a_passage("shared")
    camera = store.folder.parent / "camera"
    on_disk(camera, shared)
    assert not any(store.keep_exhibits({SHARED: shared.exhibits}, camera).values())
    with store.grouped():
        return [an_issued_fine(store, clock, exhibits=shared.exhibits) for _ in range(count)]


def a_step(
    at: datetime, by: str = "P-17", why: str = "seen in the file", second: str = "P-23"
) -> Step:
    return Step(by=by, why=why, at=at, second=second)
