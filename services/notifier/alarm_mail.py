"""A message for whoever looks after the staff, as soon as an alarm is raised."""

from __future__ import annotations

from sqlalchemy import func, select

from services.errors import SendError, SettingsError
from services.notifier.plain import to_staff
from services.notifier.settings import Alerts
from services.ports import Clock
from services.store.looks import ALARM
from services.store.remembered import remember, remembered
from services.store.schema import events
from services.store.store import Store

LAST = "alarms_told"
"""The office's row that says up to which line of the history alarms were told."""


def tell_alarms(store: Store, alerts: Alerts | None, clock: Clock) -> str:
    """Tell of the alarms since the last time; what was done.

    None is told twice. A message that cannot be sent is tried again the next time.

    Args:
        store: Of the office.
        alerts: Whom to tell; None: nobody.
        clock: Dates the message.
    """
    if alerts is None:
        return ""
    last, new = _untold(store)
    if not new:
        return ""
    text = f"New alarms: {new}. `speedcam office alarms` says over whom and why."
    try:
        alerts.by.send(to_staff(f"Alarms: {new}", text, alerts.to, "alarm", clock))
    except (SendError, SettingsError) as error:
        return f"nobody could be told of {new} alarms: {error}"
    with store.writing() as connection:
        remember(connection, LAST, str(last))
    return f"the staff was told of {new} alarms"


def _untold(store: Store) -> tuple[int, int]:
    """The position of the latest alarm, and how many were raised since the last message."""
    with store.reading() as connection:
        told = remembered(connection, LAST)
        query = select(func.max(events.c.position), func.count()).where(
            events.c.subject == ALARM, events.c.what == ALARM, events.c.position > int(told or 0)
        )
        last, new = connection.execute(query).one()
    return last or 0, new
