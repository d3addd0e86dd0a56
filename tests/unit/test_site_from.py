"""Research footage gets a complete site file."""

import json

import pytest

from speedcam.model import Direction
from speedcam.site import load_site
from tests.bench.site_from import main, site_text

# A camera 6 m above the road at x = 0, tilted so that these numbers are simple.
TRUTH = {
    "image_size": [1920, 1080],
    "camera": {"height_m": 6.0},
    "survey": [
        {"px": [960 + 1000 * x / y, 100 + 8000 / y], "m": [x, y]}
        for y in (10, 20, 40)
        for x in (-4, 0, 4)
    ],
    "vehicles": [
        {"id": 0, "direction": "receding", "lane": "right", "speed_kmh": 50, "first_s": 1,
         "last_s": 2},
        {"id": 1, "direction": "approaching", "lane": "left", "speed_kmh": 50, "first_s": 3,
         "last_s": 4},
    ],
}  # fmt: skip

REFERENCE = {
    "fps": 25,
    "calibration": {
        "image_points_px": [point["px"] for point in TRUTH["survey"]],
        "world_points_m": [point["m"][::-1] for point in TRUTH["survey"]],
    },
    "vehicles": [
        {"ref_id": 0, "first_frame": 0, "last_frame": 30, "direction": "receding",
         "bottom_centre_x_px_when_near": 1200, "reference_kmh_by_eye": 50},
    ],
}  # fmt: skip


def site_of(tmp_path, document, name, limit_kmh=80):
    path = tmp_path / name
    path.write_text(json.dumps(document))
    made = tmp_path / "made.site.toml"
    made.write_text(site_text(path, limit_kmh), encoding="utf-8")
    return load_site(made)


def lanes_of(site):
    return [(lane.name, lane.direction, lane.left_m, lane.right_m) for lane in site.lanes]


def test_a_truth_gives_its_survey_its_lanes_and_its_height(tmp_path):
    site = site_of(tmp_path, TRUTH, "sun__x.truth.json")
    assert [point.m for point in site.survey.points] == [tuple(p["m"]) for p in TRUTH["survey"]]
    assert lanes_of(site) == [
        ("left", Direction.APPROACHING, -4, 0),
        ("right", Direction.RECEDING, 0, 4),
    ]
    assert (site.zone.near_m, site.zone.far_m) == (10, 40)
    assert site.survey.lens_height_m == 6
    assert site.camera_id == "DEMO-SUN-X"


def test_a_reference_is_turned_to_x_right_and_y_along(tmp_path):
    site = site_of(tmp_path, REFERENCE, "x.reference.json")
    assert [point.m for point in site.survey.points] == [tuple(p["m"]) for p in TRUTH["survey"]]
    assert lanes_of(site) == [("1", Direction.RECEDING, -4, 0), ("2", Direction.RECEDING, 0, 4)]


@pytest.mark.parametrize(
    ("u_px", "edges"),
    [(460, [-8, -4, 0, 4]), (1460, [-4, 0, 4, 8]), (960, [-4, 0, 4])],
    ids=["left", "right", "within"],
)
def test_a_vehicle_beside_the_survey_gets_a_lane_of_its_own(tmp_path, u_px, edges):
    vehicle = REFERENCE["vehicles"][0] | {"bottom_centre_x_px_when_near": u_px}
    site = site_of(tmp_path, REFERENCE | {"vehicles": [vehicle]}, "x.reference.json")
    assert [site.lanes[0].left_m, *(lane.right_m for lane in site.lanes)] == edges


def test_more_named_lanes_than_surveyed_ones_share_the_width(tmp_path):
    middle = TRUTH["vehicles"][0] | {"id": 2, "lane": "middle"}
    more = TRUTH | {"vehicles": [*TRUTH["vehicles"], middle]}
    site = site_of(tmp_path, more, "x.truth.json")
    assert [lane.name for lane in site.lanes] == ["left", "middle", "right"]
    assert site.lanes[1].left_m == pytest.approx(-4 / 3, abs=1e-3)


def test_the_limit_is_the_one_asked_for(tmp_path):
    site = site_of(tmp_path, TRUTH, "x.truth.json", limit_kmh=50)
    assert {lane.limit_kmh for lane in site.lanes} == {50}
    assert site.road_kind == "urban"


def test_made_up_names_say_so(tmp_path):
    site = site_of(tmp_path, REFERENCE, "x.reference.json")
    assert all("Demo" in name for name in (site.camera_name, site.place_name, site.road))


def test_the_same_file_gives_the_same_bytes(tmp_path, capsys):
    path = tmp_path / "x.truth.json"
    path.write_text(json.dumps(TRUTH))
    assert main([str(path)]) == main([str(path)]) == 0
    text = capsys.readouterr().out
    assert text[: len(text) // 2] == text[len(text) // 2 :]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "is not JSON"),
        (json.dumps(TRUTH | {"survey": []}), "has 0 surveyed points"),
        (
            json.dumps(TRUTH | {"survey": [p for p in TRUTH["survey"] if p["m"][0] == 0] * 2}),
            "on one line",
        ),
    ],
)
def test_a_file_without_a_survey_is_told(tmp_path, capsys, document, says):
    path = tmp_path / "x.truth.json"
    path.write_text(document)
    assert main([str(path)]) == 2
    assert says in capsys.readouterr().err
