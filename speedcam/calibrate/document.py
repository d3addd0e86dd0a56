"""The appraisal of a site for other programs."""

from __future__ import annotations

from typing import Any

import numpy as np

from speedcam.calibrate.appraisal import Appraisal, CheckReport, PointReport, Verdict
from speedcam.calibrate.forecast import Forecast
from speedcam.drive import ReferenceDrive


def document(appraisal: Appraisal) -> dict[str, Any]:
    """The appraisal for other programs."""
    ground, pose = appraisal.ground, appraisal.ground.pose
    return {
        "site": appraisal.site.camera_id,
        "site_sha256": appraisal.site.sha256,
        "verdict": appraisal.verdict.value,
        "may_fine": appraisal.verdict is Verdict.FINES,
        "contradictions": list(appraisal.contradictions),
        "moved": appraisal.moved,
        "refused_from_kmh": appraisal.refused_from_kmh,
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
        "drive": _drive(appraisal.site.drive) if appraisal.site.drive else None,
        "forecasts": [_forecast(told) for told in appraisal.forecasts],
        "error_map": _error_map(appraisal),
        "tilt_per_px": appraisal.tilt,
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


def _drive(drive: ReferenceDrive) -> dict[str, Any]:
    return {
        "date": drive.date.isoformat(),
        "runs": drive.runs,
        "ratio": drive.ratio,
        "ratio_uncertainty": drive.ratio_uncertainty,
        "corrects": drive.correct,
        "confirms": drive.confirms,
    }


def _forecast(told: Forecast) -> dict[str, Any]:
    return {
        "speed_kmh": told.speed_kmh,
        "lane": told.lane,
        "expanded_kmh": told.whole_kmh,
        "stretch_m": told.stretch_m,
        "along": [{"y_m": y, "expanded_kmh": kmh} for y, kmh in told.along],
        "budget": {doubt.name: float(doubt.standard_kmh) for doubt in told.budget},
    }


def _error_map(appraisal: Appraisal) -> dict[str, Any]:
    """Rows go along the road, columns across it."""
    errors, limit_kmh = appraisal.errors, appraisal.limit_kmh
    return {
        "speed_kmh": limit_kmh,
        "stretch_m": errors.stretch_m,
        "x_m": errors.x_m.tolist(),
        "y_m": errors.y_m.tolist(),
        "expanded_kmh": np.round(limit_kmh * errors.relative, 4).tolist(),
    }


def _finite(value: float) -> float | None:
    return value if value < float("inf") else None
