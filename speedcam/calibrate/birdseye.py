"""The road from straight above, to scale: the picture rectified, and the survey's doubt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from speedcam.calibrate.appraisal import Appraisal
from speedcam.calibrate.labels import Sheet, around
from speedcam.calibrate.overlay import PAPER, RIM, lane_edges_m, marks_m, outer_edges_m
from speedcam.calibrate.view import View
from speedcam.explain.palette import AMBER, BLUE, FADED, HAIR, INK
from speedcam.ground import Ground
from speedcam.model import Floats, Image

PIXELS_ACROSS = 420
BEYOND_M = 1.2
"""How much of the roadside is shown beside the lanes and past the outermost points."""
SLIMMEST = 4.0
"""Of a longer road more of the roadside is shown, so that there is room for letters."""
LETTERS, MARK_PT = 10.5, 4.0
END_M = 0.8
DOUBT = LinearSegmentedColormap.from_list("doubt", ["#fdf8ec", "#f0cd84", "#d98e4a", "#b8563a"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is shown of the road, in metres; made by :func:`plan_of`."""

    left_m: float
    right_m: float
    near_m: float
    far_m: float

    @property
    def slimness(self) -> float:
        """Its length over its width."""
        return (self.far_m - self.near_m) / (self.right_m - self.left_m)


def plan_of(appraisal: Appraisal) -> Plan:
    """Lanes, zone and points, with some of the roadside."""
    zone, edges = appraisal.site.zone, outer_edges_m(appraisal)
    across, along = zip(*(point.m for point in appraisal.points), strict=True)
    near_m = min(zone.near_m, *along) - BEYOND_M
    far_m = max(zone.far_m, *along) + BEYOND_M
    left_m, right_m = min(edges[0], *across) - BEYOND_M, max(edges[1], *across) + BEYOND_M
    more_m = max(0.0, (far_m - near_m) / SLIMMEST - (right_m - left_m)) / 2
    return Plan(left_m=left_m - more_m, right_m=right_m + more_m, near_m=near_m, far_m=far_m)


def draw_birdseye(axes: Axes, appraisal: Appraisal, view: View, width_in: float) -> None:
    """The rectified picture with lanes, zone and points, ``width_in`` inches wide."""
    plan, zone = plan_of(appraisal), appraisal.site.zone
    road = rectified(appraisal.ground, plan, view.picture)
    axes.imshow(
        cv2.cvtColor(road, cv2.COLOR_BGR2RGB), interpolation="bilinear",
        extent=(plan.left_m, plan.right_m, plan.near_m, plan.far_m),
    )  # fmt: skip
    for x_m in lane_edges_m(appraisal):
        axes.plot([x_m, x_m], [zone.near_m, zone.far_m], color=AMBER, lw=1.4)
    for y_m in (zone.near_m, zone.far_m):
        axes.plot(outer_edges_m(appraisal), [y_m, y_m], color=BLUE, lw=3)
    for point in appraisal.points:
        axes.plot(*point.m, "o", ms=5.5, mfc="none", mec=PAPER, mew=1.4, path_effects=RIM)
    _number(axes, appraisal, plan, 72 * width_in / (plan.right_m - plan.left_m))
    axes.set_title("From above", loc="left", color=INK, fontweight="bold")
    axes.set_ylabel("metres along the road", color=FADED)
    axes.set_xlabel("metres across", color=FADED)
    _frame(axes, plan)


def draw_doubt(axes: Axes, appraisal: Appraisal) -> None:
    """What the survey leaves in doubt of a speed, place by place, in km/h at the limit."""
    errors, limit_kmh, zone = appraisal.errors, appraisal.limit_kmh, appraisal.site.zone
    kmh = limit_kmh * errors.relative
    axes.pcolormesh(
        errors.x_m, errors.y_m, kmh, shading="gouraud", cmap=DOUBT, vmin=0, vmax=kmh.max()
    )
    for x_m in lane_edges_m(appraisal):
        axes.plot([x_m, x_m], [zone.near_m, zone.far_m], color="white", lw=1.4)
    for x_m, y_m, value in _figures(appraisal, kmh):
        axes.text(
            x_m, y_m, f"{value:.2f}", ha="center", va="center", color=INK, fontsize=LETTERS
        )  # fmt: skip
    axes.set_title(f"± km/h at {limit_kmh}", loc="left", color=INK, fontweight="bold")
    axes.set_xlabel(f"by the survey alone,\n{errors.stretch_m:.0f} m each, k = 2", color=FADED)
    _frame(axes, plan_of(appraisal))
    axes.tick_params(left=False, labelleft=False, bottom=False, labelbottom=False)


def _figures(appraisal: Appraisal, kmh: Floats) -> Iterator[tuple[float, float, float]]:
    """Across, along, and what the map holds there: in each lane every five metres."""
    errors, zone = appraisal.errors, appraisal.site.zone
    for lane in appraisal.site.lanes:
        middle_m = (lane.left_m + lane.right_m) / 2
        column = int(np.argmin(np.abs(errors.x_m - middle_m)))
        for y_m in marks_m(appraisal):
            # A figure on the zone's end would stand half outside.
            if zone.near_m + END_M < y_m < zone.far_m - END_M:
                yield middle_m, y_m, kmh[int(np.argmin(np.abs(errors.y_m - y_m))), column]


def rectified(ground: Ground, plan: Plan, picture: Image) -> Image:
    """The road as from straight above, its far end at the top; light where the frame ends."""
    step = (plan.right_m - plan.left_m) / PIXELS_ACROSS
    x_m = np.arange(plan.left_m + step / 2, plan.right_m, step)
    y_m = np.arange(plan.far_m - step / 2, plan.near_m, -step)
    places = np.stack(np.meshgrid(x_m, y_m), axis=-1).reshape(-1, 2)
    px = ground.image(places).reshape(len(y_m), len(x_m), 2).astype(np.float32)
    road = cv2.remap(
        picture, px, np.empty(0), cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT,
        borderValue=(245, 242, 238),
    )  # fmt: skip
    return np.asarray(road, np.uint8)


def _number(axes: Axes, appraisal: Appraisal, plan: Plan, per_m: float) -> None:
    """The points' numbers, where there is room for them."""
    sheet = Sheet(
        width=per_m * (plan.right_m - plan.left_m), height=per_m * (plan.far_m - plan.near_m)
    )
    spots = [((x - plan.left_m) * per_m, (plan.far_m - y) * per_m) for x, y in _on_road(appraisal)]
    for spot in spots:
        sheet.mark(*spot, MARK_PT)
    for number, spot in enumerate(spots):
        centre = sheet.place(str(number), LETTERS, around(*spot, str(number), LETTERS, MARK_PT))
        if centre:
            axes.text(
                plan.left_m + centre[0] / per_m, plan.far_m - centre[1] / per_m, str(number),
                ha="center", va="center", color=PAPER, fontsize=LETTERS, fontweight="bold",
                path_effects=RIM,
            )  # fmt: skip


def _on_road(appraisal: Appraisal) -> list[tuple[float, float]]:
    return [point.m for point in appraisal.points]


def _frame(axes: Axes, plan: Plan) -> None:
    axes.set_xlim(plan.left_m, plan.right_m)
    axes.set_ylim(plan.near_m, plan.far_m)
    axes.yaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 5, 10]))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]))
    axes.tick_params(colors=HAIR, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
