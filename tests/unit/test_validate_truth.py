"""Truth and reference files become one form, or one clear error."""

import json
import os

import pytest

from speedcam.errors import TruthError
from speedcam.model import Direction
from speedcam.validate.report import compare
from speedcam.validate.truth import Crossing, read_truth

TRUTH = {
    "image_size": [1920, 1080],
    "fps": 25.0,
    "survey": [],
    "vehicles": [
        {
            "id": 1,
            "kind": "truck",
            "direction": "approaching",
            "lane": "left",
            "speed_kmh": 50,
            "time_at_27_m_s": 6.167,
            "first_s": 5.5,
            "last_s": 7.5,
            "plate": "AA123BB",
        },
        {
            "id": 0,
            "direction": "receding",
            "speed_kmh": 61.5,
            "time_at_12.5_m_s": None,
            "first_s": 1,
            "last_s": 3,
        },
    ],
}

REFERENCE = {
    "fps": 25.0,
    "calibration": {
        "image_points_px": [[100, 400], [300, 400], [150, 200], [250, 200]],
        "world_points_m": [[0, -3.5], [0, 3.5], [10, -3.5], [10, 3.5]],
    },
    "reference_uncertainty": "3 %",
    "vehicles": [
        {
            "ref_id": 7,
            "first_frame": 50,
            "last_frame": 100,
            "bottom_centre_x_px_when_near": 250,
            "by_eye_marks_frame_row": [[52, 400], [90, 210.5]],
            "direction": "receding",
            "reference_kmh_by_eye": 48.5,
            "reference_kmh_auto": 47.0,
        },
        {
            "ref_id": 8,
            "first_frame": 60,
            "last_frame": 110,
            "bottom_centre_x_px_when_near": 150,
            "direction": "receding",
            "reference_kmh_by_eye": None,
            "reference_kmh_auto": 44.0,
        },
        {
            "ref_id": 9,
            "first_frame": 70,
            "last_frame": 120,
            "direction": "receding",
            "reference_kmh_by_eye": None,
            "reference_kmh_auto": None,
        },
    ],
}


def read(tmp_path, document, name="x.truth.json"):
    path = tmp_path / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return read_truth(path)


def test_a_truth_is_read_with_its_crossing_in_order_of_appearance(tmp_path):
    truth = read(tmp_path, TRUTH)
    first, second = truth.vehicles
    assert truth.exact
    assert (first.id, second.id) == ("0", "1")
    assert first.crossing is None
    assert second.crossing == Crossing(y_m=27, time_s=6.167)
    assert (second.direction, second.kind, second.lane) == (Direction.APPROACHING, "truck", "left")
    assert (second.speed_kmh, second.speed_source, second.plate) == (50, "truth", "AA123BB")
    assert (first.kind, first.lane, first.plate) == ("", None, None)


def test_the_metres_of_a_crossing_may_have_decimals(tmp_path):
    row = TRUTH["vehicles"][1] | {"time_at_12.5_m_s": 2.5}
    vehicle = read(tmp_path, TRUTH | {"vehicles": [row]}).vehicles[0]
    assert vehicle.crossing == Crossing(y_m=12.5, time_s=2.5)


def test_a_reference_gives_times_by_its_frames(tmp_path):
    vehicle = read(tmp_path, REFERENCE).vehicles[0]
    assert (vehicle.first_s, vehicle.last_s) == (2.0, 4.0)


def test_a_mark_by_eye_comes_before_the_automatic_one(tmp_path):
    vehicles = read(tmp_path, REFERENCE).vehicles
    speeds = [(vehicle.speed_kmh, vehicle.speed_source) for vehicle in vehicles]
    assert speeds == [(48.5, "by_eye"), (44.0, "auto"), (None, "none")]


def test_a_reference_places_a_vehicle_across_the_road_by_its_calibration(tmp_path):
    marked, unmarked, unplaced = read(tmp_path, REFERENCE).vehicles
    # In row 400 px, 200 px are 7 m, and 200 px from the left is the middle of the road.
    assert marked.x_m == pytest.approx(1.75)
    assert unmarked.x_m == pytest.approx(-1.75)
    assert unplaced.x_m is None


def test_a_reference_says_how_uncertain_it_is(tmp_path):
    truth = read(tmp_path, REFERENCE)
    assert not truth.exact
    assert truth.uncertainty == "3 %"


@pytest.mark.parametrize(
    ("words", "by_eye_pct", "auto_pct"),
    [
        ("+-5 %", 5, 5),
        ("by_eye +-3 % (row marking 1.5 %); auto reads 1-3.5 % lower than by_eye", 3, 6.5),
        ("by_eye 2.5%; auto reads 2 % higher than by_eye", 2.5, 4.5),
        ("auto reads 1-3.5 % lower than by_eye", 0, 0),
        ("good", 0, 0),
    ],
)
def test_a_reference_is_as_uncertain_as_its_words_say(tmp_path, words, by_eye_pct, auto_pct):
    marked, automatic, _ = read(tmp_path, REFERENCE | {"reference_uncertainty": words}).vehicles
    assert marked.uncertainty_kmh == pytest.approx(marked.speed_kmh * by_eye_pct / 100)
    assert automatic.uncertainty_kmh == pytest.approx(automatic.speed_kmh * auto_pct / 100)


def test_a_reference_that_does_not_say_how_uncertain_it_is_cannot_be_compared_with(tmp_path):
    with pytest.raises(TruthError, match="does not say how uncertain"):
        compare(read(tmp_path, REFERENCE | {"reference_uncertainty": "good"}), [])


def test_a_truth_may_state_an_uncertainty(tmp_path):
    truth = read(tmp_path, vehicle_with(uncertainty_kmh=0.4))
    assert not truth.exact
    assert truth.vehicles[0].uncertainty_kmh == 0.4


def test_an_uncertainty_is_told_where_the_file_states_none_and_nowhere_else(tmp_path):
    path = tmp_path / "x.truth.json"
    path.write_text(json.dumps(TRUTH))
    told = read_truth(path, uncertainty_pct=2.0)
    assert [v.uncertainty_kmh for v in told.vehicles] == [pytest.approx(1.23), pytest.approx(1.0)]
    path.write_text(json.dumps(vehicle_with(uncertainty_kmh=0.4)))
    with pytest.raises(TruthError, match="states the uncertainty of its speeds itself"):
        read_truth(path, uncertainty_pct=2.0)


def vehicle_with(**changes):
    return TRUTH | {"vehicles": [TRUTH["vehicles"][0] | changes]}


def calibrated(**points):
    return REFERENCE | {"calibration": REFERENCE["calibration"] | points}


TWICE_SAID = json.dumps(TRUTH).replace('"speed_kmh": 50', '"speed_kmh": 50, "speed_kmh": 90')


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is a JSON list, not an object"),
        ("{}", "vehicles: Field required"),
        (vehicle_with(speed_kmh=0), r"vehicles\.0\.speed_kmh"),
        (vehicle_with(speed_kmh=float("nan")), r"vehicles\.0\.speed_kmh"),
        (vehicle_with(direction="up"), r"vehicles\.0\.direction"),
        (vehicle_with(last_s=1), "vehicle 1 leaves before it comes"),
        (TRUTH | {"vehicles": [TRUTH["vehicles"][0]] * 2}, "two vehicles 1"),
        (vehicle_with(time_at_27_m_s="soon"), "time_at_27_m_s of vehicle 1 is no number"),
        (vehicle_with(time_at_27_m_s=float("nan")), "time_at_27_m_s of vehicle 1 is no number"),
        (vehicle_with(time_at_27_m_s=10**400), "time_at_27_m_s of vehicle 1 is no number"),
        (vehicle_with(time_at_27_m_s=60), "crosses 27 m at 60 s, but is in view from 5.5 to 7.5"),
        (vehicle_with(uncertainty_kmh=-1), r"vehicles\.0\.uncertainty_kmh"),
        (TRUTH | {"vehicles": [TRUTH["vehicles"][0], TRUTH["vehicles"][0] | {"id": 9}]},
         "vehicles 1 and 9 are at the same place at the same time"),
        (TWICE_SAID, "'speed_kmh' twice"),
        (REFERENCE | {"fps": 0}, "fps"),
        (REFERENCE | {"calibration": {}}, r"calibration\.image_points_px"),
        (calibrated(image_points_px=[[0, n] for n in range(4)]), "lie on one line"),
        (calibrated(world_points_m=[[0, 0]] * 4), "lie on one line"),
        (calibrated(world_points_m=[[n, n * n] for n in range(5)]), "4 image points for 5"),
        (calibrated(image_points_px=[[1e308, n] for n in range(4)]), "image_points_px"),
    ],
    ids=[
        "empty", "deep", "list", "nothing", "standing", "no number", "direction", "backwards",
        "twice", "no time", "nan time", "huge time", "elsewhere", "doubt", "listed twice",
        "said twice", "no rate", "no points",
        "flat picture", "flat road", "uneven", "far away",
    ],
)  # fmt: skip
def test_what_is_no_truth_is_one_clear_error(tmp_path, document, says):
    with pytest.raises(TruthError, match=says):
        read(tmp_path, document)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(TruthError, match=r"cannot read .*none\.json: No such file"):
        read_truth(tmp_path / "none.json")


def test_a_pipe_in_place_of_a_truth_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.truth.json")
    with pytest.raises(TruthError, match="not a plain file"):
        read_truth(tmp_path / "x.truth.json")


def test_footage_in_place_of_a_truth_is_refused_by_its_size(tmp_path):
    path = tmp_path / "x.mp4"
    with path.open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(TruthError, match="larger than"):
        read_truth(path)
