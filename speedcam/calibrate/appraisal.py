"""What a survey is worth: every point, every check, and whether the site may fine. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from speedcam.calibrate.forecast import (
    PICTURES_PER_S,
    SPEEDS_KMH,
    ErrorMap,
    Forecast,
    error_map,
    forecast,
)
from speedcam.flatness import Flatness, flatness
from speedcam.ground import Ground, fit_survey, ground_of
from speedcam.model import Floats
from speedcam.pose import pose_of, refine
from speedcam.pose_fit import Fit
from speedcam.site import Site
from speedcam.survey_checks import (
    Against,
    Fitted,
    against_focal,
    against_height,
    against_tape,
    contradictions,
    left_out_m,
)


class Verdict(StrEnum):
    """What speeds from this site may be used for."""

    FINES = "may fine"
    STATISTICS = "may not fine"
    NOTHING = "may not measure"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointReport:
    """One surveyed point.

    Attributes:
        px: Where it was found.
        m: Where it was measured, to the right and along.
        off_px: From where the camera puts it to where it was found, right and down.
        off_m: The same on the road.
        left_out_m: By how much the fit to all other points misses it, to the right and along.
        slip: By what share speeds through the zone change when it is found one pixel lower.
    """

    px: tuple[float, float]
    m: tuple[float, float]
    off_px: tuple[float, float]
    off_m: tuple[float, float]
    left_out_m: tuple[float, float]
    slip: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """One quantity that was measured twice."""

    name: str
    unit: str
    against: Against


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """Everything that can be said of a site before a vehicle comes; made by :func:`appraise`.

    Attributes:
        site: What was appraised.
        ground: Its road, also where something contradicts it.
        fit: The camera's fit.
        flatness: Whether the road is a plane.
        points: One report per surveyed point.
        checks: Each quantity that was measured twice.
        contradictions: Why nothing may be measured, in sentences.
        weaknesses: Why nobody may be fined, in sentences.
        cautions: What should be better, in sentences.
        forecasts: Expected uncertainty, one per speed.
        errors: The survey's part of it, place by place.
    """

    site: Site
    ground: Ground
    fit: Fit
    flatness: Flatness
    points: tuple[PointReport, ...]
    checks: tuple[CheckReport, ...]
    contradictions: tuple[str, ...]
    weaknesses: tuple[str, ...]
    cautions: tuple[str, ...]
    forecasts: tuple[Forecast, ...]
    errors: ErrorMap

    @property
    def verdict(self) -> Verdict:
        """What speeds from here may be used for."""
        if self.contradictions:
            return Verdict.NOTHING
        return Verdict.STATISTICS if self.weaknesses else Verdict.FINES

    @property
    def left_out_rms_m(self) -> float:
        """Root mean square of the distances by which each point is missed when it is left out."""
        return float(np.sqrt(np.mean([np.sum(np.square(p.left_out_m)) for p in self.points])))


def appraise(
    site: Site, size_px: tuple[int, int], every_s: float = 1 / PICTURES_PER_S
) -> Appraisal:
    """Appraise a site.

    Args:
        site: The site.
        size_px: Width and height of the camera's picture.
        every_s: Time from one picture to the next.

    Raises:
        SurveyError: No camera follows from the survey at all.
    """
    fitted = fit_survey(site.survey, size_px)
    ground = ground_of(fitted, site.drive)
    forecasts = tuple(
        forecast(ground, site.zone, site.lanes, speed_kmh, every_s) for speed_kmh in SPEEDS_KMH
    )
    checks = tuple(_checks(fitted))
    return Appraisal(
        site=site,
        ground=ground,
        fit=fitted.fit,
        flatness=flatness(fitted.fit),
        points=_points(fitted, site),
        checks=checks,
        contradictions=tuple(contradictions(fitted)),
        weaknesses=(*ground.weaknesses, *_papers(site)),
        cautions=tuple(_cautions(site, fitted, forecasts)),
        forecasts=forecasts,
        errors=error_map(ground, site.zone, site.lanes),
    )


def _points(fitted: Fitted, site: Site) -> tuple[PointReport, ...]:
    px, m = fitted.fit.sightings.px, fitted.fit.sightings.m
    seen = fitted.pose.image(np.column_stack([m, np.zeros(len(m))]))
    columns = (px, m, px - seen, fitted.pose.plane(px) - m, left_out_m(fitted.fit))
    rows = zip(*(column.tolist() for column in columns), _slips(fitted, site).tolist(), strict=True)
    return tuple(
        PointReport(
            px=tuple(at),
            m=tuple(on),
            off_px=tuple(off_px),
            off_m=tuple(off_m),
            left_out_m=tuple(left_out),
            slip=slip,
        )
        for at, on, off_px, off_m, left_out, slip in rows
    )


def _slips(fitted: Fitted, site: Site) -> Floats:
    """``(n,)`` share by which each point, found one pixel lower, changes the zone's length."""
    sightings, count = fitted.fit.sightings, len(fitted.fit.sightings.px)
    slipped = sightings.px + np.eye(count)[..., None] * [0.0, 1.0]
    thetas, _ = refine(replace(sightings, px=slipped), np.tile(fitted.fit.theta, (count, 1)))
    middle_m = float(np.mean([(lane.left_m + lane.right_m) / 2 for lane in site.lanes]))
    ends = np.array([[middle_m, site.zone.near_m, 0.0], [middle_m, site.zone.far_m, 0.0]])
    along = pose_of(thetas).plane(fitted.pose.image(ends))[..., 1]
    return np.asarray((along[:, 1] - along[:, 0]) / (site.zone.far_m - site.zone.near_m) - 1)


def _checks(fitted: Fitted) -> Iterator[CheckReport]:
    for number, tape in enumerate(fitted.survey.checks):
        yield CheckReport(name=f"tape {number}", unit="m", against=against_tape(fitted, tape))
    height, focal = against_height(fitted), against_focal(fitted)
    if height:
        yield CheckReport(name="lens height", unit="m", against=height)
    if focal:
        yield CheckReport(name="focal length", unit="px", against=focal)


def _papers(site: Site) -> Iterator[str]:
    """What a fine needs besides a measurement; the office asks the same of every passage."""
    if site.certificate is None:
        yield "the site file states no certificate of the device (camera.certificate)."
    if site.signs_checked_on is None:
        yield "nobody recorded that the warning signs stand (place.signs_checked_on)."
    elif site.signs_checked_on > site.clip_starts_at.date():
        yield f"the warning signs were seen on {site.signs_checked_on}, after the footage."


ENOUGH_POINTS = 8
ALONG = 0.8
"""A taped distance checks the scale along the road where it runs along it by this share."""
FIELD_KMH, FIELD_SHARE = 3.0, 0.03
"""Largest error that verification offices allow in use, up to 100 km/h and above."""
LARGE_RESIDUALS = 1.5


def _cautions(site: Site, fitted: Fitted, forecasts: tuple[Forecast, ...]) -> Iterator[str]:
    if not _scale_is_checked(site, fitted):
        yield (
            "nothing checks the scale along the road: a survey with all distances along it wrong "
            "by one factor would look as good. Tape two points far apart along the road "
            "(survey.checks), state camera.focal_px, or make a reference drive."
        )
    if len(site.survey.points) < ENOUGH_POINTS:
        yield f"{len(site.survey.points)} points are few: with 8 to 12 a slip of one shows."
    if not flatness(fitted.fit).is_told:
        yield (
            "no point between the ends of the zone tells whether the road is flat. Survey two or "
            "more midway."
        )
    if fitted.fit.excess > LARGE_RESIDUALS:
        yield (
            f"the points miss the fit by {fitted.fit.excess:.1f} times what their stated "
            "uncertainties explain; the uncertainty of every speed was widened to match."
        )
    if fitted.fit.cropped:
        yield (
            "the picture seems to be cut out of a larger one: the lens's axis does not meet it "
            "near its middle. Use the camera's whole picture."
        )
    if site.drive and not site.drive.confirms and not site.drive.correct:
        yield (
            f"in the reference drive of {site.drive.date} true speeds were {site.drive.ratio:.4f} "
            "times the readings, and so much is no chance. Survey again, or set `correct = true`."
        )
    for told in forecasts:
        if told.whole_kmh > max(FIELD_KMH, FIELD_SHARE * told.speed_kmh):
            yield (
                f"at {told.speed_kmh:g} km/h a speed is uncertain by ± {told.whole_kmh:.1f} km/h, "
                "more than verification offices allow in use (3 km/h, above 100 km/h 3 %)."
            )


def _scale_is_checked(site: Site, fitted: Fitted) -> bool:
    """Whether anything but the survey itself tells how long the road is."""
    if site.survey.focal_px or site.drive:
        return True
    for tape in site.survey.checks:
        ends = fitted.pose.plane(np.array([tape.from_px, tape.to_px]))
        if abs(ends[1, 1] - ends[0, 1]) > ALONG * np.hypot(*(ends[1] - ends[0])):
            return True
    return False
