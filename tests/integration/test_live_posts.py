"""Many streams: one that dies is started again, and whoever asks is told how each fares."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from multiprocessing import active_children
from threading import Event, Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from speedcam.cli import build
from speedcam.errors import SpeedcamError
from speedcam.live.health import health_served
from speedcam.live.posts import Posts
from speedcam.live.source import source_of
from speedcam.live.status import State, Status
from speedcam.live.streams_file import read_streams
from speedcam.live.watch import Post
from tests.builders_site import a_site_text
from tests.stream_server import serving, stalled


def asked(port, path):
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def a_status(**changes):
    status = Status(name="gate", state=State.MEASURING, frames=7, clock_off=0.0004)
    status.count("A", 0.4)
    status.count("merged", 7.0)
    for name, value in changes.items():
        setattr(status, name, value)
    return status


def test_prometheus_is_told_what_became_of_each_stream():
    with health_served(0, lambda: {"gate": a_status()}) as port:
        code, told = asked(port, "/metrics")
    assert code == 200
    for line in (
        'speedcam_up{stream="gate"} 1',
        'speedcam_frames_total{stream="gate"} 7',
        'speedcam_passages_total{stream="gate",outcome="merged"} 1',
        'speedcam_passage_latency_seconds_bucket{stream="gate",le="0.5"} 1',
        'speedcam_passage_latency_seconds_bucket{stream="gate",le="+Inf"} 2',
        'speedcam_passage_latency_seconds_sum{stream="gate"} 7.4',
        "# TYPE speedcam_passage_latency_seconds histogram",
    ):
        assert f"{line}\n" in told


@pytest.mark.parametrize(("state", "code"), [(State.MEASURING, 200), (State.WAITING, 503)])
def test_a_stream_that_is_not_measured_is_no_health(state, code):
    with health_served(0, lambda: {"gate": a_status(state=state)}) as port:
        told = asked(port, "/health")
        assert asked(port, "/anything")[0] == 404
    assert told[0] == code
    assert json.loads(told[1])["streams"]["gate"]["frames"] == 7


@contextmanager
def at_work(posts):
    stopped = Event()
    thread = Thread(target=posts.run, args=(stopped,))
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def eventually(holds):
    while not (found := holds()):
        time.sleep(0.05)
    return found


def watchers():
    return {child.pid for child in active_children()}


def test_a_watcher_that_is_killed_is_replaced_and_all_go_home_at_the_end(tmp_path):
    site = tmp_path / "gate.site.toml"
    site.write_text(a_site_text())
    alarms = []
    with serving(stalled) as url:
        post = Post(source=source_of("gate", url), site=site, out=tmp_path / "out")
        posts = Posts([post], lambda name, words: alarms.append((name, words)))
        with at_work(posts):
            (first,) = eventually(watchers)
            eventually((tmp_path / "out" / "gate" / "run.json").exists)
            os.kill(first, signal.SIGKILL)
            eventually(lambda: watchers() - {first})
        assert not watchers()
    assert alarms[0][0] == "gate"
    assert "its watcher died (exit code -9)" in alarms[0][1]
    assert posts.statuses["gate"].state is State.STOPPED


def test_where_nobody_can_watch_the_command_ends_and_says_why(tmp_path):
    (tmp_path / "out" / "gate").mkdir(parents=True)
    (tmp_path / "out" / "gate" / "mine.txt").write_text("not yours")
    post = Post(
        source=source_of("gate", "http://127.0.0.1:9/"), site=tmp_path, out=tmp_path / "out"
    )
    with pytest.raises(SpeedcamError, match=r"holds something else \(mine.txt\)"):
        Posts([post], lambda *_: None).run(Event())


STREAMS = '[[stream]]\nname = "gate"\nurl = "rtsp://u:p@127.0.0.1/1"\nsite = "gate.site.toml"\n'


def a_file(folder, text=STREAMS, mode=0o600):
    path = folder / "streams.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_streams_are_named_in_a_file(tmp_path):
    (post,) = read_streams(a_file(tmp_path), tmp_path / "out")
    assert (post.source.name, post.site) == ("gate", tmp_path / "gate.site.toml")


def test_the_path_of_a_file_is_relative_to_where_it_is_named(tmp_path, monkeypatch):
    (tmp_path / "gate.mp4").touch()
    monkeypatch.chdir(tmp_path)
    whole = f"file:{tmp_path / 'gate.mp4'}"
    assert source_of("gate", "file:gate.mp4").url == whole
    monkeypatch.chdir("/")
    (post,) = read_streams(
        a_file(tmp_path, STREAMS.replace("rtsp://u:p@127.0.0.1/1", "file:gate.mp4")), tmp_path
    )
    assert post.source.url == whole


def test_control_c_ends_everybody_at_once_and_shows_no_traceback(tmp_path):
    site = tmp_path / "gate.site.toml"
    site.write_text(a_site_text())
    with serving(stalled) as url:
        command = ["watch", url, "--site", str(site), "--out", str(tmp_path / "out")]
        with subprocess.Popen(
            [sys.executable, "-m", "speedcam", *command],
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,
            text=True,
        ) as watching:
            while not (tmp_path / "out" / "stream" / ".ring").exists():
                time.sleep(0.05)
            os.killpg(watching.pid, signal.SIGINT)
            _, told = watching.communicate()
    assert "Traceback" not in told
    assert watching.returncode == 0


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        (STREAMS, 0o644, "chmod 600"),
        (STREAMS * 2, 0o600, "gate twice"),
        ("stream = []", 0o600, "names no stream"),
        (f'{STREAMS}colour = "red"\n', 0o600, "colour"),
        ("[[", 0o600, "no file of streams"),
    ],
)
def test_a_file_of_streams_with_a_fault_is_refused(text, mode, why, tmp_path):
    with pytest.raises(SpeedcamError, match=why):
        read_streams(a_file(tmp_path, text, mode), tmp_path)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "give a URL"),
        (["rtsp://u:p@127.0.0.1/", "--site", "s.toml"], "holds a password"),
        (["ftp://127.0.0.1/", "--site", "s.toml"], "Known are"),
        (["file:none.mp4", "--site", "s.toml"], "there is no file .*none.mp4"),
        (["rtsp://127.0.0.1/", "--site", "s.toml", "--streams", "f"], "give a URL"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(arguments, why, tmp_path):
    with pytest.raises(SpeedcamError, match=why):
        build()(["watch", *arguments, "--out", str(tmp_path)])
