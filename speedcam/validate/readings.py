"""Readings of tracks: what somebody measured of each track of a track file.

One JSON object per line: ``{"track_id": 13, "speed_kmh": 80.9, "uncertainty_kmh": 1.2,
"grade": "B"}`` or ``{"track_id": 14, "refusal": "scattered"}``. Nothing else is allowed in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from speedcam.errors import TruthError
from speedcam.validate.rows import Speed

MOST_BYTES = 50_000_000


class Reading(BaseModel):
    """A speed, or why there is none.

    Attributes:
        track_id: The track's id in its file.
        speed_kmh: As measured, or None when refused.
        uncertainty_kmh: Stated expanded uncertainty, k = 2, or None where none is stated.
        grade: Of the reading, or None where it has none.
        refusal: Why there is no speed, or None.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)

    track_id: int
    speed_kmh: Speed | None = None
    uncertainty_kmh: float | None = Field(default=None, gt=0, lt=500)
    grade: Literal["A", "B"] | None = None
    refusal: str | None = Field(default=None, min_length=1, max_length=200)

    @model_validator(mode="after")
    def _speed_or_refusal(self) -> Reading:
        if (self.speed_kmh is None) == (self.refusal is None):
            raise ValueError("a reading is either a speed_kmh or a refusal")
        if self.refusal is not None and (self.uncertainty_kmh or self.grade):
            raise ValueError("a refusal has no uncertainty and no grade")
        return self


def read_readings(path: Path) -> list[Reading]:
    """Every reading of a JSON-lines file, in order.

    Raises:
        TruthError: The file cannot be read, a line is no reading, or a track is read twice.
    """
    readings: dict[int, Reading] = {}
    for number, line in enumerate(_content(path).splitlines(), start=1):
        if not line.strip():
            continue
        reading = _reading(line, f"{path} line {number}")
        if reading.track_id in readings:
            raise TruthError(
                f"{path} line {number} reads track {reading.track_id} again. "
                "Leave one reading of each track."
            )
        readings[reading.track_id] = reading
    return list(readings.values())


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise TruthError(f"{path} is not a plain file. Give the readings as JSON lines.")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise TruthError(
            f"cannot read {path}: {error.strerror}. Give a file of readings."
        ) from None
    if len(content) > MOST_BYTES:
        raise TruthError(f"{path} is larger than {MOST_BYTES} bytes. Give the readings only.")
    return content


def _reading(line: bytes, where: str) -> Reading:
    try:
        return Reading.model_validate_json(line)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'line'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)[:10]
        )
        raise TruthError(
            f"{where} is not a reading of a track: {faults}. docs/validate.md shows one."
        ) from None
