"""The plots of the pages, each one SVG element: no script, no second file, styled by page.css.

Lengths are in the units of the drawing, about a pixel each on a phone, so that words stay legible.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDE, LEFT, RIGHT = 360, 46, 18
_ACROSS = WIDE - LEFT - RIGHT
BAR, NAMES, NUMBERS = 30, 92, 58
"""Height of a row of bars, and the room for its name and its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """Where a vehicle was when.

    Attributes:
        points: Seconds and metres since the first position, in order of time.
        speed_m_s: The measured speed.
        uncertainty_m_s: Of it, expanded, k = 2.
    """

    points: Sequence[tuple[float, float]]
    speed_m_s: float
    uncertainty_m_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """Names of the axes, and the decimal mark, as a reader's language has them."""

    time: str
    distance: str
    off_cm: str
    mark: str = "."


def motion_svg(motion: Motion, label: str, axes: Axes) -> Markup:
    """Positions against time with the line of the measured speed, and how far off it they are.

    Below, where a centimetre can be seen, lies the band of the speed's uncertainty: lines that
    much slower and faster through the middle of all points.

    Args:
        motion: What is drawn.
        label: What is seen, for who cannot see it.
        axes: Their names, and how their numbers are written.
    """
    last_s = motion.points[-1][0]
    offs = [(s, 100 * (m - _on_line(motion, s))) for s, m in motion.points]
    edge = [(s, 100 * motion.uncertainty_m_s * (s - _mean_s(motion))) for s in (0.0, last_s)]
    most_m, most_cm = (max(abs(y) for _, y in points) for points in (motion.points, [*offs, *edge]))
    metres, centimetres = _ticks(most_m, 5), _ticks(most_cm, 2)
    road = _Panel(top=30, high=180, times=_ticks(last_s, 5), values=metres)
    off = _Panel(top=244, high=100, times=road.times, values=_both_ways(centimetres))
    line = " ".join(road.place(s, _on_line(motion, s)) for s in (0.0, last_s))
    band = " ".join(off.place(*corner) for corner in (*edge, *((s, -y) for s, y in edge[::-1])))
    parts = [
        *road.grid(axes.distance, "", axes.mark),
        *off.grid(axes.off_cm, axes.time, axes.mark),
        f'<polygon class="band" points="{band}"/>',
        f'<polyline class="fit" points="{line}"/>',
        f'<polyline class="fit" points="{off.place(0, 0)} {off.place(last_s, 0)}"/>',
        *(_dot(road.place(*point)) for point in motion.points),
        *(_dot(off.place(*point)) for point in offs),
    ]
    return _svg(parts, label, 388)


def bars_svg(rows: Sequence[tuple[str, int, str]], label: str) -> Markup:
    """A bar for each row: its name before it, how long it is, its number in words after it."""
    room, most = WIDE - NAMES - NUMBERS, max((amount for _, amount, _ in rows), default=0) or 1
    parts = []
    for row, (name, amount, words) in enumerate(rows):
        y, wide = row * BAR, room * amount / most
        parts += [
            _word(NAMES - 8, y + 20, name, "end"),
            f'<rect class="bar" x="{NAMES}" y="{y + 4}" width="{wide:.1f}" height="{BAR - 8}"/>',
            _word(NAMES + wide + 6, y + 20, words, "start"),
        ]
    return _svg(parts, label, max(1, len(rows)) * BAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panel:
    """A field with time across and values up, ruled at round numbers."""

    top: float
    high: float
    times: Sequence[float]
    values: Sequence[float]

    def place(self, seconds: float, value: float) -> str:
        return f"{self._x(seconds):.1f},{self._y(value):.1f}"

    def grid(self, up: str, across: str, mark: str) -> list[str]:
        """Rules with their numbers; those of the time only where its axis has a name."""
        foot = self.top + self.high
        parts = [_rule(LEFT, WIDE - RIGHT, self._y(v), self._y(v)) for v in self.values]
        parts += [_rule(self._x(s), self._x(s), self.top, foot) for s in self.times]
        parts += [_word(LEFT - 6, self._y(v) + 4, _number(v, mark), "end") for v in self.values]
        if across:
            parts += [_word(self._x(s), foot + 17, _number(s, mark), "middle") for s in self.times]
            parts.append(_word(LEFT + _ACROSS / 2, foot + 38, across, "middle"))
        # Above its panel, not upright beside it: it is read without turning the head.
        return [*parts, _word(LEFT, self.top - 10, up, "start")]

    def _x(self, seconds: float) -> float:
        return LEFT + _ACROSS * seconds / self.times[-1]

    def _y(self, value: float) -> float:
        low, top = self.values[0], self.values[-1]
        return self.top + self.high * (top - value) / (top - low)


def _on_line(motion: Motion, seconds: float) -> float:
    """Metres at an instant, on a line of the measured speed through the middle of all points.

    The least-squares line through points goes through their mean, whatever its slope is.
    """
    mean_m = sum(m for _, m in motion.points) / len(motion.points)
    return mean_m + motion.speed_m_s * (seconds - _mean_s(motion))


def _mean_s(motion: Motion) -> float:
    return sum(s for s, _ in motion.points) / len(motion.points)


def _ticks(most: float, steps: int) -> list[float]:
    """Round numbers from 0 to the first that is not below ``most``, so many steps or fewer."""
    power = 10.0 ** math.floor(math.log10(max(most, 1e-3)))
    step = next(s for m in (0.2, 0.5, 1, 2, 5, 10) if steps * (s := m * power) >= most)
    return [round(tick * step, 6) for tick in range(max(1, math.ceil(most / step - 1e-9)) + 1)]


def _both_ways(ticks: Sequence[float]) -> list[float]:
    return [*(-tick for tick in ticks[:0:-1]), *ticks]


def _number(value: float, mark: str) -> str:
    return f"{value:g}".replace(".", mark)


def _rule(x1: float, x2: float, y1: float, y2: float) -> str:
    return f'<line class="rule" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>'


def _dot(place: str) -> str:
    x, y = place.split(",")
    return f'<circle class="point" cx="{x}" cy="{y}" r="2.4"/>'


def _word(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(parts: Sequence[str], label: str, high: int) -> Markup:
    return Markup(  # noqa: S704 - made of numbers here; every word in it is escaped
        f'<svg class="plot" viewBox="0 0 {WIDE} {high}" role="img" aria-label="{escape(label)}">'
        f"{''.join(parts)}</svg>"
    )
