"""Processing a clip: whole results or none, the same ones however often it was killed."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from speedcam.cli import run
from speedcam.model import PlateReading
from speedcam.process import PASSAGES
from speedcam.raw import unpack
from speedcam.record import read_passages
from speedcam.redo import agrees, remeasure
from speedcam.site import load_site
from tests.builders_footage import write_video
from tests.builders_simulate import a_clip

KILLS = 5


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return a_clip(tmp_path_factory.mktemp("clip"), size_px=(1280, 720))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A clip too small for plates, and quickly measured."""
    return a_clip(tmp_path_factory.mktemp("small"))


def speedcam(*arguments, **options):
    command = [sys.executable, "-m", "speedcam", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def process(clip, out):
    return speedcam("process", clip.video, "--site", clip.site, "--out", out)


def files(folder):
    """Every file below ``folder`` with its bytes; half-written ones are nobody's result."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".part"
    }


@pytest.fixture
def at_once(capsys, monkeypatch, tmp_path):
    """A function that runs a command in this process: its exit code, stdout and stderr."""

    def at_once(*arguments):
        monkeypatch.chdir(tmp_path)
        code = run([str(each) for each in arguments])
        return code, *capsys.readouterr()

    return at_once


@pytest.fixture(scope="module")
def timed(clip, tmp_path_factory):
    """An undisturbed run's folder, and the seconds it took."""
    out = tmp_path_factory.mktemp("undisturbed")
    began = time.monotonic()
    result = process(clip, out)
    assert result.returncode == 0, result.stderr
    return out, time.monotonic() - began


@pytest.fixture(scope="module")
def undisturbed(timed):
    return timed[0]


def test_the_path_of_the_passages_is_all_that_stdout_says(clip, undisturbed):
    again = process(clip, undisturbed)
    assert again.stdout.splitlines() == [str(undisturbed / clip.video.stem / PASSAGES)]
    assert "was done already" in again.stderr


def test_every_vehicle_of_the_clip_leaves_a_passage(clip, undisturbed):
    passages = list(read_passages(undisturbed / clip.video.stem / PASSAGES))
    assert len([p for p in passages if p.direction]) >= 2


def test_only_vehicles_above_the_trigger_leave_a_plate_or_a_picture(clip, undisturbed):
    folder = undisturbed / clip.video.stem
    passages = list(read_passages(folder / PASSAGES))
    kept = {str(path.relative_to(folder)) for path in folder.glob("*/*")}
    assert kept == {exhibit.path for passage in passages for exhibit in passage.exhibits}
    for passage in passages:
        speed = getattr(passage.speed, "speed_kmh", 0.0)
        if speed <= load_site(clip.site).lanes[0].trigger_kmh:
            assert passage.plate is None
            assert [exhibit.kind for exhibit in passage.exhibits] == ["raw"]


def raw_of(folder):
    """Every passage with its raw data."""
    for passage in read_passages(folder / PASSAGES):
        (exhibit,) = (e for e in passage.exhibits if e.kind == "raw")
        yield passage, (folder / exhibit.path).read_bytes()


def test_every_passage_can_be_measured_again_from_its_raw_data_and_the_site_file(clip, undisturbed):
    site = load_site(clip.site)
    for passage, content in raw_of(undisturbed / clip.video.stem):
        raw = unpack(content)
        assert raw.passage_id == passage.id
        assert raw.provenance == passage.provenance
        assert agrees(remeasure(raw, site), passage.speed)


def test_raw_data_are_compact_and_hold_no_plate(undisturbed, clip):
    for passage, content in raw_of(undisturbed / clip.video.stem):
        assert len(content) < 40_000
        assert unpack(content).plates == () or passage.plate is not None
        if isinstance(passage.plate, PlateReading):
            assert passage.plate.text.encode() not in gzip.decompress(content)


def test_a_run_killed_at_any_moment_and_started_again_ends_the_same(clip, timed, tmp_path):
    undisturbed, whole_s = timed
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "speedcam", "process", str(clip.video)]
    command += ["--site", str(clip.site), "--out", str(out)]
    for kill in range(KILLS):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            child.wait(timeout=whole_s * (0.35 + 0.6 * kill / KILLS))
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
    assert process(clip, out).returncode == 0
    assert files(out) == files(undisturbed)


def test_another_site_file_measures_the_clip_again(clip, tmp_path):
    site = tmp_path / "other.site.toml"
    site.write_text(clip.site.read_text().replace("trigger_kmh = 45", "trigger_kmh = 150"))
    out = tmp_path / "out"
    process(clip, out)
    result = speedcam("process", clip.video, "--site", site, "--out", out)
    assert "was done already" not in result.stderr
    passages = list(read_passages(out / clip.video.stem / PASSAGES))
    assert all(passage.plate is None for passage in passages)
    assert {e.kind for passage in passages for e in passage.exhibits} == {"raw"}
    assert not list((out / clip.video.stem).glob("exhibits/*"))


def test_a_clip_that_cannot_be_read_does_not_stop_the_others(small, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_text("no video")
    starts = ["--starts-at", "2026-10-14T08:30:00+02:00"] * 2
    both = ["process", broken, small.video, "--site", small.site, "--out", tmp_path / "o"]
    result = speedcam(*both, *starts)
    assert result.returncode == 1
    assert "cannot be read as video" in result.stderr
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["process", "none.mp4", "--site", "none.toml", "--out", "o"], id="no site"),
        pytest.param(["process"], id="no arguments"),
        pytest.param(["nonsense"], id="no such command"),
        pytest.param(["validate", "none.jsonl", "none.json"], id="no passages"),
        pytest.param(["simulate", "nowhere"], id="no such scene"),
        pytest.param(["office", "issue", "--office", "none"], id="no office"),
        pytest.param(["serve", "--office", "none"], id="no office to serve"),
        pytest.param(["demo", "--samples", "none"], id="no samples"),
    ],
)
def test_a_wrong_command_says_why_and_ends_with_2(arguments, at_once):
    code, told, complained = at_once(*arguments)
    assert code == 2
    assert told == ""
    assert complained


def test_a_user_sees_no_traceback(tmp_path):
    result = speedcam("serve", "--office", "none", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "none is not an office" in result.stderr
    assert "Traceback" not in result.stderr


def test_two_clips_need_a_start_each(clip, tmp_path, at_once):
    other = write_video(tmp_path / "other.mp4")
    both = ["process", clip.video, other, "--site", clip.site, "--out", tmp_path / "o"]
    assert "Give --starts-at once per clip" in at_once(*both)[2]
    starts = ["2026-10-14T08:30:00+02:00", "2026-10-15T09:00:00+02:00"]
    code, _, told = at_once(*both, "--starts-at", starts[0], "--starts-at", "tomorrow")
    assert code == 2
    assert "tomorrow is not an instant" in told
    assert not (tmp_path / "o").exists()


def test_a_clip_is_dated_by_its_own_start(small, tmp_path):
    command = ["process", small.video, "--site", small.site, "--out"]
    speedcam(*command, tmp_path / "there")
    speedcam(*command, tmp_path / "moved", "--starts-at", "2026-12-24T12:00:00+01:00")
    there, moved = (
        list(read_passages(tmp_path / name / small.video.stem / PASSAGES))
        for name in ("there", "moved")
    )
    assert [p.id for p in moved] == [p.id for p in there]
    assert {p.at.date().isoformat() for p in moved} == {"2026-12-24"}


@pytest.mark.parametrize("harm", ["passages.jsonl", "exhibits", "raw"])
def test_damaged_results_are_made_again(clip, undisturbed, tmp_path, harm):
    shutil.copytree(undisturbed, tmp_path / "out")
    folder = tmp_path / "out" / clip.video.stem
    hurt = folder / harm if harm.endswith("l") else next((folder / harm).iterdir())
    hurt.write_bytes(hurt.read_bytes()[:-20])
    assert process(clip, tmp_path / "out").returncode == 0
    assert files(tmp_path / "out") == files(undisturbed)


def test_a_folder_that_holds_something_else_is_not_cleared(clip, tmp_path, at_once):
    theirs = tmp_path / clip.video.stem / "exhibits" / "precious.jpg"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")
    code, _, told = at_once("process", clip.video, "--site", clip.site, "--out", tmp_path)
    assert code == 2
    assert "holds something else" in told
    assert theirs.read_bytes() == b"theirs"


def test_a_clip_whose_name_climbs_out_of_the_folder_is_refused(clip, tmp_path, at_once):
    odd = tmp_path / "...mp4"
    shutil.copy(clip.video, odd)
    code, _, told = at_once("process", odd, "--site", clip.site, "--out", tmp_path / "o" / "p")
    assert code == 2
    assert "rename it" in told


def test_a_garbled_run_record_means_not_done(clip, undisturbed, tmp_path):
    shutil.copytree(undisturbed, tmp_path / "out")
    (tmp_path / "out" / clip.video.stem / "run.json").write_bytes(b"\xff\xfe")
    assert process(clip, tmp_path / "out").returncode == 0
    assert files(tmp_path / "out") == files(undisturbed)


def test_a_full_output_is_told_in_words(clip, undisturbed):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "speedcam", "process", str(clip.video)]
        command += ["--site", str(clip.site), "--out", str(undisturbed)]
        result = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert "Traceback" not in result.stderr
    assert "No space left" in result.stderr


def test_two_clips_of_one_name_are_refused_before_anything_is_measured(clip, tmp_path, at_once):
    (tmp_path / "a").mkdir()
    other = write_video(tmp_path / "a" / clip.video.name)
    starts = ["--starts-at", "2026-10-14T08:30:00+02:00"] * 2
    both = ["process", clip.video, other, "--site", clip.site, "--out", tmp_path / "o"]
    code, _, told = at_once(*both, *starts)
    assert code == 2
    assert "same name" in told
    assert not (tmp_path / "o").exists()


def test_control_c_ends_with_130_and_a_word(clip, tmp_path):
    command = [sys.executable, "-m", "speedcam", "process", str(clip.video)]
    command += ["--site", str(clip.site), "--out", str(tmp_path / "out")]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (tmp_path / "out" / clip.video.stem).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    stdout, stderr = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "interrupted" in stderr
    assert "Traceback" not in stderr
    assert stdout == ""
