"""What the appraisal of a site says in words, for a terminal, a picture and other programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from speedcam.calibrate.appraisal import Appraisal, CheckReport, PointReport, Verdict
from speedcam.survey_checks import OFF

HEADLINES = {
    Verdict.FINES: "This site may fine",
    Verdict.STATISTICS: "This site may not fine",
    Verdict.NOTHING: "Nothing may be measured here",
}
MOST_TAPES = 3
COLUMNS = ("point", "px", "m", "picture, px", "road, cm", "left out, cm", "1 px slip")
MEANING = (
    "picture, road: from where the camera puts a point to where it was surveyed (right; down or "
    "along). left out: by how much the fit to all other points misses it. 1 px slip: what it does "
    "to every speed when that point is found one pixel too low."
)


def headline(appraisal: Appraisal) -> str:
    """The verdict in one sentence."""
    return f"{HEADLINES[appraisal.verdict]}: {appraisal.site.camera_name}"


def reasons(appraisal: Appraisal) -> Iterator[tuple[str, str]]:
    """Kind and sentence of everything that speaks against the site, the worst first."""
    yield from (("refused", _sentence(text)) for text in appraisal.contradictions)
    yield from (("no fines", _sentence(text)) for text in appraisal.weaknesses)
    yield from (("better", _sentence(text)) for text in appraisal.cautions)


def facts(appraisal: Appraisal) -> Iterator[tuple[str, str]]:
    """Name and value of what was found."""
    ground, pose = appraisal.ground, appraisal.ground.pose
    x, y, z = ground.lens_m
    doubt = 2 * ground.lens_uncertainty_m[2]
    yield "lens", f"{z:.2f} m ± {doubt:.2f} m above the road, at x = {x:z.2f} m, y = {y:z.2f} m"
    bend = f", distortion k1 = {float(pose.k1):z.3f}"
    yield "camera", f"focal length {float(pose.focal_px):.0f} px{bend}"
    left_out = f"each left out in turn: {100 * appraisal.left_out_rms_m:.1f} cm"
    rms = f"rms {100 * ground.rms_m:.1f} cm on the road"
    yield "survey", f"{len(appraisal.points)} points, {rms}; {left_out}"
    yield "flatness", _flatness(appraisal)
    yield from _checks(appraisal)
    if appraisal.site.drive:
        yield "reference drive", _drive(appraisal)
    for told in appraisal.forecasts:
        yield (
            f"at {told.speed_kmh:g} km/h",
            f"± {told.whole_kmh:.2f} km/h through the whole zone (k = 2, lane {told.lane})",
        )


def _checks(appraisal: Appraisal) -> Iterator[tuple[str, str]]:
    """Each check, but agreeing tapes together where there are many."""
    tapes = [check for check in appraisal.checks if check.name.startswith("tape")]
    together = len(tapes) > MOST_TAPES and all(check.against.agrees for check in tapes)
    if together:
        worst = max(check.against.times for check in tapes)
        yield (
            f"{len(tapes)} tapes",
            f"all agree with the points ({worst:.1f} of {OFF:g} standard uncertainties at most)",
        )
    for check in appraisal.checks:
        if not (together and check in tapes):
            yield check.name, check_sentence(check)


def check_sentence(check: CheckReport) -> str:
    """Both values and how well they agree."""
    against, digits = check.against, 0 if check.unit == "px" else 2
    said = "agrees" if against.agrees else "CONTRADICTS"
    return (
        f"stated {against.stated:.{digits}f} {check.unit}, by the points "
        f"{against.fitted:.{digits}f} {check.unit}: {said} "
        f"({against.times:.1f} of {OFF:g} standard uncertainties)"
    )


def cells(number: int, point: PointReport) -> tuple[str, ...]:
    """One row of the table of points."""
    return (
        str(number),
        f"{point.px[0]:.1f}, {point.px[1]:.1f}",
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


def document(appraisal: Appraisal) -> dict[str, Any]:
    """The appraisal for other programs."""
    ground, pose = appraisal.ground, appraisal.ground.pose
    drive = appraisal.site.drive
    return {
        "site": appraisal.site.camera_id,
        "site_sha256": appraisal.site.sha256,
        "verdict": appraisal.verdict.value,
        "may_fine": appraisal.verdict is Verdict.FINES,
        "contradictions": list(appraisal.contradictions),
        "weaknesses": list(appraisal.weaknesses),
        "cautions": list(appraisal.cautions),
        "lens_m": list(ground.lens_m),
        "lens_uncertainty_m": list(ground.lens_uncertainty_m),
        "focal_px": float(pose.focal_px),
        "k1": float(pose.k1),
        "centre_px": pose.centre_px.tolist(),
        "rms_m": ground.rms_m,
        "left_out_rms_m": appraisal.left_out_rms_m,
        "bump_m": appraisal.flatness.bump_m if appraisal.flatness.is_told else None,
        "bump_uncertainty_m": _finite(appraisal.flatness.uncertainty_m),
        "points": [_point(number, point) for number, point in enumerate(appraisal.points)],
        "checks": [_check(check) for check in appraisal.checks],
        "drive": drive
        and {
            "date": drive.date.isoformat(),
            "runs": drive.runs,
            "ratio": drive.ratio,
            "ratio_uncertainty": drive.ratio_uncertainty,
            "corrects": drive.correct,
        },
        "forecasts": [
            {
                "speed_kmh": told.speed_kmh,
                "lane": told.lane,
                "expanded_kmh": told.whole_kmh,
                "stretch_m": told.stretch_m,
                "along": [{"y_m": y, "expanded_kmh": kmh} for y, kmh in told.along],
                "budget": {doubt.name: float(doubt.standard_kmh) for doubt in told.budget},
            }
            for told in appraisal.forecasts
        ],
    }


def _point(number: int, point: PointReport) -> dict[str, Any]:
    return {
        "point": number,
        "px": list(point.px),
        "m": list(point.m),
        "off_px": list(point.off_px),
        "off_m": list(point.off_m),
        "left_out_m": list(point.left_out_m),
        "slip_per_px": point.slip,
    }


def _check(check: CheckReport) -> dict[str, Any]:
    return {
        "name": check.name,
        "unit": check.unit,
        "stated": check.against.stated,
        "fitted": check.against.fitted,
        "standard_uncertainties_apart": check.against.times,
        "agrees": check.against.agrees,
    }


def _finite(value: float) -> float | None:
    return value if value < float("inf") else None


def _flatness(appraisal: Appraisal) -> str:
    road = appraisal.flatness
    if not road.is_told:
        return "cannot be told: no points midway"
    place = "above" if road.bump_m > 0 else "below"
    return (
        f"midway {abs(road.bump_m) * 100:.1f} cm ± {200 * road.uncertainty_m:.1f} cm {place} the "
        "line between the ends"
    )


def _drive(appraisal: Appraisal) -> str:
    drive = appraisal.site.drive
    assert drive is not None  # noqa: S101 - the caller looked
    effect = "every speed is corrected by it" if drive.correct else "speeds are not corrected"
    said = "agrees" if drive.confirms else "DISAGREES"
    return (
        f"{drive.date}, {drive.runs} runs: true speed is {drive.ratio:.4f} ± "
        f"{2 * drive.ratio_uncertainty:.4f} times the reading: {said}; {effect}"
    )


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
