"""Tracks of others: what is measured of them, what is left out, and what is printed."""

import json
from itertools import pairwise

import numpy as np
import pytest

from tests.bench.track_file import OUTLINE_M, read_track_file, steady_piece
from tests.bench.tracks import Course, document, groups, main, show, speeds_of
from tests.builders_camera import camera_px

FRAMES_PER_S = 50.0
LINES_M = (14.0, 21.0, 28.0, 36.0)
EDGES_M = (-4.0, 4.0)


def pixel(x_m, y_m, height_m=0.0):
    return camera_px(np.array([x_m]), np.array([y_m]), height_m)[0].tolist()


def a_file(rows, speeds_kmh):
    """A view of the test camera: lines taped on both edges, tracks of one tracker, gates."""
    ends = [(x, a, b) for x in EDGES_M for a, b in pairwise(LINES_M)]
    along = [(pixel(x, a), pixel(x, b), b - a, True) for x, a, b in ends]
    across = [(pixel(EDGES_M[0], y), pixel(EDGES_M[1], y), 8.0, False) for y in LINES_M[::3]]
    corners = [(x, y) for y in LINES_M[::3] for x in EDGES_M]
    return {
        "image_size": [1920, 1080],
        "fps": FRAMES_PER_S,
        "measured_distances": [
            {"p1": p, "p2": q, "metres": m, "along_road": way} for p, q, m, way in along + across
        ],
        "tape_calibration": {
            "image_points_px": [pixel(x, y) for x, y in corners],
            "world_points_m": [[y, -x] for x, y in corners],
            "homography_image_to_road_m": to_road().tolist(),
        },
        "measurement_lines_abc": [[0.0, 1.0, -pixel(0, y)[1]] for y in (15.0, 35.0)],
        "track_sources": {"box": {"tracks": rows}},
        "truth": [
            {"car_id": i, "speed_kmh": kmh, "valid": True, "lanes": [0],
             "crossings": [{"line": 1, "video_time_s": i}, {"line": 0, "video_time_s": i + 1}],
             "track_id": {"box": rows[i]["id"]}}
            for i, kmh in enumerate(speeds_kmh)
        ],
        "baseline": {"box": {"mean_abs_kmh": 2.0, "p95_abs_kmh": 4.0}},
    }  # fmt: skip


def to_road():
    """Homography from pixels to (along, to the left), from four corners."""
    from speedcam.homography import fit_homography

    corners = [(x, y) for y in LINES_M[::3] for x in EDGES_M]
    return fit_homography(
        np.array([pixel(x, y) for x, y in corners]), np.array([[y, -x] for x, y in corners])
    )


def a_row(track_id, kmh, *, first=0, x_m=0.0, height_m=OUTLINE_M, from_m=36.0, to_m=14.0):
    """A point ``height_m`` above the road that approaches at constant speed."""
    seconds = abs(from_m - to_m) / (kmh / 3.6)
    frames = np.arange(first, first + int(seconds * FRAMES_PER_S))
    y_m = from_m - kmh / 3.6 * (frames - first) / FRAMES_PER_S
    px = [pixel(x_m, y, height_m) for y in y_m]
    return {"id": track_id, "frames": frames.tolist(),
            "x": [u for u, _ in px], "y": [v for _, v in px]}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    rows = [a_row(7, 60.0), a_row(8, 90.0, first=400), a_row(9, 50.0, first=900, to_m=31.0)]
    (tmp_path / "view.json").write_text(json.dumps(a_file(rows, [60.0, 90.0, 50.0])))
    return tmp_path


def test_a_point_at_the_assumed_height_reads_what_it_drives(folder):
    (only,) = groups(folder)
    errors = [v.error_kmh for v in only.report.vehicles[:2]]
    assert errors == pytest.approx([0.0, 0.0], abs=0.3)
    assert only.beats_baseline


def test_a_track_that_holds_too_little_of_the_road_counts_as_broken(folder):
    (only,) = groups(folder)
    assert only.report.vehicles[2].refusal == "short_baseline"
    assert only.broken == only.report.pooled.refused == 1


def test_the_doubt_of_where_the_point_sits_covers_the_road_and_the_bumper(tmp_path):
    rows = [a_row(1, 80.0, height_m=0.0), a_row(2, 80.0, first=300, height_m=0.2)]
    (tmp_path / "view.json").write_text(json.dumps(a_file(rows, [80.0, 80.0])))
    (only,) = groups(tmp_path)
    low, high = only.report.vehicles
    assert low.error_kmh < -0.5 < 0.5 < high.error_kmh
    assert low.e_n < 1 > high.e_n


def test_of_two_tracks_on_one_vehicle_the_upper_one_is_refused(tmp_path):
    rows = [a_row(1, 70.0), a_row(2, 70.0, height_m=1.2), a_row(3, 70.0, height_m=1.2, x_m=3.5)]
    (tmp_path / "view.json").write_text(json.dumps(a_file(rows, [70.0, 70.0, 70.0])))
    speeds = speeds_of(read_track_file(tmp_path / "view.json"), "box")
    assert speeds[1].speed_kmh == pytest.approx(70, abs=0.3)
    assert speeds[2].reason == "features_disagree"
    assert speeds[3].speed_kmh > 80, "no other track in its lane tells that it is too high"


def test_a_standing_end_and_what_follows_a_jump_are_left_out():
    time_s = np.arange(80) / FRAMES_PER_S
    y_m = 36 - 20 * time_s
    y_m[60:] = y_m[60]
    y_m[:15] += 6.0
    good = steady_piece(time_s, y_m)
    assert good[16:58].all()
    assert not good[:15].any()
    assert not good[61:].any()


def test_too_short_and_standing_tracks_hold_no_steady_piece():
    assert not steady_piece(np.arange(8) / 50, np.arange(8.0)).any()
    assert not steady_piece(np.arange(30) / 50, np.full(30, 20.0)).any()


def test_tracks_that_never_met_are_no_parts_of_one_vehicle():
    one = Course(frames=np.arange(10.0), x_m=0.0, y_m=30 - np.arange(10.0))
    later = Course(frames=np.arange(20.0, 30.0), x_m=0.0, y_m=27 - np.arange(10.0))
    assert not one.rides_above(later)
    assert not one.rides_above(one)


def test_the_json_has_the_same_figures_for_all_and_for_each(folder, capsys):
    assert main([str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    wanted = {"n", "captured", "refused", "mean_abs_kmh", "median_abs_kmh", "p95_abs_kmh",
              "max_abs_kmh", "bias_kmh", "within_1", "within_3", "over_3", "coverage",
              "grade_a", "broken"}  # fmt: skip
    for each in (told["pooled"], told["views"]["view"], told["groups"]["view box"]):
        assert wanted <= each.keys()
    assert [v["reading_kmh"] is None for v in told["vehicles"]] == [False, False, True]


def test_the_table_names_view_tracker_and_pool(folder, capsys):
    from rich.console import Console

    show(list(groups(folder)), Console(width=160))
    shown = capsys.readouterr().out
    assert "view" in shown
    assert "box" in shown
    assert "all" in shown
    assert document(list(groups(folder)))["pooled"]["n"] == 3


@pytest.mark.parametrize(("content", "word"), [(None, "no track files"), ("{}", "no track files")])
def test_a_folder_without_tracks_is_told_in_words(tmp_path, capsys, content, word):
    if content is not None:
        (tmp_path / "other.json").write_text(content)
    assert main([str(tmp_path)]) == 2
    assert word in capsys.readouterr().err


def test_a_damaged_track_file_is_named(tmp_path, capsys):
    (tmp_path / "broken.json").write_text('{"track_sources": {}, "fps": 50}')
    assert main([str(tmp_path)]) == 2
    assert "broken.json" in capsys.readouterr().err
