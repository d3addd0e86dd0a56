"""A clip in segments: the same results whoever measured which, when, and however often killed."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from speedcam import process
from speedcam.adapters.decoding import Clip, open_clip
from speedcam.clips import MakeCamera, Measuring, process_clips
from speedcam.crew import News
from speedcam.process import LOCK, PASSAGES, RUN, SEGMENTS, ClipResult, Run
from speedcam.process_cli import exit_code
from speedcam.record import read_passages
from speedcam.segments import Cut, Segment
from speedcam.site import Site, load_site
from tests.bench.workers import repeated
from tests.builders_clips import a_camera, a_deadly_camera
from tests.builders_simulate import a_clip

CUT = Cut(least_s=1.9, warm_up_s=1.0, run_out_s=1.0)
MOTION = "motion"


@dataclass(frozen=True)
class Shot:
    """Two vehicles, and the same two once more: six seconds in three segments."""

    footage: Clip
    site: Site
    kmh: list[int]
    folder: Path
    """Its results, with all its segments measured one after the other and not yet joined."""

    @property
    def run(self) -> Run:
        return process.run_of(self.site, self.footage, MOTION, "")

    @property
    def segments(self) -> tuple[Segment, ...]:
        return CUT.segments(*self.footage.stamps_s())

    def resumed(self, out: Path, *, without: int, camera: MakeCamera = a_camera) -> Resumed:
        """What comes of a run that goes on after one that had not measured this segment."""
        folder = out / self.footage.path.stem
        if not folder.exists():
            shutil.copytree(self.folder, folder)
            (folder / SEGMENTS / f"{without:05}.jsonl").unlink()
        to_do: list[int] = []

        def hear(_: Path, news: News) -> None:
            to_do.extend([news.to_do] if news.to_do else [])

        jobs = [(self.footage.path, self.site)]
        (result,) = process_clips(jobs, out, camera, MOTION, workers=2, hear=hear, cut=CUT)
        assert isinstance(result, ClipResult), result
        return Resumed(result, to_do, folder)


@dataclass(frozen=True)
class Resumed:
    """What came of a run, how many frames it still had to do, and where it is."""

    result: ClipResult
    to_do: list[int]
    folder: Path


@pytest.fixture(scope="module")
def shot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shot")
    clip = a_clip(folder)
    footage, site = (
        open_clip(repeated(clip.video, 2, folder / "twice.mp4")),
        load_site(clip.site),
    )
    truth = json.loads(clip.truth.read_text())
    kmh = [round(vehicle["speed_kmh"]) for vehicle in truth["vehicles"]]
    shot = Shot(footage, site, kmh * 2, folder / "results")
    shot.folder.mkdir()
    process.begin(shot.folder, shot.run)
    for segment in shot.segments:
        measuring = Measuring(
            clip=footage.path,
            sha256=footage.sha256,
            opener=open_clip,
            site=site,
            make_camera=a_camera,
            out=shot.folder,
            segment=segment,
        )
        measuring(lambda _: None)
    return shot


@pytest.fixture(scope="module")
def in_order(shot, tmp_path_factory):
    """The clip's folder, as one process leaves it that does one segment after the other."""
    out = tmp_path_factory.mktemp("in-order") / "twice"
    shutil.copytree(shot.folder, out)
    process.finish(out, shot.run, shot.segments, [])
    return out


def files(folder: Path) -> dict[Path, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != LOCK)
    return {path.relative_to(folder): path.read_bytes() for path in sorted(paths)}


def test_a_segment_shows_the_very_frames_of_the_clip(shot):
    whole = [(f.index, f.time_s, f.luma.tobytes()) for f in shot.footage.frames()]
    for segment in shot.segments:
        shown = [(f.index, f.time_s, f.luma.tobytes()) for f in shot.footage.frames(segment)]
        assert shown == [each for each in whole if segment.warm_s <= each[1] < segment.until_s]


def test_the_segments_tell_of_every_vehicle_once(shot, in_order):
    assert len(shot.segments) == 3
    told = [round(p.speed.speed_kmh) for p in read_passages(in_order / PASSAGES)]
    assert sorted(told) == sorted(shot.kmh)


def test_each_border_was_seen_by_both_sides(shot):
    """Without their joining vehicles would count twice: the test above would notice."""
    entries = sum(len(path.read_bytes().splitlines()) for path in shot.folder.glob("segments/*"))
    assert entries > len(shot.kmh)


def test_a_segment_that_nobody_survives_is_named_and_done_later_and_only_that(
    shot, in_order, tmp_path
):
    last = shot.segments[-1]
    deadly = partial(a_deadly_camera, 0.0)
    gone = shot.resumed(tmp_path, without=last.number, camera=deadly)
    assert gone.result.set_aside == (last,)
    gaps = json.loads((gone.folder / RUN).read_text())["set_aside"]
    assert gaps == [{"from_s": last.start_s, "to_s": None}]
    assert all(p.last_s < last.start_s for p in read_passages(gone.folder / PASSAGES))
    later = shot.resumed(tmp_path, without=last.number)
    assert (later.result.resumed, later.result.set_aside) == (False, ())
    assert later.to_do == [round((6 - last.start_s) * 25)]
    assert files(later.folder) == files(in_order)
    assert shot.resumed(tmp_path, without=last.number).result.resumed


def test_what_another_run_has_finished_does_not_count(shot, tmp_path):
    out = tmp_path / "twice"
    shutil.copytree(shot.folder, out)
    process.begin(out, shot.run)
    assert process.unfinished(out, shot.segments) == []
    process.begin(out, {**shot.run, "software": "another"})
    assert process.unfinished(out, shot.segments) == list(shot.segments)


def test_a_segment_whose_raw_data_are_damaged_is_measured_again(shot, tmp_path):
    out = tmp_path / "twice"
    shutil.copytree(shot.folder, out)
    next((out / "raw").iterdir()).write_bytes(b"")
    assert len(process.unfinished(out, shot.segments)) == 1


@pytest.mark.parametrize("killed_before", ["the ledger goes", "the record is written"])
def test_a_crash_while_segments_are_joined_is_mended(shot, in_order, tmp_path, killed_before):
    out = tmp_path / "twice"
    shutil.copytree(in_order, out)
    shutil.copytree(shot.folder, out, dirs_exist_ok=True)
    if killed_before == "the record is written":
        gaps = [{"from_s": 0.0, "to_s": 2.0}]
        (out / RUN).write_text(json.dumps({**shot.run, process.SET_ASIDE: gaps}))
        assert not process.is_done(out, shot.run)
        process.finish(out, shot.run, shot.segments, [])
    assert process.is_done(out, shot.run)
    assert files(out) == files(in_order)


@pytest.mark.parametrize(
    ("failed", "gaps", "code"),
    [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1), (2, 0, 2)],
)
def test_the_exit_code_tells_of_clips_that_failed_and_of_gaps(failed, gaps, code):
    assert exit_code(2, failed=failed, gaps=gaps) == code
