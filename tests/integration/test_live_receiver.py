"""The process with the network: whole pictures with their own stamps, whatever brings them."""

import re
from dataclasses import replace

import pytest

from speedcam.errors import FootageError
from speedcam.live.packets import TICKS_PER_S
from speedcam.live.reception import receiving
from speedcam.live.source import source_of
from tests.builders_footage import write_sound, write_video
from tests.rtsp_server import pictures_of, rtsp_serving
from tests.stream_server import coded, sent, serving, stalled, then

UNEVEN_MS = [0, 40, 80, 130, 160, 200, 250, 280, 320, 360, 410, 440, 480, 520]


def received(url, folder, stall_s=60.0):
    """Every picture that a stream brings, and why no more came."""
    source = replace(source_of("gate", url), stall_s=stall_s, open_s=stall_s)
    with receiving(source, folder / "ring") as reception:
        with pytest.raises(FootageError) as ended:
            reception.wait_for(1e9)
        return list(iter(reception.backlog.take, None)), str(ended.value)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", times_ms=UNEVEN_MS)


def test_an_rtsp_camera_is_received_with_its_own_stamps(clip, tmp_path):
    with rtsp_serving(pictures_of(clip)) as url:
        packets, _ = received(url, tmp_path)
    # FFmpeg gives the first picture of an RTSP stream no time, so that it begins with the second.
    begun_ms = UNEVEN_MS[1]
    assert [begun_ms + each.ticks * 1000 / TICKS_PER_S for each in packets] == UNEVEN_MS[1:]


def test_a_transport_stream_by_http_is_received_bit_for_bit(clip, tmp_path):
    as_sent = coded(clip)
    with serving(sent(as_sent)) as url:
        packets, why = received(url, tmp_path)
    assert [(each.ticks, each.is_key) for each in packets] == [
        (each.ticks, each.is_key) for each in as_sent
    ]
    assert "it ended" in why


def test_a_stream_that_stalls_ends(clip, tmp_path):
    with serving(then(sent(coded(clip)), stalled)) as url:
        _, why = received(url, tmp_path, stall_s=0.5)
    assert "no picture came for 0.5 s" in why


def test_a_file_is_shown_as_fast_as_it_was_recorded(clip, tmp_path):
    packets, why = received(f"file:{clip}", tmp_path)
    first, last = packets[0], packets[-1]
    # The first one's arrival may be noted late, and by no more than a fraction of this.
    assert last.arrived_s - first.arrived_s > (last.time_s - first.time_s) / 2
    assert "it ended" in why


def test_time_that_jumps_is_another_stream(clip, tmp_path):
    there = coded(clip)
    with serving(then(sent(there), sent(there))) as url:
        packets, why = received(url, tmp_path)
    assert len(packets) == len(there)
    assert "time stamps jumped" in why


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: write_video(path, codec="mpeg4"), "cannot be read|not coded as"),
        (write_sound, "0 videos|cannot be read"),
        (lambda path: path.write_bytes(b"no stream" * 1000), "cannot be read"),
    ],
    ids=["codec", "sound", "noise"],
)
def test_what_is_no_stream_of_a_camera_is_told(make, why, tmp_path):
    path = tmp_path / "clip.ts"
    make(path)
    _, told = received(f"file:{path}", tmp_path)
    assert re.search(why, told)


def test_an_address_that_does_not_answer_is_told_without_its_password(tmp_path):
    _, why = received("http://me:secret@127.0.0.1:9/", tmp_path)
    assert "cannot be read" in why
    assert "secret" not in why
