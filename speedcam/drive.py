"""A reference drive: vehicles of known speed through the site show whether its scale is right.

A survey that is stretched along the road deceives every check made in the picture; only lengths
and speeds measured otherwise can show it. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

READING_SD = 0.003
"""Relative standard deviation of single readings about the site's own scale."""

FEWEST_TO_CORRECT = 3
MOST_CORRECTED = 0.05
"""A scale that is further off is a wrong survey, not one to be corrected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: what was read, and how fast the vehicle was by its own reference."""

    reading_kmh: float
    true_kmh: float
    true_uncertainty_kmh: float

    @property
    def ratio(self) -> float:
        """True speed over reading."""
        return self.true_kmh / self.reading_kmh

    @property
    def ratio_uncertainty(self) -> float:
        """Standard uncertainty of the ratio."""
        return self.ratio * float(np.hypot(self.true_uncertainty_kmh / self.true_kmh, READING_SD))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceDrive:
    """What the runs say together; made by :func:`reference_drive`.

    Attributes:
        date: Of the runs.
        runs: How many there were.
        ratio: Weighted mean of true speed over reading.
        ratio_uncertainty: Its standard uncertainty.
        spread: How many times larger the scatter of the ratios is than their uncertainties say.
        correct: The operator asked that speeds be corrected.
    """

    date: dt.date
    runs: int
    ratio: float
    ratio_uncertainty: float
    spread: float
    correct: bool

    @property
    def scale(self) -> float:
        """What every reading is to be multiplied by: 1 unless the operator asked to correct."""
        return self.ratio if self.correct else 1.0

    @property
    def relative_uncertainty(self) -> float:
        """Standard uncertainty that the drive adds to every speed.

        Corrected: that of the ratio. Otherwise an error that the runs show beyond their own doubt
        (k = 2) stays in every speed and is doubted in full; within it, the runs add nothing.
        """
        if self.correct:
            return self.ratio_uncertainty / self.ratio
        return 0.0 if self.confirms else abs(self.ratio - 1)

    @property
    def confirms(self) -> bool:
        """Whether the runs agree with the survey's scale, at k = 2."""
        return abs(self.ratio - 1) <= 2 * self.ratio_uncertainty


def reference_drive(runs: Sequence[Run], on: dt.date, *, correct: bool) -> ReferenceDrive:
    """The weighted mean of the runs' ratios, its uncertainty widened where they scatter more."""
    ratio = np.array([run.ratio for run in runs])
    doubt = np.array([run.ratio_uncertainty for run in runs])
    weight = doubt**-2
    mean = float(np.average(ratio, weights=weight))
    freedom = max(len(runs) - 1, 1)
    spread = float(np.sqrt(np.sum(((ratio - mean) / doubt) ** 2) / freedom))
    # A reference that is off is off in every run: its share does not shrink with their number.
    common = float(np.min([run.true_uncertainty_kmh / run.true_kmh for run in runs]))
    own = max(1.0, spread) / float(np.sqrt(weight.sum()))
    return ReferenceDrive(
        date=on,
        runs=len(runs),
        ratio=mean,
        ratio_uncertainty=float(np.hypot(own, common)),
        spread=spread,
        correct=correct,
    )


def drive_fault(drive: ReferenceDrive) -> tuple[str, str] | None:
    """What is wrong with a drive and what to do, or None."""
    if drive.runs > 1 and drive.spread > _most_spread(drive.runs):
        return (
            f"scatter {drive.spread:.1f} times as much as their uncertainties explain",
            "Find the run that is wrong, or state honestly how uncertain true_kmh is.",
        )
    if drive.correct and drive.runs < FEWEST_TO_CORRECT:
        return (
            f"are {drive.runs}, too few to correct by",
            f"Make {FEWEST_TO_CORRECT} runs or more, or set `correct = false`.",
        )
    if abs(drive.ratio - 1) > MOST_CORRECTED:
        return (
            f"say that true speeds are {drive.ratio:.3f} times the readings",
            "So much is a wrong survey: measure its points again.",
        )
    return None


def drive_weakness(drive: ReferenceDrive) -> str | None:
    """Why speeds that a drive gainsays and does not correct may fine nobody, or None."""
    if drive.correct or drive.confirms:
        return None
    return (
        f"in the reference drive of {drive.date} true speeds were {drive.ratio:.4f} ± "
        f"{2 * drive.ratio_uncertainty:.4f} (k = 2) times the readings, which chance does not "
        "explain, and nothing corrects them. Survey again; or check the drive, then set "
        "`correct = true` (reference_drive)."
    )


def _most_spread(runs: int) -> float:
    """Chance alone spreads wider once in a thousand drives (Wilson and Hilferty, PNAS 17, 1931)."""
    ninths = 2 / (9 * (runs - 1))
    return float((1 - ninths + 3.09 * np.sqrt(ninths)) ** 1.5)
