"""The road from straight above: the picture rectified, and the survey's doubt place by place."""

from __future__ import annotations

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from speedcam.calibrate.appraisal import Appraisal
from speedcam.calibrate.forecast import SPEEDS_KMH
from speedcam.calibrate.overlay import PAPER, RIM, outer_edges_m
from speedcam.calibrate.view import View
from speedcam.explain.palette import AMBER, BLUE, FADED, INK
from speedcam.model import Image

PIXELS_ACROSS = 420
BEYOND_M = 1.2
"""How much of the roadside is shown beside the lanes and past the outermost points."""


def draw_birdseye(axes: Axes, appraisal: Appraisal, view: View) -> None:
    """The rectified picture with lanes, zone and points, in metres."""
    left, right, near, far = bounds_m(appraisal)
    road = rectified(appraisal, view)
    axes.imshow(
        cv2.cvtColor(road, cv2.COLOR_BGR2RGB), extent=(left, right, near, far), aspect="auto",
        interpolation="bilinear",
    )  # fmt: skip
    site = appraisal.site
    for x_m in sorted({edge for lane in site.lanes for edge in (lane.left_m, lane.right_m)}):
        axes.plot([x_m, x_m], [site.zone.near_m, site.zone.far_m], color=AMBER, lw=1.4)
    for y_m in (site.zone.near_m, site.zone.far_m):
        axes.plot(outer_edges_m(appraisal), [y_m, y_m], color=BLUE, lw=3)
    for number, point in enumerate(appraisal.points):
        axes.plot(*point.m, "o", ms=5.5, mfc="none", mec=PAPER, mew=1.4, path_effects=RIM)
        axes.annotate(
            str(number), point.m, xytext=(5, 3), textcoords="offset points", color=PAPER,
            fontsize=8.5, fontweight="bold", path_effects=RIM, annotation_clip=True,
        )  # fmt: skip
    axes.set_title("From above", loc="left", color=INK, fontweight="bold")
    axes.set_ylabel("along the road, m", color=FADED)
    _tidy(axes, appraisal)


def draw_doubt(axes: Axes, figure: Figure, appraisal: Appraisal) -> None:
    """What the survey leaves in doubt of a speed, place by place."""
    errors, fast = appraisal.errors, max(SPEEDS_KMH)
    mesh = axes.pcolormesh(
        errors.x_m, errors.y_m, fast * errors.relative, shading="gouraud", cmap="YlOrRd", vmin=0
    )
    bar = figure.colorbar(mesh, ax=axes, fraction=0.09, pad=0.06, shrink=0.92)
    bar.ax.tick_params(colors=FADED, labelcolor=INK, labelsize=9)
    bar.ax.set_title(f"± km/h\nat {fast:g}", fontsize=8.5, color=FADED)
    axes.set_title("± from the survey", loc="left", color=INK, fontweight="bold")
    _tidy(axes, appraisal)
    axes.tick_params(left=False, labelleft=False)


def bounds_m(appraisal: Appraisal) -> tuple[float, float, float, float]:
    """Left, right, near and far edge of what is shown from above."""
    left_m, right_m = outer_edges_m(appraisal)
    across = [point.m[0] for point in appraisal.points]
    along = [point.m[1] for point in appraisal.points]
    zone = appraisal.site.zone
    return (
        min(left_m, *across) - BEYOND_M,
        max(right_m, *across) + BEYOND_M,
        min(zone.near_m, *along) - BEYOND_M,
        max(zone.far_m, *along) + BEYOND_M,
    )


def rectified(appraisal: Appraisal, view: View) -> Image:
    """The road's picture as from straight above, its far end at the top; white beyond the frame."""
    left, right, near, far = bounds_m(appraisal)
    step = (right - left) / PIXELS_ACROSS
    x_m = np.arange(left + step / 2, right, step)
    y_m = np.arange(far - step / 2, near, -step)
    places = np.stack(np.meshgrid(x_m, y_m), axis=-1).reshape(-1, 2)
    px = appraisal.ground.image(places).reshape(len(y_m), len(x_m), 2).astype(np.float32)
    road = cv2.remap(
        view.picture, px, np.empty(0), cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT,
        borderValue=(255, 255, 255),
    )  # fmt: skip
    return np.asarray(road, np.uint8)


def _tidy(axes: Axes, appraisal: Appraisal) -> None:
    left, right, near, far = bounds_m(appraisal)
    axes.set_xlim(left, right)
    axes.set_ylim(near, far)
    axes.set_xlabel("across, m", color=FADED)
    axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.tick_params(colors=FADED, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
