"""The plate that is read is the one of the vehicle that was measured, or none is read."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from speedcam.adapters.plates import RapidPlateReader
from speedcam.model import Box, PlateReading, Reason
from speedcam.plate import vote
from speedcam.plate_place import PlatePlace
from speedcam.ports import Look
from tests.builders_plates import a_drawn_plate, a_frame

MINE, OTHER = "KR 508 TL", "MP 277 XV"
FRAMES = 4


@pytest.fixture(scope="module")
def reader():
    return RapidPlateReader()


def patch_of(drawn):
    """The rows and columns of a drawn plate, with a little of what is around it."""
    (left, top), (right, bottom) = drawn.corners_px.min(axis=0), drawn.corners_px.max(axis=0)
    return slice(int(top) - 4, int(bottom) + 5), slice(int(left) - 4, int(right) + 5)


def a_look(index, *others, place=None):
    """A vehicle with its own plate, and the plates that ``others`` draw into the same picture."""
    drawn = a_drawn_plate(MINE, seed=index)
    picture = drawn.frame.colour()
    for other in others:
        rows, columns = patch_of(other)
        picture[rows, columns] = other.frame.colour()[rows, columns]
    return Look(frame=a_frame(picture, index=index), vehicle=drawn.vehicle, place=place)


def read(reader, looks):
    return vote(reader.read_track(looks))


def another(index, offset_px, text=OTHER, **options):
    return a_drawn_plate(text, seed=50 + index, offset_px=offset_px, **options)


def test_a_second_plate_on_the_vehicle_makes_it_doubtful(reader):
    # A trailer, a bicycle rack with a plate of its own, the next car seen through the windows.
    looks = [a_look(index, another(index, (10.0, -95.0))) for index in range(FRAMES)]
    assert read(reader, looks).reason is Reason.PLATE_NOT_SURE


def test_the_same_plate_repeated_on_a_rack_is_no_second_one(reader):
    looks = [a_look(index, another(index, (10.0, -95.0), MINE)) for index in range(FRAMES)]
    reading = read(reader, looks)
    assert isinstance(reading, PlateReading)
    assert reading.text == MINE.replace(" ", "")


def test_a_plate_beside_the_vehicle_is_not_looked_at(reader):
    # Two vehicles close together: the other plate is in the picture, not in the outline.
    looks = [a_look(index, another(index, (235.0, 60.0))) for index in range(FRAMES)]
    narrower = [replace(look, vehicle=replace(look.vehicle, right=440)) for look in looks]
    assert read(reader, narrower).text == MINE.replace(" ", "")


def test_a_plate_too_high_to_be_the_vehicles_is_no_rival(reader):
    # One behind the other: seen over the roof, where no plate of this vehicle can be.
    place = PlatePlace(foot_px=(320.0, 420.0), long_px=105.0, rows_px=(260.0, 410.0))
    looks = [a_look(index, another(index, (10.0, -125.0)), place=place) for index in range(FRAMES)]
    assert read(reader, looks).text == MINE.replace(" ", "")


def test_an_advert_with_letters_is_not_taken_for_the_plate(reader):
    looks = [_with_advert(a_look(index)) for index in range(FRAMES)]
    assert read(reader, looks).text == MINE.replace(" ", "")


def test_an_advert_on_a_vehicle_without_a_legible_plate_is_no_plate(reader):
    bare = [a_drawn_plate(plate=False, seed=index) for index in range(FRAMES)]
    looks = [_with_advert(Look(frame=one.frame, vehicle=one.vehicle)) for one in bare]
    assert not isinstance(read(reader, looks), PlateReading)


def test_a_parked_cars_plate_stays_behind(reader):
    # The plate stands still while the outline drives on: it is the vehicle's in one frame only.
    still = a_drawn_plate(OTHER, offset_px=(40.0, 0.0))
    box = Box(left=60, top=120, right=420, bottom=430)
    looks = [
        Look(
            frame=replace(still.frame, index=index, time_s=index / 25),
            vehicle=replace(box, left=60 + 50 * index, right=420 + 50 * index),
        )
        for index in range(FRAMES)
    ]
    assert not isinstance(read(reader, looks), PlateReading)


def _with_advert(look):
    picture = look.frame.colour()
    at = (int(look.vehicle.left) + 40, int(look.vehicle.top) + 175)
    cv2.putText(picture, "PIZZA ROMA", at, cv2.FONT_HERSHEY_DUPLEX, 1.1, (240, 240, 240), 2)
    return replace(look, frame=a_frame(np.ascontiguousarray(picture), index=look.frame.index))
