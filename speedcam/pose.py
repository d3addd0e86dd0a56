"""A pin-hole camera with radial distortion above a road, and its fit to surveyed points.

The lens bends a ray at distance ``r`` from the axis (in focal lengths) to ``r (1 + k1 r²)``, as
OpenCV has it. All functions take many cameras at once: every array of a :class:`Pose` may have
leading dimensions, so that an ensemble costs little more than one camera.

Pure: no files, no clock, no OpenCV.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from speedcam.model import Floats

PARAMETERS = 10
"""Rotation vector (3), lens in metres (3), log focal length in pixels, k1, centre in pixels (2)."""

_INTRINSIC = slice(6, 10)
_STEPS = np.array([1e-6] * 3 + [1e-5] * 3 + [1e-6, 1e-6, 1e-3, 1e-3])
"""For central differences: far above rounding, far below where the curve shows."""

_ROUNDS = 60
_UNFOLD = 0.9
"""Past this share of the radius at which the distortion would turn back, it grows no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """One camera, or many of them along leading dimensions.

    Attributes:
        rotation: ``(..., 3, 3)`` rows: the picture's right, its down and the viewing direction,
            in road axes (x to the right, y along the road, z up).
        lens_m: ``(..., 3)`` place of the lens.
        focal_px: ``(...)``.
        k1: ``(...)`` radial distortion, negative where the picture bulges.
        centre_px: ``(..., 2)`` where the lens's axis meets the picture.
    """

    rotation: Floats
    lens_m: Floats
    focal_px: Floats
    k1: Floats
    centre_px: Floats

    def image(self, points_m: Floats) -> Floats:
        """``(..., n, 2)`` pixels of ``(n, 3)`` points, all before the camera."""
        seen = (points_m - self.lens_m[..., None, :]) @ np.swapaxes(self.rotation, -1, -2)
        flat = seen[..., :2] / seen[..., 2:]
        bent = flat * _stretch(self._r2(flat), self.k1[..., None])[..., None]
        return np.asarray(self.centre_px[..., None, :] + self.focal_px[..., None, None] * bent)

    def plane(self, px: Floats, height_m: Floats | float = 0.0) -> Floats:
        """``(..., n, 2)`` metres where the rays of ``(n, 2)`` pixels pass ``height_m``."""
        bent = (px - self.centre_px[..., None, :]) / self.focal_px[..., None, None]
        flat = bent / self._bend(bent)[..., None]
        ray = flat @ self.rotation[..., :2, :] + self.rotation[..., 2:, :]
        reach = (height_m - self.lens_m[..., 2:]) / ray[..., 2]
        return np.asarray(self.lens_m[..., None, :2] + reach[..., None] * ray[..., :2])

    def _bend(self, bent: Floats) -> Floats:
        """The factor by which the lens moved points that it shows at ``bent``; by Newton."""
        out = np.sqrt(self._r2(bent))
        k1 = np.broadcast_to(self.k1[..., None], out.shape)
        r = out
        for _ in range(6):
            stretch = _stretch(r * r, k1)
            slope = np.where(stretch == _stretch(np.inf, k1), stretch, 3 * stretch - 2)
            r = r - (r * stretch - out) / slope
        return _stretch(r * r, k1)

    @staticmethod
    def _r2(points: Floats) -> Floats:
        return np.asarray(points[..., 0] ** 2 + points[..., 1] ** 2)


def _stretch(r2: Floats | float, k1: Floats) -> Floats:
    """``1 + k1 r²``, held still where a negative k1 would soon fold the picture back."""
    fold = np.where(k1 < 0, _UNFOLD**2 / np.maximum(-3 * k1, 1e-12), np.inf)
    with np.errstate(invalid="ignore"):
        return np.asarray(1 + np.where(k1 == 0, 0.0, k1 * np.minimum(r2, fold)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """Points seen by a camera: what a fit starts from. Leading dimensions are separate fits.

    Attributes:
        px: ``(..., n, 2)`` in the picture.
        m: ``(..., n, 2)`` on the road.
        weight: ``(..., n, 2, 2)`` turns pixel residuals into standard ones; ``(..., 1, 2n, 2n)``
            where points err together.
        prior_mean: ``(..., 4)``.
        prior_sd: ``(4,)``.
    """

    px: Floats
    m: Floats
    weight: Floats
    prior_mean: Floats
    prior_sd: Floats

    def residuals(self, theta: Floats) -> Floats:
        """``(..., 2n + 4)`` standardised residuals of points and priors."""
        missed = self.px - pose_of(theta).image(on_plane(self.m))
        prior = (theta[..., _INTRINSIC] - self.prior_mean) / self.prior_sd
        return np.concatenate([self.standardised(missed), prior], axis=-1)

    @property
    def err_together(self) -> bool:
        """Whether the weight is one of all points together."""
        return bool(self.weight.shape[-1] > 2)

    def standardised(self, px: Floats) -> Floats:
        """``(..., 2n)`` of ``(..., n, 2)`` pixels, in units of the points' uncertainties."""
        blocks = px.reshape(*px.shape[:-2], -1, self.weight.shape[-1])
        points = (self.weight @ blocks[..., None])[..., 0]
        return np.asarray(points.reshape(*points.shape[:-2], -1))


def on_plane(m: Floats) -> Floats:
    """``(..., n, 2)`` metres with the height 0 added."""
    return np.concatenate([m, np.zeros_like(m[..., :1])], axis=-1)


def pose_of(theta: Floats) -> Pose:
    """The camera with these ``(..., 10)`` parameters."""
    return Pose(
        rotation=_rotation(theta[..., :3]),
        lens_m=theta[..., 3:6],
        focal_px=np.exp(theta[..., 6]),
        k1=theta[..., 7],
        centre_px=theta[..., 8:],
    )


def slopes(of: Callable[[Floats], Floats], theta: Floats) -> Floats:
    """``(..., values, 10)`` derivatives of ``of(theta)`` by central differences."""
    step = (np.eye(PARAMETERS) * _STEPS).reshape(PARAMETERS, *[1] * (theta.ndim - 1), PARAMETERS)
    values = of(np.concatenate([theta + step, theta - step]))
    rise = np.moveaxis(values[:PARAMETERS] - values[PARAMETERS:], 0, -1)
    return np.asarray(rise / (2 * _STEPS))


def refine(sightings: Sightings, theta: Floats, rounds: int = _ROUNDS) -> tuple[Floats, Floats]:
    """The parameters that fit best, by Levenberg and Marquardt, each fit with its own damping.

    Args:
        sightings: What is to be fitted.
        theta: ``(..., 10)`` where to begin.
        rounds: At most so many steps.

    Returns:
        ``(..., 10)`` parameters and ``(...)`` sums of squared standardised residuals.
    """
    with np.errstate(all="ignore"):
        residual = sightings.residuals(theta)
        cost = np.sum(residual**2, axis=-1)
        damping = np.full(cost.shape, 1e-3)
        for _ in range(rounds):
            trial = theta + _step(sightings, theta, residual, damping)
            again = sightings.residuals(trial)
            tried = np.sum(again**2, axis=-1)
            better = tried < cost
            gained = np.where(better, cost - tried, 0.0)
            theta = np.where(better[..., None], trial, theta)
            residual = np.where(better[..., None], again, residual)
            cost = np.where(better, tried, cost)
            damping = np.clip(np.where(better, damping / 8, damping * 8), 1e-9, 1e9)
            if np.all((gained < 1e-7 * (1 + cost)) & (better | (damping > 1e6))):
                break
    return theta, cost


def _step(sightings: Sightings, theta: Floats, residual: Floats, damping: Floats) -> Floats:
    slope = slopes(sightings.residuals, theta)
    normal = np.swapaxes(slope, -1, -2) @ slope
    diagonal = np.einsum("...ii->...i", normal) + 1e-12
    damped = normal + damping[..., None, None] * diagonal[..., None, :] * np.eye(PARAMETERS)
    gradient = np.swapaxes(slope, -1, -2) @ residual[..., None]
    good = np.isfinite(damped).all(axis=(-1, -2), keepdims=True)
    damped = np.where(good, damped, np.eye(PARAMETERS))
    gradient = np.where(good & np.isfinite(gradient), gradient, 0.0)
    return np.asarray(-np.linalg.solve(damped, gradient)[..., 0])


def theta_from_homography(to_image: Floats, focal_px: float, centre_px: Floats) -> Floats:
    """``(10,)`` parameters of an undistorted camera whose view of the road is ``to_image``.

    Args:
        to_image: ``(3, 3)`` homography from metres to pixels, positive before the camera.
        focal_px: Taken as known.
        centre_px: ``(2,)`` likewise.
    """
    lens = np.array([[focal_px, 0, centre_px[0]], [0, focal_px, centre_px[1]], [0, 0, 1]])
    columns = np.linalg.solve(lens, to_image)
    columns = columns / np.mean(np.linalg.norm(columns[:, :2], axis=0))
    x, y = columns[:, 0], columns[:, 1]
    left, _, right = np.linalg.svd(np.column_stack([x, y, np.cross(x, y)]))
    rotation = left @ np.diag([1, 1, np.linalg.det(left @ right)]) @ right
    lens_m = -rotation.T @ columns[:, 2]
    return np.concatenate(
        [_rotation_vector(rotation), lens_m, [np.log(focal_px), 0.0], np.asarray(centre_px)]
    )


def _rotation(vector: Floats) -> Floats:
    """``(..., 3, 3)`` by Rodrigues' formula."""
    angle = np.linalg.norm(vector, axis=-1)[..., None, None]
    safe = np.maximum(angle, 1e-12)
    x, y, z = np.moveaxis(vector, -1, 0)
    zero = np.zeros_like(x)
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    cross = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    twice = cross @ cross
    turn, lift = np.sin(angle) / safe, (1 - np.cos(angle)) / safe**2
    return np.asarray(np.eye(3) + turn * cross + lift * twice)


def _rotation_vector(rotation: Floats) -> Floats:
    """``(3,)`` of a single rotation: along the axis that it leaves alone, as long as its angle."""
    axis = np.linalg.svd(rotation - np.eye(3))[2][-1]
    skew = rotation - rotation.T
    twice_sine = axis @ np.array([skew[2, 1], skew[0, 2], skew[1, 0]])
    return np.asarray(axis * np.arctan2(twice_sine, np.trace(rotation) - 1))
