"""How a stream fares: figures that its watcher tells and that others show."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from enum import StrEnum

LATENCIES_S = (0.25, 0.5, 1.0, 2.0, 5.0)
"""Upper ends of the classes in which times from the zone to the disk are counted."""


class State(StrEnum):
    """What a watcher is doing."""

    CONNECTING = "connecting"
    OPENING = "opening"
    MEASURING = "measuring"
    WAITING = "waiting"
    """Until it connects again."""
    STOPPED = "stopped"


@dataclass(slots=True, kw_only=True)
class Status:
    """What became of a stream since its watcher began.

    Attributes:
        name: Of the stream.
        state: What is done now.
        stretch: The folder into which passages are written now; empty before the first.
        why: What the log said last, in words; empty where all is well.
        frames: Decoded and measured.
        dropped: Left out, since measuring fell behind.
        connections: That brought pictures.
        lag_s: How far the picture measured last is behind the one that came last.
        measured_s: When a picture was measured last, on this machine's monotonic clock, or None.
        clock_off: How far off the stamps' pace can be, relative; None where nobody knows yet.
        passages: By outcome: ``A``, ``B``, or the reason of a refusal.
        latencies: Of passages by the class of :data:`LATENCIES_S`, the last for all above.
        latency_s: Sum of them.
    """

    name: str
    state: State = State.CONNECTING
    stretch: str = ""
    why: str = ""
    frames: int = 0
    dropped: int = 0
    connections: int = 0
    lag_s: float = 0.0
    measured_s: float | None = None
    clock_off: float | None = None
    passages: dict[str, int] = field(default_factory=dict)
    latencies: list[int] = field(default_factory=lambda: [0] * (len(LATENCIES_S) + 1))
    latency_s: float = 0.0

    @property
    def frame_age_s(self) -> float | None:
        """How long ago a picture was measured."""
        return None if self.measured_s is None else time.monotonic() - self.measured_s

    def snapshot(self) -> Status:
        """As it is now: what goes on changes it no more."""
        return replace(self, passages=dict(self.passages), latencies=list(self.latencies))

    def count(self, outcome: str, latency_s: float) -> None:
        """Take in a passage that is on the disk."""
        self.passages[outcome] = self.passages.get(outcome, 0) + 1
        self.latencies[sum(latency_s > most_s for most_s in LATENCIES_S)] += 1
        self.latency_s += latency_s


def is_well(status: Status) -> bool:
    """Whether the stream is measured, or is about to be."""
    return status.state in {State.MEASURING, State.OPENING}
