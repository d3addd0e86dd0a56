"""The appraisal of a site as one picture, legible at half its size."""

from __future__ import annotations

import io
import textwrap
from dataclasses import dataclass
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from speedcam.calibrate.appraisal import Appraisal, Verdict
from speedcam.calibrate.birdseye import draw_birdseye, draw_doubt, plan_of
from speedcam.calibrate.curves import draw_forecast
from speedcam.calibrate.overlay import arrow_scale, draw_overlay
from speedcam.calibrate.view import View
from speedcam.calibrate.words import facts, reasons, verdict_in_words
from speedcam.explain.palette import AMBER, FADED, GREEN, INK, RED
from speedcam.model import Image

DOTS_PER_INCH = 125
LETTERS = 12.0
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": LETTERS,
    "axes.titlesize": 15.0,
}
COLOURS = {Verdict.FINES: GREEN, Verdict.STATISTICS: AMBER, Verdict.NOTHING: RED}
KINDS = {"refused": RED, "no fines": RED, "better": AMBER}

WIDTH, MARGIN, HEAD = 14.4, 0.35, 1.35
"""Inches, as all lengths here. The head holds the verdict and the titles under it."""
AXIS, GAP = 0.85, 0.3
"""Room for the figures beside the plan, and between it and the map."""
TALLEST, WIDEST_PLAN = 6.4, 2.4
FOOT = 1.05
"""Under the pictures: the key, figures and the title of what follows."""
TICKS, CURVES, CAPTION = 0.4, (4.1, 3.2), 1.15
"""Figures beside the curves, the curves themselves, and what is written under them."""
PILL = 550.0
"""Size of the verdict's letters times their number, so that there is room beside them."""
NAMES, LINE, APART = 1.6, 0.222, 0.1
LETTERS_IN_LINE = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Sizes in inches of what stands in the upper row."""

    picture: tuple[float, float]
    plan: tuple[float, float]


def sheet(appraisal: Appraisal, view: View) -> Image:
    """The whole appraisal, blue-green-red."""
    entries = _entries(appraisal)
    layout = laid_out(view, plan_of(appraisal).slimness)
    upper, lower = layout.picture[1], max(MARGIN + CURVES[1] + CAPTION, _height(entries))
    height = HEAD + upper + FOOT + lower + MARGIN
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), dpi=DOTS_PER_INCH, facecolor="white")
        canvas = FigureCanvasAgg(figure)
        _draw_head(_axes(figure, MARGIN, 0.2, WIDTH - 2 * MARGIN, 0.75), appraisal, view)
        _draw_upper(figure, appraisal, view, layout)
        top = HEAD + upper + FOOT
        draw_forecast(_axes(figure, MARGIN + TICKS, top, *CURVES), appraisal)
        left = MARGIN + TICKS + CURVES[0] + 0.5
        _draw_account(_axes(figure, left, top, WIDTH - MARGIN - left, lower), entries, lower)
        pixels = io.BytesIO()
        figure.savefig(pixels, format="rgba")
    across, down = canvas.get_width_height()
    drawn = np.frombuffer(pixels.getvalue(), np.uint8).reshape(down, across, 4)
    return np.asarray(cv2.cvtColor(drawn, cv2.COLOR_RGBA2BGR), np.uint8)


def laid_out(view: View, slimness: float) -> Layout:
    """The picture as large as the room beside two plans of a road so slim allows."""
    width_px, height_px = view.size_px
    shape = width_px / height_px
    room = WIDTH - 2 * MARGIN - AXIS - GAP
    width = min(max(room / (1 + 2 / (shape * slimness)), room - 2 * WIDEST_PLAN), TALLEST * shape)
    height = width / shape
    plan_width = min(height / slimness, WIDEST_PLAN)
    return Layout(picture=(width, height), plan=(plan_width, plan_width * slimness))


def _axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at inches from the figure's top left corner."""
    full_width, full_height = figure.get_size_inches()
    bottom = full_height - top - height
    box = (
        left / full_width,
        bottom / full_height,
        width / full_width,
        height / full_height,
    )
    return figure.add_axes(box)


def _draw_upper(figure: Figure, appraisal: Appraisal, view: View, layout: Layout) -> None:
    width, height = layout.picture
    picture = _axes(figure, MARGIN, HEAD, width, height)
    draw_overlay(picture, appraisal, view, width)
    picture.set_title("What the camera sees", loc="left", color=INK, fontweight="bold")
    picture.text(
        0, -0.02, _key(appraisal, view), transform=picture.transAxes, va="top", color=FADED,
        linespacing=1.4,
    )  # fmt: skip
    left, (plan_width, plan_height) = MARGIN + width + AXIS, layout.plan
    above = _axes(figure, left, HEAD, plan_width, plan_height)
    draw_birdseye(above, appraisal, view, plan_width)
    draw_doubt(_axes(figure, left + plan_width + GAP, HEAD, plan_width, plan_height), appraisal)


def _draw_head(axes: Axes, appraisal: Appraisal, view: View) -> None:
    axes.set_axis_off()
    verdict = verdict_in_words(appraisal)
    pill = axes.text(
        0.011, 0.5, verdict, fontsize=min(23.0, PILL / len(verdict)), fontweight="bold",
        color="white", va="center", transform=axes.transAxes,
        bbox={"boxstyle": "round,pad=0.35", "fc": COLOURS[appraisal.verdict], "ec": "none"},
    )  # fmt: skip
    site = appraisal.site
    axes.annotate(
        f"{site.camera_name}  ·  {site.place_name}  ·  {site.road}\n"
        f"camera {site.camera_id}  ·  site file {site.sha256[:12]}  ·  {view.source}",
        (1, 0.5), xycoords=pill, xytext=(26, 0), textcoords="offset points", va="center",
        color=FADED, fontsize=LETTERS, linespacing=1.5,
    )  # fmt: skip


def _key(appraisal: Appraisal, view: View) -> str:
    scale = arrow_scale(appraisal, view.size_px[0])
    arrows = (
        f"red arrows: by what each point misses the fit, {scale} times as long as it is"
        if scale
        else "no arrows: the fit hits every point to a twentieth of a pixel"
    )
    return (
        "blue: ends of the measuring zone  ·  yellow: lanes and limits  ·  "
        f"white: 1 m across, 5 m along\n{arrows}"
    )


Entry = tuple[str, list[str], str]
"""Name, lines and colour."""


def _entries(appraisal: Appraisal) -> list[Entry]:
    """Reasons first, then what was found."""
    named = [(kind, text, KINDS[kind]) for kind, text in reasons(appraisal)]
    named += [(name, text, INK) for name, text in facts(appraisal)]
    return [(name, textwrap.wrap(text, LETTERS_IN_LINE), colour) for name, text, colour in named]


def _height(entries: list[Entry]) -> float:
    return sum(len(lines) * LINE + APART for _, lines, _ in entries)


def _draw_account(axes: Axes, entries: list[Entry], height: float) -> None:
    axes.set_axis_off()
    axes.set_title("In words", loc="left", color=INK, fontweight="bold")
    axes.set_ylim(height, 0)
    axes.set_xlim(0, axes.bbox.width / DOTS_PER_INCH)
    top = 0.05
    for name, lines, colour in entries:
        axes.text(0, top, name, fontweight="bold", color=colour, va="top")
        for number, line in enumerate(lines):
            axes.text(NAMES, top + number * LINE, line, color=INK, va="top")
        top += len(lines) * LINE + APART
