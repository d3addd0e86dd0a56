"""Pixels to metres on the road and back, with the uncertainty that the survey leaves.

The road is taken as a plane, so that a homography maps the image to it. It is fitted to the
surveyed points by the normalised direct linear transform (Hartley and Zisserman, *Multiple View
Geometry*, 2nd ed., algorithm 4.2). An ensemble of fits to points moved at random within their
stated uncertainty carries the survey's doubt to every speed (Monte Carlo, GUM supplement 1).

Pure: no files, no clock, no OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speedcam.errors import SurveyError
from speedcam.model import Floats
from speedcam.site import Survey

MAX_OFF = 4.0
"""A residual this many times the expected one is a blunder, not an uncertainty."""

ENSEMBLE_SIZE = 40
"""Random surveys tried: the standard error of a standard deviation from 40 is 11 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The road plane as one camera sees it; made by :func:`fit_ground`.

    Attributes:
        to_road: ``(3, 3)`` homography from pixels to metres.
        to_image: Its inverse.
        ensemble: ``(n, 3, 3)`` homographies to the road that the survey allows as well.
        residual_m: ``(points,)`` distance on the road between each surveyed point and its fit.
    """

    to_road: Floats
    to_image: Floats
    ensemble: Floats
    residual_m: Floats

    def road(self, px: Floats) -> Floats:
        """``(n, 2)`` metres on the road under ``(n, 2)`` pixels."""
        return _apply(self.to_road, px)

    def image(self, m: Floats) -> Floats:
        """``(n, 2)`` pixels over ``(n, 2)`` metres on the road."""
        return _apply(self.to_image, m)

    def along_m_per_px(self, px: Floats) -> Floats:
        """``(n,)`` metres along the road per pixel of image height at ``(n, 2)`` pixels."""
        step = np.array([0.0, 0.5])
        return np.abs(self.road(px + step)[:, 1] - self.road(px - step)[:, 1])

    @property
    def rms_m(self) -> float:
        """Root mean square of the survey's residuals."""
        return float(np.sqrt(np.mean(self.residual_m**2)))


def fit_ground(survey: Survey) -> Ground:
    """The road plane that fits the survey best.

    Raises:
        SurveyError: Fewer than four points, points on one line, or points that contradict one
            another by far more than their stated uncertainty.
    """
    px = np.array([point.px for point in survey.points], dtype=np.float64).reshape(-1, 2)
    m = np.array([point.m for point in survey.points], dtype=np.float64).reshape(-1, 2)
    _require_spread(px, m)
    to_road = fit_homography(px, m)
    ground = Ground(
        to_road=to_road,
        to_image=np.asarray(np.linalg.inv(to_road), dtype=np.float64),
        ensemble=_ensemble(px, m, survey),
        residual_m=np.hypot(*(_apply(to_road, px) - m).T),
    )
    _require_agreement(ground, px, m, survey)
    return ground


def fit_homography(source: Floats, target: Floats) -> Floats:
    """``(3, 3)`` homography that maps ``(n, 2)`` points to ``(n, 2)`` points, n of 4 or more."""
    from_source, from_target = _normaliser(source), _normaliser(target)
    x, y = _apply(from_source, source).T
    u, v = _apply(from_target, target).T
    one, zero = np.ones_like(x), np.zeros_like(x)
    rows = np.concatenate(
        [
            np.column_stack([x, y, one, zero, zero, zero, -u * x, -u * y, -u]),
            np.column_stack([zero, zero, zero, x, y, one, -v * x, -v * y, -v]),
        ]
    )
    normalised = np.linalg.svd(rows)[2][-1].reshape(3, 3)
    homography = np.linalg.inv(from_target) @ normalised @ from_source
    return np.asarray(homography / homography[2, 2])


def _apply(homography: Floats, points: Floats) -> Floats:
    mapped = points @ homography[:, :2].T + homography[:, 2]
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def _normaliser(points: Floats) -> Floats:
    """Moves the centroid to 0 and the mean distance from it to sqrt(2)."""
    centre = points.mean(axis=0)
    scale = np.sqrt(2) / np.hypot(*(points - centre).T).mean()
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])


def _ensemble(px: Floats, m: Floats, survey: Survey) -> Floats:
    # The seed is fixed so that the same survey always states the same uncertainty.
    random = np.random.default_rng(1)
    return np.array(
        [
            fit_homography(
                px + random.normal(0, survey.uncertainty_px, px.shape),
                m + random.normal(0, survey.uncertainty_m, m.shape),
            )
            for _ in range(ENSEMBLE_SIZE)
        ]
    )


def _require_agreement(ground: Ground, px: Floats, m: Floats, survey: Survey) -> None:
    """Raises SurveyError where one point lies elsewhere than the others put it."""
    if len(px) == 4:
        return  # four points fit any error, and therefore never reach grade A
    right, down = (ground.road(px + step) - ground.road(px) for step in np.eye(2))
    per_px_m2 = np.sum(right**2 + down**2, axis=1)
    expected_m = np.sqrt(2 * survey.uncertainty_m**2 + per_px_m2 * survey.uncertainty_px**2)
    if np.max(ground.residual_m / expected_m) <= MAX_OFF:
        return
    left_out = [_left_out_error_m(px, m, point) for point in range(len(px))]
    worst = int(np.argmax(left_out / expected_m))
    raise SurveyError(
        f"survey point {worst} (px {px[worst].tolist()}) lies {left_out[worst]:.2f} m from where "
        f"the others put it, and so much is not explained by the stated uncertainties "
        f"({survey.uncertainty_m:g} m, {survey.uncertainty_px:g} px). Measure it again, or "
        "state honestly how uncertain the survey is."
    )


def _left_out_error_m(px: Floats, m: Floats, point: int) -> float:
    """How far the fit to all other points misses this one."""
    others = np.arange(len(px)) != point
    fitted = _apply(fit_homography(px[others], m[others]), px[point : point + 1])
    return float(np.hypot(*(fitted - m[point])[0]))


def _require_spread(px: Floats, m: Floats) -> None:
    if len(px) < 4:
        raise SurveyError(
            f"the survey has {len(px)} points, and a road plane needs at least 4. "
            "Measure more points on the road."
        )
    for points, unit in ((px, "px"), (m, "m")):
        along, across = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        if across < 0.02 * along:
            raise SurveyError(
                f"the surveyed points lie on one line ({unit}), so no road plane follows. "
                "Add points on the other side of the road."
            )
