"""The command ``speedcam explain``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from speedcam.disk import make_folder, write_durably
from speedcam.errors import SpeedcamError
from speedcam.explain.dossier import SHORT_ID, Dossier, open_dossier, passage_named
from speedcam.explain.words import account, badge, headline, when, where
from speedcam.model import Passage, Refusal
from speedcam.record import read_passages

BAD_INPUT = 2


def explain_command(
    passages: Annotated[
        Path,
        typer.Argument(
            help="passages.jsonl as `speedcam process` wrote it, or the folder that holds it.",
            show_default=False,
        ),
    ],
    passage: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]", help="The passage's id or its first digits; without it all are listed."
        ),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(
            "--site",
            help="The site file: lanes, zone and metres are drawn, and the measurement done again.",
        ),
    ] = None,
    video: Annotated[
        Path | None,
        typer.Option("--video", help="The clip: the track is drawn on its own frame."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the picture and the page.")
    ] = Path(),
) -> None:
    """Show how a speed came about: its track, fit, anchors, budget, and what was rejected.

    Writes explain-ID.png and explain-ID.html, which need nothing else to be read. Works for refused
    passages too. Everybody but the measured vehicle is hidden in the picture. docs/explain.md says
    what each part means. Exit code 0: drawn or listed; 2: bad input.
    """
    try:
        file = passages / "passages.jsonl" if passages.is_dir() else passages
        if passage is None:
            _list(list(read_passages(file)))
            return
        dossier = open_dossier(passage_named(file, passage), file.parent, site=site, video=video)
        _tell(dossier)
        for path in _write(dossier, out):
            typer.echo(path)
    except SpeedcamError as error:
        typer.echo(f"speedcam: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from None


def _write(dossier: Dossier, out: Path) -> tuple[Path, Path]:
    # Drawing takes half a second to load, which no other command should pay.
    from speedcam.explain.page import page_html  # noqa: PLC0415
    from speedcam.explain.scene import backdrop, draw_scene  # noqa: PLC0415
    from speedcam.explain.sheet import sheet_png  # noqa: PLC0415

    behind = backdrop(dossier)
    scene = draw_scene(dossier, behind) if behind else None
    source = f"The whole track on {behind.source}" if behind else "The road from above"
    stem = f"explain-{dossier.passage.id[:SHORT_ID]}"
    picture, page = out / f"{stem}.png", out / f"{stem}.html"
    make_folder(out)
    write_durably(picture, sheet_png(dossier, scene))
    write_durably(page, page_html(dossier, scene, source).encode())
    return picture, page


def _tell(dossier: Dossier) -> None:
    """The account in words, on stderr: the paths alone are data."""
    console = Console(stderr=True, markup=False, emoji=False, highlight=False)
    passage = dossier.passage
    console.print(Text(f"{headline(passage)}  ({badge(passage)})", style="bold"))
    console.print(f"{where(passage)}, {when(passage)}")
    table = Table.grid(padding=(0, 2))
    for title, sentence in account(dossier):
        table.add_row(Text(title, style="bold"), Text(sentence))
    console.print(table)


def _list(passages: list[Passage]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("id", "from, s", "lane", "speed", "grade or reason"):
        table.add_column(column)
    for passage in passages:
        table.add_row(*(Text(cell) for cell in _row(passage)))
    Console(markup=False, emoji=False, highlight=False, soft_wrap=True).print(table)


def _row(passage: Passage) -> tuple[str, ...]:
    refused = isinstance(passage.speed, Refusal)
    return (
        passage.id[:SHORT_ID],
        f"{passage.first_s:.1f}",
        passage.lane or "",
        "" if refused else headline(passage),
        passage.speed.text() if isinstance(passage.speed, Refusal) else badge(passage),
    )
