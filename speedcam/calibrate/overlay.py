"""The survey on the camera's own picture: metres, lanes, zone, points and what they miss by."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes

from speedcam.calibrate.appraisal import Appraisal
from speedcam.calibrate.view import View
from speedcam.explain.palette import BLUE, INK
from speedcam.ground import Ground
from speedcam.model import Floats

PAPER = "#f4f6f8"
GLOW = "#ffc43d"
FLAME = "#ff3b2f"
SCALES = (1, 2, 5, 10, 20, 50, 100, 200, 500)
LONGEST_ARROW = 0.06
"""Of the picture's width, or shorter."""
SMALLEST_PX = 0.05
"""Residuals under it are the rounding of the site file, not worth an arrow."""
MARK_EVERY_M = 5

RIM = [patheffects.withStroke(linewidth=2.6, foreground=INK)]


def draw_overlay(axes: Axes, appraisal: Appraisal, view: View) -> None:
    """The picture with everything that the site file says drawn on it."""
    axes.imshow(cv2.cvtColor(view.picture, cv2.COLOR_BGR2RGB), interpolation="lanczos")
    _grid(axes, appraisal)
    _lanes(axes, appraisal)
    _points(axes, appraisal, view)
    width, height = view.size_px
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    axes.set_axis_off()
    axes.set_anchor("NW")


def arrow_scale(appraisal: Appraisal, width: int) -> int:
    """How many times too long residuals are drawn, or 0 where they are too small to draw."""
    longest = max(float(np.hypot(*point.off_px)) for point in appraisal.points)
    if longest < SMALLEST_PX:
        return 0
    return max((s for s in SCALES if s * longest <= LONGEST_ARROW * width), default=1)


def road_line(ground: Ground, start_m: tuple[float, float], end_m: tuple[float, float]) -> Floats:
    """``(n, 2)`` pixels of a line on the road, in pieces, since a lens may bend it."""
    return ground.image(np.linspace(start_m, end_m, 40))


def marks_m(appraisal: Appraisal) -> Iterator[int]:
    """Where along the road a mark with its distance is drawn."""
    zone = appraisal.site.zone
    first = int(np.ceil(zone.near_m / MARK_EVERY_M)) * MARK_EVERY_M
    yield from range(first, int(zone.far_m) + 1, MARK_EVERY_M)


def _grid(axes: Axes, appraisal: Appraisal) -> None:
    """A line every metre across, and along every five."""
    ground, zone = appraisal.ground, appraisal.site.zone
    left_m, right_m = outer_edges_m(appraisal)
    for x_m in np.arange(np.ceil(left_m), right_m + 1e-9):
        px = road_line(ground, (x_m, zone.near_m), (x_m, zone.far_m))
        axes.plot(*px.T, color=PAPER, lw=0.6, alpha=0.55)
    for y_m in marks_m(appraisal):
        px = road_line(ground, (left_m, y_m), (right_m, y_m))
        axes.plot(*px.T, color=PAPER, lw=1.0, alpha=0.8)
        axes.annotate(
            f"{y_m} m", tuple(px[-1]), xytext=(9, 0), textcoords="offset points", va="center",
            color=PAPER, fontsize=9, fontweight="bold", path_effects=RIM, annotation_clip=True,
            zorder=6,
        )  # fmt: skip


def _lanes(axes: Axes, appraisal: Appraisal) -> None:
    ground, site = appraisal.ground, appraisal.site
    left_m, right_m = outer_edges_m(appraisal)
    for x_m in sorted({edge for lane in site.lanes for edge in (lane.left_m, lane.right_m)}):
        px = road_line(ground, (x_m, site.zone.near_m), (x_m, site.zone.far_m))
        axes.plot(*px.T, color=GLOW, lw=1.8)
    for y_m in (site.zone.near_m, site.zone.far_m):
        px = road_line(ground, (left_m, y_m), (right_m, y_m))
        axes.plot(*px.T, color=BLUE, lw=3.4)
    for lane in site.lanes:
        place = np.array([[(lane.left_m + lane.right_m) / 2, site.zone.near_m]])
        u, v = ground.image(place)[0]
        axes.annotate(
            f"lane {lane.name}, {lane.direction.value}, {lane.limit_kmh} km/h", (u, v),
            xytext=(0, 12), textcoords="offset points", ha="center", color=GLOW, fontsize=9.5,
            fontweight="bold", path_effects=RIM, annotation_clip=True, zorder=6,
        )  # fmt: skip


def _points(axes: Axes, appraisal: Appraisal, view: View) -> None:
    scale = arrow_scale(appraisal, view.size_px[0])
    for number, point in enumerate(appraisal.points):
        axes.plot(*point.px, "o", ms=7, mfc="none", mec=INK, mew=3.2, zorder=7)
        axes.plot(*point.px, "o", ms=7, mfc="none", mec=PAPER, mew=1.6, zorder=7)
        axes.annotate(
            str(number), point.px, xytext=(-4, 4), textcoords="offset points", color=PAPER,
            ha="right", fontsize=10, fontweight="bold", path_effects=RIM, annotation_clip=True,
            zorder=8,
        )  # fmt: skip
        if scale:
            _arrow(axes, point.px, (scale * point.off_px[0], scale * point.off_px[1]))


def _arrow(axes: Axes, start: tuple[float, float], along: tuple[float, float]) -> None:
    end = (start[0] + along[0], start[1] + along[1])
    axes.annotate(
        "", end, xytext=start, zorder=9, annotation_clip=False,
        arrowprops={"arrowstyle": "-|>", "color": FLAME, "lw": 2.0, "shrinkA": 0, "shrinkB": 0,
                    "mutation_scale": 9},
    )  # fmt: skip


def outer_edges_m(appraisal: Appraisal) -> tuple[float, float]:
    """The outer edges of all lanes."""
    lanes = appraisal.site.lanes
    return min(lane.left_m for lane in lanes), max(lane.right_m for lane in lanes)
