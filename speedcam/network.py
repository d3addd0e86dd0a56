"""A network of marks that only measurements between them tell: its free adjustment.

Lengths say neither where a network lies nor which way it is turned. These three directions are its
datum, and no speed depends on them: the free network leaves the marks' middle and their mean turn
where they were, and its covariance is that of the marks' places among one another. Pure.

Koch, *Parameter Estimation and Hypothesis Testing in Linear Models*, 2nd ed. 1999, section 3.3
(free networks); Baarda, *S-Transformations and Criterion Matrices*, 1973 (the datum);
JCGM 102:2011, 6.2 (covariance of several quantities together).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from speedcam.model import Floats

LOOSE_M = 100.0
"""Standard: where marks may lie that no measurement joins to the rest. Only the camera tells it."""

_ROUNDS = 5
_STEP_M = 1e-4
_TOLD = 1e-6
"""Directions told by less than this share of what is told best are told by rounding alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Marks with what is in doubt of their places among one another.

    Attributes:
        m: ``(n, 2)`` metres.
        covariance_m2: ``(2n, 2n)`` of x and y of the first mark, of the second, and so on.
    """

    m: Floats
    covariance_m2: Floats


def free_network(conditions: Callable[[Floats], Floats], near_m: Floats) -> Network:
    """The marks nearest to ``near_m`` that meet ``conditions`` best.

    Least squares by Gauss and Newton. With ``A`` the derivatives of the standardised conditions and
    ``A⁺`` its pseudo-inverse, a step is ``-A⁺ r`` and the covariance ``A⁺ A⁺ᵀ = (AᵀA)⁺``.

    Args:
        conditions: Standardised residuals of ``(n, 2)`` metres, alike wherever the network lies
            and however it is turned.
        near_m: ``(n, 2)`` where the marks roughly are, and where what nothing tells is left.
    """
    m = near_m
    for _ in range(_ROUNDS):
        told = np.linalg.pinv(_slopes(conditions, m), rcond=_TOLD)
        m = m - (told @ conditions(m)).reshape(-1, 2)
    inner = np.eye(m.size) - _datum(m)
    slope = _slopes(conditions, m) @ inner
    told = np.linalg.pinv(slope, rcond=_TOLD)
    return Network(m=m, covariance_m2=told @ told.T + LOOSE_M**2 * (inner - told @ slope))


def _datum(m: Floats) -> Floats:
    """``(2n, 2n)`` projection on what shifts and turns all marks together."""
    x, y = (m - m.mean(axis=0)).T
    one, zero = np.ones_like(x), np.zeros_like(x)
    moves = [np.column_stack(xy).ravel() for xy in ((one, zero), (zero, one), (-y, x))]
    return np.asarray(sum(np.outer(move, move) / (move @ move) for move in moves))


def _slopes(conditions: Callable[[Floats], Floats], m: Floats) -> Floats:
    """``(conditions, 2n)`` derivatives, by central differences."""
    steps = _STEP_M * np.eye(m.size).reshape(-1, *m.shape)
    rises = [conditions(m + step) - conditions(m - step) for step in steps]
    return np.column_stack(rises) / (2 * _STEP_M)
