"""Truth and reference files in one form: a list of vehicles with what is known of each.

A *truth* file (``*.truth.json``) comes from a renderer and is exact. A *reference* file
(``*.reference.json``) comes from people who marked wheels in real footage, and is not.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from speedcam.errors import TruthError
from speedcam.homography import fit_homography
from speedcam.model import Direction

MOST_BYTES = 50_000_000

SpeedSource = Literal["truth", "by_eye", "auto", "none"]

_CROSSING = re.compile(r"time_at_(\d+(?:\.\d+)?)_m_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """The vehicle's contact end is ``y_m`` along the road at ``time_s`` of the footage."""

    y_m: float
    time_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthVehicle:
    """One vehicle that passed, as the truth knows it.

    Attributes:
        id: Its name in the file.
        kind: What it is ("sedan"), or "" where the file does not say.
        direction: Which way it drove.
        lane: Name of its lane, or None where the file does not say.
        speed_kmh: Its speed, or None where nobody knows it: it can be captured, not compared.
        speed_source: Where the speed comes from.
        uncertainty_kmh: Expanded uncertainty of that speed, k = 2; 0 where it is exact.
        first_s: Footage time at which it came into view.
        last_s: Footage time at which it was gone.
        crossing: When it was where, or None for a reference.
        x_m: Where it drove across the road, or None where the file does not say.
        plate: Its plate, or None where the file does not say.
    """

    id: str
    kind: str
    direction: Direction
    lane: str | None
    speed_kmh: float | None
    speed_source: SpeedSource
    first_s: float
    last_s: float
    crossing: Crossing | None
    x_m: float | None
    plate: str | None
    uncertainty_kmh: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A whole file.

    Attributes:
        name: Of the file.
        exact: From a renderer; otherwise a reference with an uncertainty of its own.
        uncertainty: What the file says of its own accuracy, in its words.
        vehicles: In order of appearance.
    """

    name: str
    exact: bool
    uncertainty: str
    vehicles: tuple[TruthVehicle, ...]


class _Row(BaseModel):
    # Other keys of these files describe the picture and its making; they are not for here.
    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


_Text = Annotated[str, BeforeValidator(str)]
_Speed = Annotated[float, Field(gt=0, lt=500)]


class _Exact(_Row):
    id: _Text
    kind: str = ""
    direction: Direction
    lane: str | None = None
    speed_kmh: _Speed
    first_s: float
    last_s: float
    plate: str | None = None


class _TruthFile(_Row):
    vehicles: list[_Exact]


class _Referenced(_Row):
    ref_id: _Text
    first_frame: int
    last_frame: int
    direction: Direction
    bottom_centre_x_px_when_near: float | None = None
    by_eye_marks_frame_row: list[tuple[int, float]] = []
    reference_kmh_by_eye: _Speed | None = None
    reference_kmh_auto: _Speed | None = None


class _Calibration(_Row):
    image_points_px: list[tuple[float, float]] = Field(min_length=4)
    world_points_m: list[tuple[float, float]] = Field(min_length=4)


class _ReferenceFile(_Row):
    fps: float = Field(gt=0)
    calibration: _Calibration
    reference_uncertainty: str = ""
    vehicles: list[_Referenced]


def read_truth(path: Path) -> Truth:
    """The vehicles of a truth or a reference file, in order of appearance.

    Raises:
        TruthError: The file cannot be read or is neither.
    """
    document = _document(path)
    try:
        if "calibration" in document:
            return _from_reference(_ReferenceFile.model_validate(document), path.name)
        return _from_truth(_TruthFile.model_validate(document), path.name)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)[:10]
        )
        raise TruthError(
            f"{path} is neither a truth nor a reference file: {faults}. docs/validate.md "
            "describes both."
        ) from None


def _document(path: Path) -> dict[str, Any]:
    if path.exists() and not path.is_file() and not path.is_dir():
        raise TruthError(f"{path} is not a plain file. Give a *.truth.json or *.reference.json.")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise TruthError(
            f"cannot read {path}: {error.strerror}. Give a *.truth.json or *.reference.json."
        ) from None
    if len(content) > MOST_BYTES:
        raise TruthError(f"{path} is larger than {MOST_BYTES} bytes. Is it the footage itself?")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise TruthError(f"{path} is not JSON: {error}. Give a truth or reference file.") from None
    if not isinstance(document, dict):
        raise TruthError(f"{path} is a JSON {type(document).__name__}, not an object.")
    return document


def _from_truth(file: _TruthFile, name: str) -> Truth:
    vehicles = [_exact_vehicle(row) for row in file.vehicles]
    return Truth(name=name, exact=True, uncertainty="exact", vehicles=_in_order(vehicles, name))


def _exact_vehicle(row: _Exact) -> TruthVehicle:
    return TruthVehicle(
        id=row.id,
        kind=row.kind,
        direction=row.direction,
        lane=row.lane,
        speed_kmh=row.speed_kmh,
        speed_source="truth",
        first_s=row.first_s,
        last_s=row.last_s,
        crossing=_crossing(row.model_extra or {}),
        x_m=None,
        plate=row.plate,
    )


def _crossing(extra: dict[str, Any]) -> Crossing | None:
    """The ``time_at_<Y>_m_s`` of a row; the number of metres is part of the key."""
    for key, value in extra.items():
        found = _CROSSING.fullmatch(key)
        if found and isinstance(value, int | float):
            return Crossing(y_m=float(found.group(1)), time_s=float(value))
    return None


def _from_reference(file: _ReferenceFile, name: str) -> Truth:
    near_row = _near_row(file)
    along_right = np.array(file.calibration.world_points_m)
    to_road = fit_homography(np.array(file.calibration.image_points_px), along_right[:, ::-1])
    vehicles = [_referenced(row, file.fps, near_row, to_road) for row in file.vehicles]
    return Truth(
        name=name,
        exact=False,
        uncertainty=file.reference_uncertainty,
        vehicles=_in_order(vehicles, name),
    )


def _near_row(file: _ReferenceFile) -> float:
    """The image row in which vehicles were taken to be near, where a file marked some by eye."""
    marked = [
        row.by_eye_marks_frame_row[0][1] for row in file.vehicles if row.by_eye_marks_frame_row
    ]
    return median(marked) if marked else max(v for _, v in file.calibration.image_points_px)


def _referenced(
    row: _Referenced, fps: float, near_row: float, to_road: np.ndarray[Any, np.dtype[np.float64]]
) -> TruthVehicle:
    speed_kmh, source = _reference_speed(row)
    x_m = None
    if row.bottom_centre_x_px_when_near is not None:
        v = row.by_eye_marks_frame_row[0][1] if row.by_eye_marks_frame_row else near_row
        x, _, scale = to_road @ np.array([row.bottom_centre_x_px_when_near, v, 1.0])
        x_m = float(x / scale)
    return TruthVehicle(
        id=row.ref_id,
        kind="",
        direction=row.direction,
        lane=None,
        speed_kmh=speed_kmh,
        speed_source=source,
        first_s=row.first_frame / fps,
        last_s=row.last_frame / fps,
        crossing=None,
        x_m=x_m,
        plate=None,
    )


def _reference_speed(row: _Referenced) -> tuple[float | None, SpeedSource]:
    """The mark by eye is the better one; it is there for some vehicles only."""
    if row.reference_kmh_by_eye is not None:
        return row.reference_kmh_by_eye, "by_eye"
    if row.reference_kmh_auto is not None:
        return row.reference_kmh_auto, "auto"
    return None, "none"


def _in_order(vehicles: list[TruthVehicle], name: str) -> tuple[TruthVehicle, ...]:
    ids = [vehicle.id for vehicle in vehicles]
    twice = sorted({one for one in ids if ids.count(one) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        raise TruthError(f"{name} has two vehicles {', '.join(twice)}. Give each its own id.")
    for vehicle in vehicles:
        if vehicle.last_s < vehicle.first_s:
            raise TruthError(f"{name}: vehicle {vehicle.id} leaves before it comes. Swap the two.")
    return tuple(sorted(vehicles, key=lambda vehicle: (vehicle.first_s, vehicle.id)))
