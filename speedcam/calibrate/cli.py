"""The commands ``speedcam calibrate check`` and ``speedcam calibrate frame``."""

from __future__ import annotations

import json
import sys
from collections.abc import Set
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from speedcam.calibrate.appraisal import Appraisal, Verdict, appraise
from speedcam.calibrate.document import document
from speedcam.calibrate.view import PICTURES, View, encoded, see
from speedcam.calibrate.words import (
    COLUMNS,
    CONSEQUENCES,
    MEANING,
    cells,
    facts,
    headline,
    reasons,
)
from speedcam.disk import make_folder, write_durably
from speedcam.site import load_site

EXIT_CODES = {Verdict.FINES: 0, Verdict.STATISTICS: 1, Verdict.NOTHING: 3}
"""2 is for a command or an input that is wrong, as everywhere."""
FILE_WIDTH = 140

STYLES = {"refused": "bold red", "no fines": "bold red", "better": "bold yellow"}


calibrate_app = typer.Typer(
    help="Survey a site: find its points in a picture, and see what the survey is worth.",
    no_args_is_help=True,
)


@calibrate_app.command(name="check")
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
        typer.Option(
            "--out",
            metavar="PICTURE",
            help="The survey, its errors and the verdict, as a PNG or JPEG; SITE's name with "
            "-check.png, in this folder, if left out.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print everything as JSON, and draw a picture only where --out says."
        ),
    ] = False,
) -> None:
    """Say what the survey of SITE is worth, and whether speeds measured there may fine anybody.

    The report goes to stdout; docs/calibration.md explains it and the picture. Exit code 0: the
    site may fine; 1: its speeds serve statistics only; 3: it cannot measure; 2: the command or an
    input is wrong.
    """
    picture = out or (None if as_json else _named_after(site))
    target = picture and _target(picture, PICTURES, site, frame)
    view, loaded = see(frame), load_site(site)
    moved = view.moved(loaded.reference_frame) if loaded.reference_frame else None
    appraisal = appraise(loaded, view.size_px, view.every_s, moved)
    if as_json:
        typer.echo(json.dumps(document(appraisal), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        _tell(appraisal)
    if target:
        _draw(appraisal, view, target)
    raise typer.Exit(EXIT_CODES[appraisal.verdict])


@calibrate_app.command(name="frame")
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

    plain = _target(out or Path(f"{video.stem}.png"), {".png"}, video)
    grid = _target(plain.with_name(f"{plain.stem}-grid.png"), {".png"}, video)
    view = see(video, at_s)
    make_folder(plain.parent)
    write_durably(plain, view.png())
    write_durably(grid, ruled_png(view))
    typer.echo(plain)
    typer.echo(grid)


def _named_after(site: Path) -> Path:
    return Path(f"{site.name.removesuffix('.toml').removesuffix('.site')}-check.png")


def _target(out: Path, kinds: Set[str], *inputs: Path) -> Path:
    """``out``, where a picture can be written and nothing that was read is lost."""
    if out.suffix.lower() not in kinds or out.is_dir():
        ends = " or ".join(sorted(kinds))
        what = "is a folder" if out.is_dir() else f"does not end in {ends}"
        raise typer.BadParameter(f"{out} {what}. Name a picture file.", param_hint="--out")
    if any(out.resolve() == path.resolve() for path in inputs):
        raise typer.BadParameter(
            f"{out} is what the picture is made from. Give another name.", param_hint="--out"
        )
    return out


def _draw(appraisal: Appraisal, view: View, out: Path) -> None:
    from speedcam.calibrate.sheet import sheet  # noqa: PLC0415 - drawing is slow to load

    make_folder(out.parent)
    write_durably(out, encoded(sheet(appraisal, view), out.suffix))
    Console(stderr=True).print(f"picture: {out}", markup=False, highlight=False, soft_wrap=True)


def _tell(appraisal: Appraisal) -> None:
    width = None if sys.stdout.isatty() else FILE_WIDTH
    console = Console(width=width, markup=False, emoji=False, highlight=False)
    console.print(Text(headline(appraisal), style="bold"))
    console.print(Text(CONSEQUENCES[appraisal.verdict]))
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
