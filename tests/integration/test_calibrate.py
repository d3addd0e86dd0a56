"""The commands that a road engineer surveys with."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.builders_variants import cut

SAMPLES = Path(__file__).resolve().parents[2] / "sample_videos"
SITE = SAMPLES / "sun_two_way.site.toml"


def calibrate(*arguments):
    command = [sys.executable, "-m", "speedcam", "calibrate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


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
    assert cv2.imread(str(out)).shape[1] == 2000


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
