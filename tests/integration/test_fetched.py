"""Footage by URL: what is fetched, in which steps, and when it is gone again."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from speedcam.adapters.cluster import require_within_reach
from speedcam.adapters.cluster_address import connected
from speedcam.adapters.fetched import BLOCK_BYTES, FetchedClips, fetch
from speedcam.errors import ClusterError, FootageError
from tests.object_server import ACCESS, objects

CONTENT = bytes(range(256)) * 10_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def s3(monkeypatch):
    with objects({"/cams/day.mp4": CONTENT}, signed=True) as served:
        for name, value in (ACCESS | {"AWS_ENDPOINT_URL": served.url}).items():
            monkeypatch.setenv(name, value)
        yield served


@pytest.fixture
def web():
    with objects({"/day.mp4": CONTENT}) as served:
        yield served


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_an_object_comes_in_blocks_to_a_private_file(s3, tmp_path):
    to = tmp_path / "day.mp4"
    assert fetch("s3://cams/day.mp4", to, 1e9) == (len(CONTENT), DIGEST)
    assert to.read_bytes() == CONTENT
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    steps = range(0, len(CONTENT), BLOCK_BYTES)
    asked = [int(each.removeprefix("bytes=").split("-")[0]) for each in s3.ranges]
    assert asked == list(steps)


def test_a_server_of_the_web_will_do(web, tmp_path):
    assert fetch(f"{web.url}/day.mp4", tmp_path / "day.mp4", 1e9) == (len(CONTENT), DIGEST)


def test_no_more_is_fetched_than_may_be(web, tmp_path):
    clips = FetchedClips(tmp_path)
    with pytest.raises(FootageError, match=r"\[too_large\]"), clips.at(f"{web.url}/day.mp4", 2e6):
        pass
    assert files(tmp_path) == []


def test_what_cannot_be_fetched_is_named_and_nothing_of_the_store_is_told(web, tmp_path):
    clips = FetchedClips(tmp_path)
    with (
        pytest.raises(FootageError, match=r"/night\.mp4: cannot be fetched \(FileNotFoundError\)"),
        clips.at(f"{web.url}/night.mp4", 1e9),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_segments_of_one_clip_share_what_was_fetched(web, tmp_path):
    clips, seen = FetchedClips(tmp_path), []

    def use() -> None:
        with clips.at(f"{web.url}/day.mp4", 1e9, DIGEST) as path:
            seen.append(path)

    users = [Thread(target=use) for _ in range(4)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert len(set(seen)) == 1
    assert len(web.ranges) == -(-len(CONTENT) // BLOCK_BYTES)


def test_a_clip_that_changed_is_another_one(tmp_path):
    content = {"/day.mp4": CONTENT}
    with objects(content) as web:
        url, clips = f"{web.url}/day.mp4", FetchedClips(tmp_path)
        with clips.at(url, 1e9, DIGEST) as before:
            content["/day.mp4"] = CONTENT[::-1]
            with clips.at(url, 1e9) as after:
                assert after.read_bytes() == CONTENT[::-1]
            assert before.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("room_bytes", "kept_s", "gone"),
    [
        (1e9, 600, set()),
        (len(CONTENT), 600, {"day.mp4"}),
        (0, 600, {"day.mp4", "night.mp4"}),
        (1e9, 0, {"day.mp4", "night.mp4"}),
    ],
    ids=["room for both", "for one", "for none", "for no time"],
)
def test_idle_clips_are_kept_while_there_is_room_and_time(tmp_path, room_bytes, kept_s, gone):
    clips = FetchedClips(tmp_path, room_bytes=room_bytes, kept_s=kept_s)
    with objects({"/day.mp4": CONTENT, "/night.mp4": CONTENT[::-1]}) as web:
        for name in ("day.mp4", "night.mp4"):
            with clips.at(f"{web.url}/{name}", 1e9) as path:
                assert path.exists()
        assert {path.name for path in files(tmp_path)} == {"day.mp4", "night.mp4"} - gone


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://host/day.mp4", "comes by path"),
        ("s3://cams/day.zip::http://host/x", "comes by path"),
        ("https://user:secret@host/day.mp4", "no user, password or query"),
        ("https://host/day.mp4?signature=secret", "no user, password or query"),
    ],
)
def test_a_url_of_another_kind_or_with_a_secret_is_refused(url, why):
    with pytest.raises(FootageError, match=why) as refused:
        require_within_reach([url], "tls://host:8786")
    assert "secret" not in str(refused.value)
    assert refused.value.code is None  # codes are for footage that was looked at


def test_without_a_cluster_footage_comes_by_path():
    require_within_reach(["day.mp4"], None)
    with pytest.raises(FootageError, match="only the workers of a --cluster fetch footage"):
        require_within_reach(["s3://cams/day.mp4"], None)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://10.0.0.5:8786", "is not encrypted"),
        ("tcp://scheduler:8786", "is not encrypted"),
        ("ws://127.0.0.1:8786", "give tls://HOST:PORT"),
        ("127.0.0.1:8786", "give tls://HOST:PORT"),
        ("tcp://127.0.0.1", "give tls://HOST:PORT"),
        ("tcp://127.0.0.1:", "give tls://HOST:PORT"),
        ("tls://10.0.0.5:0", "give tls://HOST:PORT"),
        ("tls://10.0.0.5:port", "give tls://HOST:PORT"),
        ("tls://10.0.0.5:99999", "give tls://HOST:PORT"),
        ("tls://[::1", "give tls://HOST:PORT"),
    ],
)
def test_an_address_that_others_could_use_is_refused(address, why):
    with pytest.raises(ClusterError, match=why), connected(address, trust_network=False):
        pass


WITHOUT_DASK = """
import sys
sys.modules["distributed"] = None
from speedcam.cli import run
sys.exit(run(sys.argv[1:]))
"""


def test_without_dask_the_package_to_install_is_named():
    sample = Path(__file__).resolve().parents[2] / "sample_videos" / "sun_two_way"
    command = ["process", f"{sample}.mp4", "--site", f"{sample}.site.toml", "--out", "unused"]
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_DASK, *command, "--cluster", "tcp://127.0.0.1:1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "pip install 'speedcam[cluster]'" in ended.stderr
