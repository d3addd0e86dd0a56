"""Track files: pixels of tracks, and what gates beside the road measured of the vehicles.

The form of BrnoCompSpeed (Sochor et al., *IEEE T-ITS* 20, 2019): ``truth[]`` with ``car_id``,
``speed_kmh``, ``valid``, ``lanes``, ``crossings`` and the vehicle's ``track_id`` per tracker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from speedcam.errors import TruthError
from speedcam.model import Direction
from speedcam.validate.rows import Row
from speedcam.validate.vehicles import Truth, TruthVehicle, in_order

_Text = Annotated[str, BeforeValidator(str)]


class _GateCrossing(Row):
    line: int = Field(ge=0)
    video_time_s: float


class _Gated(Row):
    car_id: _Text
    speed_kmh: float
    valid: bool
    lanes: list[_Text] = Field(default_factory=list)
    crossings: list[_GateCrossing] = Field(default_factory=list)
    track_id: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _speed_is_one(self) -> _Gated:
        if self.valid and not 0 < self.speed_kmh < 500:
            raise ValueError(f"vehicle {self.car_id!a} is valid at {self.speed_kmh:g} km/h")
        if self.valid and not self.crossings:
            raise ValueError(f"vehicle {self.car_id!a} is valid but crossed no line")
        return self


class _TrackFile(Row):
    image_size: tuple[float, float]
    measurement_lines_abc: list[tuple[float, float, float]]
    track_sources: dict[str, Any]
    truth: list[_Gated]


def from_tracks(document: Mapping[str, Any], name: str, tracker: str | None) -> Truth:
    """The vehicles with a valid speed and a track of ``tracker``.

    Raises:
        ValidationError: It is not such a file.
        TruthError: It has no such tracker, or contradicts itself.
    """
    file = _TrackFile.model_validate(document)
    trackers = sorted(file.track_sources)
    if tracker is None and len(trackers) == 1:
        tracker = trackers[0]
    if tracker not in trackers:
        asked = f"no tracks of {tracker}" if tracker else "tracks of several trackers"
        raise TruthError(f"{name} has {asked}. Name one with --tracker: {', '.join(trackers)}.")
    vehicles = [
        _gated(row, row.track_id[tracker], file, name)
        for row in file.truth
        if row.valid and tracker in row.track_id
    ]
    if not vehicles:
        raise TruthError(f"{name} has no vehicle with a valid speed and a track of {tracker}.")
    return Truth(
        name=f"{name}, {tracker}",
        exact=True,
        uncertainty="uncertainty not stated, taken as exact",
        vehicles=in_order(vehicles, name),
    )


def _gated(row: _Gated, track_id: int, file: _TrackFile, name: str) -> TruthVehicle:
    times = sorted(crossing.video_time_s for crossing in row.crossings)
    return TruthVehicle(
        id=row.car_id,
        kind="",
        direction=_direction(row, file, name),
        lane=row.lanes[0] if len(row.lanes) == 1 else None,
        speed_kmh=row.speed_kmh,
        speed_source="gate",
        first_s=times[0],
        last_s=times[-1],
        crossing=None,
        x_m=None,
        plate=None,
        track_id=track_id,
    )


def _direction(row: _Gated, file: _TrackFile, name: str) -> Direction:
    """Approaching if the line that it crossed first is the higher one in the picture."""
    crossed = sorted(row.crossings, key=lambda crossing: crossing.video_time_s)
    lines = [crossing.line for crossing in (crossed[0], crossed[-1])]
    if max(lines) >= len(file.measurement_lines_abc):
        raise TruthError(f"{name}: vehicle {row.car_id} crosses line {max(lines)}, which is none.")
    first, last = (_row_of(file.measurement_lines_abc[line], file.image_size[0]) for line in lines)
    return Direction.APPROACHING if first < last else Direction.RECEDING


def _row_of(line: tuple[float, float, float], width_px: float) -> float:
    """The image row where the line ``a u + b v + c = 0`` crosses the middle column."""
    a, b, c = line
    return -(a * width_px / 2 + c) / b if b else 0.0
