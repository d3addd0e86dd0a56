"""Footage as recorders leave it, and as thieves and broken disks do."""

import ast
import os
from pathlib import Path

import numpy as np
import pytest

from speedcam.adapters.bounds import Bounds
from speedcam.adapters.video import open_footage
from speedcam.errors import FootageError
from speedcam.segments import Cut, Segment
from tests.builders_footage import write_growing, write_sound, write_video


def watch_all(path):
    return list(open_footage(path).frames())


def test_frames_carry_the_containers_own_time(tmp_path):
    times_ms = [0, 40, 95, 120, 400, 441]
    frames = watch_all(write_video(tmp_path / "vfr.mkv", times_ms=times_ms))
    assert [round(frame.time_s * 1000) for frame in frames] == times_ms
    assert [frame.index for frame in frames] == list(range(6))


def test_time_starts_with_the_first_frame(tmp_path):
    frames = watch_all(write_video(tmp_path / "late.mp4", times_ms=[5000, 5040, 5080]))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.04, 0.08])


def test_luma_is_the_decoders_plane_and_colour_comes_on_demand(tmp_path):
    frame = watch_all(write_video(tmp_path / "clip.mp4"))[3]
    assert frame.luma.shape == (240, 320)
    assert frame.luma.dtype == np.uint8
    assert frame.colour().shape == (240, 320, 3)
    assert frame.luma[120, 30] == pytest.approx(16 + 220 * 219 / 255, abs=8)  # studio range


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_recalled_frames_are_the_frames_that_were_seen(tmp_path, name):
    footage = open_footage(write_video(tmp_path / name))
    seen = {frame.time_s: frame for frame in footage.frames()}
    wanted = {time_s: frame.index for time_s, frame in list(seen.items())[5::17]}
    recalled = list(footage.recall(wanted))
    assert [frame.time_s for frame in recalled] == sorted(wanted)
    for frame in recalled:
        np.testing.assert_array_equal(frame.luma, seen[frame.time_s].luma)
        assert frame.index == seen[frame.time_s].index


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts", "late.mp4"])
def test_a_segment_shows_its_frames_as_the_whole_footage_does(tmp_path, name):
    start_ms = 5000 if name.startswith("late") else 0
    times_ms = [start_ms + 40 * n + n % 3 for n in range(50) if n not in {17, 31}]
    footage = open_footage(write_video(tmp_path / name, times_ms=times_ms))
    whole = [(frame.index, frame.time_s, frame.luma.tobytes()) for frame in footage.frames()]
    times_s, key_s = footage.stamps_s()
    assert times_s.tolist() == [time_s for _, time_s, _ in whole]
    segments = Cut(least_s=0.4, warm_up_s=0.3, run_out_s=0.2).segments(times_s, key_s)
    assert len(segments) > 2
    for segment in segments:
        shown = [(f.index, f.time_s, f.luma.tobytes()) for f in footage.frames(segment)]
        assert shown == [each for each in whole if segment.warm_s <= each[1] < segment.until_s]


def test_glimpses_of_a_segment_come_from_its_own_time(tmp_path):
    footage = open_footage(write_video(tmp_path / "clip.mp4"))
    late = Segment(number=1, warm_s=0.96, in_view_s=(0.96, 1.96))
    mine = {frame.luma.tobytes() for frame in footage.frames() if frame.time_s >= 0.96}
    seen = {picture.tobytes() for picture in footage.glimpses(5, late)}
    assert len(seen) == 5
    assert seen <= mine


@pytest.mark.parametrize("key_every", [12, 100])
def test_glimpses_are_spread_over_a_stream_without_an_index_too(tmp_path, key_every):
    made = {"container": "mpegts", "key_every": key_every, "leaning": 2}
    footage = open_footage(write_video(tmp_path / "clip.ts", **made))
    shown = [frame.luma.tobytes() for frame in footage.frames()]
    places = [shown.index(picture.tobytes()) for picture in footage.glimpses(10)]
    assert len(set(places)) >= 5
    assert min(places) < len(shown) / 4
    assert max(places) > len(shown) * 3 / 4


@pytest.mark.parametrize("name", ["-i.mp4", "a b'$(x).mp4", "ë ç.mp4", "http:x.mp4", "\udce9.mp4"])
def test_any_file_name_is_only_a_name(tmp_path, name):
    write_video(tmp_path / "plain.mp4")
    odd = tmp_path / name
    os.rename(tmp_path / "plain.mp4", odd)  # noqa: PTH104 - the name may not be valid text
    assert len(watch_all(odd)) == 50


def test_damage_is_marked_on_the_frames_it_touches(tmp_path):
    path = write_video(tmp_path / "clip.ts", container="mpegts")
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 3, len(content) // 3 + 1200, 7):
        content[place] ^= 0x5A
    path.write_bytes(bytes(content))
    try:
        frames = watch_all(path)
    except FootageError:
        return
    assert any(frame.corrupt for frame in frames)


def break_file(path, keep):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    return path


def cut_before_index(tmp_path):
    return break_file(write_video(tmp_path / "clip.mp4"), 0.5)


def cut_tail(tmp_path):
    source = write_video(tmp_path / "whole.mp4")
    import av

    path = tmp_path / "cut.mp4"
    with (
        av.open(str(source)) as read,
        av.open(str(path), "w", options={"movflags": "faststart"}) as out,
    ):
        stream = out.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return break_file(path, 0.7)


def text_file(tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("not a video at all\n" * 100)
    return path


def playlist(tmp_path):
    path = tmp_path / "list.mp4"
    path.write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")
    return path


def empty_file(tmp_path):
    path = tmp_path / "empty.mp4"
    path.touch()
    return path


def a_pipe(tmp_path):
    path = tmp_path / "pipe.mp4"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda tmp: tmp / "none.mp4", "cannot be opened", id="missing"),
        pytest.param(lambda tmp: tmp, "not a plain file", id="folder"),
        pytest.param(a_pipe, "not a plain file", id="pipe"),
        pytest.param(empty_file, "empty", id="empty"),
        pytest.param(text_file, "cannot be read as video", id="text"),
        pytest.param(playlist, "cannot be read as video", id="playlist"),
        pytest.param(cut_before_index, "cut off before its index", id="no index"),
        pytest.param(cut_tail, "cut off|damaged", id="cut tail"),
        pytest.param(lambda tmp: write_sound(tmp / "sound.mp4"), "no pictures", id="audio only"),
        pytest.param(
            lambda tmp: write_growing(tmp / "grow.ts"),
            "changes its size|does not rise",
            id="size change",
        ),
        pytest.param(lambda tmp: write_video(tmp / "old.mkv", codec="ffv1"), "ffv1", id="codec"),
    ],
)
def test_what_cannot_be_measured_on_says_so(tmp_path, make, words):
    with pytest.raises(FootageError, match=words) as caught:
        watch_all(make(tmp_path))
    assert str(tmp_path) in str(caught.value)


ROOT = Path(__file__).parents[2]


def codes():
    """Every code that footage is refused with, as the source has it."""
    for path in (ROOT / "speedcam" / "adapters").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "FootageError":
                yield from (a.value for a in node.args[1:] if isinstance(a, ast.Constant))


def test_every_code_is_documented():
    documented = (ROOT / "docs" / "security.md").read_text()
    assert len(set(codes())) > 20
    assert [code for code in codes() if f"`{code}`" not in documented] == []


def test_a_file_that_is_written_to_meanwhile_proves_nothing(tmp_path):
    path = write_video(tmp_path / "clip.mkv")
    frames = open_footage(path).frames()
    next(frames)
    with path.open("ab") as recorder:
        recorder.write(b"more")
    with pytest.raises(FootageError) as caught:
        list(frames)
    assert caught.value.code == "changed"


def test_a_bound_can_be_set_by_its_name():
    assert Bounds().with_set("seconds=7200").seconds == 7200


@pytest.mark.parametrize("words", ["hours=2", "seconds", "seconds=-1", "fps=nan", "fps=x"])
def test_what_sets_no_bound_says_which_there_are(words):
    with pytest.raises(FootageError, match="least_fps"):
        Bounds().with_set(words)
