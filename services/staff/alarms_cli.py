"""``speedcam office alarms | decoy``: who looks at too much. Parse, call, print."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from services.clock import SystemClock
from services.console import EPILOG, AsJson, Office, say, show
from services.store.looks import add_decoy, alarms_of
from services.store.store import open_store

CONSOLE = "console"


def add_alarm_commands(app: typer.Typer) -> None:
    """Give the office's commands those about alarms."""
    app.command(epilog=EPILOG)(alarms)
    app.command(epilog=EPILOG)(decoy)


def alarms(
    *,
    office: Office,
    days: Annotated[int, typer.Option(min=1, max=3650, help="So many days back.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Show who opened more cases than one person needs, or looked at a decoy, and when."""
    with open_store(office) as store:
        told = alarms_of(store, SystemClock().now() - timedelta(days=days))
    rows = [{"at": each.at.isoformat(), "who": each.who, "why": each.why} for each in told]
    show(rows, ("at", "who", "why"), as_json=as_json)
    say(f"alarms of the last {days} days: {len(rows)}")


def decoy(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Of a case of the office's own.")],
    *,
    office: Office,
) -> None:
    """Make a case a decoy: whoever looks at it from now on raises an alarm.

    Drive past a camera in a vehicle of the office, and reject the case. Nobody has business with it
    then. Which cases are decoys is told nowhere, and cannot be taken back.
    """
    with open_store(office) as store:
        add_decoy(store, key, CONSOLE, SystemClock().now())
    say("it is a decoy from now on. Tell nobody.")
