"""Which frames a passage rests on, from its raw data. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from speedcam.model import SEAL_KINDS, Exhibit, Sighting
from speedcam.raw import PER_S, RawData
from speedcam.workings import Use


def evidence_frames(raw: RawData, exhibits: Iterable[Exhibit]) -> tuple[Sighting, ...]:
    """The sightings that were measured, and those that an exhibit shows or begins with."""
    shown = {each.frame_index for each in exhibits if each.kind not in SEAL_KINDS}
    pairs = zip(raw.track.sightings, raw.workings.positions, strict=True)
    return tuple(
        sighting
        for sighting, position in pairs
        if position.use is Use.USED or sighting.frame_index in shown
    )


def numbered(sightings: Iterable[Sighting]) -> tuple[tuple[int, int], ...]:
    """Ordinal and presentation time in microseconds of each sighting's frame."""
    return tuple((each.frame_index, round(each.time_s * PER_S)) for each in sightings)
