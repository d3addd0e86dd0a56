"""What the plots of a comparison share: axes, marks, words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from speedcam.explain.palette import AMBER, BLUE, FADED, GREEN, HAIR, INK
from speedcam.model import Floats

GRADES = {"A": (GREEN, "o", "grade A"), "B": (BLUE, "D", "grade B"), None: (FADED, "s", "no grade")}

CROWD = 120
"""With more readings than this, marks shrink and let through what lies behind them."""

DARK_AMBER = "#8a5f00"
"""For words: amber itself is too light to read."""

BACKED: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
"""Behind words that may cross a line."""

HEADROOM = 1.32
"""Room above the highest mark for the legend, in reaches."""


def plain(axes: Axes, title: str, across: str, up: str) -> None:
    """Axes with a title on the left and no box around them."""
    axes.set_title(title, loc="left", color=INK, fontweight="bold")
    axes.set_xlabel(across, color=FADED)
    axes.set_ylabel(up, color=FADED)
    axes.tick_params(colors=FADED, length=3)
    axes.xaxis.set_major_locator(MaxNLocator(8))
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(HAIR)


def beside(axes: Axes, text: str, value: float, reach: float, colour: str) -> None:
    """A word beside the plot, where it covers no reading."""
    if abs(value) <= 1.08 * reach:
        axes.annotate(
            text, (1.01, value), xycoords=("axes fraction", "data"), ha="left", va="center",
            fontsize="small", color=DARK_AMBER if colour == AMBER else colour, linespacing=0.95,
            annotation_clip=False,
        )  # fmt: skip


def marks(axes: Axes, across: Floats, up: Floats, grades: Sequence[str | None]) -> None:
    """Each reading by its grade."""
    crowd = len(across) > CROWD
    for grade, (colour, mark, _) in GRADES.items():
        here = np.array([other == grade for other in grades], dtype=bool)
        if here.any():
            axes.scatter(
                across[here], up[here], s=9 if crowd else 26, c=colour, marker=mark,
                alpha=0.45 if crowd else 0.95, linewidths=0 if crowd else 0.6,
                edgecolors="white", zorder=4,
            )  # fmt: skip


def legend(axes: Axes, grades: Sequence[str | None]) -> None:
    """The grades that are there, and what the bars are, in one line above the marks."""
    for grade, (colour, mark, name) in GRADES.items():
        if grade in grades:
            axes.scatter([], [], s=26, c=colour, marker=mark, label=name)
    axes.plot([], [], color=FADED, lw=0.9, label="$U$, $k$ = 2")
    axes.legend(
        loc="upper left", ncols=4, frameon=False, fontsize="small", labelcolor=INK,
        handletextpad=0.3, columnspacing=1.0, borderaxespad=0.0, handlelength=1.2,
    )  # fmt: skip


def corner(axes: Axes, x: float, side: str, text: str, colour: str) -> None:
    """A word in an upper corner."""
    axes.annotate(
        text, (x, 0.985), xycoords="axes fraction", ha=side, va="top", fontsize="small",
        color=colour, zorder=6, bbox=BACKED,
    )  # fmt: skip


def nothing(axes: Axes, text: str) -> None:
    """Say why nothing is drawn."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.annotate(text, (0.5, 0.5), xycoords="axes fraction", ha="center", color=FADED)


def whole_counts(axes: Axes, counts: Floats) -> None:
    """Whole numbers up the side, with room above for words."""
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_ylim(0, 1.25 * max(1.0, float(np.max(counts))))


def nice_step(rough: float) -> float:
    """The least of 1, 2, 5 times a power of ten that is not below ``rough``."""
    power = 10 ** math.floor(math.log10(rough))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9)))
