"""``speedcam office incident``: hold what a source saw, and end it. Parse, call, print."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.clock import SystemClock
from services.console import EPILOG, AsJson, Office, say, show
from services.fine_cli import instant_typed
from services.fines import Step
from services.incident.affected import affected_by
from services.incident.drafts import write_out
from services.incident.incident import (
    NOTIFY_WITHIN,
    Suspected,
    close_incident,
    open_incident,
)
from services.ledger.recorded import open_recorded
from services.officers import SENIOR, proven
from services.store.quarantines import Finding, Quarantine, quarantine_of, quarantines_of
from services.store.store import Store, open_store

COLUMNS = ("case_key", "passed_at", "state", "fine_number", "fine_state")

incident_app = typer.Typer(
    name="incident",
    help="Something is wrong with a source: hold what it saw, look into it, and free or end it.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Id = Annotated[str, typer.Argument(metavar="ID", help="Of the incident, as `list` shows it.")]
By = Annotated[
    str, typer.Option(metavar="ID", help="Who does it; where there are accounts, a senior.")
]
Second = Annotated[
    str, typer.Option("--by2", "--second", metavar="ID", help="Another officer who agrees.")
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="The reason, in words, without names.")]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Write the drafts for authority and persons, and the list."),
]


@incident_app.command(name="open", epilog=EPILOG)
def open_(
    *,
    office: Office,
    source: Annotated[str, typer.Option(metavar="SITE", help="Id of the site in doubt.")],
    start: Annotated[
        str, typer.Option("--from", metavar="INSTANT", help="As 2026-10-14T08:00+02:00.")
    ],
    until: Annotated[
        str, typer.Option("--to", metavar="INSTANT", help="Its end, which may lie ahead.")
    ],
    found: Annotated[
        str, typer.Option(metavar="INSTANT", help="When somebody first knew; now if not given.")
    ] = "",
    reason: Reason,
    by: By,
    second: Second,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Hold what a source saw in an interval, and list what that concerns.

    Nothing of it is decided or issued from then on, its fines are on hold with all their terms,
    and letters that wait do not leave. The same command again changes nothing.
    """
    now = SystemClock().now()
    wanted = Suspected(
        site_id=source,
        start=instant_typed(start),
        end=instant_typed(until),
        found_at=instant_typed(found) if found else now,
    )
    with open_recorded(office) as store:
        step = proven(store, Step(by=by, why=reason, at=now, second=second), SENIOR)
        _tell(store, open_incident(store, wanted, step), out, now, as_json=as_json)


@incident_app.command(epilog=EPILOG)
def close(
    incident: Id,
    *,
    office: Office,
    outcome: Annotated[
        Finding, typer.Option(help="sound: all goes on; unsound: all of it is taken back.")
    ],
    reason: Reason,
    by: By,
    second: Second,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """End an incident: release what it held, or cancel, refund and reject it.

    Found unsound, whoever was written to gets a letter that nothing is to be paid.
    """
    now = SystemClock().now()
    with open_recorded(office) as store:
        step = proven(store, Step(by=by, why=reason, at=now, second=second), SENIOR)
        closed = close_incident(store, incident, outcome, step)
        _tell(store, closed, out, now, as_json=as_json)


@incident_app.command(name="list", epilog=EPILOG)
def list_incidents(office: Office, as_json: AsJson = False) -> None:
    """List every incident there was."""
    with open_store(office) as store:
        rows = [
            {
                "id": each.id,
                "source": each.site_id,
                "from": each.start,
                "to": each.end,
                "opened_at": each.opened_at,
                "outcome": each.finding or "open",
            }
            for each in quarantines_of(store)
        ]
    show(rows, ("id", "source", "from", "to", "opened_at", "outcome"), as_json=as_json)
    say(f"incidents: {len(rows)}")


@incident_app.command(name="show", epilog=EPILOG)
def show_incident(incident: Id, office: Office, out: Out = None, as_json: AsJson = False) -> None:
    """List what an incident concerns as things stand, and write the drafts again."""
    with open_store(office) as store:
        now = SystemClock().now()
        _tell(store, quarantine_of(store, incident), out, now, as_json=as_json)


def _tell(
    store: Store, quarantine: Quarantine, out: Path | None, now: datetime, *, as_json: bool
) -> None:
    affected = affected_by(store, quarantine)
    show([case.told for case in affected.cases], COLUMNS, as_json=as_json)
    say(f"incident {quarantine.id}, {quarantine.finding or 'open'}: source {quarantine.site_id}")
    say(f"cases: {len(affected.cases)} ({affected.tally or 'none'}); vehicles: {affected.vehicles}")
    say(f"letters that have left: {affected.sent}; that wait: {affected.waiting}")
    deadline = (quarantine.found_at + NOTIFY_WITHIN).astimezone(UTC)
    left = "until" if now <= deadline else "which was over on"
    say(f"the authority is notified within 72 hours, {left} {deadline:%Y-%m-%d %H:%M} UTC")
    if out is not None:
        write_out(out, quarantine, affected, now)
        say(f"drafts and list: {out}")
