"""What the appraisal of a site says in words, for a terminal and a picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from speedcam.budget import COVERAGE_FACTOR
from speedcam.calibrate.appraisal import Appraisal, CheckReport, PointReport, Verdict
from speedcam.calibrate.cautions import camera_moved, too_uncertain
from speedcam.calibrate.forecast import Forecast
from speedcam.drive import ReferenceDrive
from speedcam.survey_checks import OFF

HEADLINES = {
    Verdict.FINES: "This site may fine",
    Verdict.STATISTICS: "Statistics only, no fines",
    Verdict.NOTHING: "This site cannot measure",
}
CONSEQUENCES = {
    Verdict.FINES: "Speeds measured here can reach grade A.",
    Verdict.STATISTICS: "Speeds are measured, and nobody is fined by them, until this is mended:",
    Verdict.NOTHING: "Vehicles are refused here until this is mended:",
}
MOST_TAPES = 3
SHOWN_KMH = 0.005
"""Smaller shares would show as 0.00."""
COLUMNS = ("point", "px", "m", "picture, px", "road, cm", "left out, cm", "1 px slip")
MEANING = (
    "picture, road: from where the camera puts a point to where it was surveyed (right; down or "
    "along). left out: by how much the fit to all other points misses it. 1 px slip: what it does "
    "to every speed when that point is found one pixel too low."
)


def headline(appraisal: Appraisal) -> str:
    """The verdict in one sentence."""
    return f"{verdict_in_words(appraisal)}: {appraisal.site.camera_name}"


def verdict_in_words(appraisal: Appraisal) -> str:
    """The verdict, and up to which speed it holds."""
    verdict, from_kmh = appraisal.verdict, appraisal.refused_from_kmh
    if verdict is Verdict.NOTHING or from_kmh is None:
        return HEADLINES[verdict]
    return f"{HEADLINES[verdict]}, below {from_kmh} km/h"


def reasons(appraisal: Appraisal) -> Iterator[tuple[str, str]]:
    """Kind and sentence of everything that speaks against the site, the worst first."""
    yield from (("refused", _sentence(text)) for text in appraisal.contradictions)
    if appraisal.moved:
        yield "refused", camera_moved(appraisal.moved)
    if appraisal.refused_from_kmh and not appraisal.contradictions:
        yield "refused", too_uncertain(appraisal.forecasts[-1], appraisal.refused_from_kmh)
    yield from (("no fines", _sentence(text)) for text in appraisal.weaknesses)
    yield from (("better", _sentence(text)) for text in appraisal.cautions)


def facts(appraisal: Appraisal) -> Iterator[tuple[str, str]]:
    """Name and value of what was found."""
    ground, pose = appraisal.ground, appraisal.ground.pose
    x, y, z = ground.lens_m
    doubt = 2 * ground.lens_uncertainty_m[2]
    yield "lens", f"{z:.2f} m ± {doubt:.2f} m above the road, at x = {x:z.2f} m, y = {y:z.2f} m"
    bend = f", distortion k1 = {float(pose.k1):z.3f}"
    part = "; its picture is taken for a part of a larger one" if appraisal.fit.cropped else ""
    yield "camera", f"focal length {float(pose.focal_px):.0f} px{bend}{part}"
    left_out = f"each left out in turn: {100 * appraisal.left_out_rms_m:.1f} cm"
    rms = f"rms {100 * ground.rms_m:.1f} cm on the road"
    yield "survey", f"{len(appraisal.points)} points, {rms}; {left_out}"
    yield "flatness", _flatness(appraisal)
    yield from _checks(appraisal)
    if appraisal.site.drive:
        yield "reference drive", _drive(appraisal.site.drive)
    if appraisal.site.reference_frame and not appraisal.moved:
        yield "view", f"the camera stands as in {appraisal.site.reference_frame.name}"
    if appraisal.contradictions:
        return  # what a wrong fit would foretell is of no use
    yield "one pixel", _one_pixel(appraisal)
    for told in appraisal.forecasts:
        yield f"at {told.speed_kmh:g} km/h", _forecast(told)
    yield "survey's share", _error_map(appraisal)


def _checks(appraisal: Appraisal) -> Iterator[tuple[str, str]]:
    """Each check, but agreeing tapes together where there are many."""
    tapes = [check for check in appraisal.checks if check.name.startswith("tape")]
    together = len(tapes) > MOST_TAPES and all(check.against.agrees for check in tapes)
    if together:
        worst = max(check.against.times for check in tapes)
        yield (
            f"{len(tapes)} tapes",
            f"all agree (at most {worst:.1f} standard uncertainties of {OFF:g} allowed)",
        )
    for check in appraisal.checks:
        if not (together and check in tapes):
            yield check.name, check_sentence(check)


def check_sentence(check: CheckReport) -> str:
    """Both values and how well they agree."""
    against, digits = check.against, 0 if check.unit == "px" else 2
    values = (
        f"stated {against.stated:.{digits}f} {check.unit}, by the points "
        f"{against.fitted:.{digits}f} {check.unit}"
    )
    if against.agrees:
        return f"{values}: agrees ({against.times:.1f} standard uncertainties of {OFF:g} allowed)"
    return (
        f"{values}: CONTRADICTS, by {against.times:.1f} standard uncertainties of {OFF:g} allowed"
    )


def cells(number: int, point: PointReport) -> tuple[str, ...]:
    """One row of the table of points."""
    return (
        str(number),
        f"{point.px[0]:.0f}, {point.px[1]:.0f}",
        f"{point.m[0]:.2f}, {point.m[1]:.2f}",
        _signed(2, *point.off_px),
        _signed(1, *(100 * off for off in point.off_m)),
        _signed(1, *(100 * off for off in point.left_out_m)),
        f"{_signed(2, 100 * point.slip)} %",
    )


def _signed(digits: int, *values: float) -> str:
    """With their signs, which a value that rounds to 0 has not."""
    rounded = (round(value, digits) + 0.0 for value in values)
    return ", ".join(f"{value:+.{digits}f}" if value else f"{0:.{digits}f}" for value in rounded)


def _flatness(appraisal: Appraisal) -> str:
    road = appraisal.flatness
    if not road.is_told:
        return "the points cannot tell it"
    place = "above" if road.bump_m > 0 else "below"
    return (
        f"midway {abs(road.bump_m) * 100:.1f} cm ± {200 * road.uncertainty_m:.1f} cm {place} the "
        "line between the ends"
    )


def _drive(drive: ReferenceDrive) -> str:
    ratio = (
        f"{drive.date}, {drive.runs} runs: true speed is {drive.ratio:.4f} ± "
        f"{2 * drive.ratio_uncertainty:.4f} times the reading"
    )
    if drive.correct:
        return f"{ratio}; every speed is corrected by it"
    if drive.confirms:
        return f"{ratio}: agrees; speeds are not corrected"
    return f"{ratio}: DISAGREES; speeds are not corrected, their doubt holds all of the difference"


def _one_pixel(appraisal: Appraisal) -> str:
    worst, limit_kmh = appraisal.most_telling, appraisal.limit_kmh
    slip, tilt = appraisal.points[worst].slip, appraisal.tilt
    return (
        f"point {worst} found 1 px too low changes speeds by {_signed(2, 100 * slip)} %, "
        f"{_signed(2, limit_kmh * slip)} km/h at {limit_kmh}, and no other point more; the whole "
        f"picture 1 px lower (a camera that tilts) by {_signed(2, 100 * tilt)} %"
    )


def _forecast(told: Forecast) -> str:
    """The uncertainty and, so that it can be added up, each source's expanded share."""
    shares = sorted(told.budget, key=lambda doubt: -doubt.standard_kmh)
    sources = ", ".join(
        f"{doubt.name} {COVERAGE_FACTOR * doubt.standard_kmh:.2f}"
        for doubt in shares
        if COVERAGE_FACTOR * doubt.standard_kmh >= SHOWN_KMH
    )
    return (
        f"± {told.whole_kmh:.2f} km/h through the whole zone (k = 2, lane {told.lane}); "
        f"root of the squares of {sources}"
    )


def _error_map(appraisal: Appraisal) -> str:
    errors, limit_kmh = appraisal.errors, appraisal.limit_kmh
    least, most = (limit_kmh * float(end(errors.relative)) for end in (np.min, np.max))
    return (
        f"± {least:.2f} to ± {most:.2f} km/h at {limit_kmh} (k = 2), by where in the zone "
        f"{errors.stretch_m:.0f} m are measured"
    )


def _sentence(text: str) -> str:
    """With a capital, unless it begins with a key of the site file."""
    first = text.split(" ", 1)[0]
    return text if "." in first or "[" in first else text[0].upper() + text[1:]
