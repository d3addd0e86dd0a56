"""One message for the staff about all letters that wait for a person, and not one for each."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import select

from services.errors import SendError, SettingsError
from services.notifier.outbox import needs_person
from services.notifier.plain import to_staff
from services.notifier.settings import Alerts
from services.ports import Clock
from services.recipient import Dispatch
from services.store.instants import from_ms, to_ms
from services.store.remembered import remember, remembered
from services.store.schema import outbox
from services.store.store import Store

LAST = "digest"
"""The office's row that says when the staff was last told, and of which letters."""


def tell_staff(store: Store, alerts: Alerts | None, clock: Clock) -> str:
    """Tell the staff what got stuck since they were last told, if it is time; what was done.

    Nothing is told twice, and nothing where nothing is stuck. A message that cannot be sent is
    tried again the next time.

    Args:
        store: Of the office.
        alerts: Whom to tell, and how often at most; None: nobody.
        clock: Says whether it is time.
    """
    if alerts is None:
        return ""
    counts, which = _stuck(store, clock.now())
    told_at, told_of = _last(store)
    now, total = clock.now(), counts.total()
    # The other way round where the clock was put back.
    due = abs(now - told_at) >= timedelta(hours=alerts.every_hours)
    if not total or which == told_of or not due:
        return ""
    try:
        alerts.by.send(_message(counts, alerts.to, clock))
    except (SendError, SettingsError) as error:
        return f"the staff could not be told of {total} letters: {error}"
    with store.writing() as connection:
        remember(connection, LAST, f"{to_ms(now)} {which}")
    return f"the staff was told of {total} letters that wait for a person"


def _stuck(store: Store, now: datetime) -> tuple[Counter[str], str]:
    """How many letters wait in each state, and a digest that says which they are."""
    query = select(outbox.c.key, outbox.c.state).where(needs_person(now))
    with store.reading() as connection:
        rows = connection.execute(query.order_by(outbox.c.key)).all()
    which = hashlib.sha256("\n".join(row.key for row in rows).encode()).hexdigest()
    return Counter(row.state for row in rows), which


def _last(store: Store) -> tuple[datetime, str]:
    """When the staff was last told, and of which letters."""
    with store.reading() as connection:
        value = remembered(connection, LAST)
    at_ms, _, which = (value or "0 ").partition(" ")
    return from_ms(int(at_ms)), which


def _message(counts: Counter[str], to: str, clock: Clock) -> Dispatch:
    lines = [f"{count} {state}" for state, count in sorted(counts.items())]
    text = "\n".join([*lines, "", "`speedcam notify stuck` says why, and what to do.", ""])
    subject = f"Letters that wait for a person: {counts.total()}"
    return to_staff(subject, text, to, "digest", clock)
