"""The raw data of one track: everything its speed was made of, compact, closed and versioned.

What is kept is what was measured: :func:`as_kept` rounds a track to the grid of the file before
anything is computed from it, so that whoever reads the file computes with the same digits.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from pydantic import ValidationError

from speedcam.errors import RawDataError
from speedcam.ground import Calibration
from speedcam.model import (
    Box,
    FeatureTrack,
    Floats,
    PlateSighting,
    Provenance,
    Refusal,
    Sighting,
    SpeedMeasurement,
    Track,
)
from speedcam.raw_schema import (
    RAW_SCHEMA,
    UNCALIBRATED,
    FeatureColumns,
    LineTable,
    PlateLook,
    RawFile,
    SightingColumns,
)
from speedcam.workings import Position, RoadLine, Workings

SUFFIX = ".json.gz"
FEATURE_GRID = 32
"""Steps per pixel: 0.01 px of rounding, where a feature is good to 0.05 px at best."""
CONTACT_GRID = 1024
PER_S = 1_000_000
MOST_BYTES = 64 * 1024 * 1024
"""No track unpacks to more."""

_FLAGS = (("b", "touches_border"), ("m", "merged"), ("c", "corrupt"), ("a", "adrift"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RawData:
    """What one raw data file holds.

    Attributes:
        passage_id: Of the passage that names the file.
        provenance: Footage, site and software.
        picture_px: Width and height of the footage.
        calibration: What the road plane rested on; None in a file of schema 2, which kept none.
        track: The vehicle as it was measured: see :func:`as_kept`.
        plates: Where its plate was; empty unless the passage keeps its plate.
        speed: As in the passage, without samples.
        workings: What became of each sighting.
    """

    passage_id: str
    provenance: Provenance
    picture_px: tuple[int, int]
    calibration: Calibration | None
    track: Track
    plates: tuple[PlateSighting, ...]
    speed: SpeedMeasurement | Refusal
    workings: Workings


def as_kept(track: Track) -> Track:
    """``track`` on the file's grid: 1/32 px, for contact points 1/1024 px, and microseconds."""
    return replace(
        track,
        sightings=tuple(_sighting_on_grid(sighting) for sighting in track.sightings),
        features=tuple(
            FeatureTrack(
                time_s=_on_grid(feature.time_s, PER_S), px=_on_grid(feature.px, FEATURE_GRID)
            )
            for feature in track.features
        ),
    )


def pack(raw: RawData) -> bytes:
    """The bytes of the file; the same data always give the same bytes."""
    return gzip.compress(_text(raw), compresslevel=9, mtime=0)


def unpack(content: bytes, where: str = "raw data") -> RawData:
    """The data in ``content``.

    Args:
        content: A file as :func:`pack` made it.
        where: Named in the error.

    Raises:
        RawDataError: It is not such a file, or says more than one can hold.
    """
    text = _unzipped(content, where)
    try:
        file = RawFile.model_validate_json(text)
        raw = _raw(file)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"])) or "file"
        raise RawDataError(f"{where}: {place}: {fault['msg']}. {_REMEDY}") from None
    except (ValueError, OverflowError) as error:
        raise RawDataError(f"{where}: {error}. {_REMEDY}") from None
    if _text(raw) != text:
        raise RawDataError(
            f"{where} says more than raw data of schema {RAW_SCHEMA} can hold, or says it in "
            f"another form. {_REMEDY}"
        )
    return raw


_REMEDY = "It was made by another version, or changed: process the footage again."


def _unzipped(content: bytes, where: str) -> bytes:
    inflate = zlib.decompressobj(wbits=31)
    try:
        text = inflate.decompress(content, MOST_BYTES)
    except zlib.error:
        text = b""
    if not inflate.eof or inflate.unused_data:
        raise RawDataError(f"{where} is not raw data that `speedcam process` wrote. {_REMEDY}")
    return text


def _text(raw: RawData) -> bytes:
    left_out = None if raw.calibration else {"calibration"}
    return _file(raw).model_dump_json(by_alias=True, exclude=left_out).encode()


def _file(raw: RawData) -> RawFile:
    line = raw.workings.line
    return RawFile(
        schema=RAW_SCHEMA if raw.calibration else UNCALIBRATED,
        passage=raw.passage_id,
        provenance=raw.provenance,
        picture_px=raw.picture_px,
        calibration=raw.calibration,
        sightings=_sighting_columns(raw.track.sightings, raw.workings.positions),
        features=tuple(_feature_columns(feature) for feature in raw.track.features),
        plates=tuple(_look(plate) for plate in raw.plates),
        line=LineTable(at_s=line.at_s, at_m=line.at_m, speed_m_s=line.speed_m_s) if line else None,
        speed=raw.speed,
    )


def _raw(file: RawFile) -> RawData:
    line = file.line
    return RawData(
        passage_id=file.passage,
        provenance=file.provenance,
        picture_px=file.picture_px,
        calibration=file.calibration,
        track=Track(
            ordinal=file.provenance.track_ordinal,
            sightings=_sightings(file.sightings),
            features=tuple(_feature(columns) for columns in file.features),
        ),
        plates=tuple(_plate(look) for look in file.plates),
        speed=file.speed,
        workings=Workings(
            positions=_positions(file.sightings),
            line=RoadLine(**line.model_dump()) if line else None,
        ),
    )


def _sighting_columns(
    sightings: Sequence[Sighting], positions: Sequence[Position]
) -> SightingColumns:
    boxes = [(s.box.left, s.box.top, s.box.right, s.box.bottom) for s in sightings]
    return SightingColumns(
        frame=tuple(s.frame_index for s in sightings),
        time_s=tuple(s.time_s for s in sightings),
        contact_s=tuple(s.contact_s for s in sightings),
        box_px32=tuple(tuple(_steps(box, FEATURE_GRID)) for box in boxes),  # type: ignore[misc]
        contact_px1024=tuple(
            tuple(_steps(s.contact_px, CONTACT_GRID)) if s.contact_px else None  # type: ignore[misc]
            for s in sightings
        ),
        flags=tuple(
            "".join(letter for letter, name in _FLAGS if getattr(s, name)) for s in sightings
        ),
        use=tuple(p.use for p in positions),
        road_m=tuple(_rounded(p.road_m) for p in positions),
        weight=tuple(None if p.weight is None else round(p.weight, 3) for p in positions),
        residual_m=tuple(
            None if p.residual_m is None else round(p.residual_m, 5) for p in positions
        ),
    )


def _rounded(road_m: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if road_m is None else (round(road_m[0], 4), round(road_m[1], 4))


def _sightings(columns: SightingColumns) -> tuple[Sighting, ...]:
    return tuple(
        Sighting(
            frame_index=columns.frame[row],
            time_s=columns.time_s[row],
            contact_s=columns.contact_s[row],
            box=_box(columns.box_px32[row]),
            contact_px=_point(columns.contact_px1024[row]),
            **{name: letter in columns.flags[row] for letter, name in _FLAGS},
        )
        for row in range(len(columns.frame))
    )


def _box(px32: tuple[int, int, int, int]) -> Box:
    left, top, right, bottom = (step / FEATURE_GRID for step in px32)
    return Box(left=left, top=top, right=right, bottom=bottom)


def _point(px1024: tuple[int, int] | None) -> tuple[float, float] | None:
    return (px1024[0] / CONTACT_GRID, px1024[1] / CONTACT_GRID) if px1024 else None


def _positions(columns: SightingColumns) -> tuple[Position, ...]:
    rows = zip(columns.use, columns.road_m, columns.weight, columns.residual_m, strict=True)
    return tuple(
        Position(use=use, road_m=road_m, weight=weight, residual_m=residual_m)
        for use, road_m, weight, residual_m in rows
    )


def _feature_columns(feature: FeatureTrack) -> FeatureColumns:
    return FeatureColumns(
        time_us=_deltas(feature.time_s, PER_S),
        u_px32=_deltas(feature.px[:, 0], FEATURE_GRID),
        v_px32=_deltas(feature.px[:, 1], FEATURE_GRID),
    )


def _feature(columns: FeatureColumns) -> FeatureTrack:
    time_s, u_px, v_px = (
        np.cumsum(np.array(column, dtype=np.int64)) / steps
        for column, steps in (
            (columns.time_us, PER_S),
            (columns.u_px32, FEATURE_GRID),
            (columns.v_px32, FEATURE_GRID),
        )
    )
    return FeatureTrack(time_s=time_s, px=np.column_stack([u_px, v_px]))


def _look(plate: PlateSighting) -> PlateLook:
    return PlateLook(
        frame=plate.frame_index,
        time_s=plate.time_s,
        corners_px=plate.corners_px,
        white_edges_px=plate.white_edges_px,
        band_share=plate.band_share,
    )


def _plate(look: PlateLook) -> PlateSighting:
    return PlateSighting(
        frame_index=look.frame,
        time_s=look.time_s,
        corners_px=look.corners_px,
        text="",
        character_confidence=(),
        white_edges_px=look.white_edges_px,
        band_share=look.band_share,
    )


def _sighting_on_grid(sighting: Sighting) -> Sighting:
    box, contact = sighting.box, sighting.contact_px
    left, top, right, bottom = _on_grid([box.left, box.top, box.right, box.bottom], FEATURE_GRID)
    return replace(
        sighting,
        box=Box(left=float(left), top=float(top), right=float(right), bottom=float(bottom)),
        contact_px=_point(tuple(_steps(contact, CONTACT_GRID))) if contact else None,  # type: ignore[arg-type]
    )


def _steps(values: Sequence[float] | Floats, per_unit: int) -> list[int]:
    """Each value in whole steps of ``1 / per_unit``."""
    return [int(step) for step in np.rint(np.asarray(values, dtype=np.float64) * per_unit)]


def _on_grid(values: Sequence[float] | Floats, per_unit: int) -> Floats:
    return np.asarray(np.rint(np.asarray(values, dtype=np.float64) * per_unit) / per_unit)


def _deltas(values: Floats, per_unit: int) -> tuple[int, ...]:
    return tuple(np.diff(_steps(values, per_unit), prepend=0).tolist())
