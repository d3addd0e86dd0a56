"""The plots of a comparison, each as one SVG element. Imported only when a report is drawn."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from speedcam.explain.palette import AMBER, BLUE, FADED, GREEN, HAIR, INK, RED, WASH
from speedcam.model import Floats
from speedcam.validate.figures import Figures, Pair, figures
from speedcam.validate.furniture import (
    BACKED,
    CROWD,
    DARK_AMBER,
    HEADROOM,
    beside,
    corner,
    legend,
    marks,
    nice_step,
    nothing,
    plain,
    whole_counts,
)

SIZE_IN = (5.6, 3.9)
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 11.0,
    "axes.titlesize": 12.5,
    "svg.fonttype": "path",
}

LIMITS = {1: AMBER, 3: RED}
"""km/h or percent, whichever allows more, and the colour of its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """The compared pairs as columns, each ``(n,)``; ``joint`` and ``e_n`` may be NaN."""

    true: Floats
    read: Floats
    joint: Floats
    e_n: Floats
    grades: tuple[str | None, ...]
    summary: Figures

    @property
    def error(self) -> Floats:
        """Reading minus truth, km/h."""
        return self.read - self.true


def points(pairs: Sequence[Pair]) -> Points:
    """What the plots draw: the pairs with a reading and a truth."""
    rows = [
        (
            pair.truth_kmh,
            pair.reading_kmh,
            math.hypot(pair.uncertainty_kmh or math.nan, pair.truth_uncertainty_kmh),
            math.nan if pair.e_n is None else pair.e_n,
        )
        for pair in pairs
        if pair.error_kmh is not None
    ]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    return Points(
        true=columns[0],
        read=columns[1],
        joint=columns[2],
        e_n=columns[3],
        grades=tuple(pair.grade for pair in pairs if pair.error_kmh is not None),
        summary=figures(pairs),
    )


def plot_svg(draw: Callable[[Axes, Points], None], drawn: Points) -> str:
    """One plot as an SVG element; the same points give the same text."""
    with mpl.rc_context(STYLE | {"svg.hashsalt": draw.__name__}):
        figure = Figure(figsize=SIZE_IN, layout="constrained", facecolor="none")
        draw(figure.add_subplot(), drawn)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]


def draw_errors(axes: Axes, drawn: Points) -> None:
    """Error against true speed, with the limits and the joint uncertainty of each reading."""
    plain(axes, "Error against speed", "true speed, km/h", "reading − truth, km/h")
    low, high = _speed_range(drawn.true)
    reach = _reach(drawn.error, drawn.joint)
    _limit_lines(axes, low, high, reach)
    axes.axhline(0, color=FADED, lw=0.8, zorder=1)
    inside = np.clip(drawn.error, -reach, reach)
    known = ~np.isnan(drawn.joint) & (np.abs(drawn.error) <= reach)
    axes.vlines(
        drawn.true[known],
        np.clip(drawn.error - drawn.joint, -2 * reach, 2 * reach)[known],
        np.clip(drawn.error + drawn.joint, -2 * reach, 2 * reach)[known],
        color=FADED, lw=0.9, alpha=0.7 if len(inside) <= CROWD else 0.18, zorder=2,
    )  # fmt: skip
    marks(axes, drawn.true, inside, drawn.grades)
    _beyond(axes, drawn, reach)
    axes.set_xlim(low, high)
    axes.set_ylim(-1.08 * reach, HEADROOM * reach)
    legend(axes, drawn.grades)


def draw_agreement(axes: Axes, drawn: Points) -> None:
    """Difference against mean, with bias and limits of agreement (Bland and Altman 1986)."""
    plain(axes, "Bland–Altman: agreement", "mean of reading and truth, km/h", "difference, km/h")
    middle = (drawn.read + drawn.true) / 2
    low, high = _speed_range(middle)
    axes.set_xlim(low, high)
    reach = _reach(drawn.error, np.zeros_like(drawn.error), least=0.3)
    summary = drawn.summary
    lines = {
        "bias": (summary.bias_kmh, INK),
        "+1.96 s": (summary.loa_high_kmh, BLUE),
        "−1.96 s": (summary.loa_low_kmh, BLUE),
    }
    ends = [abs(value) for value, _ in lines.values() if value is not None]
    reach = max([reach, *(1.25 * end for end in ends if end < 3 * reach)])
    axes.axhline(0, color=HAIR, lw=1.0, zorder=0)
    for name, (value, colour) in lines.items():
        if value is not None and abs(value) < reach:
            _agreement_line(axes, name, value, colour, _standard_error(name, summary, len(middle)))
    marks(axes, middle, np.clip(drawn.error, -reach, reach), drawn.grades)
    _beyond(axes, drawn, reach)
    axes.set_ylim(-1.12 * reach, 1.12 * reach)


def draw_histogram(axes: Axes, drawn: Points) -> None:
    """How many readings have which error; to the right the driver loses."""
    plain(axes, "Histogram of the errors", "reading − truth, km/h", "readings")
    reach = _reach(drawn.error, np.zeros_like(drawn.error), least=0.3)
    step = nice_step(2 * reach / min(48.0, max(20.0, 2 * math.sqrt(len(drawn.error)))))
    half = math.ceil(reach / step)
    edges = step * (np.arange(-half, half + 2) - 0.5)
    kept = np.clip(drawn.error, edges[0], edges[-1])
    counts, _ = np.histogram(kept, edges)
    centres = (edges[:-1] + edges[1:]) / 2
    signs = np.sign(np.round(centres / step))
    colours = [{-1.0: BLUE, 0.0: FADED, 1.0: AMBER}[sign] for sign in signs]
    axes.bar(centres, counts, width=0.9 * step, color=colours, alpha=0.85, zorder=2)
    axes.axvline(0, color=INK, lw=1.0, zorder=3)
    for limit, colour in LIMITS.items():
        for side in (-limit, limit):
            if abs(side) < edges[-1]:
                axes.axvline(side, color=colour, lw=1.2, ls=(0, (5, 3)), zorder=1)
    axes.set_xlim(edges[0], edges[-1])
    whole_counts(axes, counts)
    corner(axes, 0.015, "left", "reads less", BLUE)
    corner(axes, 0.985, "right", "reads more", DARK_AMBER)


def draw_e_n(axes: Axes, drawn: Points) -> None:
    """How many readings have which E_n, and how it would be if every uncertainty were honest."""
    plain(axes, "Error over its uncertainty, $E_n$", "$E_n$", "readings")
    stated = drawn.e_n[~np.isnan(drawn.e_n)]
    if not stated.size:
        nothing(axes, "No reading states an uncertainty.")
        return
    most = float(min(max(1.5, 1.05 * stated.max()), 4.0))
    edges = np.linspace(0, most, max(10, round(most / 0.125)) + 1)
    counts, _ = np.histogram(np.clip(stated, 0, most), edges)
    centres = (edges[:-1] + edges[1:]) / 2
    colours = [GREEN if centre <= 1 else RED for centre in centres]
    step = float(edges[1] - edges[0])
    axes.bar(centres, counts, width=0.9 * step, color=colours, alpha=0.85, zorder=2)
    axes.axvline(1, color=RED, lw=1.2, ls=(0, (5, 3)), zorder=3)
    # With U = 2 u the error over U is normal with standard deviation 1/2; its size is folded.
    fine = np.linspace(0, most, 200)
    density = 2 * np.exp(-2 * fine**2) / math.sqrt(math.pi / 2)
    axes.plot(fine, stated.size * step * density, color=INK, lw=1.2, zorder=4)
    axes.set_xlim(0, most)
    whole_counts(axes, np.append(counts, stated.size * step * density[0]))
    within = f"{np.sum(stated <= 1)} of {stated.size} within 1"
    corner(axes, 0.985, "right", f"{within}\ncurve: if $U$ were exact", INK)


PLOTS: tuple[Callable[[Axes, Points], None], ...] = (
    draw_errors,
    draw_agreement,
    draw_histogram,
    draw_e_n,
)


def _speed_range(speeds: Floats) -> tuple[float, float]:
    low, high = float(speeds.min()), float(speeds.max())
    margin = max(2.0, 0.05 * (high - low))
    return max(0.0, low - margin), high + margin


def _reach(error: Floats, joint: Floats, least: float = 1.25) -> float:
    """How far up and down to draw: the bulk of the readings whole, a wild one at the edge."""
    size = np.abs(error)
    bulk = 3 * float(np.percentile(size, 90))
    bars = float(np.nanpercentile(size + np.nan_to_num(joint), 90))
    largest = float(size.max())
    return max(least, 1.1 * bars, 1.1 * (largest if largest <= max(bulk, 3.2) else bulk))


def _limit_lines(axes: Axes, low: float, high: float, reach: float) -> None:
    speeds = np.linspace(low, high, 200)
    for limit, colour in LIMITS.items():
        bound = limit * np.maximum(1, speeds / 100)
        if bound[0] > 1.05 * reach:
            continue
        for side in (-1, 1):
            shown = np.where(bound <= 1.08 * reach, side * bound, np.nan)
            axes.plot(speeds, shown, color=colour, lw=1.2, ls=(0, (5, 3)), zorder=1)
        beside(axes, f"±{limit} km/h\nor {limit} %", bound[-1], reach, colour)


def _beyond(axes: Axes, drawn: Points, reach: float) -> None:
    """Say what the plot cannot show, rather than squeeze the rest to a line."""
    far = np.abs(drawn.error) > reach
    if far.any():
        worst = drawn.error[far][np.argmax(np.abs(drawn.error[far]))]
        text = f"{far.sum()} drawn at the edge, farthest {worst:+.1f} km/h"
        axes.annotate(
            text, (0.985, 0.015), xycoords="axes fraction", ha="right", va="bottom",
            fontsize="small", color=RED, zorder=6, bbox=BACKED,
        )  # fmt: skip


def _standard_error(name: str, summary: Figures, n: int) -> float:
    """Of the bias s / sqrt(n), of a limit about s sqrt(3 / n) (Bland and Altman 1986)."""
    return (summary.sd_kmh or 0.0) * math.sqrt((1 if name == "bias" else 3) / n)


def _agreement_line(
    axes: Axes, name: str, value: float, colour: str, standard_error: float
) -> None:
    spread = 1.96 * standard_error
    axes.axhspan(value - spread, value + spread, color=WASH, zorder=0, lw=0)
    dashes: Any = "-" if name == "bias" else (0, (5, 3))
    axes.axhline(value, color=colour, lw=1.2, ls=dashes, zorder=1)
    words = f"{name}\n{value:+.2f}".replace("-", "−")
    beside(axes, words, value, math.inf, colour)
