"""Whether a confidence means what it says: of texts read with 0.9, nine in ten are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 1.0)
"""Edges; finer where decisions are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Texts of about one confidence."""

    n: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """A reliability diagram.

    Attributes:
        error: Expected calibration error: the mean distance of confidence and share of right
            texts, weighted by their number.
        bins: The bins that hold any text, in order.
    """

    error: float
    bins: tuple[Bin, ...]


def reliability(told: Sequence[tuple[float, bool]]) -> Reliability:
    """Of ``(confidence, right)`` pairs; nothing told has no error."""
    bins = [_bin(low, high, told) for low, high in pairwise(BINS)]
    held = tuple(each for each in bins if each)
    error = sum(each.n * abs(each.confidence - each.right) for each in held) / max(1, len(told))
    return Reliability(error=error, bins=held)


def _bin(low: float, high: float, told: Sequence[tuple[float, bool]]) -> Bin | None:
    own = [pair for pair in told if low <= pair[0] < high or pair[0] == high == BINS[-1]]
    if not own:
        return None
    confidence, right = (sum(float(pair[i]) for pair in own) / len(own) for i in (0, 1))
    return Bin(n=len(own), confidence=confidence, right=right)
