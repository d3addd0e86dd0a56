"""How the office's commands print: rows on stdout, talk on stderr, and their exit code."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

SOME_FAILED = 1

EPILOG = """Exit codes: 0 all done; 1 some items failed and the others are done; 2 the command or
an input is wrong. Data goes to stdout, everything else to stderr."""

Office = Annotated[Path, typer.Option("--office", metavar="DIR", help="The office's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line, not a table.")]

_talk = Console(stderr=True)

_ROOM_FOR_WORDS = 24
_NO_EDGE = 10_000


def show(rows: Sequence[object], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows on stdout: whole as JSON lines, or some columns as a table.

    Nothing is ever cut off. On a terminal too narrow for the table, each row becomes a few lines.
    """
    told = [row if isinstance(row, dict) else _fields(row) for row in rows]
    if as_json:
        for row in told:
            typer.echo(json.dumps(row, default=_plain, ensure_ascii=False))
        return
    if not told:
        return
    cells = [[_cell(row[name]) for name in columns] for row in told]
    console = _paper()
    if _fits(columns, cells, console.width):
        _print_table(columns, cells, console)
    else:
        _print_records(columns, cells, console)


def show_record(row: dict[str, object], columns: Sequence[str]) -> None:
    """Print one row on stdout, a line for each of its columns that says something."""
    _print_records(columns, [[_cell(row[name]) for name in columns]], _paper())


def _paper() -> Console:
    """Stdout, as wide as it is; a file has no right edge, and nothing in it is folded."""
    console = Console()
    return console if console.is_terminal else Console(width=_NO_EDGE)


def _fits(columns: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> bool:
    """Whether a table leaves its last column, the one with the words, room to be read."""
    widths = [
        max(cell_len(cell) for cell in column) for column in zip(columns, *cells, strict=True)
    ]
    return sum(widths[:-1]) + len(widths) + min(widths[-1], _ROOM_FOR_WORDS) <= width


def _print_table(columns: Sequence[str], cells: Sequence[Sequence[str]], console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for name in columns[:-1]:
        table.add_column(_heading(name), no_wrap=True)
    table.add_column(_heading(columns[-1]), overflow="fold")
    for row in cells:
        table.add_row(*map(escape, row))
    console.print(table)


def _print_records(
    columns: Sequence[str], cells: Sequence[Sequence[str]], console: Console
) -> None:
    for position, row in enumerate(cells):
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for name, cell in zip(columns, row, strict=True):
            if cell:
                table.add_row(_heading(name), escape(cell))
        if position:
            console.print()
        console.print(table)


def _heading(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return _printable(str(value)) if value else ""


def _printable(text: str) -> str:
    """``text`` without what would steer a terminal: some of it comes from other machines."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c).startswith("C") else c for c in text
    )


def _fields(row: Any) -> dict[str, object]:  # noqa: ANN401 - any of the report dataclasses
    return dataclasses.asdict(row)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def say(words: str) -> None:
    """Tell a person something, on stderr."""
    _talk.print(words, highlight=False, markup=False, soft_wrap=True)


def end(whole: bool) -> None:
    """End with the exit code for some items that failed, unless all is done."""
    if not whole:
        raise typer.Exit(SOME_FAILED)
