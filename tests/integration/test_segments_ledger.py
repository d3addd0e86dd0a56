"""The ledger of segments: however a clip is cut, whoever is killed, the results are the same."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from speedcam import process
from speedcam.adapters.exhibits import FolderExhibits
from speedcam.model import Exhibit, ExhibitKind, Passage, Reason, Refusal
from speedcam.raw import pack
from speedcam.segments import Cut, Segment
from tests.builders_raw import some_raw
from tests.builders_validate import a_passage

TIMES_S = np.arange(0, 100, 0.5)
RUN = {"software": "speedcam 1"}
CONTENT = pack(some_raw())


class Killed(BaseException):
    """What a worker does not live to see."""


def seen_by(segment: Segment, vehicles: Sequence[float], out: Path) -> Iterator[Passage]:
    """Who is this segment's, each in view for two seconds: its raw data first, as a camera does."""
    for number, first_s in enumerate(vehicles):
        if segment.answers_for(first_s, first_s + 2):
            name = f"{segment.number}-{number}.json.gz"
            _, sha256 = FolderExhibits(folder=out / "raw").keep(name, CONTENT)
            raw = Exhibit(
                kind=ExhibitKind.RAW,
                path=f"raw/{name}",
                sha256=sha256,
                time_s=first_s,
                frame_index=0,
            )
            passage = a_passage(id=name, speed=Refusal(reason=Reason.STANDING))
            yield replace(passage, first_s=first_s, last_s=first_s + 2, exhibits=(raw,))


def killed_after(count: int, passages: Iterator[Passage]) -> Iterator[Passage]:
    for number, passage in enumerate(passages):
        if number == count:
            raise Killed
        yield passage
    raise Killed


def files(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


@settings(max_examples=15)
@given(
    least_s=st.floats(5, 60),
    vehicles=st.lists(st.floats(0, 95), max_size=8).map(sorted),
    kills=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), max_size=6),
    data=st.data(),
)
def test_the_results_are_the_same_in_any_order_and_after_any_kill(
    least_s: float, vehicles: list[float], kills: list[tuple[int, int]], data: st.DataObject
) -> None:
    segments = Cut(least_s=least_s).segments(TIMES_S, TIMES_S)
    with tempfile.TemporaryDirectory() as folder:
        undisturbed, disturbed = Path(folder) / "one", Path(folder) / "other"
        for out in (undisturbed, disturbed):
            out.mkdir()
            process.begin(out, RUN)
        for segment in segments:
            process.keep(undisturbed, segment, seen_by(segment, vehicles, undisturbed))
        process.finish(undisturbed, RUN, segments, [])
        for number, count in kills:
            segment = segments[number % len(segments)]
            if segment not in process.unfinished(disturbed, segments):
                continue
            try:
                found = seen_by(segment, vehicles, disturbed)
                process.keep(disturbed, segment, killed_after(count, found))
            except Killed:
                process.begin(disturbed, RUN)
            if data.draw(st.booleans()):
                process.keep(disturbed, segment, seen_by(segment, vehicles, disturbed))
        for segment in data.draw(st.permutations(process.unfinished(disturbed, segments))):
            process.keep(disturbed, segment, seen_by(segment, vehicles, disturbed))
        process.finish(disturbed, RUN, segments, [])
        assert files(disturbed) == files(undisturbed)
        assert process.is_done(disturbed, RUN)
