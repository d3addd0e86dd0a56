"""Strangers in the picture are found before it is redacted, and nowhere in it afterwards.

The quick share of ``make bench BENCH=hiding``: a drawn scene, the real reader, OpenCV's cascades.
"""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from speedcam.adapters.evidence import encode_jpeg
from speedcam.adapters.plates import RapidPlateReader
from speedcam.adapters.redact import MosaicRedactor
from speedcam.adapters.unwanted import Faces, OtherPlates
from speedcam.model import Box, VehicleClass
from speedcam.subject import Subject
from tests.bench.hiding import STRANGER, planted
from tests.bench.looks import Looks
from tests.builders_faces import with_face
from tests.builders_plates import plate_texture

WHOLE = Box(left=0, top=0, right=1280, bottom=720)
VEHICLE = Box(left=480, top=230, right=800, bottom=580)
PLATE = Box(left=590, top=478, right=690, bottom=499)
SUBJECT = Subject(vehicle=VEHICLE, plate=PLATE, kind=VehicleClass.CAR, front=True, clear=True)
OWN = "AA 123 BB"


@pytest.fixture(scope="module")
def reader():
    return RapidPlateReader()


@pytest.fixture(scope="module")
def redactor(reader):
    return MosaicRedactor(finders=(Faces(), OtherPlates(reader=reader)))


@pytest.fixture(scope="module")
def looks(reader):
    return Looks(reader=reader, model=None)


@pytest.fixture(scope="module")
def scene():
    """A grey street with a blue car from the front, and strangers around, in and before it."""
    noise = np.random.default_rng(0).normal(120, 4, (720, 1280, 3))
    street = np.clip(noise, 0, 255).astype(np.uint8)
    cv2.rectangle(street, (484, 330), (796, 570), (120, 60, 40), -1)
    cv2.rectangle(street, (510, 236), (770, 340), (60, 50, 45), -1)
    size = (round(PLATE.width), round(PLATE.height))
    plate = cv2.resize(plate_texture(OWN), size, interpolation=cv2.INTER_AREA)
    street[478 : 478 + size[1], 590:690] = plate
    return planted(street, SUBJECT)


@pytest.fixture(scope="module")
def public(scene, redactor):
    content = np.frombuffer(encode_jpeg(redactor.redact(scene.picture, SUBJECT)), np.uint8)
    return cv2.imdecode(content, cv2.IMREAD_COLOR)


def is_found(box, found):
    return any(box.overlap(other) > 0.25 * min(box.area, other.area) for other in found)


def test_everybody_can_be_found_before(scene, looks):
    faces = looks.faces(scene.picture, WHOLE)
    assert set(scene.faces) == {"passenger", "left", "right", "before the bumper"}
    assert all(is_found(box, faces) for box in scene.faces.values())
    lines = looks.plates(scene.picture, WHOLE, PLATE)
    assert all(is_found(box, lines) for box in scene.plates.values())


def test_nobody_can_be_found_after(public, looks):
    assert looks.faces(public, WHOLE) == []
    assert looks.plates(public, WHOLE, PLATE) == []


def test_the_own_plate_can_still_be_read(public, looks):
    around = Box(left=580, top=468, right=700, bottom=509)
    assert looks.text(public, around) == OWN.replace(" ", "")


def test_without_the_second_look_a_face_before_the_bumper_would_be_seen(scene, looks):
    redacted = MosaicRedactor().redact(scene.picture, SUBJECT)
    assert is_found(scene.faces["before the bumper"], looks.faces(redacted, WHOLE))


def test_where_the_way_is_not_clear_geometry_alone_hides_everybody(scene, looks):
    redacted = MosaicRedactor().redact(scene.picture, replace(SUBJECT, clear=False))
    assert looks.faces(redacted, WHOLE) == []
    assert looks.plates(redacted, WHOLE, PLATE) == []


@pytest.mark.parametrize("side_px", [28, 40, 64])
def test_a_face_is_found_where_it_is(side_px):
    place = Box(left=300, top=200, right=300 + side_px, bottom=200 + side_px)
    subject = Subject(vehicle=place, plate=None)
    street = np.full((480, 640, 3), 120, np.uint8)
    around = Box(left=200, top=150, right=450, bottom=350)
    found = Faces()(with_face(street, place), subject, around)
    assert is_found(place, found)
    assert Faces()(street, subject, around) == []


def test_a_part_too_small_for_a_face_has_none():
    tiny = Box(left=300, top=200, right=308, bottom=206)
    street = np.full((480, 640, 3), 120, np.uint8)
    assert Faces()(street, Subject(vehicle=tiny, plate=None), tiny) == []


def test_the_own_plate_is_no_stranger(reader, scene):
    finder = OtherPlates(reader=reader)
    part = Box(left=560, top=440, right=720, bottom=570)
    said = [line.text for line in finder.lines(scene.picture, SUBJECT, part)]
    assert said == [STRANGER.replace(" ", "")]
