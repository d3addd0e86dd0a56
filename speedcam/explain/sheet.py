"""The report as one picture, and its parts as pictures for a page."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D

from speedcam.explain.dossier import SHORT_ID, Dossier
from speedcam.explain.palette import AMBER, FADED, GREEN, INK, RED, USE_COLOURS
from speedcam.explain.plan import draw_plan
from speedcam.explain.plots import (
    draw_anchors,
    draw_budget,
    draw_positions,
    draw_residuals,
    legend_text,
    uses_shown,
)
from speedcam.explain.words import account, badge, headline, when, where
from speedcam.model import Grade, Image, Refusal
from speedcam.workings import Use

DOTS_PER_INCH = 125
SIZE_IN = (16.0, 12.6)
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 11.5,
    "axes.titlesize": 13.0,
    "svg.hashsalt": "speedcam",
    "svg.fonttype": "path",
}

Draw = Callable[[Axes, Dossier], None]


def sheet_png(dossier: Dossier, scene: Image | None) -> bytes:
    """The whole report as a PNG; without ``scene`` (blue-green-red) the road from above."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE_IN, dpi=DOTS_PER_INCH, facecolor="white")
        FigureCanvasAgg(figure)
        grid = figure.add_gridspec(
            3, 1, height_ratios=[0.95, 6.35, 4.6], left=0.035, right=0.985, top=0.985, bottom=0.05,
            hspace=0.2,
        )  # fmt: skip
        _draw_head(figure.add_subplot(grid[0]), dossier)
        _draw_upper(figure, grid[1].subgridspec(2, 2, **_UPPER), dossier, scene)  # type: ignore[arg-type]
        lower = grid[2].subgridspec(1, len(_LOWER), width_ratios=_LOWER, wspace=0.0)
        draw_anchors(figure.add_subplot(lower[1]), dossier)
        draw_budget(figure.add_subplot(lower[3]), dossier)
        _draw_account(figure.add_subplot(lower[5]), dossier)
        return _png(figure)


def plot_svg(draw: Draw, dossier: Dossier, size_in: tuple[float, float] = (5.6, 3.7)) -> str:
    """One plot as an SVG element; the same dossier gives the same text."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size_in, layout="constrained", facecolor="none")
        draw(figure.add_subplot(), dossier)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]


ACCOUNT_LETTERS = (10.5, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5, 7.0)
"""Sizes to try, the largest first."""

_LOWER = [1.35, 3.1, 2.0, 2.6, 0.35, 5.6]
"""Widths: names and ways to the speed, names and budget, a gap, the account."""

_UPPER = {"width_ratios": [2.02, 1.0], "height_ratios": [1.35, 1.0], "wspace": 0.14, "hspace": 0.42}


def _draw_upper(figure: Figure, grid: GridSpec, dossier: Dossier, scene: Image | None) -> None:
    road = figure.add_subplot(grid[:, 0])
    if scene is None:
        draw_plan(road, dossier)
    else:
        road.imshow(cv2.cvtColor(scene, cv2.COLOR_BGR2RGB), interpolation="lanczos")
        road.set_axis_off()
        road.set_anchor("NW")
    _draw_legend(road, dossier, below=0.005 if scene is not None else 0.45)
    draw_positions(figure.add_subplot(grid[0, 1]), dossier)
    draw_residuals(figure.add_subplot(grid[1, 1]), dossier)


def _draw_legend(axes: Axes, dossier: Dossier, below: float) -> None:
    marks = [
        Line2D([], [], ls="", marker="o" if use in {Use.USED, Use.NOT_FITTED} else "x", ms=7,
               mew=2, color=USE_COLOURS[use], label=legend_text(use, count))
        for use, count in uses_shown(dossier)
    ]  # fmt: skip
    axes.legend(
        handles=marks, loc="upper left", bbox_to_anchor=(0, -below), ncols=4, frameon=False,
        borderaxespad=0, handletextpad=0.3, columnspacing=1.4, fontsize="small",
    )  # fmt: skip


def _draw_head(axes: Axes, dossier: Dossier) -> None:
    passage = dossier.passage
    axes.set_axis_off()
    big = axes.text(
        0, 0.5, headline(passage), fontsize=34, fontweight="bold", color=INK, va="center",
        transform=axes.transAxes,
    )  # fmt: skip
    pill = axes.annotate(
        badge(passage), (1, 0.5), xycoords=big, xytext=(16, 0), textcoords="offset points",
        va="center", color="white", fontsize=15, fontweight="bold",
        bbox={"boxstyle": "round,pad=0.35", "fc": badge_colour(dossier), "ec": "none"},
    )  # fmt: skip
    axes.annotate(
        f"{where(passage)}\n{when(passage)}   ·   passage {passage.id[:SHORT_ID]}   ·   "
        f"{passage.provenance.clip}",
        (1, 0.5), xycoords=pill, xytext=(20, 0), textcoords="offset points", va="center",
        color=FADED, fontsize=12.5, linespacing=1.5,
    )  # fmt: skip


def badge_colour(dossier: Dossier) -> str:
    """Green for what may be fined, amber for statistics, red for a refusal."""
    speed = dossier.passage.speed
    if isinstance(speed, Refusal):
        return RED
    return GREEN if speed.grade is Grade.A else AMBER


def _draw_account(axes: Axes, dossier: Dossier) -> None:
    """The sentences, each beside its title, from the top down, in letters that let all fit."""
    axes.set_axis_off()
    told = account(dossier)
    size = next((size for size in ACCOUNT_LETTERS if _deep(told, size) <= 1), ACCOUNT_LETTERS[-1])
    top = 1.0
    for title, sentence in told:
        lines = _wrapped(sentence, size)
        axes.text(0, top, title, fontweight="bold", color=INK, va="top", fontsize=size)
        axes.text(0.21, top, "\n".join(lines), color=INK, va="top", fontsize=size, linespacing=1.3)
        top -= _step(lines, size)


def _deep(told: Sequence[tuple[str, str]], size: float) -> float:
    """How much of the axes' height the sentences take."""
    return sum(_step(_wrapped(sentence, size), size) for _, sentence in told)


def _step(lines: Sequence[str], size: float) -> float:
    return (0.05 * len(lines) + 0.035) * size / ACCOUNT_LETTERS[0]


def _wrapped(sentence: str, size: float) -> list[str]:
    return textwrap.wrap(sentence, int(58 * ACCOUNT_LETTERS[0] / size))


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def picture_size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG."""
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError("not a picture")
    return picture.shape[1], picture.shape[0]
