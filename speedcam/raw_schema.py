"""The keys of a raw data file, closed: what is not named here is a fault. ``docs/evidence.md``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from speedcam.ground import Calibration
from speedcam.model import Provenance, Refusal, SpeedMeasurement
from speedcam.workings import Use

RAW_SCHEMA: Literal[3] = 3
"""The version of the form."""

UNCALIBRATED: Literal[2] = 2
"""The version before it, which kept no calibration; it is read as well."""

Number = Annotated[float, Field(allow_inf_nan=False)]
Flags = Annotated[str, Field(pattern=r"^b?m?c?a?$")]
"""Touches the (b)order, (m)erged outline, (c)orrupt frame, camera (a)drift."""
Count = Annotated[int, Field(ge=0)]


class Table(BaseModel):
    """Any table of the file: closed, strict about types, frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Columns(Table):
    """A table written as columns, all of one length."""

    @model_validator(mode="after")
    def _even(self) -> Self:
        lengths = {name: len(column) for name, column in self if isinstance(column, tuple)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of different lengths: {lengths}")
        return self


class SightingColumns(Columns):
    """Every sighting of the vehicle, and what became of it."""

    frame: tuple[Count, ...] = Field(description="ordinal of the frame in the footage, from 0")
    time_s: tuple[Number, ...] = Field(description="container time of the frame, s")
    contact_s: tuple[Number, ...] = Field(description="instant of the contact point's row, s")
    box_px32: tuple[tuple[int, int, int, int], ...] = Field(
        description="left, top, right, bottom of the outline, 1/32 px of the picture"
    )
    contact_px1024: tuple[tuple[int, int] | None, ...] = Field(
        description="u, v of the contact point, 1/1024 px of the surveyed camera; null: no edge"
    )
    flags: tuple[Flags, ...] = Field(description="b border, m merged, c corrupt, a adrift")
    use: tuple[Use, ...] = Field(description="used, or why not")
    road_m: tuple[tuple[Number, Number] | None, ...] = Field(
        description="x, y of the contact point on the road, m"
    )
    weight: tuple[Number | None, ...] = Field(description="inverse variance of y, 1/m²")
    residual_m: tuple[Number | None, ...] = Field(description="y minus the line's, m")


class FeatureColumns(Columns):
    """One KLT feature: the first value of each column, then the steps from one to the next."""

    time_us: tuple[int, ...] = Field(description="instant of its row, µs")
    u_px32: tuple[int, ...] = Field(description="1/32 px of the surveyed camera")
    v_px32: tuple[int, ...] = Field(description="1/32 px of the surveyed camera")


class PlateLook(Table):
    """Where the plate was in one frame. What it says is not here."""

    frame: Count
    time_s: Number
    corners_px: tuple[tuple[Number, Number], ...] = Field(description="four (u, v), clockwise")
    white_edges_px: tuple[tuple[Number, Number], tuple[Number, Number]] | None = Field(
        description="both ends of the white field, or null where they were not clear"
    )
    band_share: Number | None = Field(
        description="width of the blue bands over the field's length; null: no ends seen"
    )


class LineTable(Table):
    """Position along the road: y = at_m + speed_m_s * (t - at_s)."""

    at_s: Number
    at_m: Number
    speed_m_s: Number


class RawFile(Table):
    """The whole file."""

    schema_: Literal[2, 3] = Field(alias="schema", description="version of this form")
    passage: str = Field(description="id of the passage", max_length=64)
    provenance: Provenance = Field(description="footage, site and software, by name and digest")
    picture_px: tuple[Count, Count] = Field(description="width and height of the footage")
    calibration: Calibration | None = Field(
        default=None, description="what the road plane rests on; no such key in schema 2"
    )
    sightings: SightingColumns
    features: tuple[FeatureColumns, ...]
    plates: tuple[PlateLook, ...] = Field(
        description="only where the passage itself keeps its plate"
    )
    line: LineTable | None = Field(description="the fitted line, or null where there is none")
    speed: SpeedMeasurement | Refusal = Field(
        description="as in the passage, without its samples, which are the used sightings"
    )
