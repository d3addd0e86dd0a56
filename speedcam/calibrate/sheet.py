"""The appraisal of a site as one picture."""

from __future__ import annotations

import io
import textwrap
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from speedcam.calibrate.appraisal import Appraisal, Verdict
from speedcam.calibrate.birdseye import draw_birdseye, draw_doubt
from speedcam.calibrate.overlay import arrow_scale, draw_overlay
from speedcam.calibrate.view import View
from speedcam.calibrate.words import cells, facts, headline, reasons
from speedcam.explain.palette import AMBER, BLUE, FADED, GREEN, HAIR, INK, RED, WASH

DOTS_PER_INCH = 125
SIZE_IN = (16.0, 12.4)
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 11.0,
    "axes.titlesize": 12.5,
}
COLOURS = {Verdict.FINES: GREEN, Verdict.STATISTICS: AMBER, Verdict.NOTHING: RED}
MOST_ROWS = 16
COLUMNS = (
    ("point", 0.0),
    ("picture, px", 0.16),
    ("road, cm", 0.40),
    ("left out, cm", 0.64),
    ("slip", 0.9),
)


def sheet_png(appraisal: Appraisal, view: View) -> bytes:
    """The whole appraisal as a PNG."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE_IN, dpi=DOTS_PER_INCH, facecolor="white")
        FigureCanvasAgg(figure)
        rows = figure.add_gridspec(
            3, 1, height_ratios=[0.8, 6.6, 4.6], left=0.03, right=0.97, top=0.985, bottom=0.05,
            hspace=0.16,
        )  # fmt: skip
        _draw_head(figure.add_subplot(rows[0]), appraisal, view)
        upper = rows[1].subgridspec(1, 3, width_ratios=[4.5, 1.15, 1.0], wspace=0.13)
        picture = figure.add_subplot(upper[0])
        draw_overlay(picture, appraisal, view)
        _draw_key(picture, appraisal, view)
        draw_birdseye(figure.add_subplot(upper[1]), appraisal, view)
        draw_doubt(figure.add_subplot(upper[2]), figure, appraisal)
        lower = rows[2].subgridspec(1, 3, width_ratios=[1.0, 1.05, 1.5], wspace=0.14)
        _draw_forecast(figure.add_subplot(lower[0]), appraisal)
        _draw_points(figure.add_subplot(lower[1]), appraisal)
        _draw_account(figure.add_subplot(lower[2]), appraisal)
        content = io.BytesIO()
        figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def _draw_head(axes: Axes, appraisal: Appraisal, view: View) -> None:
    axes.set_axis_off()
    pill = axes.text(
        0.004, 0.5, headline(appraisal).split(":")[0], fontsize=24, fontweight="bold",
        color="white", va="center", transform=axes.transAxes,
        bbox={"boxstyle": "round,pad=0.35", "fc": COLOURS[appraisal.verdict], "ec": "none"},
    )  # fmt: skip
    site = appraisal.site
    axes.annotate(
        f"{site.camera_name}  ·  {site.place_name}  ·  {site.road}\n"
        f"camera {site.camera_id}, site file {site.sha256[:12]}  ·  {view.source}",
        (1, 0.5), xycoords=pill, xytext=(26, 0), textcoords="offset points", va="center",
        color=FADED, fontsize=12, linespacing=1.5,
    )  # fmt: skip


def _draw_key(axes: Axes, appraisal: Appraisal, view: View) -> None:
    scale = arrow_scale(appraisal, view.size_px[0])
    arrows = (
        f"red: what each point misses the fit by, {scale} times too long"
        if scale
        else "every point is hit to a twentieth of a pixel: no arrows"
    )
    text = f"blue: ends of the measuring zone   ·   grid: metres on the road   ·   {arrows}"
    axes.text(0, -0.012, text, transform=axes.transAxes, va="top", color=FADED, fontsize=9.5)


def _draw_forecast(axes: Axes, appraisal: Appraisal) -> None:
    """Over the shortest stretch that is measured, along the zone, and through the whole zone."""
    axes.set_title("Expected ± km/h (k = 2)", loc="left", color=INK, fontweight="bold")
    for told, colour in zip(appraisal.forecasts, (BLUE, RED), strict=True):
        along, kmh = zip(*told.along, strict=True)
        axes.plot(along, kmh, color=colour, lw=2.2)
        zone = appraisal.site.zone
        axes.plot([zone.near_m, zone.far_m], [told.whole_kmh] * 2, color=colour, lw=1.4, ls="--")
        axes.annotate(
            f"{told.speed_kmh:g} km/h over {told.stretch_m:.0f} m", (along[-1], kmh[-1]),
            xytext=(0, 5), textcoords="offset points", ha="right", color=colour, fontsize=9.5,
        )  # fmt: skip
        axes.annotate(
            f"whole zone ± {told.whole_kmh:.2f}", (zone.near_m, told.whole_kmh), xytext=(2, -3),
            textcoords="offset points", va="top", color=colour, fontsize=9.5,
        )  # fmt: skip
    axes.set_xlabel("middle of the stretch, metres along the road", color=FADED)
    axes.set_ylim(0, 1.15 * max(kmh for told in appraisal.forecasts for _, kmh in told.along))
    axes.grid(color=HAIR, lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FADED, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_points(axes: Axes, appraisal: Appraisal) -> None:
    """The table of points, the worst first where there are too many."""
    axes.set_axis_off()
    rows = sorted(enumerate(appraisal.points), key=lambda row: -abs(row[1].slip))[:MOST_ROWS]
    shown = sorted(rows) if len(appraisal.points) <= MOST_ROWS else rows
    more = "" if len(rows) == len(appraisal.points) else f", {MOST_ROWS} that matter most"
    axes.set_title(f"Points{more}", loc="left", color=INK, fontweight="bold")
    step = 1 / (MOST_ROWS + 2)
    for title, at in COLUMNS:
        axes.text(at, 1 - step / 2, title, color=FADED, fontsize=9, va="center")
    for place, (number, point) in enumerate(shown, start=1):
        top = 1 - (place + 0.5) * step
        if place % 2:
            axes.axhspan(top - step / 2, top + step / 2, color=WASH, lw=0)
        first, _, _, *rest = cells(number, point)
        for (_, at), text in zip(COLUMNS, (first, *rest), strict=True):
            axes.text(at, top, text, color=INK, fontsize=9, va="center")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def _draw_account(axes: Axes, appraisal: Appraisal) -> None:
    """Reasons first, then what was found."""
    axes.set_axis_off()
    axes.set_title("In words", loc="left", color=INK, fontweight="bold")
    colours = {"refused": RED, "no fines": RED, "better": AMBER}
    entries = [(kind, text, colours[kind]) for kind, text in reasons(appraisal)]
    entries += [(name, text, INK) for name, text in facts(appraisal)]
    top = 0.985
    for name, text, colour in entries:
        lines = textwrap.wrap(text, 68)
        if top < 0.05 * len(lines):
            axes.text(0, top, "… the rest is in the text of the report", color=FADED, va="top")
            break
        axes.text(0, top, name, fontweight="bold", color=colour, va="top", fontsize=9.5)
        axes.text(0.19, top, "\n".join(lines), color=INK, va="top", fontsize=9.5, linespacing=1.25)
        top -= 0.047 * len(lines) + 0.021
