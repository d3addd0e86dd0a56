"""``speedcam notify check``: a country's words, before any letter has them. Parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.console import EPILOG, end, say


def add_check_command(app: typer.Typer) -> None:
    """Give ``app`` the command."""
    app.command(name="check", epilog=EPILOG)(check)


def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Files such as countries/al.yaml.")
    ],
) -> None:
    """Prove files that say what a notice must know of a country.

    What is wrong with a file's form is told with its line. Then come sources that are not listed or
    not used, names without words in the first language, and an account that is none.
    """
    # Days, amounts and languages take their time to load, and no other command here needs them.
    from services.notifier.country_faults import faults_of_file  # noqa: PLC0415 - see above

    told = [f"{path.name}: {fault}" for path in files for fault in sorted(faults_of_file(path))]
    for line in told:
        typer.echo(line)
    say(f"files: {len(files)}; faults: {len(told)}")
    end(not told)
