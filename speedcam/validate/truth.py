"""Truth, reference and track files in one form: a list of vehicles with what is known of each.

A *truth* file (``*.truth.json``) states speeds, exact from a renderer or with an uncertainty. A
*reference* file (``*.reference.json``) comes from people who marked wheels in real footage. A
*track* file holds pixels of tracks with the speeds that gates beside the road measured.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from speedcam.errors import TruthError
from speedcam.form_faults import form_faults
from speedcam.model import Direction
from speedcam.validate.gates import from_tracks
from speedcam.validate.reference import from_reference
from speedcam.validate.rows import Row, Speed
from speedcam.validate.vehicles import Crossing, Truth, TruthVehicle, in_order

__all__ = ["Crossing", "Truth", "TruthVehicle", "read_truth"]

MOST_BYTES = 50_000_000

_CROSSING = re.compile(r"time_at_(\d+(?:\.\d+)?)_m_s", re.ASCII)

_Text = Annotated[str, BeforeValidator(str)]


class _Exact(Row):
    id: _Text
    kind: str = ""
    direction: Direction
    lane: str | None = None
    speed_kmh: Speed
    uncertainty_kmh: float | None = Field(default=None, gt=0, lt=100)
    first_s: float
    last_s: float
    plate: str | None = None


class _TruthFile(Row):
    vehicles: list[_Exact]


def read_truth(
    path: Path, *, tracker: str | None = None, uncertainty_pct: float | None = None
) -> Truth:
    """The vehicles of a truth, reference or track file, in order of appearance.

    Args:
        path: The file.
        tracker: Whose tracks of a track file; None elsewhere, or where the file has one tracker.
        uncertainty_pct: Expanded uncertainty (k = 2) of the true speeds in percent, for a file
            that states none itself.

    Raises:
        TruthError: The file cannot be read, is none of the three, or contradicts itself.
    """
    document = _document(path)
    try:
        truth = _parsed(document, path.name, tracker)
    except ValidationError as error:
        raise TruthError(
            f"{path} is neither a truth nor a reference nor a track file: {form_faults(error)}. "
            "docs/validate.md describes all three."
        ) from None
    return _with_uncertainty(truth, uncertainty_pct)


def _parsed(document: dict[str, Any], name: str, tracker: str | None) -> Truth:
    if "track_sources" in document:
        return from_tracks(document, name, tracker)
    if tracker is not None:
        raise TruthError(f"{name} holds no tracks. Leave the tracker {tracker} out.")
    if "calibration" in document:
        return from_reference(document, name)
    return _from_truth(_TruthFile.model_validate(document), name)


def _with_uncertainty(truth: Truth, percent: float | None) -> Truth:
    if percent is None:
        return truth
    if any(vehicle.uncertainty_kmh for vehicle in truth.vehicles):
        raise TruthError(
            f"{truth.name} states the uncertainty of its speeds itself. "
            "Leave --truth-uncertainty out."
        )
    vehicles = (
        replace(vehicle, uncertainty_kmh=(vehicle.speed_kmh or 0.0) * percent / 100)
        for vehicle in truth.vehicles
    )
    said = f"±{percent:g} % (k = 2), as told to speedcam validate"
    return replace(truth, vehicles=tuple(vehicles), exact=False, uncertainty=said)


def _document(path: Path) -> dict[str, Any]:
    give = "Give a *.truth.json, a *.reference.json or a track file."
    if path.exists() and not path.is_file() and not path.is_dir():
        raise TruthError(f"{path} is not a plain file. {give}")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise TruthError(f"cannot read {path}: {error.strerror}. {give}") from None
    if len(content) > MOST_BYTES:
        raise TruthError(f"{path} is larger than {MOST_BYTES} bytes. Is it the footage itself?")
    try:
        document = json.loads(content, object_pairs_hook=_said_once)
    except (ValueError, RecursionError) as error:
        raise TruthError(f"{path} is not JSON: {error}. {give}") from None
    if not isinstance(document, dict):
        raise TruthError(f"{path} is a JSON {type(document).__name__}, not an object.")
    return document


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's keys; JSON itself would keep the last of two speeds without a word."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"one object says {key[:40]!a} twice")
        found[key] = value
    return found


def _from_truth(file: _TruthFile, name: str) -> Truth:
    vehicles = in_order((_exact_vehicle(row, name) for row in file.vehicles), name)
    exact = not any(vehicle.uncertainty_kmh for vehicle in vehicles)
    return Truth(
        name=name,
        exact=exact,
        uncertainty="exact" if exact else "stated for each vehicle (k = 2)",
        vehicles=vehicles,
    )


def _exact_vehicle(row: _Exact, name: str) -> TruthVehicle:
    return TruthVehicle(
        id=row.id,
        kind=row.kind,
        direction=row.direction,
        lane=row.lane,
        speed_kmh=row.speed_kmh,
        speed_source="truth",
        uncertainty_kmh=row.uncertainty_kmh or 0.0,
        first_s=row.first_s,
        last_s=row.last_s,
        crossing=_crossing(row, name),
        x_m=None,
        plate=row.plate,
    )


def _crossing(row: _Exact, name: str) -> Crossing | None:
    """The ``time_at_<Y>_m_s`` of a row; the number of metres is part of the key."""
    for key, value in (row.model_extra or {}).items():
        found = _CROSSING.fullmatch(key)
        if not found or value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            raise TruthError(f"{name}: {key} of vehicle {row.id} is no number of seconds.")
        return Crossing(y_m=float(found.group(1)), time_s=float(value))
    return None


def _finite(value: float) -> bool:
    return abs(value) < 1e12 and math.isfinite(value)
