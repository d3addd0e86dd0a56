"""What the public board shows of a report: nothing that could tell of one person. Pure.

A count below :data:`FEWEST` is never told, none at all included, and no other figure gives it away:
there is no total beside its parts, and small parts are told together or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.report.figures import MEDIAN, P95, V85, Figures

FEWEST = 10
"""The smallest count that is told."""

STEP_KMH = 10

_REASONS = {
    "too_few_sightings": "short",
    "short_baseline": "short",
    "short_time": "short",
    "outside_lanes": "short",
    "merged": "shared",
    "measured_twice": "shared",
    "changing_speed": "driving",
    "not_along_the_road": "driving",
    "standing": "driving",
    "corrupt_frames": "picture",
    "camera_moved": "picture",
    "time_gap": "picture",
    "time_unsure": "picture",
    "scattered": "doubt",
    "implausible_speed": "doubt",
    "features_disagree": "doubt",
    "anchors_disagree": "doubt",
    "lines_disagree": "doubt",
    "too_uncertain": "doubt",
}
OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of a whole, at least :data:`FEWEST`; a count of None says that it is fewer."""

    name: str
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One site in one month.

    Attributes:
        site: Its id.
        measured: Vehicles with a speed; None for every count: fewer than :data:`FEWEST`.
        v85_kmh: What 85 of 100 of them did not exceed, in whole km/h; None: too few were faster.
        doubt_median_kmh: Uncertainty (k = 2) that half of their speeds do not exceed, in km/h;
            None: too few have more.
        doubt_p95_kmh: The same of 95 of 100.
        speeds: Vehicles by ranges of km/h, such as ``50–59``.
        refusals: Vehicles without a speed, by why.
        fines: Issued.
        decided: Objections that were decided.
        reversed: Fines cancelled after one.
        reversal_pct: Their share of the decided in whole percent; None where either is not told.
    """

    site: str
    measured: int | None
    v85_kmh: int | None
    doubt_median_kmh: float | None
    doubt_p95_kmh: float | None
    speeds: Sequence[Part]
    refusals: Sequence[Part]
    fines: int | None
    decided: int | None
    reversed: int | None
    reversal_pct: int | None


def board_of(figures: Figures) -> Board:
    """What the public sees of one site's figures."""
    measured = told(figures.measured)
    # Where only a few drove faster, the percentile is nearly the speed of one of them.
    enough = (1 - V85) * figures.measured >= FEWEST
    v85 = figures.speed_below_which(V85) if enough else None
    decided, undone = told(figures.decided), told(figures.reversed)
    rate = figures.reversal_rate if decided and undone else None
    return Board(
        site=figures.site,
        measured=measured,
        v85_kmh=None if v85 is None else round(v85),
        doubt_median_kmh=_doubt(figures, MEDIAN),
        doubt_p95_kmh=_doubt(figures, P95),
        speeds=_ranges(figures.speeds) if measured else (),
        refusals=_reasons(figures.refusals),
        fines=told(figures.issued),
        decided=decided,
        reversed=undone,
        reversal_pct=None if rate is None else round(100 * rate),
    )


def _doubt(figures: Figures, share: float) -> float | None:
    """A percentile of the uncertainty, where enough lie beyond it to hide every one of them.

    It is of all speeds or not told: an office may have counted some of a month before it knew it.
    """
    enough = (1 - share) * figures.measured >= FEWEST
    whole = sum(figures.doubts.values()) == figures.measured
    return figures.doubt_within_which(share) if enough and whole else None


def told(count: int) -> int | None:
    """The count, or None where it is too small to be told."""
    return count if count >= FEWEST else None


def _ranges(speeds: Mapping[int, int]) -> tuple[Part, ...]:
    """Ranges of :data:`STEP_KMH`, wider where too few drove so: each holds enough vehicles."""
    steps: Counter[int] = Counter()
    for kmh, count in speeds.items():
        steps[kmh // STEP_KMH] += count
    ranges: list[tuple[int, int, int]] = []
    first, amount = min(steps), 0
    for step in range(min(steps), max(steps) + 1):
        amount += steps[step]
        if amount >= FEWEST:
            ranges.append((first, step, amount))
            first, amount = step + 1, 0
    if amount:
        start, _, before = ranges.pop()
        ranges.append((start, max(steps), before + amount))
    return tuple(
        Part(name=f"{start * STEP_KMH}–{(end + 1) * STEP_KMH - 1}", count=count)
        for start, end, count in ranges
    )


def _reasons(refusals: Mapping[str, int]) -> tuple[Part, ...]:
    """Groups of reasons, the most frequent first; small ones are told together, as others."""
    groups: Counter[str] = Counter()
    for reason, count in refusals.items():
        groups[_REASONS.get(reason, OTHER)] += count
    large = [(name, n) for name, n in groups.most_common() if n >= FEWEST and name != OTHER]
    rest = groups.total() - sum(count for _, count in large)
    return (
        *(Part(name=name, count=count) for name, count in large),
        Part(name=OTHER, count=told(rest)),
    )
