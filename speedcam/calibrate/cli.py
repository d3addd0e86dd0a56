"""The commands ``speedcam calibrate check`` and ``speedcam calibrate frame``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from speedcam.calibrate.appraisal import Appraisal, Verdict, appraise
from speedcam.calibrate.view import View, see
from speedcam.calibrate.words import COLUMNS, MEANING, cells, document, facts, headline, reasons
from speedcam.disk import make_folder, write_durably
from speedcam.site import load_site

NOT_FINING = 1
FILE_WIDTH = 140

STYLES = {"refused": "bold red", "no fines": "bold red", "better": "bold yellow"}


def build_calibrate() -> typer.Typer:
    """The group of both commands."""
    app = typer.Typer(
        help="Survey a site: find its points in a picture, and see what the survey is worth.",
        no_args_is_help=True,
    )
    app.command(name="check")(check_command)
    app.command(name="frame")(frame_command)
    return app


def check_command(
    site: Annotated[
        Path, typer.Argument(metavar="SITE", help="The site file.", show_default=False)
    ],
    *,
    frame: Annotated[
        Path,
        typer.Option(
            "--frame",
            metavar="IMAGE_OR_VIDEO",
            help="What the camera sees: a PNG or JPEG, or a clip, of which the empty road is used.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PNG", help="Draw the survey, its errors and the verdict."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Say what the survey of SITE is worth, and whether speeds measured there may fine anybody.

    The report goes to stdout, the picture to --out; docs/calibration.md explains both. Exit code
    0: the site may fine; 1: it may not, and the report says why; 2: an input is wrong.
    """
    view = see(frame)
    appraisal = appraise(load_site(site), view.size_px, view.every_s)
    if as_json:
        typer.echo(json.dumps(document(appraisal), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        _tell(appraisal)
    if out is not None:
        _draw(appraisal, view, out)
    if appraisal.verdict is not Verdict.FINES:
        raise typer.Exit(NOT_FINING)


def frame_command(
    video: Annotated[
        Path, typer.Argument(metavar="VIDEO", help="A clip of the camera.", show_default=False)
    ],
    *,
    at_s: Annotated[
        float | None,
        typer.Option(
            "--at",
            metavar="S",
            min=0.0,
            help="The frame at this second as it is; without it, the road without its traffic.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PNG", help="The picture; the clip's name if left out."),
    ] = None,
) -> None:
    """Save one picture of VIDEO, and one with a pixel grid, to find survey points in.

    Writes PNG as it is, which can serve as `reference_frame`, and PNG's name with `-grid` enlarged
    and ruled in pixels of the footage. The paths of both go to stdout.
    """
    from speedcam.calibrate.ruled import ruled_png  # noqa: PLC0415 - drawing is slow to load

    view = see(video, at_s)
    plain = out or Path(f"{video.stem}.png")
    grid = plain.with_name(f"{plain.stem}-grid.png")
    make_folder(plain.parent)
    write_durably(plain, view.png())
    write_durably(grid, ruled_png(view))
    typer.echo(plain)
    typer.echo(grid)


def _draw(appraisal: Appraisal, view: View, out: Path) -> None:
    from speedcam.calibrate.sheet import sheet_png  # noqa: PLC0415 - drawing is slow to load

    make_folder(out.parent)
    write_durably(out, sheet_png(appraisal, view))
    Console(stderr=True).print(f"picture: {out}", markup=False, highlight=False, soft_wrap=True)


def _tell(appraisal: Appraisal) -> None:
    width = None if sys.stdout.isatty() else FILE_WIDTH
    console = Console(width=width, markup=False, emoji=False, highlight=False)
    console.print(Text(headline(appraisal), style="bold"))
    account = Table.grid(padding=(0, 2))
    for kind, sentence in reasons(appraisal):
        account.add_row(Text(kind, style=STYLES[kind]), Text(sentence))
    for name, value in facts(appraisal):
        account.add_row(Text(name, style="bold"), Text(value))
    console.print(account)
    console.print()
    points = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        points.add_column(column, justify="right")
    for number, point in enumerate(appraisal.points):
        points.add_row(*(Text(cell) for cell in cells(number, point)))
    console.print(points)
    console.print()
    console.print(Text(MEANING, style="dim"))
