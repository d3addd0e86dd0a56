"""The survey on the camera's own picture: metres, lanes, zone, points and what they miss by."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes

from speedcam.calibrate.appraisal import Appraisal, PointReport
from speedcam.calibrate.labels import Sheet, around, size_of
from speedcam.calibrate.view import View
from speedcam.explain.palette import BLUE, INK
from speedcam.ground import Ground
from speedcam.model import Direction, Floats
from speedcam.site import Lane

PAPER = "#f4f6f8"
GLOW = "#ffc43d"
FLAME = "#ff3b2f"
SCALES = (1, 2, 5, 10, 20, 50, 100, 200, 500)
LONGEST_ARROW, SHORTEST_ARROW = 0.07, 0.006
"""Of the picture's width."""
SMALLEST_PX = 0.05
"""Residuals under it are the rounding of the site file, not worth an arrow."""
MARK_EVERY_M = 5
LETTERS, MARK_PT = 11.5, 5.0

RIM = [patheffects.withStroke(linewidth=2.6, foreground=INK)]
RIM_OF_ARROWS = [patheffects.withStroke(linewidth=4.4, foreground=PAPER)]
ON_THE_WAY = {Direction.APPROACHING: "↓", Direction.RECEDING: "↑"}


def draw_overlay(axes: Axes, appraisal: Appraisal, view: View, width_in: float) -> None:
    """The picture, ``width_in`` inches wide, with everything that the site file says on it."""
    width, height = view.size_px
    per_px = 72 * width_in / width
    axes.imshow(cv2.cvtColor(view.picture, cv2.COLOR_BGR2RGB), interpolation="lanczos")
    _grid(axes, appraisal)
    _lanes(axes, appraisal)
    _points(axes, appraisal, arrow_scale(appraisal, width), SHORTEST_ARROW * width)
    sheet = Sheet(width=width * per_px, height=height * per_px)
    for point in appraisal.points:
        sheet.mark(point.px[0] * per_px, point.px[1] * per_px, MARK_PT)
    for text, colour, centres in _labels(appraisal, sheet, per_px):
        centre = sheet.place(text, LETTERS, centres)
        if centre:
            _letter(axes, text, (centre[0] / per_px, centre[1] / per_px), colour)
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    axes.set_axis_off()


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


def outer_edges_m(appraisal: Appraisal) -> tuple[float, float]:
    """The outer edges of all lanes."""
    lanes = appraisal.site.lanes
    return min(lane.left_m for lane in lanes), max(lane.right_m for lane in lanes)


def lane_edges_m(appraisal: Appraisal) -> list[float]:
    """Every edge of a lane, once."""
    return sorted({edge for lane in appraisal.site.lanes for edge in (lane.left_m, lane.right_m)})


def _grid(axes: Axes, appraisal: Appraisal) -> None:
    """A line every metre across, and along every five."""
    ground, zone = appraisal.ground, appraisal.site.zone
    left_m, right_m = outer_edges_m(appraisal)
    for x_m in np.arange(np.ceil(left_m), right_m + 1e-9):
        px = road_line(ground, (x_m, zone.near_m), (x_m, zone.far_m))
        axes.plot(*px.T, color=PAPER, lw=0.6, alpha=0.5)
    for y_m in marks_m(appraisal):
        px = road_line(ground, (left_m, y_m), (right_m, y_m))
        axes.plot(*px.T, color=PAPER, lw=1.0, alpha=0.8)


def _lanes(axes: Axes, appraisal: Appraisal) -> None:
    ground, zone = appraisal.ground, appraisal.site.zone
    left_m, right_m = outer_edges_m(appraisal)
    for x_m in lane_edges_m(appraisal):
        px = road_line(ground, (x_m, zone.near_m), (x_m, zone.far_m))
        axes.plot(*px.T, color=GLOW, lw=1.8)
    for y_m in (zone.near_m, zone.far_m):
        px = road_line(ground, (left_m, y_m), (right_m, y_m))
        axes.plot(*px.T, color=BLUE, lw=3.4)


def _points(axes: Axes, appraisal: Appraisal, scale: int, shortest_px: float) -> None:
    for point in appraisal.points:
        axes.plot(*point.px, "o", ms=7, mfc="none", mec=INK, mew=3.2, zorder=7)
        axes.plot(*point.px, "o", ms=7, mfc="none", mec=PAPER, mew=1.6, zorder=7)
        if scale * np.hypot(*point.off_px) > shortest_px:
            _arrow(axes, point, scale)


def _arrow(axes: Axes, point: PointReport, scale: int) -> None:
    (u, v), (right, down) = point.px, point.off_px
    axes.annotate(
        "", (u + scale * right, v + scale * down), xytext=(u, v), zorder=9, annotation_clip=False,
        arrowprops={"arrowstyle": "-|>", "color": FLAME, "lw": 2.4, "shrinkA": 0, "shrinkB": 0,
                    "mutation_scale": 10, "path_effects": RIM_OF_ARROWS},
    )  # fmt: skip


Label = tuple[str, str, list[tuple[float, float]]]
"""Text, colour, and the places where it may stand, in points."""


def _labels(appraisal: Appraisal, sheet: Sheet, per_px: float) -> Iterator[Label]:
    """Lanes and metres first: numbers of points stand in the view from above as well."""
    for lane in appraisal.site.lanes:
        yield _lane_label(appraisal, lane, per_px)
    for y_m in marks_m(appraisal):
        yield _metre_label(appraisal, y_m, sheet, per_px)
    for number, point in enumerate(appraisal.points):
        u, v = point.px
        spots = around(u * per_px, v * per_px, str(number), LETTERS, MARK_PT)
        yield str(number), PAPER, list(spots)


def _lane_label(appraisal: Appraisal, lane: Lane, per_px: float) -> Label:
    """In the lane's middle, near the camera, farther away where that is full."""
    zone, middle_m = appraisal.site.zone, (lane.left_m + lane.right_m) / 2
    along = zone.near_m + np.linspace(0.04, 0.5, 12) * (zone.far_m - zone.near_m)
    px = appraisal.ground.image(np.column_stack([np.full_like(along, middle_m), along]))
    text = f"lane {lane.name}\n{lane.limit_kmh} km/h {ON_THE_WAY[lane.direction]}"
    return text, GLOW, [(u * per_px, v * per_px) for u, v in px.tolist()]


def _metre_label(appraisal: Appraisal, y_m: int, sheet: Sheet, per_px: float) -> Label:
    """Beside the road: on the right, or on the left where the picture ends before, or on it."""
    ends = appraisal.ground.image(np.array([[x_m, y_m] for x_m in outer_edges_m(appraisal)]))
    (left, left_v), (right, right_v) = (per_px * ends).tolist()
    text = f"{y_m} m"
    half = size_of(text, LETTERS)[0] / 2
    beside = half + 3 * MARK_PT  # past a point on the road's edge
    fits = right + beside + half < sheet.width
    outside = (right + beside, right_v) if fits else (left - beside, left_v)
    return text, PAPER, [outside, (right - beside, right_v)]


def _letter(axes: Axes, text: str, at: tuple[float, float], colour: str) -> None:
    axes.text(
        *at, text, ha="center", va="center", color=colour, fontsize=LETTERS, fontweight="bold",
        path_effects=RIM, linespacing=1.15, zorder=8,
    )  # fmt: skip
