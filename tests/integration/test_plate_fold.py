"""Small plates in encoded footage, which every frame shows wrong in the same way."""

import pytest

from speedcam.adapters.plates import RapidPlateReader
from speedcam.model import Refusal
from speedcam.plate import vote
from tests.bench.plates_passing import looks, passing


@pytest.fixture(scope="module")
def reader():
    return RapidPlateReader()


@pytest.mark.parametrize("seed", [502, 547, 3320])
def test_a_five_that_all_frames_show_as_a_six_is_not_read_as_one(reader, seed, tmp_path):
    vehicle = passing(seed)
    reading = vote(reader.read_track(looks(vehicle, tmp_path)))
    assert isinstance(reading, Refusal) or reading.text == vehicle.text
