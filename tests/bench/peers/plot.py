"""Every error of every tool: ``python -m tests.bench.peers.plot ROWS.jsonl PICTURE.png``.

ROWS.jsonl is what ``python -m tests.bench.peers --json`` printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from tests.bench.peers.runs import DECODER, OURS

LINEAR_KMH = 1.0
"""Errors are drawn to scale up to here, and by their logarithm beyond."""

REACH_KMH = 190.0
TICKS_KMH = (-100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100)
OVER, OURS_INK, THEIRS_INK, INK, PALE = "#c0392b", "#14688a", "#7d8b97", "#2b3640", "#e1eee7"
COLOURS = 192
"""So many are enough for the picture, and halve its file."""

READ_AT, WITHIN_AT, OVER_AT = 1.1, 1.22, 1.33
"""Right edges of the columns of figures, in widths of a panel."""

HEAD_AT = -0.9
"""Where their heads stand, in strips from the first."""

TITLES = {
    "usual": "The clips, with a motion detector's boxes (speedcam looks for itself)",
    "perfect": "Our own clips again, with perfect boxes, as no detector finds them",
    "hard": "Renders that are hard for speedcam, with a motion detector's boxes",
}


def plot(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """A strip of dots per tool, a panel per group."""
    drawn = [row for row in rows if row["peer"] != DECODER and "errors_kmh" in row]
    groups = {
        name: [row for row in drawn if row["group"] == name]
        for name in dict.fromkeys(row["group"] for row in drawn)
    }
    sizes = [len(group) for group in groups.values()]
    figure = Figure(figsize=(9.6, 1.4 + 0.36 * (sum(sizes) + len(sizes))), layout="constrained")
    panels = figure.subplots(len(sizes), 1, sharex=True, squeeze=False, height_ratios=sizes)[:, 0]
    for axes, (name, group) in zip(panels, groups.items(), strict=True):
        _panel(axes, group, TITLES[name])
    panels[-1].set_xlabel("reading minus truth, km/h; logarithmic beyond ±1", color=INK)
    picture = BytesIO()
    figure.savefig(picture, dpi=110, bbox_inches="tight", pad_inches=0.15)
    Image.open(picture).convert("RGB").quantize(COLOURS).save(path, optimize=True)


def _panel(axes: Axes, group: Sequence[dict[str, Any]], title: str) -> None:
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", color=INK)
    axes.set_xscale("symlog", linthresh=LINEAR_KMH, linscale=0.8)
    axes.set_xlim(-REACH_KMH, REACH_KMH)
    axes.set_xticks(TICKS_KMH, [f"{tick:+d}" if tick else "0" for tick in TICKS_KMH])
    axes.minorticks_off()
    axes.axvspan(-3, 3, color=PALE, zorder=0)
    axes.axvline(0, color="#9fb5a8", linewidth=0.8, zorder=1)
    _beside(axes, READ_AT, HEAD_AT, "read", INK)
    _beside(axes, WITHIN_AT, HEAD_AT, "within ±3", INK)
    _beside(axes, OVER_AT, HEAD_AT, "over +3", OVER)
    for place, row in enumerate(group):
        _strip(axes, place, row)
    axes.set_yticks(range(len(group)), [row["peer"] for row in group])
    axes.set_ylim(len(group) - 0.4, -0.6)
    axes.tick_params(length=0, colors=INK, labelsize=9)
    axes.spines[:].set_visible(False)
    for name in axes.get_yticklabels():
        name.set_fontweight("bold" if name.get_text() == OURS else "normal")


def _strip(axes: Axes, place: int, row: dict[str, Any]) -> None:
    errors = np.array(row["errors_kmh"])
    # Spread evenly in the order of the clips, so that the same errors make the same picture.
    height = place + 0.28 * np.sin(np.arange(len(errors)) * 2.4)
    own = OURS_INK if row["peer"] == OURS else THEIRS_INK
    colours = [OVER if error > 3 else own for error in errors]
    axes.scatter(errors, height, s=18, c=colours, alpha=0.8, linewidths=0.4, ec="white", zorder=3)
    _beside(axes, READ_AT, place, f"{row['captured']} of {row['n']}", INK)
    _beside(axes, WITHIN_AT, place, str(row["within_3"]), INK)
    _beside(axes, OVER_AT, place, str(row["over_3"]), OVER if row["over_3"] else INK)


def _beside(axes: Axes, at: float, place: float, text: str, colour: str) -> None:
    axes.annotate(
        text, (at, place), xycoords=("axes fraction", "data"),
        ha="right", va="center", fontsize=9, color=colour,
    )  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Draw what was measured."""
    rows, picture = map(Path, arguments)
    plot([json.loads(row) for row in rows.read_text(encoding="utf-8").splitlines()], picture)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
