"""What a survey is worth: every point, every check, and whether the site may fine. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from speedcam.calibrate.cautions import cautions, cautions_of_the_fit, missing_papers
from speedcam.calibrate.forecast import (
    PICTURES_PER_S,
    ErrorMap,
    Forecast,
    error_map,
    forecast,
    refused_from_kmh,
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

FASTER = 1.5
"""Uncertainties are foretold at the limit and for a vehicle this many times as fast."""


class Verdict(StrEnum):
    """What speeds from this site may be used for."""

    FINES = "may fine"
    STATISTICS = "statistics only"
    NOTHING = "cannot measure"


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
        contradictions: Why its footage is refused, in sentences.
        weaknesses: Why nobody may be fined, in sentences.
        cautions: What should be better, in sentences.
        forecasts: Expected uncertainty, at the limit and half as fast again.
        refused_from_kmh: From this speed on vehicles are refused, since their speed would be too
            uncertain; None where they are not up to half as fast again as the highest limit.
        moved: How the picture differs from the surveyed one, in words; None where it does not, or
            where the site keeps none.
        errors: The survey's part of it, place by place.
        tilt: By what share speeds through the zone change when the camera has tilted so that the
            whole picture lies one pixel lower.
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
    refused_from_kmh: int | None
    moved: str | None
    errors: ErrorMap
    tilt: float

    @property
    def limit_kmh(self) -> int:
        """The highest limit of all lanes."""
        return _highest_limit_kmh(self.site)

    @property
    def most_telling(self) -> int:
        """The number of the point that changes speeds most when it is found a pixel off."""
        return int(np.argmax([abs(point.slip) for point in self.points]))

    @property
    def is_too_uncertain(self) -> bool:
        """Whether no speed above the highest limit is known well enough to be measured."""
        return self.refused_from_kmh is not None and self.refused_from_kmh <= self.limit_kmh

    @property
    def verdict(self) -> Verdict:
        """What speeds from here may be used for."""
        if self.contradictions or self.moved or self.is_too_uncertain:
            return Verdict.NOTHING
        return Verdict.STATISTICS if self.weaknesses else Verdict.FINES

    @property
    def left_out_rms_m(self) -> float:
        """Root mean square of the distances by which each point is missed when it is left out."""
        return float(np.sqrt(np.mean([np.sum(np.square(p.left_out_m)) for p in self.points])))


def appraise(
    site: Site,
    size_px: tuple[int, int],
    every_s: float = 1 / PICTURES_PER_S,
    moved: str | None = None,
) -> Appraisal:
    """Appraise a site.

    Args:
        site: The site.
        size_px: Width and height of the camera's picture.
        every_s: Time from one picture to the next.
        moved: How the camera's picture differs from the surveyed one, if it does.

    Raises:
        SurveyError: No camera follows from the survey at all.
    """
    fitted = fit_survey(site.survey, size_px)
    ground = ground_of(fitted, site.drive)
    limit_kmh = _highest_limit_kmh(site)
    forecasts = tuple(
        forecast(ground, site.zone, site.lanes, speed_kmh, every_s)
        for speed_kmh in (limit_kmh, FASTER * limit_kmh)
    )
    contradicted = tuple(contradictions(fitted))
    return Appraisal(
        site=site,
        ground=ground,
        fit=fitted.fit,
        flatness=flatness(fitted.fit),
        points=_points(fitted, site),
        checks=tuple(_checks(fitted)),
        contradictions=contradicted,
        weaknesses=(*ground.weaknesses, *missing_papers(site)),
        cautions=(
            *cautions(site, fitted),
            *(() if contradicted else cautions_of_the_fit(fitted)),
        ),
        forecasts=forecasts,
        refused_from_kmh=refused_from_kmh(
            ground, site.zone, site.lanes, every_s, FASTER * limit_kmh
        ),
        moved=moved,
        errors=error_map(ground, site.zone, site.lanes),
        tilt=_tilt(ground, site),
    )


def _highest_limit_kmh(site: Site) -> int:
    """Where a fine begins to be in question, and a share of the speed is most km/h."""
    return max(lane.limit_kmh for lane in site.lanes)


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
    return _longer(pose_of(thetas).plane(fitted.pose.image(_ends(site))), site)


def _tilt(ground: Ground, site: Site) -> float:
    lower = ground.image(_ends(site)[:, :2]) + np.array([0.0, 1.0])
    return float(_longer(ground.road(lower), site))


def _ends(site: Site) -> Floats:
    """``(2, 3)`` the zone's ends in the middle of the road."""
    middle_m = float(np.mean([(lane.left_m + lane.right_m) / 2 for lane in site.lanes]))
    return np.array([[middle_m, y_m, 0.0] for y_m in (site.zone.near_m, site.zone.far_m)])


def _longer(ends_m: Floats, site: Site) -> Floats:
    """``(...)`` share by which ``(..., 2, 2)`` metres make the zone longer than it is."""
    length_m = site.zone.far_m - site.zone.near_m
    return np.asarray((ends_m[..., 1, 1] - ends_m[..., 0, 1]) / length_m - 1)


def _checks(fitted: Fitted) -> Iterator[CheckReport]:
    for number, tape in enumerate(fitted.survey.checks):
        yield CheckReport(name=f"tape {number}", unit="m", against=against_tape(fitted, tape))
    height, focal = against_height(fitted), against_focal(fitted)
    if height:
        yield CheckReport(name="lens height", unit="m", against=height)
    if focal:
        yield CheckReport(name="focal length", unit="px", against=focal)
