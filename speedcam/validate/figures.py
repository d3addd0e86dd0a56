"""The figures of a comparison, each defined once, so that a number means the same everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np

from speedcam.model import Floats, Grade

BAND_KMH = 20

NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One true vehicle and what was read of it.

    Attributes:
        truth_kmh: Its speed, or None where nobody knows it.
        truth_uncertainty_kmh: Expanded uncertainty of that speed, k = 2; 0 where it is exact.
        reading_kmh: As measured, or None without a reading.
        uncertainty_kmh: Stated expanded uncertainty of the reading, k = 2, or None without one.
        grade: "A" or "B", or None without a reading.
        refusal: Why there is no reading, or None. Without a reading and a refusal it was missed.
    """

    truth_kmh: float | None
    truth_uncertainty_kmh: float = 0.0
    reading_kmh: float | None = None
    uncertainty_kmh: float | None = None
    grade: str | None = None
    refusal: str | None = None

    def __post_init__(self) -> None:
        for name in ("truth_kmh", "reading_kmh", "uncertainty_kmh"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} is positive and finite, not {value!r}")
        if not (math.isfinite(self.truth_uncertainty_kmh) and self.truth_uncertainty_kmh >= 0):
            raise ValueError(
                f"truth_uncertainty_kmh is 0 or more, not {self.truth_uncertainty_kmh!r}"
            )
        if self.reading_kmh is not None and self.refusal is not None:
            raise ValueError("a pair has a reading or a refusal, not both")

    @property
    def error_kmh(self) -> float | None:
        """Reading minus truth: positive is to the driver's loss. None without both."""
        if self.reading_kmh is None or self.truth_kmh is None:
            return None
        return self.reading_kmh - self.truth_kmh

    @property
    def e_n(self) -> float | None:
        """The error over the joint expanded uncertainty of reading and truth, without sign.

        ISO 13528:2022, 9.7: |x - X| / sqrt(U_x^2 + U_X^2), satisfactory up to 1. None without
        an error or without a stated uncertainty.
        """
        if self.error_kmh is None or self.uncertainty_kmh is None:
            return None
        return abs(self.error_kmh) / math.hypot(self.uncertainty_kmh, self.truth_uncertainty_kmh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The same figures for every group; docs/validate.md has the formulas.

    Shares are fractions of the readings with a truth, and None where there are none.

    Attributes:
        n: Vehicles of the truth.
        captured: Of them, with a reading.
        refused: Of them, with a refusal. What is left was missed.
        capture_rate: Share of the vehicles with a reading.
        mean_abs_kmh: Mean size of the error, which is reading minus truth.
        median_abs_kmh: Median size.
        p95_abs_kmh: 95th percentile of the size, interpolated.
        max_abs_kmh: Largest size.
        bias_kmh: Mean error; positive reads too much.
        sd_kmh: Standard deviation of the errors about the bias; None below two of them.
        loa_low_kmh: Lower limit of agreement: bias less 1.96 standard deviations.
        loa_high_kmh: Upper limit of agreement.
        median_abs_pct: Median size of the error in percent of the truth.
        within_1: Share within 1 km/h or 1 %.
        within_2: Share within 2 km/h or 2 %.
        within_3: Share within 3 km/h or 3 %.
        within_minus3_plus2: Share from 3 km/h too little to 2 km/h too much.
        over_3: Share that reads more than 3 km/h too much.
        coverage: Share whose error is within the joint uncertainty of reading and truth, which is
            the share with E_n of 1 or less.
        median_e_n: Median E_n.
        max_e_n: Largest E_n.
        median_uncertainty_kmh: Median stated uncertainty of the readings.
        grade_a: Share of all readings with grade A.
    """

    n: int
    captured: int
    refused: int
    capture_rate: float | None
    mean_abs_kmh: float | None
    median_abs_kmh: float | None
    p95_abs_kmh: float | None
    max_abs_kmh: float | None
    bias_kmh: float | None
    sd_kmh: float | None
    loa_low_kmh: float | None
    loa_high_kmh: float | None
    median_abs_pct: float | None
    within_1: float | None
    within_2: float | None
    within_3: float | None
    within_minus3_plus2: float | None
    over_3: float | None
    coverage: float | None
    median_e_n: float | None
    max_e_n: float | None
    median_uncertainty_kmh: float | None
    grade_a: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errors:
    """The comparable pairs as columns, each ``(n,)``."""

    error: Floats
    true: Floats
    doubt: Floats
    e_n: Floats

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> Self:
        rows = [
            (pair.error_kmh, pair.truth_kmh, pair.uncertainty_kmh, pair.e_n)
            for pair in pairs
            if pair.error_kmh is not None
        ]
        # A reading that states no uncertainty has none to be covered by: NaN keeps its place.
        columns = np.array(rows, dtype=np.float64).reshape(-1, 4).T
        return cls(error=columns[0], true=columns[1], doubt=columns[2], e_n=columns[3])

    def share_within(self, limit: float) -> float | None:
        """Share within ``limit`` km/h or ``limit`` %, whichever allows more."""
        return _mean(np.abs(self.error) <= limit * np.maximum(1, self.true / 100) + _ROUNDING)


_ROUNDING = 1e-9
"""An error of exactly the limit is within it, also where 63.1 - 60.1 is a bit more than 3."""


def figures(pairs: Iterable[Pair]) -> Figures:
    """The figures of a group; None where it has no reading to speak of."""
    pairs = list(pairs)
    readings = [pair for pair in pairs if pair.reading_kmh is not None]
    errors = _Errors.of(pairs)
    size, stated = np.abs(errors.error), errors.e_n[~np.isnan(errors.e_n)]
    bias, sd = _mean(errors.error), _sd(errors.error)
    spread = 1.96 * sd if sd is not None else None
    return Figures(
        n=len(pairs),
        captured=len(readings),
        refused=sum(pair.reading_kmh is None and pair.refusal is not None for pair in pairs),
        capture_rate=_mean(np.array([pair.reading_kmh is not None for pair in pairs])),
        mean_abs_kmh=_mean(size),
        median_abs_kmh=_percentile(size, 50),
        p95_abs_kmh=_percentile(size, 95),
        max_abs_kmh=_percentile(size, 100),
        bias_kmh=bias,
        sd_kmh=sd,
        loa_low_kmh=None if bias is None or spread is None else bias - spread,
        loa_high_kmh=None if bias is None or spread is None else bias + spread,
        median_abs_pct=_percentile(100 * size / errors.true, 50),
        within_1=errors.share_within(1),
        within_2=errors.share_within(2),
        within_3=errors.share_within(3),
        within_minus3_plus2=_mean(
            (errors.error >= -3 - _ROUNDING) & (errors.error <= 2 + _ROUNDING)
        ),
        over_3=_mean(errors.error > 3 + _ROUNDING),
        coverage=_mean(stated <= 1 + _ROUNDING),
        median_e_n=_percentile(stated, 50),
        max_e_n=_percentile(stated, 100),
        median_uncertainty_kmh=_percentile(errors.doubt[~np.isnan(errors.doubt)], 50),
        grade_a=_mean(np.array([pair.grade == Grade.A for pair in readings])),
    )


PairLike = TypeVar("PairLike", bound=Pair)


def grouped(pairs: Sequence[PairLike], key: Callable[[PairLike], str]) -> dict[str, Figures]:
    """The figures of each group that ``key`` makes, in the order of its values."""
    values = sorted({key(pair) for pair in pairs})
    return {value: figures(pair for pair in pairs if key(pair) == value) for value in values}


def speed_band(kmh: float | None) -> str:
    """``060-080`` for 60 up to but not including 80 km/h; sorts as it counts."""
    if kmh is None:
        return NOT_STATED
    low = math.floor(kmh / BAND_KMH) * BAND_KMH
    return f"{low:03d}-{low + BAND_KMH:03d}"


def outcome_or_grade(pair: Pair) -> str:
    """With a reading "A", "B" or "not graded"; without one "refused" or "missed"."""
    if pair.reading_kmh is not None:
        return pair.grade or "not graded"
    return "missed" if pair.refusal is None else "refused"


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if values.size else None


def _sd(values: Floats) -> float | None:
    return float(values.std(ddof=1)) if values.size > 1 else None


def _percentile(values: Floats, percent: float) -> float | None:
    return float(np.percentile(values, percent)) if values.size else None
