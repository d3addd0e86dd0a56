"""Position against time: a robust line, and how far it can be trusted.

Pure. Huber's M-estimate by iterated reweighting (*Robust Estimation of a Location Parameter*, 1964;
c = 1.345), after which what lies more than four scales off is dropped and the rest fitted again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from speedcam.model import Floats

HUBER = 1.345
FAR_OFF = 4.0
LEAST_SCALE = 0.3
"""Residuals may come out smaller than the stated errors, but not by more than this is believed."""

LEAST_ALIKE = 2.0
"""Neighbouring edges err alike: at least two of them count as one."""
MOST_CORRELATED = 0.95
STEADY = 0.05
"""Change of speed over the stretch, relative, up to which a straight line describes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Position against time, and how well it fits.

    Attributes:
        speed_m_s: Slope in the middle of the stretch, which for an even change is the mean.
        standard_error_m_s: Of that slope; includes half of what a bend would change.
        change_m_s: Change of speed over the stretch; 0 where none stands out.
        bend_m_s: The same as a bent line has it, whether or not it stands out.
        kept: ``(n,)`` which positions were used.
        rms_m: Weighted root mean square of their residuals.
        middle_s: The middle of the stretch in time.
        middle_m: Where the vehicle was then.
        span_s: How long it lasted.
    """

    speed_m_s: float
    standard_error_m_s: float
    change_m_s: float
    bend_m_s: float
    kept: NDArray[np.bool_]
    rms_m: float
    middle_s: float
    middle_m: float
    span_s: float

    def moved_m(self, time_s: Floats) -> Floats:
        """``(n,)`` metres from the place in the middle of the stretch, at ``(n,)`` seconds."""
        since_s = time_s - self.middle_s
        return self.speed_m_s * since_s + self.change_m_s / (2 * self.span_s) * since_s**2


def fit_line(time_s: Floats, y_m: Floats, weight: Floats) -> Line:
    """The straight line of best fit, or a bent one where the speed clearly changes.

    Args:
        time_s: ``(n,)`` seconds, rising.
        y_m: ``(n,)`` metres.
        weight: ``(n,)`` inverse variances of ``y_m``, 1/m².
    """
    straight, _ = _fit(time_s, y_m, weight, degree=1)
    bent, change_error_m_s = _fit(time_s, y_m, weight, degree=2)
    change = abs(bent.change_m_s)
    if change > FAR_OFF * change_error_m_s and change > STEADY * abs(bent.speed_m_s):
        return bent
    # A bend too slight to stand out still leans on the straight slope where weights are uneven.
    lean_m_s = abs(straight.speed_m_s - bent.speed_m_s) / 2
    error_m_s = float(np.hypot(straight.standard_error_m_s, lean_m_s))
    return replace(straight, standard_error_m_s=error_m_s, bend_m_s=bent.change_m_s)


def steadiest(time_s: Floats, y_m: Floats, weight: Floats, most_off: float) -> NDArray[np.bool_]:
    """``(n,)`` which positions lie on the line that those of the steadiest stretch give.

    What spoils positions does so at one end, while something passes, and the far end of a lever
    moves a robust line as well. So a share ``most_off`` is left out at either end, or half of it
    at both, and the stretch with the least scale is believed.
    """
    design = np.vander(time_s - time_s.mean(), 2, increasing=True)
    off = int(most_off * len(time_s))
    stretches = [slice(start, start + len(time_s) - off) for start in (0, off // 2, off)]
    fits = [_huber(design[part], y_m[part], weight[part]) for part in stretches]
    fit, scale = min(fits, key=lambda each: each[1])
    return np.asarray(np.abs(y_m - design @ fit) * np.sqrt(weight) < FAR_OFF * scale)


def _fit(time_s: Floats, y_m: Floats, weight: Floats, degree: int) -> tuple[Line, float]:
    middle_s = (time_s[0] + time_s[-1]) / 2
    design = np.vander(time_s - middle_s, degree + 1, increasing=True)
    first, scale = _huber(design, y_m, weight)
    kept = np.abs(y_m - design @ first) * np.sqrt(weight) < FAR_OFF * scale
    design, used_m, used_weight = design[kept], y_m[kept], weight[kept]
    fit, scale = _huber(design, used_m, used_weight)
    covariance = np.linalg.inv(design.T @ (design * used_weight[:, None]))
    alike = _alike((used_m - design @ fit) * np.sqrt(used_weight))
    # Scatter below the stated errors is luck, and how such residuals hang together says nothing.
    widened = max(LEAST_ALIKE * max(1.0, scale**2), alike * scale**2)
    errors = np.sqrt(widened * np.diag(covariance))
    span_s = float(np.ptp(time_s))
    change_m_s = 2 * float(fit[2]) * span_s if degree > 1 else 0.0
    line = Line(
        speed_m_s=float(fit[1]),
        standard_error_m_s=float(errors[1]),
        change_m_s=change_m_s,
        bend_m_s=change_m_s,
        kept=kept,
        rms_m=float(np.sqrt(np.average((used_m - design @ fit) ** 2, weights=used_weight))),
        middle_s=float(middle_s),
        middle_m=float(fit[0]),
        span_s=span_s,
    )
    return line, 2 * float(errors[-1]) * span_s


def _alike(pull: Floats) -> float:
    """How many neighbouring positions err as one, from their lag-one correlation r.

    ``(1 + r) / (1 - r)``, of a first-order autoregressive series (Bayley and Hammersley, *J. Roy.
    Stat. Soc. Suppl.* 8, 1946).
    """
    r = float(np.sum(pull[1:] * pull[:-1]) / max(np.sum(pull**2), 1e-12))
    r = min(max(r, 0.0), MOST_CORRELATED)
    return (1 + r) / (1 - r)


def _huber(design: Floats, y_m: Floats, weight: Floats) -> tuple[Floats, float]:
    """Coefficients, and the scale of the residuals in units of their stated errors."""
    robust = np.ones_like(y_m)
    for _ in range(20):
        total = weight * robust
        fit = np.linalg.solve(design.T @ (design * total[:, None]), design.T @ (y_m * total))
        pull = np.abs(y_m - design @ fit) * np.sqrt(weight)
        scale = max(LEAST_SCALE, 1.483 * float(np.median(pull)))
        robust = 1 / np.maximum(1, pull / (HUBER * scale))
    return np.asarray(fit), scale
