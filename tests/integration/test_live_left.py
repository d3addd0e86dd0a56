"""What a killed watcher or a full disk leaves of a live clip keeps no passage from the office."""

import json
import os
import resource
import signal

import pytest

from speedcam.disk import append_whole
from speedcam.live.left import put_right
from speedcam.record import read_passages
from tests.builders_office import a_passage, on_disk


@pytest.fixture
def newest(tmp_path):
    """The newest clip of a stream: one passage that was told, whole."""
    older = on_disk(tmp_path / "gate-20261014T060000Z", a_passage("p-0")).parent
    newer = on_disk(tmp_path / "gate-20261014T070000Z", a_passage("p-1")).parent
    for at_s, clip in enumerate((older, newer)):
        (clip / "run.json").write_text(json.dumps({"live": True}))
        os.utime(clip / "run.json", (at_s, at_s))
    return newer


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_line_that_was_cut_off_is_taken_away_and_those_before_it_stay(newest, tmp_path):
    told = newest / "passages.jsonl"
    whole = told.read_bytes()
    told.write_bytes(whole + whole[: len(whole) // 2])
    put_right(tmp_path)
    assert told.read_bytes() == whole
    assert [each.id for each in read_passages(told)] == ["p-1"]


def test_pictures_of_whom_no_line_tells_of_are_removed_and_no_others(newest, tmp_path):
    before = files(tmp_path)
    for name in ("exhibits/p-2-photo.jpg", "exhibits/.p-2-still.jpg.77.part", "raw/p-2.json.gz"):
        (newest / name).parent.mkdir(exist_ok=True)
        (newest / name).write_bytes(b"of somebody")
    put_right(tmp_path)
    assert files(tmp_path) == before


def test_results_that_no_watcher_wrote_stay_as_they_are(newest, tmp_path):
    (newest / "run.json").write_text("{}")
    (newest / "exhibits" / "mine.jpg").write_bytes(b"mine")
    before = files(tmp_path)
    put_right(tmp_path)
    assert files(tmp_path) == before


def test_a_stream_that_was_never_watched_has_nothing_to_put_right(tmp_path):
    put_right(tmp_path)
    assert files(tmp_path) == set()


@pytest.fixture
def small_files():
    """No file may grow beyond 1000 bytes: the rest is not taken, as by a disk that is full."""
    before, limits = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.RLIMIT_FSIZE
    kept = resource.getrlimit(limits)
    resource.setrlimit(limits, (1000, kept[1]))
    yield
    resource.setrlimit(limits, kept)
    signal.signal(signal.SIGXFSZ, before)


@pytest.mark.usefixtures("small_files")
def test_a_line_for_which_there_is_no_room_leaves_nothing_of_itself(tmp_path):
    descriptor = os.open(tmp_path / "told", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    append_whole(descriptor, b"first\n")
    with pytest.raises(OSError, match="File too large"):
        append_whole(descriptor, b"x" * 2000)
    append_whole(descriptor, b"second\n")
    os.close(descriptor)
    assert (tmp_path / "told").read_bytes() == b"first\nsecond\n"
