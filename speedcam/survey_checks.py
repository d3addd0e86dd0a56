"""What is held against a fitted survey: what contradicts it, and what it is too weak for.

A contradiction stops measuring: one of two measurements on the road is wrong. A weakness leaves
speeds for statistics, and nobody is fined by them. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from speedcam.flatness import flatness
from speedcam.model import Floats
from speedcam.pose import Pose, pose_of
from speedcam.pose_fit import STATED_FOCAL_SD, Fit, fits_without_each
from speedcam.site import Survey, TapeCheck

BLUNDER = 20.0
"""A point without which chi-square falls by so much is a blunder, not an uncertainty: by chance
one point in 20 000 does that (chi-square with two degrees of freedom)."""

OFF = 3.0
"""A taped distance or height this many standard uncertainties off contradicts the survey."""

NOT_QUITE = 2.0
"""A focal length this far off contradicts nothing yet, but nobody is fined on it: a lens is known
so badly that a survey 6 % too long would still pass."""

STATED_HEIGHT_M = 0.05
"""Standard uncertainty of the lens's measured height."""

ALONG = 0.8
"""A taped distance runs along the road where at least this share of it does."""

TOLD_STRETCH = 0.02
"""A tape tells the scale along the road where it would find (k = 3) that much of a stretch."""

FEWEST_TO_FINE = 6
"""Four points fit any error, and of five a bad one cannot be told: neither may fine anybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A survey and the cameras that fit it.

    Attributes:
        survey: What was measured.
        fit: The most likely camera with all that its fit was made from.
        pose: The same camera.
        members: An ensemble of cameras that the survey allows as well.
    """

    survey: Survey
    fit: Fit
    pose: Pose
    members: Pose


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """One quantity measured twice: by the survey's fit, and otherwise.

    Attributes:
        fitted: By the fit.
        stated: Otherwise.
        uncertainty: Standard, of their difference; for a focal length relative to it.
        times: How many standard uncertainties they are apart.
    """

    fitted: float
    stated: float
    uncertainty: float
    times: float

    @property
    def agrees(self) -> bool:
        """Whether the difference is within what the uncertainties explain."""
        return self.times <= OFF


def contradictions(fitted: Fitted) -> Iterator[str]:
    """What of the survey cannot be true together, in sentences with a remedy."""
    yield from _blunder(fitted)
    yield from _height(fitted)
    yield from _focal(fitted)
    for check in fitted.survey.checks:
        yield from _tape(fitted, check)


def weaknesses(fitted: Fitted) -> Iterator[str]:
    """Why speeds by this survey serve statistics only, in sentences with a remedy."""
    count = len(fitted.survey.points)
    if count < FEWEST_TO_FINE:
        yield (
            f"the survey has {count} points: four fit any error, and of five a wrong one cannot "
            f"be told. Survey {FEWEST_TO_FINE} or more, better 12."
        )
    focal = against_focal(fitted)
    if focal and focal.agrees and focal.times > NOT_QUITE:
        yield (
            f"the focal length is stated to be {focal.stated:g} px, and by the surveyed points it "
            f"is {focal.fitted:.0f} px, {abs(focal.fitted / focal.stated - 1):.0%} off. Look it up "
            "again, and tape a distance along the road (survey.checks)."
        )
    if flatness(fitted.fit).is_bent:
        yield f"the road is not flat: {_bent(fitted.fit)}. Survey a shorter stretch."
    # A bent road looks like a cropped picture, too: where it is proven, nothing else is said.
    elif fitted.fit.cropped and not scale_is_taped(fitted):
        yield (
            "the picture seems to be cut out of a larger one: the lens's axis does not meet it "
            "near its middle. A survey that is stretched along the road looks the same, and so "
            "may a road that is not flat. Survey in an uncropped picture, or tape a distance "
            "along the road (survey.checks)."
        )


def scale_is_taped(fitted: Fitted) -> bool:
    """Whether a taped distance would tell a survey that is stretched along the road."""
    return any(_tells_scale(fitted, check) for check in fitted.survey.checks)


def left_out_m(fit: Fit) -> Floats:
    """``(n, 2)`` metres by which the fit to all other points misses each point."""
    thetas, _ = fits_without_each(fit)
    own = np.diagonal(pose_of(thetas).plane(fit.sightings.px), axis1=0, axis2=1)
    return np.asarray(own.T - fit.sightings.m)


def against_tape(fitted: Fitted, check: TapeCheck) -> Against:
    """A taped distance, in metres."""
    ends = np.array([check.from_px, check.to_px], dtype=np.float64)
    reading_m = float(np.hypot(*np.diff(fitted.pose.plane(ends), axis=0)[0]))
    members = fitted.members.plane(ends)
    doubts = [
        float(np.std(np.hypot(*(members[:, 1] - members[:, 0]).T), ddof=1)),
        _from_pixels(fitted.pose, ends) * fitted.survey.uncertainty_px,
        check.uncertainty_m,
    ]
    doubt_m = float(np.linalg.norm(doubts))
    times = abs(reading_m - check.distance_m) / doubt_m
    return Against(fitted=reading_m, stated=check.distance_m, uncertainty=doubt_m, times=times)


def against_height(fitted: Fitted) -> Against | None:
    """The lens's height, in metres; None where nobody measured it.

    Distances that are all too long by one factor fit as well as true ones, but from a higher lens.
    """
    stated_m = fitted.survey.lens_height_m
    if stated_m is None:
        return None
    height_m = float(fitted.pose.lens_m[2])
    spread_m = float(np.std(fitted.members.lens_m[:, 2], ddof=1))
    doubt_m = float(np.hypot(spread_m, STATED_HEIGHT_M))
    times = abs(height_m - stated_m) / doubt_m
    return Against(fitted=height_m, stated=stated_m, uncertainty=doubt_m, times=times)


def against_focal(fitted: Fitted) -> Against | None:
    """The focal length, in pixels; None where nobody stated it.

    Distances too long along the road alone fit as well as true ones, but through a longer lens.
    """
    stated_px = fitted.survey.focal_px
    if stated_px is None:
        return None
    focal_px = float(fitted.pose.focal_px)
    spread = float(np.std(np.log(fitted.members.focal_px), ddof=1))
    doubt = float(np.hypot(spread, STATED_FOCAL_SD))
    times = abs(float(np.log(focal_px / stated_px))) / doubt
    return Against(fitted=focal_px, stated=stated_px, uncertainty=doubt, times=times)


def _tells_scale(fitted: Fitted, check: TapeCheck) -> bool:
    ends = fitted.pose.plane(np.array([check.from_px, check.to_px], dtype=np.float64))
    across_m, along_m = np.abs(np.diff(ends, axis=0)[0])
    if along_m < ALONG * np.hypot(across_m, along_m):
        return False
    return OFF * against_tape(fitted, check).uncertainty <= TOLD_STRETCH * check.distance_m


def _from_pixels(pose: Pose, ends: Floats) -> float:
    """Change of the distance between two pixels per pixel of independent noise in all four."""
    steps = np.concatenate([np.eye(4), -np.eye(4)]).reshape(-1, 2) / 2
    moved = pose.plane(np.tile(ends, (8, 1)) + steps).reshape(8, 2, 2)
    lengths = np.hypot(*(moved[:, 1] - moved[:, 0]).T)
    return float(np.linalg.norm(lengths[:4] - lengths[4:]))


def _blunder(fitted: Fitted) -> Iterator[str]:
    """One point that lies elsewhere than the others put it."""
    fit, survey = fitted.fit, fitted.survey
    # Four points fit nearly any error, and therefore never reach grade A.
    if len(survey.points) == 4 or fit.chi2 < BLUNDER:
        return
    gained = fit.chi2 - fits_without_each(fit)[1]
    worst = int(np.argmax(gained))
    if gained[worst] < BLUNDER:
        return
    off_m = np.hypot(*left_out_m(fit)[worst])
    yield (
        f"survey point {worst} (px {list(survey.points[worst].px)}) lies {off_m:.2f} m from where "
        f"the others put it, and so much is not explained by the stated uncertainties "
        f"({survey.uncertainty_m:g} m, {survey.uncertainty_px:g} px). Measure it again, or "
        "state honestly how uncertain the survey is."
        + (f" Or else the road is not flat: {_bent(fit)}." if flatness(fit).is_bent else "")
    )


def _bent(fit: Fit) -> str:
    road = flatness(fit)
    place = "higher" if road.bump_m > 0 else "lower"
    return (
        f"midway it lies {abs(road.bump_m) * 100:.0f} cm (± {200 * road.uncertainty_m:.0f} cm) "
        f"{place} than its ends say"
    )


def _height(fitted: Fitted) -> Iterator[str]:
    height = against_height(fitted)
    if height is None or height.agrees:
        return
    yield (
        f"the lens is stated to be {height.stated:g} m above the road, and by the surveyed "
        f"points it is {height.fitted:.2f} m ± {2 * height.uncertainty:.2f} m. Measure its height "
        "again; if it stays so, distances along or across the road are wrong."
    )


def _focal(fitted: Fitted) -> Iterator[str]:
    focal = against_focal(fitted)
    if focal is None or focal.agrees:
        return
    yield (
        f"the focal length is stated to be {focal.stated:g} px, and by the surveyed points it "
        f"is {focal.fitted:.0f} px. Look it up again; if it stays so, distances along the road or "
        "across it are wrong."
    )


def _tape(fitted: Fitted, check: TapeCheck) -> Iterator[str]:
    tape = against_tape(fitted, check)
    if tape.agrees:
        return
    yield (
        f"{check.name} was taped as {tape.stated:g} m, and by the surveyed points it is "
        f"{tape.fitted:.3f} m: {tape.times:.1f} times the standard uncertainty of that "
        "difference. Tape it again; if it stays so, the survey is wrong."
    )
