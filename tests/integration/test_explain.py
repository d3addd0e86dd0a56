"""Explaining a passage: from its raw data, for anybody, and nothing that was not kept."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from speedcam.adapters.video import open_footage
from speedcam.drive import Run, reference_drive
from speedcam.explain.dossier import open_dossier
from speedcam.explain.page import page_html
from speedcam.explain.scene import backdrop, draw_scene
from speedcam.explain.words import WHY_REFUSED, calibrated
from speedcam.ground import Calibration
from speedcam.model import Grade, Reason, Refusal
from speedcam.record import read_passages
from tests.builders_variants import cut

SAMPLES = Path(__file__).resolve().parents[2] / "sample_videos"
SITE = SAMPLES / "sun_two_way.site.toml"


def speedcam(*arguments):
    command = [sys.executable, "-m", "speedcam", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    target = tmp_path_factory.mktemp("clip") / "street.mp4"
    return cut(SAMPLES / "sun_two_way.mp4", target, 8.0)


@pytest.fixture(scope="module")
def folder(clip, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    result = speedcam("process", clip, "--site", SITE, "--out", out)
    assert result.returncode == 0, result.stderr
    return out / clip.stem


@pytest.fixture(scope="module")
def passages(folder):
    return list(read_passages(folder / "passages.jsonl"))


def test_without_an_id_every_passage_is_listed(folder, passages):
    result = speedcam("explain", folder)
    assert result.returncode == 0
    for passage in passages:
        assert passage.id[:8] in result.stdout


def test_a_picture_and_a_page_are_made_that_need_nothing_else(folder, passages, clip, tmp_path):
    fined = next(p for p in passages if getattr(p.speed, "grade", None) is Grade.A)
    result = speedcam(
        "explain", folder, fined.id[:8], "--site", SITE, "--video", clip, "--out", tmp_path
    )
    assert result.returncode == 0, result.stderr
    picture, page = map(Path, result.stdout.split())
    assert cv2.imread(str(picture)).shape[:2] == (1575, 2000)
    html = page.read_text()
    assert f"{fined.speed.text()} km/h" in html
    assert "as in the passage" in " ".join(result.stderr.split())
    assert "Surveyed with 15 points, rms 0 mm, the lens 4.60 ± 0.03 m above the road" in html
    assert "<script" not in html
    outside = set(re.findall(r'(?:src|href)="(?!data:|#)([^"]*)"', html))
    assert outside == set()


def test_every_passage_is_borne_out_by_its_raw_data(folder, passages):
    for passage in passages:
        dossier = open_dossier(passage, folder, site=SITE)
        again, told = dossier.survey.again, passage.speed
        if isinstance(told, Refusal):
            assert again.reason is told.reason
        elif passage.plate is not None:
            assert again.speed_kmh == pytest.approx(told.speed_kmh, abs=1e-9)
            assert again.uncertainty_kmh == pytest.approx(told.uncertainty_kmh, abs=1e-9)
        else:
            assert again.anchors[0].speed_kmh == pytest.approx(told.anchors[0].speed_kmh, abs=1e-9)


def detail(luma, box):
    rows, columns = (
        slice(int(a), int(b)) for a, b in ((box.top, box.bottom), (box.left, box.right))
    )
    return float(cv2.Laplacian(luma[rows, columns], cv2.CV_64F).std())


def test_of_whom_no_plate_is_kept_the_picture_shows_none(folder, passages, clip):
    lawful = next(p for p in passages if p.plate is None)
    dossier = open_dossier(lawful, folder, site=SITE, video=clip)
    behind = backdrop(dossier)
    bare = replace(
        dossier,
        survey=None,
        raw=replace(dossier.raw, track=replace(dossier.raw.track, features=())),
    )
    drawn = cv2.cvtColor(draw_scene(bare, behind), cv2.COLOR_BGR2GRAY)
    box = next(s.box for s in dossier.raw.track.sightings if s.frame_index == behind.frame_index)
    # Of the picture itself only means of blocks are left; the outlines drawn on it are few.
    assert np.percentile(np.abs(cv2.Laplacian(drawn, cv2.CV_64F)), 75) <= 1
    original = next(f.luma for f in open_footage(clip).frames() if f.index == behind.frame_index)
    assert detail(original, box) > 3


def test_a_refusal_is_explained_in_words():
    of_plates = {reason for reason in Reason if reason.startswith("plate")}
    assert set(WHY_REFUSED) == set(Reason) - of_plates


def a_calibration(*, ratio=1.0, correct=False, runs=3, weaknesses=()):
    kmh = 50.0
    run = Run(reading_kmh=kmh, true_kmh=kmh * ratio, true_uncertainty_kmh=0.1)
    return Calibration(
        points=12,
        rms_m=0.009,
        lens_height_m=6.0,
        lens_height_uncertainty_m=0.02,
        drive=reference_drive([run] * runs, date(2026, 10, 2), correct=correct) if runs else None,
        weaknesses=weaknesses,
    )


@pytest.mark.parametrize(
    ("calibration", "said"),
    [
        (
            a_calibration(ratio=0.998),
            "3 runs: true speeds 0.9980 ± 0.0058 of the readings, not corrected.",
        ),
        (
            a_calibration(ratio=1.02, correct=True, runs=4),
            "4 runs: true speeds 1.0200 ± 0.0054 of the readings, corrected by it.",
        ),
        (
            a_calibration(runs=0, weaknesses=("the road is not flat.",)),
            "no reference drive. For statistics only: the road is not flat.",
        ),
    ],
    ids=["agrees", "corrects", "weak"],
)
def test_what_the_metres_rest_on_is_said_in_a_sentence(calibration, said):
    survey = "Surveyed with 12 points, rms 9 mm, the lens 6.00 ± 0.04 m above the road; "
    drive = "reference drive of 2026-10-02, " if calibration.drive else ""
    assert calibrated(calibration) == survey + drive + said


def test_hostile_names_stay_text(folder, passages):
    dossier = open_dossier(passages[0], folder)
    hostile = "<script>alert(1)</script>"
    provenance = replace(passages[0].provenance, clip=hostile)
    page = page_html(
        replace(dossier, passage=replace(passages[0], provenance=provenance)), None, ""
    )
    assert hostile not in page
    assert "&lt;script&gt;" in page


@pytest.fixture
def copied(folder, tmp_path):
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_changed_raw_data_explain_nothing(copied, passages):
    (raw,) = copied.glob(f"raw/{passages[0].id}*")
    raw.write_bytes(raw.read_bytes() + b"\0")
    result = speedcam("explain", copied, passages[0].id)
    assert result.returncode == 2
    assert "was changed" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_passage_cannot_borrow_the_raw_data_of_another(copied, passages):
    lines = (copied / "passages.jsonl").read_text().splitlines()
    first, second = json.loads(lines[0]), json.loads(lines[1])
    first["exhibits"] = second["exhibits"]
    (copied / "passages.jsonl").write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n")
    result = speedcam("explain", copied, passages[0].id)
    assert (result.returncode, "belongs to another passage" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ffffffffff"], "no passage begins with"),
        (["", "--out", "."], "no passage begins with"),
        (["{id}", "--site", str(SAMPLES / "overcast_main_road.site.toml")], "is not the site file"),
        (["{id}", "--video", str(SAMPLES / "overcast_main_road.mp4")], "is not the clip"),
    ],
)
def test_what_does_not_belong_together_is_said_so(folder, passages, arguments, said):
    result = speedcam("explain", folder, *(a.format(id=passages[0].id) for a in arguments))
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
