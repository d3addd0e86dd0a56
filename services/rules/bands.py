"""Intervals of speed, and the proof that they leave no gap."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

_FORM = re.compile(
    r"(?P<left>[(\[])\s*(?P<low>\d+(\.\d+)?)\s*,\s*(?P<high>\d+(\.\d+)?)?\s*(?P<right>[)\]])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An interval of speeds, each edge in or out as the law says.

    Attributes:
        low: Lower edge.
        high: Upper edge, or None where there is none.
        low_in: The lower edge itself belongs to it: ``[``.
        high_in: The upper edge itself belongs to it: ``]``.
    """

    low: Decimal
    high: Decimal | None
    low_in: bool
    high_in: bool

    def contains(self, speed: Decimal) -> bool:
        """Whether ``speed`` lies inside."""
        above = speed > self.low or (self.low_in and speed == self.low)
        if self.high is None:
            return above
        return above and (speed < self.high or (self.high_in and speed == self.high))

    def meets(self, following: Interval) -> bool:
        """Whether ``following`` begins exactly where this one ends: no gap, nothing twice."""
        return self.high == following.low and self.high_in is not following.low_in

    def __str__(self) -> str:
        high = "" if self.high is None else str(self.high)
        return f"{'[' if self.low_in else '('}{self.low}, {high}{']' if self.high_in else ')'}"


def parse_interval(text: object) -> Interval:
    """The interval written as ``(0, 10]``, ``[5, 20)`` or ``(40, )``.

    Raises:
        ValueError: It is written otherwise, is empty, or closes an edge that is not there.
    """
    match = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f'{text!r} is no interval: write "(0, 10]", "[5, 20)" or "(40, )"')
    high = Decimal(match["high"]) if match["high"] else None
    interval = Interval(
        low=Decimal(match["low"]),
        high=high,
        low_in=match["left"] == "[",
        high_in=match["right"] == "]",
    )
    if high is None and interval.high_in:
        raise ValueError(f"{text!r} has no upper edge to include: end it with )")
    if high is not None and high <= interval.low:
        raise ValueError(f"{text!r} is empty: the upper edge must be above the lower one")
    return interval


def gaps(of: str, intervals: Sequence[Interval]) -> list[str]:
    """Every fault that keeps ``intervals`` from covering each number above 0 exactly once.

    Args:
        of: Whose intervals they are, for the message: "zone urban".
        intervals: In rising order.
    """
    if not intervals:
        return [f"{of} has no bands: give at least one"]
    faults = []
    first, last = intervals[0], intervals[-1]
    if first.low != 0 or first.low_in:
        # At the limit nobody is over it, whatever a pack says.
        faults.append(f"{of} begins with {first}: begin with (0, …")
    faults += [
        f"{of}: {following} does not begin where {each} ends: close the gap or the overlap"
        for each, following in pairwise(intervals)
        if not each.meets(following)
    ]
    if last.high is not None:
        faults.append(f"{of} ends with {last}: leave the last upper edge open, ({last.low}, )")
    return faults
