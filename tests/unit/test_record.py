"""The JSON form of a passage: what is written can be read, by this version and the next."""

import json
from dataclasses import replace

import pytest

from speedcam import record
from speedcam.errors import PassageError
from speedcam.model import (
    PASSAGE_SCHEMA,
    PlateRead,
    PlateReading,
    Reason,
    Refusal,
    Vehicle,
    VehicleClass,
    VehicleSize,
)
from tests.builders_validate import a_passage

VAN = Vehicle(
    kind=VehicleClass.VAN,
    by="size",
    size=VehicleSize(
        length_m=5.4,
        width_m=2.1,
        height_m=2.3,
        length_uncertainty_m=1.1,
        width_uncertainty_m=0.3,
        height_uncertainty_m=0.3,
    ),
)


@pytest.mark.parametrize(
    "vehicle",
    [
        pytest.param(VAN, id="by-size"),
        pytest.param(replace(VAN, by="detector", size=None), id="by-a-detector"),
        pytest.param(Vehicle(kind=VehicleClass.UNKNOWN, by=None, size=None), id="unknown"),
    ],
)
def test_what_passed_comes_back(vehicle):
    passage = replace(a_passage(), vehicle=vehicle)
    assert record.loads(record.dumps(passage)) == passage


def test_a_passage_that_did_not_yet_say_what_passed_is_read_and_written_as_it_was():
    place = replace(a_passage().place, clock=None)
    older = replace(a_passage(), schema=2, place=place)
    line = record.dumps(older)
    assert "vehicle" not in json.loads(line)
    assert record.loads(line) == older


def test_an_older_passage_that_says_what_passed_is_refused():
    newer = json.loads(record.dumps(replace(a_passage(), vehicle=VAN)))
    with pytest.raises(PassageError, match="another form"):
        record.loads(json.dumps(newer | {"schema": 2}))


@pytest.mark.parametrize("schema", [2, 3, 4])
def test_a_passage_whose_plate_says_nothing_of_frames_is_read_and_written_as_it_was(schema):
    plate = PlateReading(text="AA000BB", confidence=0.98, frames=3)
    place = replace(a_passage().place, clock=None)
    older = replace(a_passage(), schema=schema, place=place, plate=plate)
    line = record.dumps(older)
    assert "reads" not in json.loads(line)["plate"]
    assert record.loads(line) == older
    reads = (PlateRead(time_s=1.5, width_px=101.0, text="AA000BB", sure=0.9),)
    newer = replace(a_passage(), plate=replace(plate, reads=reads))
    assert record.loads(record.dumps(newer)) == newer
    told = json.loads(record.dumps(newer)) | {"schema": schema}
    with pytest.raises(PassageError, match="another form"):
        record.loads(json.dumps(told))


def test_an_older_passage_without_a_plate_is_written_as_it_was():
    for plate in (None, Refusal(reason=Reason.PLATE_NOT_SURE)):
        older = replace(a_passage(), schema=4, plate=plate)
        assert record.loads(record.dumps(older)) == older


def test_a_passage_of_a_schema_to_come_is_refused():
    passage = json.loads(record.dumps(a_passage()))
    with pytest.raises(PassageError, match="schema"):
        record.loads(json.dumps(passage | {"schema": PASSAGE_SCHEMA + 1}))
