"""The benchmark counts what it should, and never takes a stale render."""

import json
from dataclasses import asdict, replace

import pytest

from tests.bench import renders_work
from tests.bench.renders import BAD_COMMAND, OK, main
from tests.bench.renders_report import document, lines
from tests.bench.renders_seen import Ghost, Outcome, Seen, bars
from tests.bench.renders_work import digest, outcome_of
from tests.bench.streets import CLIPS


def seen(**overrides):
    facts = {
        "clip": "street", "id": "1", "kind": "sedan", "plate": "right", "occluded": 0.0,
        "way": "constant", "doubtful": False, "truth_kmh": 80.0, "reading_kmh": 80.2,
        "uncertainty_kmh": 1.0, "grade": "A", "refusal": None,
    }  # fmt: skip
    return Seen(**facts | overrides)


def refused(**overrides):
    nothing = {"reading_kmh": None, "uncertainty_kmh": None, "grade": None, "refusal": "scattered"}
    return seen(**nothing | overrides)


def outcome(*vehicles, ghosts=(), **overrides):
    facts = {
        "clip": "street", "site": "school", "conditions": ("sun", "crf 24"), "vehicles": vehicles,
        "ghosts": ghosts, "render_cpu_s": 2.0, "process_cpu_s": 1.0,
    }  # fmt: skip
    return Outcome(**facts | overrides)


def verdicts(*outcomes):
    return [bar.holds for bar in bars(outcomes)]


@pytest.mark.parametrize(
    ("truth_kmh", "reading_kmh", "grade", "wrong"),
    [
        (80.0, 81.0, "A", False),
        (80.0, 81.01, "A", True),
        (80.0, 78.99, "A", True),
        (150.0, 151.5, "A", False),
        (150.0, 151.6, "A", True),
        (80.0, 82.9, "B", False),
    ],
)
def test_a_fine_may_be_wrong_by_1_kmh_or_1_percent(truth_kmh, reading_kmh, grade, wrong):
    vehicle = seen(truth_kmh=truth_kmh, reading_kmh=reading_kmh, grade=grade)
    assert vehicle.is_fined_wrongly is wrong
    assert verdicts(outcome(vehicle))[0] is not wrong


def test_no_grade_excuses_an_over_reading():
    assert verdicts(outcome(seen(reading_kmh=83.1, grade="B")))[1] is False
    assert verdicts(outcome(seen(reading_kmh=76.0, grade="B")))[1] is True


def test_in_doubt_a_refusal_is_right_and_a_wrong_reading_is_not():
    low = {"reading_kmh": 76.5, "grade": "B"}
    assert verdicts(outcome(seen(**low, doubtful=True)))[2] is False
    assert verdicts(outcome(seen(**low)))[2] is True
    assert not list(refused(doubtful=True).faults())


def test_a_ghost_may_not_bear_a_grade_a():
    ghosts = [Ghost(clip="street", reading_kmh=50.0, grade=g, beside=None) for g in "AB"]
    assert verdicts(outcome(seen(), ghosts=ghosts[1:]))[3] is True
    assert verdicts(outcome(seen(), ghosts=ghosts))[3] is False


@pytest.mark.parametrize(
    "excuse",
    [{"occluded": 0.2}, {"way": "braking"}, {"doubtful": True}, {"kind": "bicycle"}],
    ids=str,
)
def test_only_plain_vehicles_must_be_captured(excuse):
    many = [seen(id=str(i)) for i in range(49)]
    assert verdicts(outcome(*many, refused()))[4] is True
    assert verdicts(outcome(*many, refused(), refused()))[4] is False
    assert verdicts(outcome(*many, refused(), refused(**excuse)))[4] is True


def test_nothing_measured_proves_nothing():
    assert not all(verdicts())


def test_the_document_counts_by_clip_condition_and_site():
    wrong = seen(id="2", reading_kmh=82.0)
    ghost = Ghost(clip="lane", reading_kmh=50.0, grade="B", beside="1")
    told = document(
        [
            outcome(seen(), wrong),
            outcome(refused(), clip="lane", conditions=("dusk", "crf 24"), ghosts=(ghost,)),
        ],
        {"alley": "it broke"},
    )
    assert told["pooled"]["n"] == told["conditions"]["crf 24"]["n"] == told["sites"]["school"]["n"]
    assert told["pooled"]["captured"] == told["conditions"]["sun"]["captured"] == 2
    assert told["clips"]["street"]["worst_a_kmh"] == pytest.approx(2.0)
    assert told["clips"]["street"]["worst_a_pct"] == pytest.approx(2.5)
    assert told["clips"]["lane"]["ghosts_b"] == 1
    assert [row["id"] for row in told["bad"]] == ["2", "1"]
    assert json.loads(json.dumps(told, allow_nan=False))


def test_the_text_names_whoever_was_failed():
    told = document([outcome(seen(id="7", reading_kmh=82.0), refused(id="8"))], {"alley": "broke"})
    text = "\n".join(lines(told))
    assert "BAD street 7 sedan: truth 80.00, read 82.00 (A); grade A beyond 1" in text
    assert "BAD street 8 sedan: truth 80.00, read -; not captured; scattered" in text
    assert "NOT DONE alley: broke" in text
    assert "FAIL grade A beyond 1 km/h and 1 %: 1 (wanted 0)" in text


def test_an_outcome_survives_its_json():
    ghost = Ghost(clip="street", reading_kmh=50.0, grade="B", beside=None)
    told = outcome(seen(), refused(id="2"), ghosts=(ghost,))
    assert outcome_of(json.loads(json.dumps(asdict(told)))) == told


def test_a_stale_render_is_told_by_its_scene_and_its_source(monkeypatch, tmp_path):
    clip = CLIPS["school_sun"]
    assert digest(clip) == digest(replace(clip))
    assert digest(replace(clip, scene=replace(clip.scene, seed=7))) != digest(clip)
    (tmp_path / "__init__.py").write_text("")
    monkeypatch.setattr(renders_work.speedcam.simulate, "__file__", str(tmp_path / "__init__.py"))
    before = digest(clip)
    (tmp_path / "lamps.py").write_text("GLARE = 2")
    assert digest(clip) != before


def test_the_list_needs_no_folder_and_a_run_does(capsys):
    assert main(["--list", "low_pole_moved"]) == OK
    assert "12 vehicles" in capsys.readouterr().out
    assert main(["low_pole_moved"]) == BAD_COMMAND
    assert main(["nowhere", "--list"]) == BAD_COMMAND
