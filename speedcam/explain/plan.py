"""The road from above, where there is no picture of it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from speedcam.explain.dossier import Dossier
from speedcam.explain.palette import FADED, HAIR, INK, USE_COLOURS, WASH
from speedcam.workings import Use

BESIDE_M = 2.0
"""Road shown beside lanes and track."""


def draw_plan(axes: Axes, dossier: Dossier) -> None:
    """Lanes, zone and contact points as a bird sees them; the road runs from left to right."""
    axes.set_title("The track from above", loc="left", color=INK, fontweight="bold")
    axes.set_xlabel("along the road, m", color=FADED)
    axes.set_ylabel("across, m", color=FADED)
    if dossier.survey:
        _draw_lanes(axes, dossier)
    for position in sorted(dossier.raw.workings.positions, key=lambda p: p.use is Use.USED):
        if position.road_m:
            good = position.use in {Use.USED, Use.NOT_FITTED}
            axes.plot(
                position.road_m[1], position.road_m[0], "o" if good else "x",
                color=USE_COLOURS[position.use], ms=5, zorder=3,
            )  # fmt: skip
    axes.set_aspect("equal", adjustable="box")
    axes.set_anchor("NW")
    # The driver's right is the picture's right: from above it lies below.
    low_m, high_m = axes.get_ylim()
    axes.set_ylim(high_m + BESIDE_M, low_m - BESIDE_M)
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position("right")
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(colors=FADED, labelcolor=INK)


def _draw_lanes(axes: Axes, dossier: Dossier) -> None:
    assert dossier.survey is not None  # noqa: S101 - the caller looked
    site = dossier.survey.site
    edges = sorted({edge for lane in site.lanes for edge in (lane.left_m, lane.right_m)})
    axes.fill_between([site.zone.near_m, site.zone.far_m], edges[0], edges[-1], color=WASH, lw=0)
    for edge_m in edges:
        axes.axhline(edge_m, color=HAIR, lw=1.2, zorder=1)
    for lane in site.lanes:
        axes.annotate(
            f"lane {lane.name}", (site.zone.near_m, float(np.mean([lane.left_m, lane.right_m]))),
            color=FADED, fontsize="small", va="center", xytext=(6, 0), textcoords="offset points",
        )  # fmt: skip
