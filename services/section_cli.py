"""``speedcam office section``: average speeds between two cameras. Parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.clock import SystemClock
from services.console import EPILOG, AsJson, Office, end, say, show
from services.errors import PackError
from services.intake import Outcome
from services.ledger.recorded import open_recorded
from services.rules.section_file import read_section
from services.sections import drives_between, receive_section


def add_section_command(app: typer.Typer) -> None:
    """Give the office's commands the one for sections."""
    app.command(epilog=EPILOG)(section)


def section(
    description: Annotated[
        Path, typer.Argument(metavar="SECTION", help="The section, a YAML file.")
    ],
    entry: Annotated[Path, typer.Argument(metavar="ENTRY", help="Passages where it begins.")],
    exits: Annotated[Path, typer.Argument(metavar="EXIT", help="Passages where it ends.")],
    office: Office,
    as_json: AsJson = False,
) -> None:
    """Judge average speeds between two cameras; open a case for each violation.

    Receive the passages of both cameras first: a drive that is a case already stays that case.
    Plates are matched under a key that dies with this command; who only entered is forgotten.
    """
    try:
        stretch = read_section(description.read_bytes(), description.name)
    except OSError as error:
        raise PackError(f"cannot read {description}: {error.strerror}. Give a YAML file.") from None
    drives_between(stretch, entry, exits)  # a mistyped name must not leave an empty office behind
    with open_recorded(office, create=True) as store:
        rows = receive_section(store, stretch, entry, exits, SystemClock())
    show(rows, ("passage_id", "outcome", "case_key", "reason"), as_json=as_json)
    tally = ", ".join(f"{o} {sum(r.outcome is o for r in rows)}" for o in Outcome)
    say(f"drives through the section: {len(rows)} ({tally})".replace("_", " "))
    end(all(row.outcome is not Outcome.FAULT for row in rows))
