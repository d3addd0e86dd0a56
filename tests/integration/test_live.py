"""A live stream from a real server: what passes is on the disk at once, and faults end loudly."""

import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from speedcam import process
from speedcam.adapters.decoding import open_clip
from speedcam.errors import FootageError, SpeedcamError
from speedcam.live.footage import LiveFootage
from speedcam.live.packets import Packet
from speedcam.live.reception import receiving
from speedcam.live.ring import Ring
from speedcam.live.source import source_of
from speedcam.live.stamps import Trust
from speedcam.live.stretch import CLIP, require_same_size
from speedcam.live.watch import Post, Watch
from speedcam.model import Passage, Reason, Refusal, SpeedMeasurement
from speedcam.pipeline import passages
from speedcam.process import PASSAGES
from speedcam.record import read_passages
from speedcam.site import load_site
from tests.bench.workers import repeated
from tests.builders_clips import a_camera
from tests.builders_footage import write_video
from tests.builders_simulate import a_clip
from tests.builders_site import a_site
from tests.stream_server import coded, reset, sent, serving, stalled, then, until

BLIND_TRUST = Trust(group_s=0.2, fewest=3, most_off=10.0)
"""Tests send as fast as they can."""


@dataclass(frozen=True)
class Shot:
    """Two vehicles, and the same two once more."""

    clip: Path
    packets: list[Packet]
    site: Path
    told: list[Passage]
    """What footage says of them that is at hand whole."""


@pytest.fixture(scope="module")
def shot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shot")
    clip = a_clip(folder)
    twice = repeated(clip.video, 2, folder / "twice.mp4")
    footage, site = open_clip(twice), load_site(clip.site)
    found = passages(a_camera(site, footage.size, folder), footage)
    return Shot(twice, coded(twice), clip.site, list(found))


class Watched:
    """A watch in a thread of its own, until something holds."""

    def __init__(self, url, site, out, **changes):
        source = replace(source_of("gate", url), stall_s=60.0, open_s=60.0)
        post = Post(source=source, site=site, out=out, trust=BLIND_TRUST, opening_s=1.0)
        self.alarms: list[str] = []
        self._changed = Event()
        self._out = out
        changed = replace(post, first_wait_s=0.01, **changes)
        self.watch = Watch(changed, self._hear, a_camera)
        self._thread = Thread(target=self.watch.run)

    def _hear(self, words):
        self.alarms.append(words)
        self._changed.set()

    def until(self, holds):
        self._thread.start()
        try:
            while not holds(self):
                assert self._changed.wait(120), (self.alarms, self.watch.status)
                self._changed.clear()
        finally:
            self.watch.stop()
            self._thread.join()
        return self

    def heard(self, words):
        return sum(words in alarm for alarm in self.alarms)

    @property
    def clips(self):
        return sorted(path.parent for path in self._out.glob(f"gate/*/{PASSAGES}"))

    @property
    def passages(self):
        return [each for clip in self.clips for each in read_passages(clip / PASSAGES)]


def speeds(found):
    return [each.speed for each in found if isinstance(each.speed, SpeedMeasurement)]


def agree(one, other):
    doubt_kmh = one.uncertainty_kmh + other.uncertainty_kmh
    return abs(one.speed_kmh - other.speed_kmh) < doubt_kmh


def test_a_stream_says_the_same_speeds_as_footage_at_hand(shot, tmp_path):
    with serving(sent(shot.packets), stalled) as url:
        watched = Watched(url, shot.site, tmp_path).until(lambda w: w.heard("it ended"))
    (clip,) = watched.clips
    # Whoever is in view when the stream ends is told of by nobody.
    assert 0 < len(speeds(watched.passages)) < len(shot.told)
    for live in speeds(watched.passages):
        assert any(agree(live, other) for other in speeds(shot.told))
    about = (clip / CLIP).read_bytes()
    assert {p.provenance.clip_sha256 for p in watched.passages} == {
        hashlib.sha256(about).hexdigest()
    }
    assert json.loads(about)["camera"] == load_site(shot.site).camera_id
    assert watched.watch.status.frames == len(shot.packets)
    assert sum(watched.watch.status.passages.values()) == len(watched.passages)
    left_over = {path.name for path in clip.iterdir()}
    assert left_over == {"clip.json", "run.json", "passages.jsonl", "raw"}
    assert not (clip.parent / ".ring").exists()


def test_what_came_is_measured_though_the_stream_has_ended_meanwhile(shot, tmp_path):
    with serving(sent(shot.packets)) as url, receiving(source_of("gate", url), tmp_path) as came:
        with pytest.raises(FootageError, match="it ended"):
            came.wait_for(3600.0)
        assert came.why
        came.wait_for(1.0)


def test_a_stream_that_is_cut_off_is_connected_again(shot, tmp_path):
    half = sent(shot.packets[: len(shot.packets) // 2])
    before = []

    def clips():
        return len(list(tmp_path.glob(f"gate/*/{PASSAGES}")))

    def connected(*_):
        before.append(clips())

    with serving(then(connected, half, until(lambda: clips() > before[-1]), reset)) as url:
        watched = Watched(url, shot.site, tmp_path).until(lambda w: len(w.clips) > 1 and w.passages)
    assert len(watched.clips) <= watched.watch.status.connections
    assert len({each.id for each in watched.passages}) == len(watched.passages) > 0


WATCH = """
import sys
from pathlib import Path
from tests.integration.test_live import Watched
Watched(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])).watch.run()
"""


def test_a_watch_that_is_killed_leaves_no_picture_of_anybody(shot, tmp_path):
    with (
        serving(then(sent(shot.packets), stalled)) as url,
        subprocess.Popen(
            [sys.executable, "-c", WATCH, url, str(shot.site), str(tmp_path)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        ) as watching,
    ):
        while not list(tmp_path.glob(f"gate/*/{PASSAGES}")):
            time.sleep(0.05)
        watching.kill()
    assert list(tmp_path.rglob("*.ts")) == []


def test_a_clock_that_is_not_the_cameras_measures_nobody(shot, tmp_path):
    strict = Trust(group_s=0.2, fewest=3, most_off=0.002)
    with serving(sent(shot.packets), stalled) as url:
        watched = Watched(url, shot.site, tmp_path, trust=strict)
        watched.until(lambda w: w.heard("it ended"))
    refused = [each.speed for each in watched.passages]
    assert all(isinstance(speed, Refusal) for speed in refused)
    assert Reason.TIME_UNSURE in {speed.reason for speed in refused}


def test_another_size_is_measured_by_nobody(shot, tmp_path):
    other = coded(write_video(tmp_path / "other.mp4", sizes=[(320, 240)]))
    with serving(sent(shot.packets), sent(other)) as url:
        watched = Watched(url, shot.site, tmp_path).until(lambda w: w.heard("[size_change]"))
    assert len(watched.clips) == 1
    assert "320x240 now and were 480x270" in watched.alarms[-1]


def test_a_size_holds_until_the_site_file_changes(tmp_path):
    site = a_site()
    require_same_size(tmp_path, site, (480, 270))
    with pytest.raises(FootageError, match="Nothing is measured"):
        require_same_size(tmp_path, site, (320, 240))
    require_same_size(tmp_path, replace(site, sha256="f" * 64), (320, 240))
    with pytest.raises(FootageError, match="480x270 now"):
        require_same_size(tmp_path, replace(site, sha256="f" * 64), (480, 270))


def test_frames_come_back_as_they_were_from_what_was_kept(shot, tmp_path):
    ring = Ring(tmp_path / "ring")
    for packet in shot.packets:
        ring.add(packet)
    whole = open_clip(shot.clip)
    wanted = [frame for frame in whole.frames() if frame.index in {80, 95, 149}]
    footage = LiveFootage(Kept(ring), None, whole, folder=tmp_path, sha256="")
    found = list(footage.recall({frame.time_s: frame.index for frame in wanted}))
    for frame, again in zip(wanted, found, strict=True):
        assert (again.index, again.time_s) == (frame.index, frame.time_s)
        np.testing.assert_array_equal(again.luma, frame.luma)
    assert [path.name for path in tmp_path.iterdir()] == ["ring"]
    ring.close()


@dataclass(frozen=True)
class Kept:
    """Of a connection, what lies on the disk."""

    ring: Ring


def test_a_second_watch_in_one_folder_is_refused(shot, tmp_path):
    watched = Watched("http://127.0.0.1:9/", shot.site, tmp_path)
    with (
        process.alone_in(tmp_path / "gate"),
        pytest.raises(SpeedcamError, match="being written by another"),
    ):
        watched.watch.run()
