"""Reference files: people marked wheels in real footage, and say how well."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BeforeValidator, Field

from speedcam.errors import TruthError
from speedcam.homography import fit_homography
from speedcam.model import Direction, Floats
from speedcam.validate.rows import Row, Speed
from speedcam.validate.vehicles import SpeedSource, Truth, TruthVehicle, in_order

_Text = Annotated[str, BeforeValidator(str)]

_NUMBER = r"(\d{1,3}(?:\.\d{1,6})?)"
_PERCENT = re.compile(rf"{_NUMBER}\s?%", re.ASCII)
_AUTO_OFF = re.compile(rf"auto reads (?:{_NUMBER}-)?{_NUMBER}\s?% (?:lower|higher)", re.ASCII)


_Coordinate = Annotated[float, Field(gt=-1e6, lt=1e6)]
"""Pixels or metres."""


class _Referenced(Row):
    ref_id: _Text
    first_frame: int = Field(ge=0, lt=10**9)
    last_frame: int = Field(ge=0, lt=10**9)
    direction: Direction
    bottom_centre_x_px_when_near: _Coordinate | None = None
    by_eye_marks_frame_row: list[tuple[int, _Coordinate]] = Field(default_factory=list)
    reference_kmh_by_eye: Speed | None = None
    reference_kmh_auto: Speed | None = None


class _Calibration(Row):
    image_points_px: list[tuple[_Coordinate, _Coordinate]] = Field(min_length=4)
    world_points_m: list[tuple[_Coordinate, _Coordinate]] = Field(min_length=4)


class _ReferenceFile(Row):
    fps: float = Field(gt=0)
    calibration: _Calibration
    reference_uncertainty: str = ""
    vehicles: list[_Referenced]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doubts:
    """Expanded uncertainties (k = 2) in percent; None where the file does not say."""

    by_eye_pct: float | None
    auto_pct: float | None

    @classmethod
    def told(cls, words: str) -> Self:
        """As ``reference_uncertainty`` says it: "by_eye +-3 % (...); auto reads 1-3.5 % lower".

        The automatic speeds are not corrected for what they are said to be off, so that the
        largest such offset adds to their uncertainty without a root (GUM, F.2.4.5).
        """
        first, off = _PERCENT.search(words), _AUTO_OFF.search(words)
        if first is None or (off and first.start() >= off.start()):
            return cls(by_eye_pct=None, auto_pct=None)
        by_eye = float(first.group(1))
        return cls(by_eye_pct=by_eye, auto_pct=by_eye + (float(off.group(2)) if off else 0.0))


def from_reference(document: Mapping[str, Any], name: str) -> Truth:
    """The vehicles of a reference file, by when and where each was nearest to the camera.

    Raises:
        ValidationError: It is not one.
        TruthError: It contradicts itself, or its calibration determines no road.
    """
    file = _ReferenceFile.model_validate(document)
    near_row = _near_row(file)
    to_road = _to_road(file.calibration, name)
    doubts = _Doubts.told(file.reference_uncertainty)
    vehicles = [_referenced(row, file.fps, near_row, to_road, doubts) for row in file.vehicles]
    return Truth(
        name=name,
        exact=False,
        uncertainty=file.reference_uncertainty,
        vehicles=in_order(vehicles, name),
    )


def _to_road(calibration: _Calibration, name: str) -> Floats:
    """``(3, 3)`` homography from pixels to metres right and along."""
    image, along_right = calibration.image_points_px, calibration.world_points_m
    if len(image) != len(along_right):
        raise TruthError(
            f"{name}: calibration has {len(image)} image points for {len(along_right)} on the "
            "road. Give as many of both."
        )
    source, target = np.array(image), np.array(along_right)[:, ::-1]
    if any(np.linalg.matrix_rank(points - points[0]) < 2 for points in (source, target)):
        raise TruthError(f"{name}: the calibration's points lie on one line. Mark both edges.")
    return fit_homography(source, target)


def _near_row(file: _ReferenceFile) -> float:
    """The image row in which vehicles were taken to be near, where a file marked some by eye."""
    marked = [
        row.by_eye_marks_frame_row[0][1] for row in file.vehicles if row.by_eye_marks_frame_row
    ]
    return median(marked) if marked else max(v for _, v in file.calibration.image_points_px)


def _referenced(
    row: _Referenced, fps: float, near_row: float, to_road: Floats, doubts: _Doubts
) -> TruthVehicle:
    speed_kmh, source, percent = _reference_speed(row, doubts)
    x_m = None
    if row.bottom_centre_x_px_when_near is not None:
        v = row.by_eye_marks_frame_row[0][1] if row.by_eye_marks_frame_row else near_row
        x, _, scale = to_road @ np.array([row.bottom_centre_x_px_when_near, v, 1.0])
        # A mark on the horizon is nowhere on the road.
        x_m = float(x / scale) if abs(scale) > 1e-12 else None
    return TruthVehicle(
        id=row.ref_id,
        kind="",
        direction=row.direction,
        lane=None,
        speed_kmh=speed_kmh,
        speed_source=source,
        uncertainty_kmh=(speed_kmh or 0.0) * (percent or 0.0) / 100,
        first_s=row.first_frame / fps,
        last_s=row.last_frame / fps,
        crossing=None,
        x_m=x_m,
        plate=None,
    )


def _reference_speed(
    row: _Referenced, doubts: _Doubts
) -> tuple[float | None, SpeedSource, float | None]:
    """The mark by eye is the better one; it is there for some vehicles only."""
    if row.reference_kmh_by_eye is not None:
        return row.reference_kmh_by_eye, "by_eye", doubts.by_eye_pct
    if row.reference_kmh_auto is not None:
        return row.reference_kmh_auto, "auto", doubts.auto_pct
    return None, "none", None
