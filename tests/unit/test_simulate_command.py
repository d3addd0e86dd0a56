"""``speedcam simulate`` says what it does, refuses what it cannot do, and explains other bytes."""

import hashlib

import pytest
import typer
from typer.testing import CliRunner

from speedcam.errors import SpeedcamError
from speedcam.simulate import SCENES
from speedcam.simulate.cli import simulate_command
from speedcam.simulate.samples import SUMS, differences, read_sums, versions, write_sums


def run(*arguments):
    app = typer.Typer()
    app.command()(simulate_command)
    return CliRunner().invoke(app, list(arguments))


def message_of(*arguments):
    error = run(*arguments).exception
    assert isinstance(error, SpeedcamError)
    return str(error)


def test_a_small_clip_is_rendered_and_its_path_printed(tmp_path):
    result = run("sun_two_way", "--out", str(tmp_path), "--size", "192x108", "--seconds", "6")
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == [str(tmp_path / "sun_two_way.mp4")]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "sun_two_way.mp4",
        "sun_two_way.site.toml",
        "sun_two_way.truth.json",
    ]


def test_an_unknown_scene_is_refused_with_the_known_ones(tmp_path):
    message = message_of("moon", "--out", str(tmp_path))
    assert all(name in message for name in (*SCENES, "moon"))


@pytest.mark.parametrize("size", ["large", "640", "641x360", "32x32", "640x-360", "9000x9000"])
def test_a_bad_size_is_refused(size, tmp_path):
    assert size in message_of("sun_two_way", "--size", size, "--out", str(tmp_path))


def test_samples_cannot_be_varied(tmp_path):
    assert "--seed" in message_of("--samples", str(tmp_path), "--seed", "5")


def test_verifying_needs_samples():
    assert "--samples" in message_of("--verify")


def test_verifying_without_sums_says_how_to_make_them(tmp_path):
    assert "--samples" in message_of("--samples", str(tmp_path), "--verify")


def test_traffic_that_does_not_fit_is_refused_before_anything_is_written(tmp_path):
    out = tmp_path / "out"
    assert "more seconds" in message_of("sun_two_way", "--seconds", "2", "--out", str(out))
    assert not out.exists()


def a_file(folder, content=b"frames"):
    path = folder / "a.mp4"
    path.write_bytes(content)
    return path


def test_equal_bytes_have_no_differences(tmp_path):
    path = a_file(tmp_path)
    write_sums(tmp_path, [path])
    assert differences(*read_sums(tmp_path), [path]) == []


def test_sums_are_what_sha256sum_writes(tmp_path):
    path = a_file(tmp_path)
    lines = write_sums(tmp_path, [path]).read_text(encoding="utf-8").splitlines()
    assert lines[-1] == f"{hashlib.sha256(b'frames').hexdigest()}  a.mp4"
    assert all(line.startswith("#") for line in lines[:-1])


def test_another_library_version_is_named_as_the_cause(tmp_path):
    path = a_file(tmp_path)
    sums = write_sums(tmp_path, [path])
    there = sums.read_text(encoding="utf-8").replace(f"av={versions()['av']}", "av=1.2.3")
    sums.write_text(there, encoding="utf-8")
    path.write_bytes(b"other frames")
    found = differences(*read_sums(tmp_path), [path])
    assert found[0] == f"a.mp4 has other bytes than {SUMS} says."
    assert f"av 1.2.3 there, {versions()['av']} here" in found[1]


def test_the_same_libraries_leave_processor_or_scene_as_the_cause(tmp_path):
    path = a_file(tmp_path)
    write_sums(tmp_path, [path])
    path.write_bytes(b"other frames")
    assert "another processor" in differences(*read_sums(tmp_path), [path])[1]
