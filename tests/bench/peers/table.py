"""The rows as tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.peers.runs import DECODER, Group, Row

HEAD = (
    "| | n | read | mean | median | p95 | largest | bias | within ±3 | over by > 3 | extra "
    "| CPU, ms a frame |\n" + "|---" * 12 + "|"
)
TITLES: dict[Group, str] = {
    "usual": "The clips, with the boxes of one motion detector",
    "perfect": "Our own clips, with perfect boxes",
    "hard": "The renders of which speedcam reads fewer than half, with the motion detector's boxes",
}


def tables(rows: Sequence[Row]) -> str:
    """A table for each group of clips."""
    parts = []
    for group in dict.fromkeys(row.group for row in rows):
        of_group = [row for row in rows if row.group == group]
        parts += [f"{TITLES[group]}:", "", HEAD]
        parts += [line(row) for row in of_group if row.tool != DECODER]
        parts += ["", *(_decoding(row) for row in of_group if row.tool == DECODER and row.scores)]
    return "\n".join(parts)


def _decoding(row: Row) -> str:
    price = row.score.figures()["cpu_ms_per_frame"]
    return f"Reading the clips and doing nothing with them: {price} ms a frame.\n"


def line(row: Row) -> str:
    """A row of a table."""
    if not row.scores:
        return f"| {row.tool} | {row.failed} |" + " |" * 10
    found = row.score.figures()
    keys = ("mean_abs_kmh", "median_abs_kmh", "p95_abs_kmh", "max_abs_kmh")
    sizes = [_told(found[key]) for key in keys]
    bias = _told(found["bias_kmh"], "+.2f")
    counts = [f"{found['n']}", f"{found['captured']}"]
    ends = [f"{found[key]}" for key in ("within_3", "over_3", "extra")]
    # Perfect boxes come from a file: there is no clip to be read, so their price tells nothing.
    price = "–" if row.group == "perfect" else f"{found['cpu_ms_per_frame']}"
    return "| " + " | ".join([row.tool, *counts, *sizes, bias, *ends, price]) + " |"


def _told(value: float | int | None, form: str = ".2f") -> str:
    return "–" if value is None else format(value, form)
