"""The figures of a report: position against time, residuals, anchors, budget.

Each function draws on axes that it is given, so that the sheet and the page share them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from speedcam.budget import expanded_kmh, standard_kmh
from speedcam.explain.dossier import Dossier
from speedcam.explain.palette import (
    AMBER,
    BLUE,
    FADED,
    HAIR,
    INK,
    RED,
    USE_COLOURS,
    USE_WORDS,
    WASH,
)
from speedcam.features import on_the_vehicle
from speedcam.line import Line, fit_line
from speedcam.model import KMH_PER_M_S, Floats, Refusal, SpeedMeasurement
from speedcam.workings import FEWEST_FOR_A_LINE, Use

FITTED = frozenset({Use.USED, Use.OFF_THE_LINE, Use.NOT_FITTED})

ANCHOR_NAMES = {"contact": "road contact", "plate": "plate width"}


def draw_positions(axes: Axes, dossier: Dossier) -> None:
    """Where along the road the vehicle met it, against time, with the fitted line."""
    time_s, y_m, uses = _placed(dossier)
    _plain(axes, "Position along the road", "footage time, s", "m")
    if not len(time_s):
        _nothing(axes, "The vehicle's contact with the road was found in no frame.")
        return
    site = dossier.survey.site if dossier.survey else None
    if site:
        axes.axhspan(site.zone.near_m, site.zone.far_m, color=WASH, zorder=0)
        axes.annotate(
            "measuring zone", (0.99, site.zone.far_m), xycoords=("axes fraction", "data"),
            ha="right", va="top", color=FADED, fontsize="small", xytext=(0, -3),
            textcoords="offset points",
        )  # fmt: skip
    for use in _in_order(uses):
        here = np.array([u is use for u in uses])
        _scatter(axes, time_s[here], y_m[here], use)
    line = dossier.raw.workings.line
    if line:
        fitted = np.array([u in {Use.USED, Use.NOT_FITTED} for u in uses])
        ends = time_s[fitted][[0, -1]]
        axes.plot(ends, line.y_m(ends), color=INK, lw=1.2, zorder=4)
        _slope(axes, ends, line.y_m(ends), abs(line.speed_m_s) * KMH_PER_M_S)
    _lines_crossed(axes, dossier.passage.speed)


def draw_residuals(axes: Axes, dossier: Dossier) -> None:
    """How far each position lies from the line, within twice what it was stated to be good for."""
    _plain(axes, "Distance from the line", "footage time, s", "cm")
    rows = [
        (sighting.contact_s, 100 * position.residual_m, 200 * position.weight**-0.5, position.use)
        for sighting, position in zip(
            dossier.raw.track.sightings, dossier.raw.workings.positions, strict=True
        )
        if position.residual_m is not None and position.weight is not None
    ]
    if not rows:
        _nothing(axes, "No line could be fitted.")
        return
    time_s, off_cm, band_cm = (np.array([row[column] for row in rows]) for column in range(3))
    uses = [row[3] for row in rows]
    fitted = np.array([use in FITTED for use in uses])
    axes.fill_between(
        time_s[fitted], -band_cm[fitted], band_cm[fitted], color=WASH, lw=0, zorder=0,
        label="± 2 stated deviations",
    )  # fmt: skip
    axes.axhline(0, color=INK, lw=1.2, zorder=1)
    reach = 1.15 * max(
        float(np.max(band_cm[fitted])), float(np.percentile(np.abs(off_cm[fitted]), 95))
    )
    for use in _in_order(uses):
        here = np.array([u is use for u in uses])
        _scatter(axes, time_s[here], np.clip(off_cm[here], -reach, reach), use)
    axes.set_ylim(-1.05 * reach, 1.05 * reach)
    margin = 0.05 * float(np.ptp(time_s[fitted]))
    axes.set_xlim(time_s[fitted][0] - margin, time_s[fitted][-1] + margin)


def draw_anchors(axes: Axes, dossier: Dossier) -> None:
    """Every way to the speed on one axis, with the reading and what it may be held against."""
    _plain(axes, "Ways to the speed", "km/h", "")
    speed = dossier.passage.speed
    if isinstance(speed, Refusal):
        _nothing(axes, _refused_figures(speed))
        return
    rows = [(ANCHOR_NAMES[a.name], a.speed_kmh, a.uncertainty_kmh, BLUE) for a in speed.anchors]
    if speed.crossing:
        rows.append(
            ("two lines (check)", speed.crossing.speed_kmh, speed.crossing.uncertainty_kmh, FADED)
        )
    rows.append(("reading", speed.speed_kmh, speed.uncertainty_kmh, INK))
    axes.axvspan(
        speed.speed_kmh - speed.uncertainty_kmh, speed.speed_kmh + speed.uncertainty_kmh,
        color=WASH, zorder=0,
    )  # fmt: skip
    for row, (_, kmh, doubt_kmh, colour) in enumerate(rows):
        axes.errorbar(
            kmh, row, xerr=doubt_kmh, fmt="o", color=colour, ms=7, lw=2, capsize=4, zorder=3
        )
        axes.annotate(
            f"{kmh:.2f} ± {doubt_kmh:.2f}", (kmh, row), xytext=(0, 9), color=colour,
            textcoords="offset points", ha="center", fontsize="small",
        )  # fmt: skip
    names = [row[0] for row in rows]
    reach = 1.35 * max(abs(kmh - speed.speed_kmh) + doubt for _, kmh, doubt, _ in rows)
    axes.set_xlim(speed.speed_kmh - reach, speed.speed_kmh + reach)
    names.append(_draw_envelope(axes, dossier, len(rows)))
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.75)
    axes.tick_params(axis="y", length=0)
    _draw_limits(axes, dossier)


def draw_budget(axes: Axes, dossier: Dossier) -> None:
    """What makes the reading doubtful, and how that adds up."""
    _plain(axes, "Uncertainty budget", "standard uncertainty, km/h", "")
    speed = dossier.passage.speed
    if isinstance(speed, Refusal) or not speed.budget:
        _nothing(axes, "There is no reading, and so no budget.")
        return
    doubts = sorted(speed.budget, key=lambda doubt: -doubt.standard_kmh)
    total_kmh = standard_kmh(speed.budget)
    values = [*(doubt.standard_kmh for doubt in doubts), total_kmh, expanded_kmh(speed.budget)]
    names = [*(doubt.name for doubt in doubts), "root of the sum of squares", "× 2: as stated"]
    colours = [BLUE] * len(doubts) + [INK, INK]
    axes.barh(range(len(values)), values, color=colours, height=0.62, zorder=2)
    for row, value in enumerate(values):
        share = f"  {100 * (value / total_kmh) ** 2:.0f} %" if row < len(doubts) else ""
        axes.annotate(
            f"{value:.3f}{share}", (value, row), xytext=(5, 0), textcoords="offset points",
            va="center", fontsize="small", color=INK,
        )  # fmt: skip
    axes.axhline(len(doubts) - 0.5, color=FADED, lw=0.8)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, 1.28 * max(values))
    axes.tick_params(axis="y", length=0)


def uses_shown(dossier: Dossier) -> list[tuple[Use, int]]:
    """Each reason that occurs with its count, used positions first."""
    uses = [position.use for position in dossier.raw.workings.positions]
    return [(use, uses.count(use)) for use in _in_order(uses)]


def legend_text(use: Use, count: int) -> str:
    """A reason and how often it holds."""
    return f"{USE_WORDS[use]} ({count})"


def feature_speeds_kmh(dossier: Dossier) -> Floats:
    """Apparent speed on the road plane of each of the vehicle's features, slowest first.

    Empty without a site file. The higher a feature is above the road, the faster it seems.
    """
    course = _course(dossier)
    if dossier.survey is None or course is None:
        return np.empty(0)
    track, ground = dossier.raw.track, dossier.survey.ground
    ratio = on_the_vehicle(track, ground, course, _across_m(dossier))[:, 0]
    return np.sort(ratio * abs(course.speed_m_s) * KMH_PER_M_S)


def _across_m(dossier: Dossier) -> float:
    """Where the positions that were used are across the road."""
    positions = dossier.raw.workings.positions
    used = [p.road_m[0] for p in positions if p.use in {Use.USED, Use.NOT_FITTED} and p.road_m]
    return float(np.median(used))


def _course(dossier: Dossier) -> Line | None:
    """The line that the measurement fitted, with its change of speed."""
    raw = dossier.raw
    rows = [
        (sighting.contact_s, position.road_m[1], position.weight)
        for sighting, position in zip(raw.track.sightings, raw.workings.positions, strict=True)
        if position.use in FITTED and position.road_m and position.weight
    ]
    return fit_line(*np.array(rows).T) if len(rows) >= FEWEST_FOR_A_LINE else None


def _draw_envelope(axes: Axes, dossier: Dossier, row: int) -> str:
    """The features' apparent speeds: none may be slower than the vehicle."""
    kmh = feature_speeds_kmh(dossier)
    if not len(kmh):
        return ""
    lowest = float(np.percentile(kmh, 10))
    low, high = axes.get_xlim()
    shown = kmh[(kmh > low) & (kmh < high)]
    axes.plot(shown, np.full(len(shown), row), "|", color=AMBER, ms=9, alpha=0.7, zorder=3)
    beyond = " →" if lowest > high else " ←" if lowest < low else ""
    place = min(max(lowest, low + 0.25 * (high - low)), low + 0.75 * (high - low))
    axes.annotate(
        f"lowest tenth at {lowest:.1f}{beyond}", (place, row), xytext=(0, 9),
        textcoords="offset points", ha="center", fontsize="small", color=AMBER,
    )  # fmt: skip
    return f"{len(kmh)} features (bound)"


def _draw_limits(axes: Axes, dossier: Dossier) -> None:
    low, high = axes.get_xlim()
    marks = {"limit": dossier.passage.limit_kmh}
    if dossier.lane and dossier.lane.trigger_kmh != dossier.passage.limit_kmh:
        marks["trigger"] = dossier.lane.trigger_kmh
    outside = []
    for name, kmh in marks.items():
        if kmh is None:
            continue
        if low < kmh < high:
            axes.axvline(kmh, color=RED, lw=1.4, ls=(0, (4, 3)), zorder=2)
            axes.annotate(
                f"{name} {kmh}", (kmh, 1), xycoords=("data", "axes fraction"), color=RED,
                xytext=(4, -3), textcoords="offset points", va="top", fontsize="small",
            )  # fmt: skip
        else:
            outside.append(f"← {name} {kmh}" if kmh <= low else f"{name} {kmh} →")
    if outside:
        axes.annotate(
            "   ".join(outside), (0.01 if outside[0].startswith("←") else 0.99, 0.02),
            xycoords="axes fraction", color=RED, fontsize="small",
            ha="left" if outside[0].startswith("←") else "right", va="bottom",
        )  # fmt: skip


def _lines_crossed(axes: Axes, speed: SpeedMeasurement | Refusal) -> None:
    if isinstance(speed, Refusal) or speed.crossing is None:
        return
    for line_m in (speed.crossing.from_m, speed.crossing.to_m):
        axes.axhline(line_m, color=FADED, lw=0.9, ls=(0, (5, 4)), zorder=1)
    axes.annotate(
        f"two lines, {speed.crossing.seconds:.3f} s apart",
        (0.01, speed.crossing.to_m), xycoords=("axes fraction", "data"), xytext=(0, 3),
        textcoords="offset points", color=FADED, fontsize="small",
    )  # fmt: skip


def _slope(axes: Axes, time_s: Floats, y_m: Floats, kmh: float) -> None:
    rising = y_m[-1] > y_m[0]
    axes.annotate(
        f"{kmh:.2f} km/h", (float(time_s.mean()), float(y_m.mean())),
        xytext=(14, -14 if rising else 14), textcoords="offset points",
        color=INK, fontsize="large", fontweight="bold", va="center",
    )  # fmt: skip


def _placed(dossier: Dossier) -> tuple[Floats, Floats, list[Use]]:
    rows = [
        (sighting.contact_s, position.road_m[1], position.use)
        for sighting, position in zip(
            dossier.raw.track.sightings, dossier.raw.workings.positions, strict=True
        )
        if position.road_m is not None
    ]
    return np.array([r[0] for r in rows]), np.array([r[1] for r in rows]), [r[2] for r in rows]


def _in_order(uses: Sequence[Use]) -> list[Use]:
    return [use for use in Use if use in uses]


def _scatter(axes: Axes, time_s: Floats, value: Floats, use: Use) -> None:
    good = use in {Use.USED, Use.NOT_FITTED}
    axes.scatter(
        time_s, value, s=22 if good else 30, marker="o" if good else "x", zorder=3,
        color=USE_COLOURS[use], linewidths=0 if good else 1.3,
    )  # fmt: skip


def _plain(axes: Axes, title: str, across: str, up: str) -> None:
    axes.set_title(title, loc="left", color=INK, fontweight="bold")
    axes.set_xlabel(across, color=FADED)
    axes.set_ylabel(up, color=FADED)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(HAIR)
    axes.tick_params(colors=FADED, labelcolor=INK)
    axes.grid(visible=True, axis="x" if not up else "both", color=HAIR, lw=0.6, zorder=0)
    axes.set_axisbelow(True)


def _nothing(axes: Axes, why: str) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel("")
    axes.set_ylabel("")
    axes.text(0.0, 0.9, why, transform=axes.transAxes, color=FADED, va="top", wrap=True)


def _refused_figures(refusal: Refusal) -> str:
    figures = "\n".join(f"{name}  {number:g}" for name, number in sorted(refusal.numbers.items()))
    return f"No reading: {refusal.reason.replace('_', ' ')}\n{figures}"
