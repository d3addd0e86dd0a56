"""Track files and the readings of their tracks."""

import json

import pytest

from speedcam.errors import TruthError
from speedcam.model import Direction
from speedcam.validate.readings import read_readings
from speedcam.validate.report import compare_tracks
from speedcam.validate.truth import read_truth

FAR_LINE, NEAR_LINE = [0.0, 1.0, -200.0], [0.0, 1.0, -900.0]


def a_gated(car=1, kmh=80.0, first=1, valid=True, **tracks) -> dict:
    """A vehicle that crossed line ``first`` (1: the far one) first."""
    return {
        "car_id": car,
        "speed_kmh": kmh,
        "valid": valid,
        "lanes": [0],
        "crossings": [
            {"line": first, "video_time_s": 48.7},
            {"line": 1 - first, "video_time_s": 49.9},
        ],
        "track_id": tracks or {"blob": car},
    }


def tracks_with(*rows, **more) -> dict:
    return {
        "image_size": [1920, 1080],
        "measurement_lines_abc": [NEAR_LINE, FAR_LINE],
        "track_sources": {"blob": {}, "dubska": {}},
        "truth": list(rows),
    } | more


@pytest.fixture
def track_file(tmp_path):
    def write(*rows, **more):
        path = tmp_path / "tracks.json"
        path.write_text(json.dumps(tracks_with(*rows, **more)))
        return path

    return write


@pytest.fixture
def readings(tmp_path):
    def write(*rows):
        path = tmp_path / "readings.jsonl"
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_only_valid_vehicles_with_a_track_of_the_tracker_count(track_file):
    path = track_file(
        a_gated(1, blob=5), a_gated(2, dubska=6), a_gated(3, 0.0, valid=False, blob=7)
    )
    vehicles = read_truth(path, tracker="blob").vehicles
    assert [(v.id, v.track_id, v.speed_source) for v in vehicles] == [("1", 5, "gate")]


@pytest.mark.parametrize(
    ("first", "direction"), [(1, Direction.APPROACHING), (0, Direction.RECEDING)]
)
def test_who_crosses_the_higher_line_of_the_picture_first_approaches(track_file, first, direction):
    vehicle = read_truth(track_file(a_gated(first=first)), tracker="blob").vehicles[0]
    assert vehicle.direction is direction


def test_the_only_tracker_need_not_be_named(track_file):
    assert read_truth(track_file(a_gated(), track_sources={"blob": {}})).vehicles


@pytest.mark.parametrize(
    ("rows", "tracker", "says"),
    [
        ([a_gated()], None, "several trackers. Name one with --tracker: blob, dubska"),
        ([a_gated()], "x", "no tracks of x"),
        ([a_gated()], "dubska", "no vehicle with a valid speed and a track of dubska"),
        ([a_gated(1), a_gated(1, blob=2)], "blob", "two vehicles 1"),
        ([a_gated(1, blob=4), a_gated(2, blob=4)], "blob", "track 4 to two vehicles"),
        ([a_gated(kmh=0.0)], "blob", "vehicle '1' is valid at 0 km/h"),
        ([a_gated() | {"crossings": []}], "blob", "crossed no line"),
        ([a_gated(first=1) | {"crossings": [{"line": 9, "video_time_s": 1}]}], "blob", "line 9"),
    ],
    ids=["unnamed", "unknown", "empty", "same id", "same track", "standing", "nowhere", "no line"],
)
def test_a_track_file_that_says_too_little_or_too_much_is_refused(track_file, rows, tracker, says):
    with pytest.raises(TruthError, match=says):
        read_truth(track_file(*rows), tracker=tracker)


def test_a_truth_without_tracks_takes_no_tracker(tmp_path):
    path = tmp_path / "x.truth.json"
    path.write_text('{"vehicles": []}')
    with pytest.raises(TruthError, match="holds no tracks"):
        read_truth(path, tracker="blob")


def test_readings_are_compared_by_their_track(track_file, readings):
    truth = read_truth(track_file(*(a_gated(n, 80.0) for n in range(1, 4))), tracker="blob")
    made = read_readings(
        readings(
            {"track_id": 9, "speed_kmh": 50, "uncertainty_kmh": 1},
            {"track_id": 2, "refusal": "scattered"},
            {"track_id": 1, "speed_kmh": 81, "uncertainty_kmh": 2, "grade": "B"},
        )
    )
    report = compare_tracks(truth, made)
    assert [vehicle.outcome for vehicle in report.vehicles] == ["measured", "refused", "missed"]
    assert report.vehicles[0].e_n == 0.5
    assert (report.pooled.bias_kmh, report.refusals, report.grades) == (
        1, {"scattered": 1}, {"B": 1},
    )  # fmt: skip
    assert [extra.passage_id for extra in report.extra] == ["track 9"]
    assert report.ghosts == 1


def test_readings_of_tracks_need_a_truth_with_tracks(tmp_path):
    path = tmp_path / "x.truth.json"
    row = {"id": 1, "direction": "receding", "speed_kmh": 50, "first_s": 1, "last_s": 2}
    path.write_text(json.dumps({"vehicles": [row]}))
    with pytest.raises(TruthError, match="holds no tracks"):
        compare_tracks(read_truth(path), [])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{", "line 2 is not a reading"),
        ({"track_id": 2}, "either a speed_kmh or a refusal"),
        ({"track_id": 2, "speed_kmh": 50, "refusal": "x"}, "either a speed_kmh or a refusal"),
        ({"track_id": 2, "refusal": "x", "grade": "A"}, "no uncertainty and no grade"),
        ({"track_id": 2, "speed_kmh": 0}, "speed_kmh"),
        ({"track_id": 2, "speed_kmh": 50, "uncertainty_kmh": 0}, "uncertainty_kmh"),
        ({"track_id": 2, "speed_kmh": 50, "grade": "C"}, "grade"),
        ({"track_id": 2, "kmh": 50}, "kmh"),
        ({"track_id": 1, "refusal": "x"}, "line 2 reads track 1 again"),
    ],
    ids=["json", "nothing", "both", "graded", "standing", "certain", "grade", "key", "again"],
)
def test_what_is_no_reading_is_told_with_its_line(readings, row, says):
    with pytest.raises(TruthError, match=says):
        read_readings(readings({"track_id": 1, "speed_kmh": 50}, row))
