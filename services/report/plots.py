"""The plots of a report, each as one SVG element drawn by hand: no library, no second file.

Lengths are in the units of the drawing, which is :data:`WIDE` across whatever the screen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from services.report.figures import Day

WIDE, HIGH = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 50, 8, 26, 42
_ACROSS, _UP = WIDE - LEFT - RIGHT, HIGH - TOP - BOTTOM
_MOST_BARS = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One column: how much of it, how much of that is marked, and its word below.

    Attributes:
        word: Below the bar; empty where there is no room for it.
        tip: Shown when pointed at.
    """

    amount: int
    marked: int = 0
    word: str = ""
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An upright line at a place among the bars, with a word at its top."""

    at: float
    word: str
    css: str


def columns_svg(bars: Sequence[Bar], label: str, across: str, lines: Sequence[Line] = ()) -> Markup:
    """Columns over an axis, with rules at round numbers and lines where they are wanted."""
    rules = _rules(max((bar.amount for bar in bars), default=0))
    step, top = _ACROSS / max(1, len(bars)), rules[-1]
    parts = [_rule(value, top) for value in rules]
    for place, bar in enumerate(bars):
        parts.append(_column(bar, LEFT + place * step, step, top))
    for place, line in enumerate(sorted(lines, key=lambda each: each.at)):
        parts.append(_upright(line, LEFT + line.at * step, place))
    parts.append(
        f'<text class="axis" x="{LEFT + _ACROSS / 2}" y="{HIGH - 4}" text-anchor="middle">'
        f"{escape(across)}</text>"
    )
    return _svg(parts, label, HIGH)


def speeds_svg(speeds: Mapping[int, int], marks: Sequence[tuple[float | None, str, str]]) -> Markup:
    """How many vehicles had which speed, in bars of as many km/h as there is room for.

    Args:
        speeds: Vehicles by whole km/h.
        marks: Speeds to draw a line at, each with its word and class; None is left out.
    """
    if not speeds:
        return columns_svg((), "No speed was measured", "km/h")
    width = next(w for w in (1, 2, 5, 10, 20) if (max(speeds) - min(speeds)) / w < _MOST_BARS - 2)
    first = min(speeds) // width * width
    count = (max(speeds) - first) // width + 1
    every = 10 if count * width <= 120 else 20
    bars = []
    for place in range(count):
        low = first + place * width
        amount = sum(speeds.get(kmh, 0) for kmh in range(low, low + width))
        word = str(low) if low % every < width and low // every * every >= first else ""
        bars.append(Bar(amount=amount, word=word, tip=f"{low} to {low + width} km/h: {amount}"))
    lines = [
        Line(at=(kmh - first) / width, word=f"{word}: {kmh:.0f} km/h", css=css)
        for kmh, word, css in marks
        if kmh is not None
    ]
    return columns_svg(bars, "How many vehicles drove how fast", "km/h", lines)


def days_svg(days: Sequence[Day]) -> Markup:
    """Passages day by day, violations marked; in longer periods month by month."""
    grouped: dict[str, list[Day]] = {}
    by_month = len(days) > _MOST_BARS
    for day in days:
        grouped.setdefault(f"{day.day:%Y-%m}" if by_month else f"{day.day}", []).append(day)
    every = max(1, math.ceil(len(grouped) / 8))
    bars = []
    for place, (name, members) in enumerate(grouped.items()):
        amount = sum(each.passages for each in members)
        marked = sum(each.violations for each in members)
        short = name if by_month else f"{members[0].day.day}.{members[0].day.month}."
        bars.append(
            Bar(
                amount=max(amount, marked),
                marked=marked,
                word=short if place % every == 0 else "",
                tip=f"{name}: {amount} passages, {marked} violations",
            )
        )
    return columns_svg(bars, "Passages and violations", "month" if by_month else "")


_WAITS = (
    (1, "≤ 1 h"), (6, "≤ 6 h"), (24, "≤ 1 day"), (72, "≤ 3 days"), (168, "≤ 7 days"),
    (720, "≤ 30 days"), (math.inf, "longer"),
)  # fmt: skip


def waits_svg(hours: Sequence[float]) -> Markup:
    """How long notices took, from the passage to their handing over."""
    bars, low = [], 0.0
    for high, word in _WAITS:
        amount = sum(low < wait <= high or (low == 0.0 and wait <= 0) for wait in hours)
        bars.append(Bar(amount=amount, word=word, tip=f"{word}: {amount} notices"))
        low = high
    return columns_svg(bars, "Time to the notice", "from the passage to the notice")


def rows_svg(rows: Sequence[tuple[str, int]], label: str) -> Markup:
    """Bars lying under one another, each with its name and number, the longest first to last."""
    most, line = max((amount for _, amount in rows), default=0) or 1, 26
    parts = []
    for place, (name, amount) in enumerate(rows):
        y, length = place * line + 4, max(1.0, (WIDE - 240) * amount / most)
        parts.append(
            f'<text class="name" x="166" y="{y + 13.5}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="bar" x="174" y="{y}" width="{length:.1f}" height="18" rx="3"/>'
            f'<text class="number" x="{182 + length:.1f}" y="{y + 13.5}">{_spaced(amount)}</text>'
        )
    return _svg(parts, label, max(1, len(rows)) * line + 4)


def _column(bar: Bar, x: float, step: float, top: int) -> str:
    wide = max(0.8, step - max(1.0, 0.18 * step)) if step < 70 else 46.0
    left, tall = x + (step - wide) / 2, _UP * bar.amount / top
    marked = _UP * bar.marked / top
    base = TOP + _UP
    drawn = f"<g><title>{escape(bar.tip)}</title>"
    if bar.amount:
        drawn += (
            f'<rect class="bar" x="{left:.1f}" y="{base - tall:.1f}" width="{wide:.1f}" '
            f'height="{tall:.1f}" rx="{min(2.5, wide / 3):.1f}"/>'
        )
    if bar.marked:
        drawn += (
            f'<rect class="marked" x="{left:.1f}" y="{base - marked:.1f}" width="{wide:.1f}" '
            f'height="{max(marked, 1.5):.1f}" rx="{min(2.5, wide / 3):.1f}"/>'
        )
    if bar.word:
        drawn += (
            f'<text class="tick" x="{x + step / 2:.1f}" y="{base + 16}" text-anchor="middle">'
            f"{escape(bar.word)}</text>"
        )
    return f"{drawn}</g>"


def _upright(line: Line, x: float, place: int) -> str:
    """A line with its word; words of lines beside one another stand on both sides."""
    side = ("end", -5) if place == 0 else ("start", 5)
    return (
        f'<line class="{line.css}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 12}" y2="{TOP + _UP}"/>'
        f'<text class="{line.css}" x="{x + side[1]:.1f}" y="{TOP - 4}" text-anchor="{side[0]}">'
        f"{escape(line.word)}</text>"
    )


def _rule(value: int, top: int) -> str:
    y = TOP + _UP * (1 - value / top)
    return (
        f'<line class="rule" x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">'
        f"{_spaced(value)}</text>"
    )


def _rules(most: int) -> Sequence[int]:
    """Round numbers from 0 to the first that is not below ``most``, four or five steps of them."""
    power = int("1" + "0" * (len(str(max(most, 1))) - 1))
    steps = (max(1, m * power // 10) for m in (1, 2, 5, 10, 20))
    step = next(step for step in steps if 5 * step >= most)
    return range(0, max(1, -(-most // step)) * step + 1, step)


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _svg(parts: Sequence[str], label: str, high: int) -> Markup:
    inside = "".join(parts)
    return Markup(  # noqa: S704 - made of numbers here; every word in it is escaped
        f'<svg viewBox="0 0 {WIDE} {high}" role="img" aria-label="{escape(label)}">{inside}</svg>'
    )
