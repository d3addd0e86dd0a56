"""The command ``speedcam validate``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from speedcam.disk import make_folder, write_durably
from speedcam.errors import PassageError, SpeedcamError
from speedcam.model import Passage
from speedcam.record import read_passages
from speedcam.validate.printable import printable
from speedcam.validate.readings import read_readings
from speedcam.validate.report import Report, compare, compare_tracks, document
from speedcam.validate.table import show
from speedcam.validate.truth import Truth, read_truth

BAD_INPUT = 2

# Wide enough for the tables when the output goes to a file, where nobody knows a width.
FILE_WIDTH = 180


def validate_command(
    passages: Annotated[
        Path,
        typer.Argument(
            help="passages.jsonl as `speedcam process` wrote it, or the folder that holds it; "
            "for a track file the readings of its tracks.",
            show_default=False,
        ),
    ],
    truth: Annotated[
        Path,
        typer.Argument(
            help="The truth (`*.truth.json`) or references (`*.reference.json`) of the same clip, "
            "or a track file.",
            show_default=False,
        ),
    ],
    *,
    tracker: Annotated[
        str | None,
        typer.Option("--tracker", help="Whose tracks of a track file; the readings are of those."),
    ] = None,
    truth_uncertainty: Annotated[
        float | None,
        typer.Option(
            "--truth-uncertainty",
            metavar="PERCENT",
            min=0.0,
            max=100.0,
            help="Expanded uncertainty (k = 2) of the true speeds, where their file states none.",
        ),
    ] = None,
    report_folder: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FOLDER",
            help="Write report.html, with plots, and report.json there; their paths go to stdout.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON with the same keys for every group.")
    ] = False,
) -> None:
    """Compare measured passages with the truth, vehicle by vehicle.

    Each vehicle of the truth gets at most one passage, by time, direction and place. Vehicles
    without one are missed; passages without a vehicle are listed as extra. docs/validate.md
    says what each figure means. Exit code 0: compared, whatever the errors; 2: bad input.
    """
    try:
        known = read_truth(truth, tracker=tracker, uncertainty_pct=truth_uncertainty)
        report = _compared(known, passages)
        written = _write(report, report_folder) if report_folder else ()
    except SpeedcamError as error:
        typer.echo(f"speedcam: {printable(str(error))}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    if as_json:
        typer.echo(report_json(report))
    elif written:
        for path in written:
            typer.echo(path)
    else:
        show(report, _console())


def _compared(truth: Truth, measured: Path) -> Report:
    if any(vehicle.track_id is not None for vehicle in truth.vehicles):
        return compare_tracks(truth, read_readings(measured))
    return compare(truth, _passages_of_one_clip(passages_file(measured)))


def _passages_of_one_clip(path: Path) -> list[Passage]:
    """Two clips share their footage times: what drove in one would be held against the other."""
    passages = list(read_passages(path))
    if len({passage.provenance.clip_sha256 for passage in passages}) > 1:
        raise PassageError(f"{path} holds passages of several clips. Compare one clip at a time.")
    if twice := [name for name, count in Counter(p.id for p in passages).items() if count > 1]:
        raise PassageError(f"{path} holds passage {twice[0]} twice. Process the footage again.")
    return passages


def _write(report: Report, folder: Path) -> tuple[Path, Path]:
    # Drawing takes half a second to load, which nobody else should pay.
    from speedcam.validate.page import page_html  # noqa: PLC0415

    page, figures = folder / "report.html", folder / "report.json"
    content = page_html(report).encode()
    make_folder(folder)
    write_durably(page, content)
    write_durably(figures, f"{report_json(report)}\n".encode())
    return page, figures


def passages_file(path: Path) -> Path:
    """``path`` itself, or the passages.jsonl in it when it is a folder."""
    return path / "passages.jsonl" if path.is_dir() else path


def report_json(report: Report) -> str:
    """The report as one JSON document; a figure without a reading is null."""
    return json.dumps(document(report), indent=1, allow_nan=False)


def _console() -> Console:
    # Names from the files are shown as they are, square brackets and all.
    width = None if sys.stdout.isatty() else FILE_WIDTH
    return Console(width=width, markup=False, emoji=False, highlight=False)
