"""The figures of a report: what counts make of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

V85, MEDIAN, P95 = 0.85, 0.5, 0.95
"""Shares that reports and the board tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """How often somebody, or a policy, came to one verdict."""

    by: str
    is_policy: bool
    verdict: str
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One local day of a site, or of all of them."""

    day: date
    passages: int
    violations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What happened at one site, or at all, on the days of a period.

    Attributes:
        site: Its id; empty for all together.
        speeds: How many passages had which whole km/h, cut down.
        doubts: How many speeds have an uncertainty (k = 2) of at most so many tenths of km/h and of
            more than one tenth less; counted by offices since they know it, so perhaps of fewer.
        refusals: How many had no speed, by reason.
        outcomes: What became of the passages, by the law's finding or the office's.
        days: Days with traffic, in order.
        violations: Cases that were opened.
        decisions: By whom; in order of name.
        fines: Issued fines by the state they stand in now.
        contested: Fines that were ever objected to.
        decided: Objections that were decided.
        reversed: Fines cancelled after an objection.
        hours_to_notice: From the passage to the handing over of the notice, each, rising.
    """

    site: str
    speeds: Mapping[int, int]
    doubts: Mapping[int, int]
    refusals: Mapping[str, int]
    outcomes: Mapping[str, int]
    days: Sequence[Day]
    violations: int
    decisions: Sequence[Decided]
    fines: Mapping[str, int]
    contested: int
    decided: int
    reversed: int
    hours_to_notice: Sequence[float]

    @property
    def measured(self) -> int:
        """Passages with a speed."""
        return sum(self.speeds.values())

    @property
    def refused(self) -> int:
        """Passages without one, each with its reason."""
        return sum(self.refusals.values())

    @property
    def passages(self) -> int:
        """Every vehicle that was followed."""
        return self.measured + self.refused

    @property
    def issued(self) -> int:
        """Fines that were issued."""
        return sum(self.fines.values())

    @property
    def reversal_rate(self) -> float | None:
        """Share of the decided objections that ended the fine; None where none was decided."""
        return self.reversed / self.decided if self.decided else None

    def speed_below_which(self, share: float) -> float | None:
        """The speed in km/h that this share of the vehicles did not exceed; None without any.

        Within the whole km/h that holds it the vehicles are taken as evenly spread, so it is
        right to 1 km/h. A share of 0.85 is the 85th percentile that road engineers use.
        """
        wanted, below = share * self.measured, 0
        for kmh, count in sorted(self.speeds.items()):
            if below + count >= wanted and count:
                return kmh + (wanted - below) / count
            below += count
        return None

    def doubt_within_which(self, share: float) -> float | None:
        """Uncertainty in km/h (k = 2) that this share of speeds does not exceed; None without."""
        wanted, within = share * sum(self.doubts.values()), 0
        for tenths, count in sorted(self.doubts.items()):
            within += count
            if within >= wanted:
                return tenths / 10
        return None

    def hours_within_which(self, share: float) -> float | None:
        """Hours in which this share of the notices was handed over; None where none was."""
        if not self.hours_to_notice:
            return None
        return self.hours_to_notice[max(0, ceil(share * len(self.hours_to_notice)) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures of a period: together, and site by site.

    Attributes:
        first: First local day.
        last: Last local day, itself included.
        whole: All sites together.
        sites: Each of them, in order of name.
    """

    first: date
    last: date
    whole: Figures
    sites: Sequence[Figures]
