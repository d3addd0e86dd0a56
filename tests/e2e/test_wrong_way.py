"""Who drives against a lane, on simulated footage: a sample clip whose lane leads the other way."""

import json
from pathlib import Path

import pytest

from services.intake import Outcome
from services.model import OffenceKind
from services.office import issue, receive, review, waiting
from services.policy import demo_auto_1, missing_proof
from services.store import open_store
from speedcam.model import Direction, ExhibitKind, PlateReading, SpeedMeasurement
from speedcam.process_cli import process_files
from speedcam.site import load_site
from tests.builders_office import SetClock
from tests.builders_variants import cut

SAMPLES = Path(__file__).resolve().parents[2] / "sample_videos"
CLIP = SAMPLES / "sun_two_way.mp4"
SECONDS = 5.0
WHEN_WET = '[[lanes.limits]]\nlimit_kmh = 35\nweather = ["wet", "snow"]\n'
TURNED = 'name = "1"\ndirection = "receding"\nnobody_against = true\n'


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The first seconds of the clip, lane 1 being a one-way lane away from the camera."""
    folder = tmp_path_factory.mktemp("wrong-way")
    site = (SAMPLES / "sun_two_way.site.toml").read_text()
    lane = 'name = "1"\ndirection = "approaching"\n'
    assert lane in site
    wet = site.replace("[survey]", 'weather = "wet"\n\n[survey]') + WHEN_WET
    (folder / "clip.site.toml").write_text(wet.replace(lane, TURNED))
    clip = cut(CLIP, folder / "clip.mp4", SECONDS)
    (result,) = process_files([(clip, load_site(folder / "clip.site.toml"))], folder / "out")
    return result


def test_exactly_those_who_truly_drove_against_it_are_told(recorded):
    truth = json.loads((SAMPLES / "sun_two_way.truth.json").read_text())["vehicles"]
    against = [v for v in truth if v["lane"] == "1" and v["last_s"] < SECONDS]
    measured = [p for p in recorded.passages if isinstance(p.speed, SpeedMeasurement)]
    told = [p for p in measured if p.conditions.against_lane]
    assert len(told) == len(against) == 1
    assert told[0].direction is Direction.APPROACHING
    plate = told[0].plate
    assert not isinstance(plate, PlateReading) or plate.text == against[0]["plate"]
    kept = {exhibit.kind for exhibit in told[0].exhibits}
    assert kept >= {ExhibitKind.STILL_FIRST, ExhibitKind.STILL_LAST, ExhibitKind.PHOTO}
    assert len(measured) > len(told)
    for other in measured:
        if other not in told:
            assert not isinstance(other.plate, PlateReading)


def test_the_limit_that_held_in_that_weather_is_part_of_the_passage(recorded):
    for passage in recorded.passages:
        wet = passage.lane == "2"
        assert passage.limit_kmh == (35 if wet else 40)
        assert passage.conditions.limit_rule == ("snow/wet" if wet else "")
        assert passage.conditions.weather == "wet"


def test_the_office_keeps_it_for_a_person_and_fines_nobody(recorded, tmp_path):
    clock = SetClock()
    with open_store(tmp_path / "office", create=True) as store:
        report = receive(store, recorded.passages_path, clock)
        assert report.count(Outcome.CASE) == 1
        review(store, demo_auto_1, clock)
        (case,) = waiting(store)
        assert case.violation.kind is OffenceKind.WRONG_WAY
        assert "a report to the authority" in "; ".join(missing_proof(case.violation))
        assert issue(store, clock) == ()
