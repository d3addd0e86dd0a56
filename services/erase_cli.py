"""``speedcam office erase`` and ``legal-hold``. Parse, call, print."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.console import EPILOG, AsJson, Office, say, show
from services.erasure import erase_due, set_hold
from services.fines import Step
from services.ledger.recorded import open_recorded
from services.retention import FILE, read_rules

By = Annotated[str, typer.Option(metavar="ID", help="Who does it.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="What for, in words.")]


def add_erase_commands(app: typer.Typer) -> None:
    """Give the office's commands those that end what it knows of a person."""
    app.command(epilog=EPILOG)(erase)
    app.command(name="legal-hold", epilog=EPILOG)(legal_hold)


def erase(
    *,
    office: Office,
    by: By,
    why: Why,
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

    The rules say how long. The key of each case is destroyed, in the database and for every copy
    of its rows; its pictures and letters are removed, and the ledger says when and by which rule.
    What a legal hold keeps, or waits for a letter or money, stays. This cannot be undone.
    """
    known = read_rules(rules or office / FILE)
    with open_recorded(office) as store:
        step = Step(by=by, why=why, at=datetime.now(UTC))
        rows = list(erase_due(store, known, step, rehearse=rehearse))
    show(rows, ("case_key", "rule", "kept"), as_json=as_json)
    gone, did = sum(not row.kept for row in rows), "that would be erased" if rehearse else "erased"
    say(f"cases {did}: {gone}; kept: {len(rows) - gone}")


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
        step = Step(by=by, why=why, at=datetime.now(UTC))
        key = set_hold(store, what, step, lifted=lift)
    say(f"case {key}: {'no legal hold any more' if lift else 'kept by a legal hold'}")
