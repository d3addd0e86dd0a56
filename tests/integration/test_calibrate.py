"""The commands that a road engineer surveys with."""

import io
import json
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest

from speedcam.cli import run
from tests.builders_variants import cut

SAMPLES = Path(__file__).resolve().parents[2] / "sample_videos"
SITE = SAMPLES / "sun_two_way.site.toml"


class Ended(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def calibrate(*arguments, cwd="."):
    out, err = io.StringIO(), io.StringIO()
    with chdir(cwd), redirect_stdout(out), redirect_stderr(err):
        code = run(["calibrate", *map(str, arguments)])
    return Ended(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    target = tmp_path_factory.mktemp("clip") / "street.mp4"
    return cut(SAMPLES / "sun_two_way.mp4", target, 4.0)


@pytest.fixture(scope="module")
def frames(clip):
    result = calibrate("frame", clip, "--out", clip.with_name("road.png"))
    assert result.returncode == 0, result.stderr
    return [Path(line) for line in result.stdout.splitlines()]


def test_one_frame_is_saved_plain_and_with_a_grid_to_read_pixels_from(frames):
    plain, grid = (cv2.imread(str(path)) for path in frames)
    assert plain.shape == (1080, 1920, 3)
    assert grid.shape == (2160, 3840, 3)
    enlarged = cv2.resize(plain, (3840, 2160), interpolation=cv2.INTER_CUBIC)
    ruled = np.abs(enlarged.astype(int) - grid).sum(axis=2) > 30
    assert ruled[:, 201].mean() > 0.6
    assert ruled[:, 150].mean() < 0.2


def test_a_moment_past_the_end_is_refused(clip, tmp_path):
    result = calibrate("frame", clip, "--at", 99, "--out", tmp_path / "x.png")
    assert result.returncode == 2
    assert "ends before 99 s" in result.stderr
    assert not (tmp_path / "x.png").exists()


def test_a_sound_site_is_drawn_and_ends_with_0(frames, tmp_path):
    out = tmp_path / "check.png"
    result = calibrate("check", SITE, "--frame", frames[0], "--out", out)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("This site may fine: Demo camera 1")
    assert cv2.imread(str(out)).shape[1] == 1800


def test_a_picture_is_drawn_also_where_nobody_named_one(frames, tmp_path):
    result = calibrate("check", SITE, "--frame", frames[0], cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "picture: sun_two_way-check.png" in result.stderr
    assert cv2.imread(str(tmp_path / "sun_two_way-check.png")) is not None


def test_a_jpeg_is_one(frames, tmp_path):
    out = tmp_path / "check.jpg"
    result = calibrate("check", SITE, "--frame", frames[0], "--out", out)
    assert result.returncode == 0, result.stderr
    assert out.read_bytes().startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("json_too", [[], ["--json"]], ids=["words", "json"])
def test_a_picture_never_takes_the_place_of_what_it_is_made_from(json_too, frames, tmp_path):
    site = tmp_path / "x.site.toml"
    site.write_bytes(SITE.read_bytes())
    picture = tmp_path / "road.png"
    picture.write_bytes(frames[0].read_bytes())
    for out in (site, picture):
        result = calibrate("check", site, "--frame", picture, "--out", out, *json_too)
        assert result.returncode == 2
    assert site.read_bytes() == SITE.read_bytes()
    assert picture.read_bytes() == frames[0].read_bytes()


def test_a_picture_to_find_points_in_is_not_written_over_its_source(frames, tmp_path):
    picture = tmp_path / "road.png"
    picture.write_bytes(frames[0].read_bytes())
    result = calibrate("frame", picture, cwd=tmp_path)
    assert result.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["road.png"]


@pytest.mark.parametrize("name", ["road.jpg", "road", "folder.png"])
def test_a_name_that_is_none_for_a_png_is_refused_before_the_clip_is_read(name, tmp_path):
    (tmp_path / "folder.png").mkdir()
    result = calibrate("frame", "absent.mp4", "--out", name, cwd=tmp_path)
    assert result.returncode == 2
    assert "Name a picture file" in result.stderr.replace("\n", " ")


def test_a_picture_is_known_by_its_bytes_whatever_it_is_called(frames, tmp_path):
    unnamed = tmp_path / "road"
    unnamed.write_bytes(frames[0].read_bytes())
    result = calibrate("check", SITE, "--frame", unnamed, "--json")
    assert result.returncode == 0, result.stderr


def test_a_site_that_contradicts_itself_is_drawn_and_ends_with_3(frames, tmp_path):
    site = tmp_path / "slipped.site.toml"
    site.write_text(SITE.read_text().replace("[888.77, 776.85]", "[888.77, 782.85]"))
    result = calibrate("check", site, "--frame", frames[0], cwd=tmp_path)
    assert result.returncode == 3, result.stderr
    assert result.stdout.startswith("This site cannot measure: Demo camera 1")
    assert "Survey point 4 (px [888.77, 782.85]) lies 0.12 m" in result.stdout
    assert (tmp_path / "slipped-check.png").exists()


@pytest.fixture
def site_with_its_picture(frames, tmp_path):
    (tmp_path / "road.png").write_bytes(frames[0].read_bytes())
    site = tmp_path / "kept.site.toml"
    site.write_text(SITE.read_text().replace("[camera]", '[camera]\nreference_frame = "road.png"'))
    return site


def test_a_picture_that_still_shows_the_surveyed_view_is_told(site_with_its_picture, clip):
    result = calibrate("check", site_with_its_picture, "--frame", clip, cwd=clip.parent)
    assert result.returncode == 0, result.stderr
    assert "the camera stands as in road.png" in result.stdout


@pytest.mark.parametrize(
    ("shift_px", "said"), [(3, "by 3.0 px; 1 px are allowed"), (None, "not the surveyed one")]
)
def test_a_picture_that_shows_another_view_is_refused(site_with_its_picture, shift_px, said):
    picture = site_with_its_picture.with_name("moved.png")
    road = cv2.imread(str(picture.with_name("road.png")))
    cv2.imwrite(str(picture), np.roll(road, shift_px, axis=1) if shift_px else road[:, ::-1])
    result = calibrate("check", site_with_its_picture, "--frame", picture, "--json")
    assert result.returncode == 3, result.stderr
    assert said in json.loads(result.stdout)["moved"]


def test_a_site_that_may_not_fine_says_why_and_ends_with_1(frames, tmp_path):
    site = tmp_path / "weak.site.toml"
    lines = SITE.read_text().splitlines(keepends=True)
    points = [number for number, line in enumerate(lines) if "px = [" in line]
    dropped = set(points) - {points[0], points[2], points[-3], points[-1]}
    site.write_text("".join(line for n, line in enumerate(lines) if n not in dropped))
    result = calibrate("check", site, "--frame", frames[0], "--json")
    assert result.returncode == 1, result.stderr
    told = json.loads(result.stdout)
    assert told["may_fine"] is False
    assert "the survey has 4 points" in told["weaknesses"][0]


def test_a_picture_of_another_size_is_refused(frames, tmp_path):
    small = tmp_path / "small.png"
    cv2.imwrite(str(small), cv2.resize(cv2.imread(str(frames[0])), (960, 540)))
    result = calibrate("check", SITE, "--frame", small)
    assert result.returncode == 2
    assert "lies outside the footage, which is 960x540" in result.stderr


@pytest.mark.parametrize("content", [b"", b"not a picture"], ids=["empty", "text"])
def test_what_is_no_picture_is_refused_in_words(content, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(content)
    result = calibrate("check", SITE, "--frame", broken)
    assert result.returncode == 2
    assert "cannot be read as a PNG or JPEG" in result.stderr
