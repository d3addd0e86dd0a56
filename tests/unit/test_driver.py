"""The picture of a driver: made of a car that faces the camera, and of nobody else on board."""

from dataclasses import replace
from functools import lru_cache
from itertools import product

import cv2
import numpy as np
import pytest

from speedcam.adapters.driver import DriverLook
from speedcam.adapters.shown import Taken
from speedcam.adapters.unwanted import Faces
from speedcam.driver import Facing, driver_part, seat_of
from speedcam.model import (
    Box,
    PlateReading,
    Reason,
    Refusal,
    Sample,
    Sighting,
    Vehicle,
    VehicleClass,
    VehicleSize,
)
from speedcam.subject import Subject
from tests.builders_camera import a_ground, camera_px
from tests.builders_faces import with_face
from tests.builders_notice import a_passage

GROUND = a_ground()
WIDE_M, LONG_M, TALL_M = 1.8, 4.3, 1.5
HEAD_M = 0.24
GERMAN = PlateReading(text="BXY1234", confidence=0.98, frames=9, country="DE", countries=("DE",))
BRITISH = replace(GERMAN, text="AB12CDE", country="GB", countries=("GB",))
DRIVER, BESIDE, BEHIND = (0.36, 2.0, 1.2), (-0.36, 2.0, 1.2), (0.0, 3.1, 1.2)
"""Metres to the driver's side of a car's middle, behind its front, and above the road."""


def place_px(x_m, y_m, places, side=1):
    """``(n, 2)`` pixels of places in a car whose front is at ``x_m, y_m``."""
    aside, behind, height = np.asarray(places, np.float64).reshape(-1, 3).T
    return camera_px(x_m + side * aside, y_m + behind, height)


def bounds(px, grow=0.0):
    (left, top), (right, bottom) = px.min(axis=0) - grow, px.max(axis=0) + grow
    return Box(left=float(left), top=float(top), right=float(right), bottom=float(bottom))


def head(x_m, y_m, place, side=1):
    """Where a head at a place in the car is in the picture."""
    half_px = HEAD_M / 2 * 2600 / y_m
    return bounds(place_px(x_m, y_m, place, side), half_px)


@lru_cache(maxsize=8)
def a_picture(*heads):
    """A road of no matter what structure, with these heads in it."""
    if heads:
        return with_face(a_picture(*heads[1:]), heads[0])
    noise = np.random.default_rng(4).integers(90, 130, (270, 480, 3), np.uint8)
    return cv2.resize(noise, (1920, 1080), interpolation=cv2.INTER_CUBIC)


def a_case(x_m=0.5, y_m=15.0, picture=None, **changes):
    """A car in the frame of a photo: its passage, and what was taken of it."""
    half = WIDE_M / 2
    body = bounds(place_px(x_m, y_m, list(product((-half, half), (0, LONG_M), (0, TALL_M)))))
    plate = bounds(place_px(x_m, y_m, list(product((-0.26, 0.26), (0,), (0.42, 0.53)))))
    samples = tuple(
        Sample(frame_index=n, time_s=n / 25, u_px=0, v_px=0, x_m=x_m, y_m=y_m + 4 - n)
        for n in range(8)
    )
    size = VehicleSize(
        length_m=LONG_M, width_m=2.1, height_m=TALL_M, length_uncertainty_m=1.0,
        width_uncertainty_m=0.2, height_uncertainty_m=0.2,
    )  # fmt: skip
    passage = a_passage(
        plate=changes.pop("read", GERMAN),
        vehicle=Vehicle(kind=changes.pop("kind", VehicleClass.CAR), by="size", size=size),
    )
    speed = replace(passage.speed, samples=changes.pop("samples", samples))
    known = {"vehicle": body, "plate": plate, "front": True, "clear": True}
    frame = {"frame_index": 4, "time_s": 0.16, "box": body, "contact_px": None, "contact_s": 0.16}
    seen = {key: changes.pop(key) for key in list(changes) if key in Sighting.__slots__}
    taken = Taken(
        sighting=Sighting(**frame | seen),
        picture=a_picture(head(x_m, y_m, DRIVER)) if picture is None else picture,
        subject=Subject(**known | {"kind": VehicleClass.CAR} | changes),
        shown=np.zeros((1080, 1920)),
    )
    return replace(passage, speed=speed), taken


def facing(passage, taken):
    return Facing(
        vehicle=taken.subject.vehicle,
        plate=taken.subject.plate,
        size=passage.vehicle.size,
        front_m=passage.speed.samples[4].y_m,
    )


def look(*case, seat="left", faces=lambda *_: ()):
    """What geometry alone lets be seen, unless faces are looked for."""
    return DriverLook(ground=GROUND, seat=seat, faces=faces)(*case)


NEAR = [(-0.5, 12.0), (0.5, 18.0), (2.0, 15.0), (3.0, 18.0)]
"""Metres to the right of the camera, and along the road."""


@pytest.mark.parametrize("at_m", NEAR)
def test_the_driver_is_seen(at_m):
    with_driver = look(*a_case(*at_m))
    without = look(*a_case(*at_m, a_picture()))
    assert with_driver.shape == without.shape
    changed = np.any(cv2.absdiff(with_driver, without) > 8, axis=2)
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    face = head(*at_m, DRIVER)
    part = driver_part(facing(*a_case(*at_m)), GROUND, "left")
    scale = 720 / part.box.height
    assert np.ptp(rows) > 0.8 * face.height * scale
    assert np.ptp(columns) > 0.7 * face.width * scale


@pytest.mark.parametrize("seat", ["left", "right"])
@pytest.mark.parametrize("place", [BESIDE, BEHIND, (-0.36, 1.5, 1.0)])
@pytest.mark.parametrize("at_m", NEAR)
def test_no_pixel_tells_who_else_is_on_board(at_m, place, seat):
    side = 1 if seat == "left" else -1
    x_m, y_m = side * at_m[0], at_m[1]
    read = GERMAN if seat == "left" else BRITISH
    shown = [
        look(*a_case(x_m, y_m, a_picture(*heads), read=read), seat=seat)
        for heads in ((), (head(x_m, y_m, place, side),))
    ]
    assert shown[0] is not None
    assert np.array_equal(*shown)


@pytest.mark.parametrize("at_m", NEAR[1:])
def test_no_pixel_tells_what_is_beside_the_car(at_m):
    passage, taken = a_case(*at_m)
    part = driver_part(facing(passage, taken), GROUND, "left")
    v, u = np.mgrid[: taken.picture.shape[0], : taken.picture.shape[1]].astype(np.float64)
    busy = taken.picture.copy()
    busy[part.is_beyond(u, v)] = 255
    beside, face = (place_px(*at_m, [(aside, 1.5, 1.2)])[0] for aside in (0.8, 0.5))
    assert part.is_beyond(*beside)
    assert not part.is_beyond(*face)
    assert not np.array_equal(_shown(busy, part), _shown(taken.picture, part))
    assert np.array_equal(look(passage, replace(taken, picture=busy)), look(passage, taken))


def _shown(picture, part):
    rows, columns = (
        slice(round(a), round(b))
        for a, b in ((part.box.top, part.box.bottom), (part.box.left, part.box.right))
    )
    return picture[rows, columns]


DOUBTS = {
    "it drives away": {"front": False},
    "somebody may stand before it": {"clear": False},
    "no plate": {"plate": None},
    "a van, in which a third may sit in front": {"kind": VehicleClass.VAN},
    "a lorry": {"kind": VehicleClass.TRUCK},
    "a bus": {"kind": VehicleClass.BUS},
    "a motorcycle": {"kind": VehicleClass.MOTORCYCLE},
    "nobody knows what it is": {"kind": VehicleClass.UNKNOWN},
    "cut by the border": {"touches_border": True},
    "a damaged frame": {"corrupt": True},
    "the camera had moved": {"adrift": True},
    "a frame that was not measured": {"frame_index": 99},
    "a plate that nobody read": {"read": Refusal(reason=Reason.PLATE_NOT_SURE)},
    "a plate of a country where drivers sit on the right": {"read": BRITISH},
    "a plate of either": {"read": replace(GERMAN, country=None, countries=("DE", "GB"))},
    "a plate of no known country": {"read": replace(GERMAN, country=None, countries=())},
    "a country that was guessed": {"read": replace(GERMAN, countries=())},
}


@pytest.mark.parametrize("changes", DOUBTS.values(), ids=DOUBTS)
def test_what_is_doubtful_gives_no_picture(changes):
    assert look(*a_case()) is not None
    assert look(*a_case(**changes)) is None


def test_a_car_that_changes_its_lane_gives_no_picture():
    samples = [
        Sample(frame_index=n, time_s=n / 25, u_px=0, v_px=0, x_m=0.5 + n / 10, y_m=19.0 - n)
        for n in range(8)
    ]
    assert look(*a_case(samples=tuple(samples))) is None


def test_a_car_too_far_away_to_recognise_anybody_gives_no_picture():
    assert look(*a_case(y_m=24.0)) is None


@pytest.mark.parametrize("x_m", [-4.0, -2.0, 4.0])
def test_a_car_seen_from_aside_gives_no_picture(x_m):
    assert look(*a_case(x_m, 15.0)) is None


@pytest.mark.parametrize("aside_m", [-0.4, 0.4], ids=["passenger's side", "driver's side"])
def test_a_plate_beside_the_middle_never_shows_the_seat_beside(aside_m):
    """Some makes hang it there: what is told from it would be told from the wrong middle."""
    plate = bounds(
        place_px(0.5, 15.0, list(product((aside_m - 0.26, aside_m + 0.26), (0,), (0.42, 0.53))))
    )
    shown = [
        look(*a_case(picture=a_picture(*heads), plate=plate))
        for heads in ((), (head(0.5, 15.0, BESIDE),))
    ]
    assert shown[0] is None or np.array_equal(*shown)
    assert aside_m > 0 or shown[0] is None


def test_a_plate_of_another_size_than_its_place_allows_gives_no_picture():
    """Then the vehicle does not stand where its outline ends."""
    plate = bounds(place_px(0.5, 15.0, list(product((-0.15, 0.15), (0,), (0.42, 0.53)))))
    assert look(*a_case(plate=plate)) is None


def test_somebody_who_walks_before_the_windscreen_gives_no_picture():
    assert look(*a_case(others=(head(0.5, 15.0, DRIVER),))) is None
    assert look(*a_case(others=(head(0.5, 15.0, BESIDE),))) is not None


def test_two_faces_in_it_give_no_picture():
    heads = (head(0.5, 15.0, DRIVER), head(0.5, 15.0, (0.30, 3.2, 1.25)))
    assert look(*a_case(picture=a_picture(heads[0])), faces=Faces()) is not None
    assert look(*a_case(picture=a_picture(*heads)), faces=Faces()) is None


@pytest.mark.parametrize(
    ("told", "countries", "seat"),
    [
        ("DE", ("DE",), "left"),
        ("GB", ("GB", "DE"), "right"),
        (None, ("AL", "FR", "IT"), "left"),
        (None, ("AL", "GB"), None),
        (None, (), None),
        ("DE", (), None),
    ],
)
def test_the_seat_is_told_by_the_country_of_the_plate(told, countries, seat):
    assert seat_of(replace(GERMAN, country=told, countries=countries)) == seat
