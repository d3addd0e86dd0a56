"""A table and a plot of the grid: ``python -m tests.bench.plates_plot ROWS.jsonl PLOT.png``.

ROWS.jsonl is what :mod:`tests.bench.plates_grid` printed. The table goes to stdout as Markdown.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.bench.reliability import Reliability, reliability

SMEARED = 0.01
"""A score below this comes of frames whose confidence was cut."""

mpl.rcParams["font.size"] = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One cell: of how many vehicles the likeliest text, the reading, a wrong reading."""

    cell: str
    n: int
    exact: int
    read: int
    wrong: int


def counted(rows: Sequence[dict[str, Any]]) -> list[Counted]:
    """A line per cell, in the order of the grid."""
    cells = dict.fromkeys(row["cell"] for row in rows)
    return [_cell(name, [row for row in rows if row["cell"] == name]) for name in cells]


def _cell(name: str, rows: Sequence[dict[str, Any]]) -> Counted:
    return Counted(
        cell=name,
        n=len(rows),
        exact=sum(row["exact"] for row in rows),
        read=sum(row["outcome"] == "read" for row in rows),
        wrong=sum(row["wrong"] for row in rows),
    )


def table(cells: Sequence[Counted]) -> str:
    """The cells and their sum in Markdown."""
    every = Counted(cell="all", **{
        key: sum(getattr(cell, key) for cell in cells) for key in ("n", "exact", "read", "wrong")
    })  # fmt: skip
    lines = ["| | vehicles | exact | given as `read` | of these wrong |", "|---|---|---|---|---|"]
    lines += [f"| {c.cell} | {c.n} | {c.exact} | {c.read} | {c.wrong} |" for c in (*cells, every)]
    return "\n".join(lines) + "\n"


def reliable(rows: Sequence[dict[str, Any]]) -> Reliability:
    """Of all texts but smeared ones, whose confidence is cut on purpose."""
    told = [(r["confidence"], r["exact"]) for r in rows if r["score"] > SMEARED]
    return reliability(told)


def plot(cells: Sequence[Counted], diagram: Reliability, path: Path) -> None:
    """Bars of what was read of each cell, and the reliability diagram."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    places = range(len(cells))
    left.barh(places, [c.exact / c.n for c in cells], color="#c8d6e0", label="exact")
    left.barh(places, [c.read / c.n for c in cells], height=0.45, color="#2f6f8f", label="read")
    left.barh(places, [c.wrong / c.n for c in cells], height=0.45, color="#c0392b",
              label="read wrong")  # fmt: skip
    left.set_yticks(places, [c.cell for c in cells])
    left.invert_yaxis()
    left.set_xlabel("share of vehicles")
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    right.plot([0, 1], [0, 1], color="#999999", linewidth=0.8)
    right.scatter(
        [b.confidence for b in diagram.bins],
        [b.right for b in diagram.bins],
        s=[12 + 2 * b.n for b in diagram.bins],
        color="#2f6f8f",
    )
    right.set_xlabel("confidence")
    right.set_ylabel("share that is right (area: how many)")
    figure.savefig(path, dpi=110)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and save the plot."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.plates_plot", description=__doc__)
    parser.add_argument("rows", type=Path)
    parser.add_argument("picture", type=Path)
    options = parser.parse_args(arguments)
    rows = [json.loads(line) for line in options.rows.read_text().splitlines()]
    cells, diagram = counted(rows), reliable(rows)
    plot(cells, diagram, options.picture)
    sys.stdout.write(table(cells))
    sys.stdout.write(f"expected calibration error {diagram.error:.3f}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
