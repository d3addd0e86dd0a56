"""The rows as tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.peers.runs import DECODER, Row

HEAD = (
    "| | n | read | mean | median | p95 | largest | bias | within ±3 | over by > 3 | extra "
    "| CPU, ms a frame |\n" + "|---" * 12 + "|"
)


def tables(rows: Sequence[Row]) -> str:
    """One table for all clips, and one for perfect boxes."""
    first = [row for row in rows if row.boxes != "perfect" and row.tool != DECODER]
    second = [row for row in rows if row.boxes == "perfect"]
    decoder = next(row for row in rows if row.tool == DECODER)
    parts = [HEAD, *map(line, first), ""]
    if decoder.score:
        ms = decoder.score.figures()["cpu_ms_per_frame"]
        parts += [f"Reading the clips and doing nothing with them: {ms} ms a frame.", ""]
    return "\n".join([*parts, HEAD, *map(line, second), ""])


def line(row: Row) -> str:
    """A row of a table."""
    if row.score is None:
        return f"| {row.tool} | {row.failed} |" + " |" * 10
    found = row.score.figures()
    keys = ("mean_abs_kmh", "median_abs_kmh", "p95_abs_kmh", "max_abs_kmh")
    sizes = [_told(found[key]) for key in keys]
    bias = _told(found["bias_kmh"], "+.2f")
    counts = [f"{found['n']}", f"{found['captured']}"]
    ends = [f"{found[key]}" for key in ("within_3", "over_3", "extra")]
    # Perfect boxes come from a file: there is no clip to be read, so their price tells nothing.
    price = "–" if row.boxes == "perfect" else f"{found['cpu_ms_per_frame']}"
    return "| " + " | ".join([row.tool, *counts, *sizes, bias, *ends, price]) + " |"


def _told(value: float | int | None, form: str = ".2f") -> str:
    return "–" if value is None else format(value, form)
