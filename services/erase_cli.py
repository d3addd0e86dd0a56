"""``speedcam office erase`` and ``legal-hold``. Parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.clock import SystemClock
from services.console import EPILOG, AsJson, Office, say, show
from services.erasure import erase_due, set_hold
from services.fines import Step
from services.ledger.recorded import open_recorded
from services.retention import FILE, read_rules, rules_of

By = Annotated[str, typer.Option(metavar="ID", help="Who does it.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="What for, in words.")]


def add_erase_commands(app: typer.Typer) -> None:
    """Give the office's commands those that end what it knows of a person."""
    app.command(epilog=EPILOG)(erase)
    app.command(name="legal-hold", epilog=EPILOG)(legal_hold)


def erase(
    *,
    office: Office,
    by: By = "",
    why: Why = "",
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help=f"The rules; OFFICE/{FILE} by default."),
    ] = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Say what would be erased, and change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Erase for good what the office knows of people whose cases ended long enough ago.

    A closed fine is erased on the day that its letters promised; the rules name other cases and
    shorter terms. The key of each case is destroyed, in the database and for every copy
    of its rows; its pictures and letters are removed, and the ledger says when and by which rule.
    What a legal hold keeps, or waits for a letter or money, stays. This cannot be undone. A
    rehearsal needs no --by and no --why.
    """
    if not rehearse and not (by.strip() and why.strip()):
        raise typer.BadParameter("who erases, and what for? --by, --why; or --rehearse")
    known = read_rules(rules) if rules else rules_of(office)
    with open_recorded(office) as store:
        step = Step(by=by, why=why, at=SystemClock().now())
        looked = list(erase_due(store, known, step, rehearse=rehearse))
    rows = [row for row in looked if row.rule]
    show(rows, ("case_key", "rule", "kept"), as_json=as_json)
    gone, did = sum(not row.kept for row in rows), "that would be erased" if rehearse else "erased"
    young = len(looked) - len(rows)
    say(f"cases {did}: {gone}; kept: {len(rows) - gone}; open, or their time not over: {young}")


def legal_hold(
    what: Annotated[str, typer.Argument(metavar="CASE", help="A case key or a fine's number.")],
    *,
    office: Office,
    by: By,
    why: Why,
    lift: Annotated[bool, typer.Option("--lift", help="Lift the hold.")] = False,
) -> None:
    """Keep a case from being erased, because a court or an authority still needs it."""
    with open_recorded(office) as store:
        step = Step(by=by, why=why, at=SystemClock().now())
        key = set_hold(store, what, step, lifted=lift)
    say(f"case {key}: {'no legal hold any more' if lift else 'kept by a legal hold'}")
