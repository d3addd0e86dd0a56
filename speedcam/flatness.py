"""Whether the surveyed road is a plane: one bump or hollow is fitted along with the camera.

A hollow of 5 cm in the middle of the zone makes every speed about 1 % too low. Points at both ends
of the zone alone cannot tell it; those in between can. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speedcam.model import Floats
from speedcam.pose import PARAMETERS, pose_of, slopes
from speedcam.pose_fit import Fit

ALLOWED_M = 0.02
"""What the uncertainty budget carries for a road that is not quite flat."""
TELLING_M = 0.05
"""A survey that leaves the bump in more doubt than this, standard, says nothing about it."""
_STEP_M = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Flatness:
    """How far the middle of the surveyed stretch lies above the chord between its ends.

    Attributes:
        bump_m: Positive for a crest, negative for a hollow.
        uncertainty_m: Standard.
    """

    bump_m: float
    uncertainty_m: float

    @property
    def is_told(self) -> bool:
        """Whether the survey can tell a road that is not flat."""
        return self.uncertainty_m <= TELLING_M

    @property
    def is_bent(self) -> bool:
        """Whether the road is proven (k = 3) less flat than the uncertainty budget allows."""
        return self.is_told and abs(self.bump_m) > ALLOWED_M + 3 * self.uncertainty_m


def flatness(fit: Fit) -> Flatness:
    """A parabola over the surveyed stretch as an eleventh parameter, by one linear step."""
    residual = fit.sightings.residuals(fit.theta)
    slope = slopes(fit.sightings.residuals, fit.theta)
    design = np.column_stack([slope, _slope_of_bump(fit)])
    normal = design.T @ design
    scale = np.sqrt(np.diag(normal)) + 1e-12
    covariance = np.linalg.pinv(normal / np.outer(scale, scale), rcond=1e-10, hermitian=True)
    # Where the bump cannot be told from the camera, the pseudo-inverse would call it certain.
    told = 1 - _share_told_by_camera(slope, design[:, PARAMETERS])
    if told < 1e-6:
        return Flatness(bump_m=0.0, uncertainty_m=float("inf"))
    step = -(covariance @ (design.T @ residual / scale))[PARAMETERS] / scale[PARAMETERS]
    doubt = np.sqrt(covariance[PARAMETERS, PARAMETERS]) / scale[PARAMETERS]
    unexplained = (fit.chi2 - (step / doubt) ** 2) / max(1, 2 * len(fit.sightings.px) - 7)
    doubt *= np.sqrt(max(1.0, unexplained))
    return Flatness(bump_m=float(step), uncertainty_m=float(doubt))


def _slope_of_bump(fit: Fit) -> Floats:
    """``(2n + 4,)`` change of the standardised residuals per metre of bump."""
    along = fit.sightings.m[:, 1]
    share = (along - along.min()) / np.ptp(along)
    height = 4 * share * (1 - share)
    pose = pose_of(fit.theta)
    higher, lower = (
        pose.image(np.column_stack([fit.sightings.m, sign * _STEP_M * height])) for sign in (1, -1)
    )
    per_m = (higher - lower) / (2 * _STEP_M)
    return np.concatenate([-fit.sightings.standardised(per_m), np.zeros(4)])


def _share_told_by_camera(slope: Floats, column: Floats) -> float:
    """How much of what a bump does to the picture another camera would do as well, 0 to 1."""
    total = float(column @ column)
    if total < 1e-12:
        return 1.0
    scaled = slope / (np.linalg.norm(slope, axis=0) + 1e-12)
    left = column - scaled @ np.linalg.lstsq(scaled, column, rcond=None)[0]
    return 1 - float(left @ left) / total
