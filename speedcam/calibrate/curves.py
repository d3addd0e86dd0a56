"""The uncertainty of a speed along the zone, as curves."""

from __future__ import annotations

from matplotlib.axes import Axes

from speedcam.calibrate.appraisal import Appraisal
from speedcam.calibrate.forecast import Forecast
from speedcam.explain.palette import BLUE, FADED, HAIR, INK, RED


def draw_forecast(axes: Axes, appraisal: Appraisal) -> None:
    """Over the shortest stretch that is measured, along the zone, and through the whole zone."""
    axes.set_title(_title(appraisal), loc="left", color=INK, fontweight="bold")
    zone = appraisal.site.zone
    for told, colour in zip(appraisal.forecasts, (BLUE, RED), strict=True):
        axes.plot(*zip(*told.along, strict=True), color=colour, lw=2.6)
        axes.plot([zone.near_m, zone.far_m], [told.whole_kmh] * 2, color=colour, lw=1.6, ls="--")
        _name(axes, told, zone.near_m, colour)
    axes.set_xlabel(_caption(appraisal), color=FADED, linespacing=1.35)
    axes.set_xlim(zone.near_m, zone.far_m)
    axes.set_ylim(0, 1.2 * max(kmh for told in appraisal.forecasts for _, kmh in told.along))
    axes.grid(color=HAIR, lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=HAIR, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _title(appraisal: Appraisal) -> str:
    return "± km/h, once it is mended" if appraisal.contradictions else "Expected ± km/h of a speed"


def _name(axes: Axes, told: Forecast, near_m: float, colour: str) -> None:
    """Beside the curve's end, and over the dashed line, where no curve comes."""
    axes.annotate(
        f"{told.speed_kmh:g} km/h", told.along[-1], xytext=(5, 0), textcoords="offset points",
        va="center", color=colour,
    )  # fmt: skip
    axes.annotate(
        f"± {told.whole_kmh:.2f}", (near_m, told.whole_kmh), xytext=(3, 3),
        textcoords="offset points", color=colour,
    )  # fmt: skip


def _caption(appraisal: Appraisal) -> str:
    lengths = dict.fromkeys(f"{told.stretch_m:.0f} m" for told in appraisal.forecasts)
    return (
        "metres along the road\ncurves: over the shortest stretch measured,\n"
        f"{' or '.join(lengths)}, by its middle; dashed: through\nthe whole zone; k = 2"
    )
