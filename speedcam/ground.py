"""Pixels to metres on the road and back, with the uncertainty that the survey leaves.

The road is a plane, seen by a pin-hole camera with radial distortion (:mod:`speedcam.pose`). The
fit weighs each surveyed point by its stated uncertainties, those on the ground carried into the
picture, and what is known of cameras beforehand (focal length, distortion, centre) as further
observations. An ensemble of fits, each to data moved at random within the same uncertainties,
carries the doubt to every speed (Monte Carlo, GUM supplement 1).

Pure: no files, no clock, no OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speedcam.drive import ReferenceDrive, drive_weakness
from speedcam.errors import SurveyError
from speedcam.model import Floats
from speedcam.pose import Pose, pose_of
from speedcam.pose_fit import cameras_that_fit_as_well, fit_camera
from speedcam.site import Survey
from speedcam.survey_checks import Fitted, contradictions, weaknesses


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a road plane rests on, in the few numbers that every passage keeps.

    Attributes:
        points: How many were surveyed.
        rms_m: Root mean square of the distances on the road between them and the fit.
        lens_height_m: Of the lens above the road, by the fit.
        lens_height_uncertainty_m: Its standard uncertainty.
        drive: The reference drive, or None where there was none.
        weaknesses: Why speeds serve statistics only, in sentences; none where they may fine.
    """

    points: int
    rms_m: float
    lens_height_m: float
    lens_height_uncertainty_m: float
    drive: ReferenceDrive | None
    weaknesses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The road plane as one camera sees it; made by :func:`fit_ground`.

    Attributes:
        pose: The camera that fits the survey best.
        members: An ensemble of cameras that the survey allows as well.
        residual_m: ``(points,)`` distance on the road between each surveyed point and its fit.
        drive: The reference drive that this ground was held against, or None. Where it corrects
            the scale, all metres along the road are corrected by it.
        weaknesses: Why speeds on this ground serve statistics only; none where they may fine.
    """

    pose: Pose
    members: Pose
    residual_m: Floats
    drive: ReferenceDrive | None = None
    weaknesses: tuple[str, ...] = ()

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

    @property
    def calibration(self) -> Calibration:
        """What this road plane rests on."""
        return Calibration(
            points=len(self.residual_m),
            rms_m=self.rms_m,
            lens_height_m=self.lens_m[2],
            lens_height_uncertainty_m=self.lens_uncertainty_m[2],
            drive=self.drive,
            weaknesses=self.weaknesses,
        )


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
            another, a tape check, or the lens's stated height or focal length by far more than
            their uncertainty, a mirrored road, or footage of another size than was surveyed.
    """
    fitted = fit_survey(survey, size_px)
    for contradiction in contradictions(fitted):
        raise SurveyError(contradiction)
    return ground_of(fitted, drive)


def fit_survey(survey: Survey, size_px: tuple[int, int] | None = None) -> Fitted:
    """The cameras that fit the survey, not yet held against anything.

    Raises:
        SurveyError: No camera follows: too few points, points on one line, a mirrored road, or
            footage of another size than the survey's picture.
    """
    px = np.array([point.px for point in survey.points], dtype=np.float64).reshape(-1, 2)
    m = np.array([point.m for point in survey.points], dtype=np.float64).reshape(-1, 2)
    _require_spread(px, m)
    _require_size(survey, px, size_px)
    fit = fit_camera(survey, px, m, size_px)
    pose = pose_of(fit.theta)
    _require_above(pose)
    members = pose_of(cameras_that_fit_as_well(fit))
    return Fitted(survey=survey, fit=fit, pose=pose, members=members)


def ground_of(fitted: Fitted, drive: ReferenceDrive | None = None) -> Ground:
    """The road plane by cameras that fit a survey, also one that something contradicts."""
    sightings = fitted.fit.sightings
    unheeded = drive_weakness(drive) if drive else None
    return Ground(
        pose=fitted.pose,
        members=fitted.members,
        residual_m=np.hypot(*(fitted.pose.plane(sightings.px) - sightings.m).T),
        drive=drive,
        weaknesses=(*weaknesses(fitted), *([unheeded] if unheeded else [])),
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
