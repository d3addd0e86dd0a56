"""What becomes of a vehicle whose clock was rebuilt, or is not sure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speedcam.ground import fit_ground
from speedcam.model import (
    Box,
    Exhibit,
    ExhibitKind,
    Frame,
    Grade,
    Image,
    Passage,
    PlateSighting,
    Reason,
    Refusal,
    SpeedMeasurement,
    Track,
)
from speedcam.outlines import Outlines
from speedcam.pipeline import Camera, observed
from speedcam.ports import Look
from speedcam.raw import RawData
from speedcam.segments import WHOLE, Segment
from speedcam.thinned import Timed
from tests.builders_camera import a_track
from tests.builders_raw import a_measured_site

LUMA: Image = np.zeros((8, 8), np.uint8)


@dataclass
class Clip:
    """Footage of nothing."""

    path: Path = Path("clip.mp4")
    sha256: str = "c" * 64
    size: tuple[int, int] = (1920, 1080)

    def frames(self, _: Segment = WHOLE) -> Iterator[Frame]:
        return iter(())

    def glimpses(self, count: int, _: Segment = WHOLE) -> list[Image]:
        return [LUMA] * count

    def recall(self, index_at: Mapping[float, int]) -> Iterator[Frame]:
        for t, k in index_at.items():
            yield Frame(index=k, time_s=t, luma=LUMA, corrupt=False, colour=lambda: LUMA)


@dataclass
class Reader:
    """Sees no plate, and knows how often it was asked for one."""

    asked: list[tuple[float, Box]] = field(default_factory=list)

    def read_track(self, looks: Sequence[Look]) -> list[PlateSighting]:
        self.asked += [(look.frame.time_s, look.vehicle) for look in looks]
        return []


def nothing(*_: Any, **__: Any) -> Any:
    raise AssertionError("nobody is proven here")


def kept(raw: RawData) -> Exhibit:
    return Exhibit(
        kind=ExhibitKind.RAW,
        path=raw.passage_id,
        sha256="a" * 64,
        time_s=raw.track.sightings[0].time_s,
        frame_index=0,
    )


def remembered(track: Track) -> Outlines:
    outlines = Outlines()
    for sighting in track.sightings:
        at = {"index": sighting.frame_index, "time_s": sighting.time_s}
        outlines.note(Frame(**at, luma=LUMA, corrupt=False, colour=lambda: LUMA), [])
    return outlines


def passed(seen: Timed, outlines: Outlines | None = None) -> tuple[Passage, Reader]:
    site, reader = a_measured_site(), Reader()
    camera = Camera(
        site=site,
        ground=fit_ground(site.survey, Clip().size, site.drive),
        make_detector=nothing,
        reader=reader,
        witness=nothing,
        keep_raw=kept,
    )
    (passage,) = observed(camera, Clip(), [seen], outlines or remembered(seen.track))
    return passage, reader


FAST = a_track(90)
UNSURE = Refusal(reason=Reason.TIME_UNSURE, numbers={"uneven_frames": 2})


def test_a_plate_is_looked_for_above_the_trigger() -> None:
    _, reader = passed(Timed(track=FAST))
    assert reader.asked


def test_on_a_rebuilt_clock_a_vehicle_is_read_and_its_plate_is_not() -> None:
    passage, reader = passed(Timed(track=FAST, rebuilt=True))
    assert isinstance(passage.speed, SpeedMeasurement)
    assert passage.speed.grade is Grade.B
    assert reader.asked == []


@pytest.mark.parametrize(
    ("track", "reason"),
    [
        (FAST, Reason.TIME_UNSURE),
        (a_track(90, noise_px=25), Reason.TIME_UNSURE),
        (a_track(90, merged=True), Reason.MERGED),
        (a_track(1, from_m=20, to_m=20.5), Reason.STANDING),
    ],
    ids=["readable", "scattered", "merged", "standing"],
)
def test_an_unsure_clock_is_the_reason_where_nothing_else_would_be(
    track: Track, reason: Reason
) -> None:
    passage, _ = passed(Timed(track=track, unsure=UNSURE))
    assert isinstance(passage.speed, Refusal)
    assert passage.speed.reason is reason


def test_where_it_is_forgotten_who_stood_beside_no_picture_is_taken() -> None:
    passage, reader = passed(Timed(track=FAST), Outlines())
    assert isinstance(passage.speed, SpeedMeasurement)
    assert reader.asked == []
