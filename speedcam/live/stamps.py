"""Whether a stream's time stamps run as time does. Pure.

A speed uses the stamps alone, so a camera whose clock runs 1 % fast reads 1 % low or high. What
can be held against them is when each picture arrived. A network only ever delays, so the earliest
arrival of every few seconds tells: these lie on a line whose slope is 1 where the stamps are true.
Pictures that were lost and stamped over, or a stall that was, bend that line for good.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from speedcam.model import Reason, Refusal

REACH = 24
"""Groups that are remembered: two minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How long and how closely stamps must agree with arrivals before they are believed.

    Attributes:
        group_s: Of so many seconds the earliest arrival counts: late ones within are the network's.
        fewest: Groups without which nothing is known.
        most_off: Relative error, with its doubt (k = 2), above which stamps are not believed: a
            fifth of a km/h at 100 km/h.
    """

    group_s: float = 5.0
    fewest: int = 4
    most_off: float = 0.002


class StampWatch:
    """Holds the stamps of one stream against their arrivals; show it every picture."""

    def __init__(self, trust: Trust | None = None) -> None:
        self._trust = trust or Trust()
        self._groups: deque[tuple[float, float]] = deque(maxlen=REACH)
        self._group = 0
        self._earliest: tuple[float, float] | None = None

    def note(self, stamp_s: float, arrived_s: float) -> None:
        """Take in when a picture is shown and when it arrived."""
        group = int(stamp_s // self._trust.group_s)
        if self._earliest and group > self._group:
            self._groups.append(self._earliest)
            self._earliest = None
        self._group = max(group, self._group)
        late_s = arrived_s - stamp_s
        if self._earliest is None or late_s < self._earliest[1]:
            self._earliest = (stamp_s, late_s)

    @property
    def zero_s(self) -> float:
        """When a picture stamped 0 arrives at the earliest, on the clock of the arrivals."""
        known = [*self._groups, self._earliest] if self._earliest else list(self._groups)
        return min(late_s for _, late_s in known if late_s is not None)

    @property
    def off(self) -> float | None:
        """How far off the stamps' pace can be, relative, k = 2; None where nobody knows yet."""
        groups = list(self._groups)
        if len(groups) < self._trust.fewest:
            return None
        stamp_s, late_s = np.array(groups).T
        centred_s = stamp_s - stamp_s.mean()
        spread = float(centred_s @ centred_s)
        slope = float(centred_s @ late_s) / spread
        left_s = late_s - late_s.mean() - slope * centred_s
        error = float(np.sqrt(left_s @ left_s / (len(groups) - 2) / spread))
        return abs(slope) + 2 * error

    def doubt(self) -> Refusal | None:
        """Why nobody may be measured by these stamps, or None."""
        off = self.off
        if off is None:
            seen_s = self._trust.group_s * len(self._groups)
            return Refusal.rounded(Reason.TIME_UNSURE, clock_watched_s=seen_s)
        if off > self._trust.most_off:
            return Refusal.rounded(
                Reason.TIME_UNSURE,
                clock_off_percent=100 * off,
                allowed_percent=100 * self._trust.most_off,
            )
        return None
