"""The camera that a survey shows: its most likely parameters, and others that fit as well.

Maximum a posteriori: surveyed points and prior knowledge of cameras are observations alike. A
ground point's uncertainty is carried into the picture by the derivative of the view, so that a
centimetre counts for much near the camera and for little far away. The ensemble repeats the fit
with points and priors moved at random (parametric bootstrap, "randomise then optimise").
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from speedcam.homography import fit_homography
from speedcam.model import Floats
from speedcam.pose import Sightings, on_plane, pose_of, refine, theta_from_homography
from speedcam.site import Survey

ENSEMBLE_SIZE = 40
"""Random surveys tried: the standard error of a standard deviation from 40 is 11 %."""

K1_SD = 0.1
FOCAL_OF_WIDTH, FOCAL_LOG_SD = 1.3, 1.0
"""Roadside lenses: a third to three and a half times the picture's width, one in three outside."""
STATED_FOCAL_SD = 0.03
"""Relative: lens scales and sensor sizes in data sheets are rounded to about so much."""
CENTRE_SD, GUESSED_CENTRE_SD, CROPPED_CENTRE_SD = 0.02, 0.10, 0.30
"""Of the picture's width: where the axis may meet the picture beside its middle."""
CROPPED_GAIN = 16.0
"""A picture is taken as a cropped one only where that lowers chi-square by so much."""

LEFT_OUT_PX = 1e6
"""Doubt of a point that is left out of those that err together."""

FOCAL_STARTS = (0.4, 0.7, 1.2, 2.0, 3.5, 6.0)
"""Focal lengths, in widths, from which the fit sets out."""

USUAL_SIZES = (
    (640, 360), (640, 480), (720, 576), (800, 600), (960, 540), (1024, 768), (1280, 720),
    (1280, 960), (1920, 1080), (2048, 1536), (2560, 1440), (2592, 1944), (2688, 1520),
    (3840, 2160), (4096, 2160),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The most likely camera, and all that its fit was made from.

    Attributes:
        theta: ``(10,)`` parameters, see :mod:`speedcam.pose`.
        chi2: Sum of squared standardised residuals, priors included.
        sightings: Points, weights and priors.
        uncertainty_px: Standard, of image points.
        uncertainty_m: Standard, of ground points.
        uncertainty_scale: Standard, relative, of all their metres together.
        size_px: Of the picture, as known or guessed.
        cropped: The axis lies so far from the picture's middle that it must be a part of one.
    """

    theta: Floats
    chi2: float
    sightings: Sightings
    uncertainty_px: float
    uncertainty_m: float
    uncertainty_scale: float
    size_px: tuple[int, int] = (0, 0)
    cropped: bool = False

    @property
    def excess(self) -> float:
        """How many times larger residuals are than stated uncertainties explain, 1 or more."""
        freedom = 2 * len(self.sightings.px) - 6
        return float(max(1.0, np.sqrt(self.chi2 / freedom)))


def fit_camera(survey: Survey, px: Floats, m: Floats, size_px: tuple[int, int] | None) -> Fit:
    """The most likely camera for ``(n, 2)`` pixels and metres, n of 4 or more."""
    known = size_px or survey.size_px
    size = known or _guessed_size(px)
    theta = _start(px, m, size)
    whole, part = (
        _fit(survey, _unweighted(px, m, size, centre_sd, survey.focal_px), theta)
        for centre_sd in (CENTRE_SD if known else GUESSED_CENTRE_SD, CROPPED_CENTRE_SD)
    )
    cropped = whole.chi2 - part.chi2 > CROPPED_GAIN
    return replace(part if cropped else whole, size_px=size, cropped=cropped)


def cameras_that_fit_as_well(fit: Fit) -> Floats:
    """``(ENSEMBLE_SIZE, 10)`` fits to surveys that could have been found as well.

    Where the residuals are larger than stated uncertainties explain, these are widened to match.
    """
    # The seed is fixed so that the same survey always states the same uncertainty.
    random = np.random.default_rng(1)
    px, m = _moved(fit, random)
    moved = replace(
        fit.sightings,
        px=px,
        m=m,
        prior_mean=fit.sightings.prior_mean
        + fit.sightings.prior_sd * random.normal(0, 1, (ENSEMBLE_SIZE, 4)),
    )
    thetas = refine(moved, np.tile(fit.theta, (ENSEMBLE_SIZE, 1)))[0]
    return _scaled(thetas, fit, random.normal(0, fit.uncertainty_scale, (ENSEMBLE_SIZE, 1)))


def _scaled(thetas: Floats, fit: Fit, scale: Floats) -> Floats:
    """Each camera as if all metres were longer by its ``scale``, relative.

    Points that are all too far apart by one factor fit the same picture from a lens as much farther
    off, and no weight changes: what all points share (JCGM 102:2011, 6.2) is the lens's alone.
    """
    middle_m = np.append(fit.sightings.m.mean(axis=0), 0.0)
    farther_m = scale * (thetas[:, 3:6] - middle_m)
    return np.concatenate([thetas[:, :3], thetas[:, 3:6] + farther_m, thetas[:, 6:]], axis=1)


def fits_without_each(fit: Fit) -> tuple[Floats, Floats]:
    """``(n, 10)`` fits, each to all points but one, and their ``(n,)`` chi-squares."""
    count = len(fit.sightings.px)
    some = replace(fit.sightings, weight=_weight_without_each(fit.sightings, count))
    return refine(some, np.tile(fit.theta, (count, 1)))


def _weight_without_each(sightings: Sightings, count: int) -> Floats:
    if not sightings.err_together:
        present = 1.0 - np.eye(count)
        return np.asarray(present[..., None, None] * sightings.weight)
    # What a point shares with others goes with it: its doubt becomes boundless, not its residual 0.
    spread = np.linalg.inv(sightings.weight)
    absent = np.repeat(np.eye(count), 2, axis=1)[:, None, :, None] * np.eye(2 * count)
    covariance = spread @ np.swapaxes(spread, -1, -2) + LEFT_OUT_PX**2 * absent
    return np.asarray(np.linalg.inv(np.linalg.cholesky(covariance)))


def _moved(fit: Fit, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Pixels and metres of every member, at random within their uncertainties."""
    sightings, shape = fit.sightings, (ENSEMBLE_SIZE, *fit.sightings.px.shape)
    if not sightings.err_together:
        px = sightings.px + random.normal(0, fit.excess * fit.uncertainty_px, shape)
        return px, sightings.m + random.normal(0, fit.excess * fit.uncertainty_m, shape)
    # All in the picture: pixels enter residuals linearly, however far a loose mark is moved.
    standard = random.normal(0, fit.excess, (ENSEMBLE_SIZE, sightings.px.size, 1))
    moved_px = np.linalg.solve(sightings.weight[0], standard).reshape(shape)
    return sightings.px + moved_px, sightings.m


def _fit(survey: Survey, sightings: Sightings, theta: Floats) -> Fit:
    for _ in range(2):  # the weights depend on the view, and the view hardly on the weights
        sightings = replace(sightings, weight=_weight(survey, theta, sightings.m))
        theta, chi2 = refine(sightings, theta)
    return Fit(
        theta=theta,
        chi2=float(chi2),
        sightings=sightings,
        uncertainty_px=survey.uncertainty_px,
        uncertainty_m=survey.uncertainty_m,
        uncertainty_scale=survey.uncertainty_scale,
    )


def _unweighted(
    px: Floats, m: Floats, size: tuple[int, int], centre_sd: float, focal_px: float | None
) -> Sightings:
    """The points and the prior: log focal length, k1, and the centre in the picture's middle."""
    width, height = size
    mean = [np.log(focal_px or FOCAL_OF_WIDTH * width), 0.0, (width - 1) / 2, (height - 1) / 2]
    focal_sd = STATED_FOCAL_SD if focal_px else FOCAL_LOG_SD
    return Sightings(
        px=px,
        m=m,
        weight=np.eye(2),
        prior_mean=np.array(mean),
        prior_sd=np.array([focal_sd, K1_SD, centre_sd * width, centre_sd * width]),
    )


def _guessed_size(px: Floats) -> tuple[int, int]:
    """The smallest usual picture that holds all points."""
    right, low = px.max(axis=0)
    for size in USUAL_SIZES:
        if right < size[0] and low < size[1]:
            return size
    return int(right) + 1, int(low) + 1


def _start(px: Floats, m: Floats, size: tuple[int, int]) -> Floats:
    """Parameters near the most likely ones: the best of homographies read with several lenses."""
    homography = fit_homography(m, px)
    depth = np.column_stack([m, np.ones(len(m))]) @ homography[2]
    homography = homography * np.sign(np.sum(np.sign(depth)) or 1.0)
    plain = _unweighted(px, m, size, CENTRE_SD, None)
    starts = np.array(
        [
            theta_from_homography(homography, focal * size[0], plain.prior_mean[2:])
            for focal in FOCAL_STARTS
        ]
    )
    found, cost = refine(plain, starts)
    return np.asarray(found[np.nanargmin(cost)])


def _weight(survey: Survey, theta: Floats, m: Floats) -> Floats:
    """Inverse square roots of the points' covariance in the picture.

    ``(n, 2, 2)``, or ``(1, 2n, 2n)`` where they err together: generalised least squares (Aitken,
    *Proc. R. Soc. Edinburgh* 55, 1936).
    """
    pose, step = pose_of(theta), 0.01
    ends = [pose.image(on_plane(m + sign * step * axis)) for axis in np.eye(2) for sign in (1, -1)]
    per_m = np.stack([ends[0] - ends[1], ends[2] - ends[3]], axis=-1) / (2 * step)
    if survey.covariance_m2 is not None:
        ground = np.array(survey.covariance_m2).reshape(len(m), 2, len(m), 2)
        seen = np.einsum("iab,ibjd,jcd->iajc", per_m, ground, per_m).reshape(m.size, m.size)
        whole = seen + survey.uncertainty_px**2 * np.eye(m.size)
        return np.asarray(np.linalg.inv(np.linalg.cholesky(whole))[None])
    covariance = survey.uncertainty_px**2 * np.eye(2)
    covariance = covariance + survey.uncertainty_m**2 * per_m @ np.swapaxes(per_m, -1, -2)
    return np.linalg.inv(np.linalg.cholesky(covariance))
