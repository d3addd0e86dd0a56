"""``speedcam office report``: figures of a period as a page, JSON and CSV."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from services.console import EPILOG, Office, say
from services.errors import StoreError
from services.store.store import open_store
from speedcam.disk import make_folder, write_durably


def add_report_command(app: typer.Typer) -> None:
    """Give the office's commands the one that makes reports."""
    app.command(epilog=EPILOG)(report)


def report(
    *,
    office: Office,
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="As 2026-10-01.")],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="Itself included.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the report.")],
    site: Annotated[str, typer.Option(metavar="ID", help="One site; all if not given.")] = "",
) -> None:
    """Write report.html, report.json and report.csv of the passages of these local days.

    Passages, speeds, violations, refusals, decisions, objections, time to notice, by site. Counts
    alone: nobody stands in a report.
    """
    # The page needs templates that no other command has to load.
    from services.report.collect import report_of  # noqa: PLC0415 - see above
    from services.report.page import as_csv, as_json, page_html  # noqa: PLC0415 - see above

    days = _day(first), _day(last)
    with open_store(office) as store:
        made = report_of(store, *days, site=site)
    forms = {"html": page_html(made), "json": as_json(made), "csv": as_csv(made)}
    try:
        make_folder(out)
        for suffix, text in forms.items():
            write_durably(out / f"report.{suffix}", text.encode())
    except OSError as error:
        raise StoreError(f"cannot write the report into {out}: {error.strerror}.") from None
    say(f"report of {made.whole.passages} passages: {out / 'report.html'}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day: write it as 2026-10-14") from None
