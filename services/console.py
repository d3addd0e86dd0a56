"""How the office's commands print: rows on stdout, talk on stderr, and their exit code."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

SOME_FAILED = 1

EPILOG = """Exit codes: 0 all done; 1 some items failed and the others are done; 2 the command or
an input is wrong. Data goes to stdout, everything else to stderr."""

Office = Annotated[Path, typer.Option("--office", metavar="DIR", help="The office's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line, not a table.")]

_talk = Console(stderr=True)

_TO_COPY = frozenset({"case_key", "fine_number", "receipt", "number", "bank_id"})


def show(rows: Sequence[object], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows on stdout: whole as JSON lines, or some columns as a table."""
    told = [row if isinstance(row, dict) else _fields(row) for row in rows]
    if as_json:
        for row in told:
            typer.echo(json.dumps(row, default=_plain, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for name in columns:
        # What a person must copy into the next command stands in one piece.
        table.add_column(name.replace("_", " "), no_wrap=name in _TO_COPY)
    for row in told:
        table.add_row(
            *(escape(_printable(str(row[name]))) if row[name] else "" for name in columns)
        )
    if told:
        Console().print(table)


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
