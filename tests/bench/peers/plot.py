"""Every error of every tool: ``python -m tests.bench.peers.plot ROWS.jsonl PICTURE.png``.

ROWS.jsonl is what ``python -m tests.bench.peers --json`` printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

LINEAR_KMH = 1.0
"""Errors are drawn to scale up to here, and by their logarithm beyond."""

REACH_KMH = 150.0
TICKS_KMH = (-100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100)
OVER, OURS, THEIRS, INK = "#c0392b", "#1f6f8f", "#8a97a3", "#2b3640"
TITLES = {
    "motion": "Clips as they are: all tools but speedcam are given a motion detector's boxes",
    "perfect": "Perfect boxes, as no detector finds them",
}


def plot(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """A strip of dots per tool, speedcam first."""
    drawn = [row for row in rows if row["peer"] != "decoder" and row.get("errors_kmh")]
    groups = {
        "motion": [row for row in drawn if row["boxes"] != "perfect"],
        "perfect": [row for row in drawn if row["boxes"] == "perfect"],
    }
    sizes = [len(group) for group in groups.values()]
    figure = Figure(figsize=(9, 1.6 + 0.46 * sum(sizes)), layout="constrained")
    panels = figure.subplots(2, 1, sharex=True, height_ratios=sizes)
    for axes, (boxes, group) in zip(panels, groups.items(), strict=True):
        _panel(axes, group, TITLES[boxes])
    panels[-1].set_xlabel(
        "reading minus truth, km/h (logarithmic beyond ±1)          "
        "red: over by more than 3, to the driver's loss",
        color=INK,
    )
    figure.savefig(path, dpi=120)


def _panel(axes: Axes, group: Sequence[dict[str, Any]], title: str) -> None:
    axes.set_title(title, loc="left", fontsize=10, color=INK)
    axes.set_xscale("symlog", linthresh=LINEAR_KMH, linscale=0.8)
    axes.set_xlim(-REACH_KMH, REACH_KMH)
    axes.set_xticks(TICKS_KMH, [f"{tick:+d}" if tick else "0" for tick in TICKS_KMH])
    axes.minorticks_off()
    axes.axvspan(-3, 3, color="#e8f1ec", zorder=0)
    axes.axvline(0, color="#9fb5a8", linewidth=0.8, zorder=1)
    for place, row in enumerate(group):
        _strip(axes, place, row)
    axes.set_yticks(range(len(group)), [row["peer"] for row in group])
    axes.set_ylim(len(group) - 0.45, -0.55)
    axes.tick_params(length=0, colors=INK, labelsize=9)
    axes.spines[:].set_visible(False)


def _strip(axes: Axes, place: int, row: dict[str, Any]) -> None:
    errors = np.array(row["errors_kmh"])
    # Spread evenly in the order of the clips, so that the same errors make the same picture.
    height = place + 0.26 * np.sin(np.arange(len(errors)) * 2.4)
    own = OURS if row["peer"] == "speedcam" else THEIRS
    colours = [OVER if error > 3 else own for error in errors]
    axes.scatter(errors, height, s=15, c=colours, alpha=0.75, linewidths=0, zorder=3)
    said = f"{row['within_3']} of {row['n']} within ±3"
    axes.annotate(
        said, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=9, color=INK
    )


def main(arguments: Sequence[str]) -> int:
    """Draw what was measured."""
    rows, picture = map(Path, arguments)
    plot([json.loads(row) for row in rows.read_text(encoding="utf-8").splitlines()], picture)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
