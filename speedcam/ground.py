"""Pixels to metres on the road and back, with the uncertainty that the survey leaves.

The road is a plane, seen by a pin-hole camera with radial distortion (:mod:`speedcam.pose`). The
fit weighs each surveyed point by its stated uncertainties, those on the ground carried into the
picture, and what is known of cameras beforehand (focal length, distortion, centre) as further
observations. An ensemble of fits, each to data moved at random within the same uncertainties,
carries the doubt to every speed (Monte Carlo, GUM supplement 1).

Pure: no files, no clock, no OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from speedcam.drive import ReferenceDrive
from speedcam.errors import SurveyError
from speedcam.model import Floats
from speedcam.pose import Pose, pose_of
from speedcam.pose_fit import (
    STATED_FOCAL_SD,
    Fit,
    cameras_that_fit_as_well,
    fit_camera,
    fits_without_each,
)
from speedcam.site import Survey, TapeCheck

BLUNDER = 20.0
"""A point without which chi-square falls by so much is a blunder, not an uncertainty: by chance
one point in 20 000 does that (chi-square with two degrees of freedom)."""

OFF = 3.0
"""A taped distance or height this many standard uncertainties off contradicts the survey."""

STATED_HEIGHT_M = 0.05
"""Standard uncertainty of the lens's measured height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The road plane as one camera sees it; made by :func:`fit_ground`.

    Attributes:
        pose: The camera that fits the survey best.
        members: An ensemble of cameras that the survey allows as well.
        residual_m: ``(points,)`` distance on the road between each surveyed point and its fit.
        drive: The reference drive that this ground was held against, or None. Where it corrects
            the scale, all metres along the road are corrected by it.
    """

    pose: Pose
    members: Pose
    residual_m: Floats
    drive: ReferenceDrive | None = None

    def road(self, px: Floats) -> Floats:
        """``(n, 2)`` metres on the road under ``(n, 2)`` pixels."""
        return self._corrected(self.pose.plane(px))

    def roads(self, px: Floats) -> Floats:
        """``(members, n, 2)`` metres on the road under ``(n, 2)`` pixels, one per member.

        The spread of whatever is computed from each member is what the survey leaves in doubt.
        """
        return self._corrected(self.members.plane(px))

    def image(self, m: Floats) -> Floats:
        """``(n, 2)`` pixels over ``(n, 2)`` metres on the road."""
        return self.image_at(m, 0.0)

    def image_at(self, m: Floats, height_m: Floats | float) -> Floats:
        """``(n, 2)`` pixels of points ``height_m`` above ``(n, 2)`` metres on the road."""
        height = np.broadcast_to(np.asarray(height_m, dtype=np.float64), m.shape[:1])
        along = self._foot_m + (m[:, 1] - self._foot_m) / self._scale
        return self.pose.image(np.column_stack([m[:, 0], along, height]))

    def along_m_per_px(self, px: Floats) -> Floats:
        """``(n,)`` metres along the road per pixel of image height at ``(n, 2)`` pixels."""
        step = np.array([0.0, 0.5])
        return np.abs(self.road(px + step)[:, 1] - self.road(px - step)[:, 1])

    @property
    def _scale(self) -> float:
        return self.drive.scale if self.drive else 1.0

    @property
    def _foot_m(self) -> float:
        """Where along the road the lens is; from there the scale is corrected."""
        return float(self.pose.lens_m[1])

    def _corrected(self, m: Floats) -> Floats:
        """``(..., 2)`` metres with the scale along the road that the reference drive found."""
        if self._scale == 1.0:
            return m
        along = self._foot_m + self._scale * (m[..., 1:] - self._foot_m)
        return np.concatenate([m[..., :1], along], axis=-1)

    @property
    def lens_m(self) -> tuple[float, float, float]:
        """Where the lens is: x, y, and its height above the road."""
        x, y, z = self.pose.lens_m.tolist()
        return x, y, z

    @property
    def lens_uncertainty_m(self) -> tuple[float, float, float]:
        """Standard uncertainty of :attr:`lens_m`."""
        x, y, z = np.std(self.members.lens_m, axis=0, ddof=1).tolist()
        return x, y, z

    @property
    def rms_m(self) -> float:
        """Root mean square of the survey's residuals."""
        return float(np.sqrt(np.mean(self.residual_m**2)))


def fit_ground(
    survey: Survey, size_px: tuple[int, int] | None = None, drive: ReferenceDrive | None = None
) -> Ground:
    """The road plane that fits the survey best.

    Args:
        survey: The surveyed points; their checks are not used for the fit, only held against it.
        size_px: Width and height of the footage. Without it the survey's own is taken, or else
            the smallest usual size that holds all points.
        drive: The reference drive, where one was made.

    Raises:
        SurveyError: Fewer than four points, points on one line, points that contradict one
            another, a tape check or the stated height of the lens by far more than their
            uncertainty, a mirrored road, or footage of another size than the survey's picture.
    """
    px = np.array([point.px for point in survey.points], dtype=np.float64).reshape(-1, 2)
    m = np.array([point.m for point in survey.points], dtype=np.float64).reshape(-1, 2)
    _require_spread(px, m)
    _require_size(survey, px, size_px)
    fit = fit_camera(survey, px, m, size_px)
    pose = pose_of(fit.theta)
    _require_above(pose)
    ground = Ground(
        pose=pose,
        members=pose_of(cameras_that_fit_as_well(fit)),
        residual_m=np.hypot(*(pose.plane(px) - m).T),
    )
    _require_agreement(fit, survey)
    _require_height(ground, survey)
    _require_focal(ground, survey)
    for check in survey.checks:
        _require_tape(ground, check, survey)
    return replace(ground, drive=drive)


def left_out_m(fit: Fit) -> Floats:
    """``(n, 2)`` metres by which the fit to all other points misses each point."""
    thetas, _ = fits_without_each(fit)
    own = np.diagonal(pose_of(thetas).plane(fit.sightings.px), axis1=0, axis2=1)
    return np.asarray(own.T - fit.sightings.m)


def tape_error_m(ground: Ground, check: TapeCheck, survey: Survey) -> tuple[float, float]:
    """By how much the ground reads a taped distance too long, and its standard uncertainty."""
    ends = np.array([check.from_px, check.to_px], dtype=np.float64)
    reading_m = float(np.hypot(*np.diff(ground.road(ends), axis=0)[0]))
    members = ground.roads(ends)
    doubts = [
        float(np.std(np.hypot(*(members[:, 1] - members[:, 0]).T), ddof=1)),
        _from_pixels(ground, ends) * survey.uncertainty_px,
        check.uncertainty_m,
    ]
    return reading_m - check.distance_m, float(np.linalg.norm(doubts))


def _from_pixels(ground: Ground, ends: Floats) -> float:
    """Change of the distance between two pixels per pixel of independent noise in all four."""
    steps = np.concatenate([np.eye(4), -np.eye(4)]).reshape(-1, 2) / 2
    moved = ground.road(np.tile(ends, (8, 1)) + steps).reshape(8, 2, 2)
    lengths = np.hypot(*(moved[:, 1] - moved[:, 0]).T)
    return float(np.linalg.norm(lengths[:4] - lengths[4:]))


def _require_tape(ground: Ground, check: TapeCheck, survey: Survey) -> None:
    error_m, uncertainty_m = tape_error_m(ground, check, survey)
    if abs(error_m) <= OFF * uncertainty_m:
        return
    raise SurveyError(
        f"{check.name} was taped as {check.distance_m:g} m, and by the surveyed points it is "
        f"{check.distance_m + error_m:.3f} m: {abs(error_m) / uncertainty_m:.1f} times the "
        "standard uncertainty of that difference. Tape it again; if it stays so, the survey is "
        "wrong."
    )


def _require_agreement(fit: Fit, survey: Survey) -> None:
    """Raises SurveyError where one point lies elsewhere than the others put it."""
    if len(survey.points) == 4:
        return  # four points fit nearly any error, and therefore never reach grade A
    if fit.chi2 < BLUNDER:
        return
    gained = fit.chi2 - fits_without_each(fit)[1]
    worst = int(np.argmax(gained))
    if gained[worst] < BLUNDER:
        return
    off_m = np.hypot(*left_out_m(fit)[worst])
    raise SurveyError(
        f"survey point {worst} (px {list(survey.points[worst].px)}) lies {off_m:.2f} m from where "
        f"the others put it, and so much is not explained by the stated uncertainties "
        f"({survey.uncertainty_m:g} m, {survey.uncertainty_px:g} px). Measure it again, or "
        "state honestly how uncertain the survey is."
    )


def _require_height(ground: Ground, survey: Survey) -> None:
    """Raises SurveyError where the points put the lens at another height than was measured.

    Distances that are all too long by one factor fit as well as true ones, but from a higher lens.
    """
    if survey.lens_height_m is None:
        return
    height_m, uncertainty_m = ground.lens_m[2], ground.lens_uncertainty_m[2]
    allowed_m = OFF * float(np.hypot(uncertainty_m, STATED_HEIGHT_M))
    if abs(height_m - survey.lens_height_m) <= allowed_m:
        return
    raise SurveyError(
        f"the lens is stated to be {survey.lens_height_m:g} m above the road, and by the surveyed "
        f"points it is {height_m:.2f} m ± {2 * uncertainty_m:.2f} m. Measure its height again; if "
        "it stays so, distances along or across the road are wrong."
    )


def _require_focal(ground: Ground, survey: Survey) -> None:
    """Raises SurveyError where the points contradict the stated focal length.

    Distances too long along the road alone fit as well as true ones, but through a longer lens.
    """
    if survey.focal_px is None:
        return
    focal_px = float(ground.pose.focal_px)
    spread = float(np.std(np.log(ground.members.focal_px), ddof=1))
    if abs(np.log(focal_px / survey.focal_px)) <= OFF * np.hypot(spread, STATED_FOCAL_SD):
        return
    raise SurveyError(
        f"the focal length is stated to be {survey.focal_px:g} px, and by the surveyed points it "
        f"is {focal_px:.0f} px. Look it up again; if it stays so, distances along the road or "
        "across it are wrong."
    )


def _require_above(pose: Pose) -> None:
    if pose.lens_m[2] <= 0:
        raise SurveyError(
            "the surveyed points show the road mirrored, as if from below. Give m as [metres to "
            "the right, metres along the road away from the camera]."
        )


def _require_size(survey: Survey, px: Floats, size_px: tuple[int, int] | None) -> None:
    """Raises SurveyError where points were not found in a picture of the footage's size."""
    if size_px is None:
        return
    width, height = size_px
    if survey.size_px and survey.size_px != size_px:
        raise SurveyError(
            f"the footage is {width}x{height} pixels and the survey was made in a picture of "
            f"{survey.size_px[0]}x{survey.size_px[1]}. Use footage of that size, or "
            "survey the points in this one."
        )
    outside = np.flatnonzero(((px < -0.5) | (px > np.array(size_px) - 0.5)).any(axis=1))
    if len(outside):
        raise SurveyError(
            f"survey point {outside[0]} (px {px[outside[0]].tolist()}) lies outside the footage, "
            f"which is {width}x{height} pixels. Find the points in a frame of this footage, or "
            "use footage of the size that was surveyed."
        )


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
