"""What the redactor hides stays hidden."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.adapters.redact import MosaicRedactor, block_px, mosaic, sharp_part
from speedcam.model import Box, VehicleClass
from speedcam.subject import Subject
from tests.builders_plates import plate_texture

VEHICLE = Box(left=200, top=120, right=440, bottom=330)
PLATE = Box(left=290, top=270, right=370, bottom=288)
REDACTOR = MosaicRedactor()


def a_subject(**changes):
    """A vehicle with its plate and nobody before it."""
    return Subject(**({"vehicle": VEHICLE, "plate": PLATE, "clear": True} | changes))


SUBJECT = a_subject()


ENDS = [st.lists(st.integers(0, size), min_size=2, max_size=2) for size in (133, 171)]
"""Where a part of a picture begins and ends, by its rows and by its columns."""


def a_picture(seed=0, size=(480, 640)):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def shuffled_in_blocks(picture, block, seed=1):
    """The same block means from other pixels: every square's pixels change places."""
    rng = np.random.default_rng(seed)
    other = picture.copy()
    for top in range(0, picture.shape[0] - block + 1, block):
        for left in range(0, picture.shape[1] - block + 1, block):
            square = other[top : top + block, left : left + block].reshape(-1, 3)
            other[top : top + block, left : left + block] = rng.permutation(square).reshape(
                block, block, 3
            )
    return other


@pytest.mark.parametrize("block", [8, 20, 40])
def test_pictures_with_equal_block_means_are_hidden_equally(block):
    picture = a_picture()
    other = shuffled_in_blocks(picture, block)
    assert not np.array_equal(picture, other)
    assert np.array_equal(mosaic(picture, block), mosaic(other, block))


@given(st.integers(8, 60), st.data())
def test_a_part_of_a_mosaic_is_as_in_the_whole(block, data):
    picture = a_picture(size=(133, 171))
    rows, columns = (slice(*sorted(data.draw(ends))) for ends in ENDS)
    whole = mosaic(picture, block)
    assert np.array_equal(mosaic(picture, block, (rows, columns)), whole[rows, columns])


PLATE_BLOCK = 20
PLATE_PX = 15
"""Its height, the most that a plate has in a block's 0.14 m."""


def a_strangers_plate(text):
    """A dark car's plate on no whole pixel, as large as a plate ever is to its block."""
    tall, wide = PLATE_PX * 4, round(PLATE_PX * 520 / 110) * 4
    street = np.full((4 * 80, 4 * 160, 3), (70, 62, 58), np.uint8)
    plate = cv2.resize(plate_texture(text), (wide, tall), interpolation=cv2.INTER_AREA)
    street[131 : 131 + tall, 157 : 157 + wide] = plate
    return cv2.resize(street, (160, 80), interpolation=cv2.INTER_AREA)


def as_if_told_exactly(picture):
    means = cv2.resize(picture, (8, 4), interpolation=cv2.INTER_AREA)
    squares = cv2.resize(means, (160, 80), interpolation=cv2.INTER_NEAREST)
    return cv2.GaussianBlur(squares, (0, 0), 0.3 * PLATE_BLOCK).astype(float)


def ranks_of_the_truth(hide):
    """How many of thirty guesses fit each hidden plate better than the plate that it was.

    Who guesses knows place and light and the letters' shape, and lacks only the sensor's noise.
    """
    rng = np.random.default_rng(5)
    letters = rng.choice(list("ABCDEFGHJKLMNPRSTVXYZ"), (30, 4))
    numbers = rng.integers(100, 999, 30)
    texts = [f"{a}{b} {n} {c}{d}" for (a, b, c, d), n in zip(letters, numbers, strict=True)]
    guesses = [a_strangers_plate(text) for text in texts]
    expected = np.array([as_if_told_exactly(guess) for guess in guesses])
    ranks = []
    for number, truth in enumerate(guesses):
        seen = np.clip(truth + rng.normal(0, 2, truth.shape), 0, 255).astype(np.uint8)
        off = np.square(expected - hide(seen)).sum(axis=(1, 2, 3))
        ranks.append(int((off < off[number]).sum()))
    return ranks


def test_guesses_cannot_be_tried_against_a_hidden_plate():
    assert np.median(ranks_of_the_truth(as_if_told_exactly)) == 0
    assert np.median(ranks_of_the_truth(lambda seen: mosaic(seen, PLATE_BLOCK))) > 5


def test_a_plain_block_is_told_as_it_is():
    plain = np.full((80, 160, 3), (90, 100, 110), np.uint8)
    assert np.array_equal(mosaic(plain, 20), plain)


def test_outside_the_vehicle_nothing_finer_than_a_block_is_left():
    picture = a_picture()
    block = block_px(picture.shape[0], SUBJECT)
    other = shuffled_in_blocks(picture, block)
    sharp = sharp_part(SUBJECT)
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    outside = (
        (rows + 0.5 < sharp.top)
        | (rows + 0.5 > sharp.bottom)
        | (columns + 0.5 < sharp.left)
        | (columns + 0.5 > sharp.right)
    )
    redacted, redacted_other = (REDACTOR.redact(p, SUBJECT) for p in (picture, other))
    assert np.array_equal(redacted[outside], redacted_other[outside])


def test_the_plate_stays_sharp():
    picture = a_picture()
    rows = slice(int(PLATE.top), int(PLATE.bottom))
    columns = slice(int(PLATE.left), int(PLATE.right))
    redacted = REDACTOR.redact(picture, SUBJECT)
    assert np.array_equal(redacted[rows, columns], picture[rows, columns])


def test_the_windows_are_hidden_though_they_are_inside_the_box():
    picture = a_picture()
    hidden = mosaic(picture, block_px(picture.shape[0], SUBJECT))
    redacted = REDACTOR.redact(picture, SUBJECT)
    windows = slice(int(VEHICLE.top), int(PLATE.top - PLATE.height))
    assert np.array_equal(redacted[windows], hidden[windows])


def test_without_a_plate_more_is_hidden():
    assert sharp_part(a_subject(plate=None)).top > VEHICLE.top + 0.6 * VEHICLE.height


def test_a_sticker_taken_for_the_plate_does_not_uncover_the_windscreen():
    sticker = Box(left=290, top=160, right=370, bottom=178)
    assert sharp_part(a_subject(plate=sticker)) == sharp_part(a_subject(plate=None))


@pytest.mark.parametrize(
    ("vehicle", "plate"),
    [
        pytest.param(VEHICLE, Box(left=10, top=10, right=90, bottom=28), id="plate-elsewhere"),
        pytest.param(VEHICLE, Box(left=300, top=280, right=300, bottom=290), id="empty-plate"),
        pytest.param(Box(left=50, top=50, right=50, bottom=90), None, id="empty-vehicle"),
        pytest.param(Box(left=0, top=0, right=float("nan"), bottom=90), None, id="not-a-number"),
        pytest.param(Box(left=0, top=0, right=float("inf"), bottom=90), None, id="infinite"),
    ],
)
def test_boxes_that_make_no_sense_hide_everything(vehicle, plate):
    picture = a_picture()
    subject = a_subject(vehicle=vehicle, plate=plate)
    redacted = REDACTOR.redact(picture, subject)
    hidden = mosaic(picture, block_px(picture.shape[0], subject))
    assert np.array_equal(redacted, hidden)


@given(
    st.floats(20, 400),
    st.floats(20, 300),
    st.one_of(st.none(), st.floats(10, 200)),
    st.integers(240, 2160),
)
def test_no_block_is_smaller_than_a_plate_is_high(width, height, plate_width, picture_height):
    vehicle = Box(left=10, top=10, right=10 + width, bottom=10 + height)
    plate = plate_width and Box(
        left=12, top=20, right=12 + plate_width, bottom=20 + plate_width * 110 / 520
    )
    block = block_px(picture_height, a_subject(vehicle=vehicle, plate=plate or None))
    assert block >= 8
    assert block >= (plate.height if plate else 0)


def test_the_given_picture_is_not_changed():
    picture = a_picture()
    before = picture.copy()
    REDACTOR.redact(picture, SUBJECT)
    assert np.array_equal(picture, before)


def is_sharp(picture, redacted, box):
    rows = slice(round(box.top), round(box.bottom))
    columns = slice(round(box.left), round(box.right))
    return np.array_equal(picture[rows, columns], redacted[rows, columns])


def is_hidden(picture, redacted, box, subject=SUBJECT):
    hidden = mosaic(picture, block_px(picture.shape[0], subject))
    return is_sharp(hidden, redacted, box)


def test_whoever_stands_before_the_bumper_is_hidden():
    picture = a_picture()
    child = Box(left=330, top=260, right=352, bottom=330)
    subject = a_subject(others=(child,))
    redacted = REDACTOR.redact(picture, subject)
    beneath_the_plate = Box(left=330, top=294, right=352, bottom=330)
    assert is_hidden(picture, redacted, beneath_the_plate, subject)
    assert is_sharp(picture, redacted, PLATE)


def test_where_somebody_may_stand_before_the_vehicle_only_the_plate_is_left():
    picture = a_picture()
    subject = a_subject(clear=False)
    redacted = REDACTOR.redact(picture, subject)
    differs = (redacted != mosaic(picture, block_px(picture.shape[0], subject))).any(axis=2)
    rows, columns = np.nonzero(differs)
    margin = PLATE.height
    assert rows.min() > PLATE.top - margin
    assert rows.max() < PLATE.bottom + margin
    assert columns.min() > PLATE.left - margin
    assert columns.max() < PLATE.right + margin
    assert is_sharp(picture, redacted, PLATE)


def test_where_somebody_may_stand_before_a_vehicle_without_a_plate_everything_is_hidden():
    assert sharp_part(a_subject(plate=None, clear=False)) is None


def test_what_a_finder_finds_is_hidden():
    picture = a_picture()
    other_plate = Box(left=300, top=300, right=360, bottom=314)
    redactor = MosaicRedactor(finders=(lambda *_: [other_plate],))
    redacted = redactor.redact(picture, SUBJECT)
    assert is_hidden(picture, redacted, other_plate)
    assert is_sharp(picture, redacted, PLATE)


LOW_PLATE = Box(left=290, top=266, right=370, bottom=283)
"""0.42 m above the road at its upper edge: a front plate."""


@pytest.mark.parametrize("kind", [VehicleClass.CAR, VehicleClass.VAN])
def test_a_cars_whole_grille_is_seen_but_nothing_above_it(kind):
    sharp = sharp_part(a_subject(plate=LOW_PLATE, kind=kind, front=True))
    px_per_m = LOW_PLATE.width / 0.52
    assert (VEHICLE.bottom - sharp.top) / px_per_m == pytest.approx(0.85)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"kind": VehicleClass.CAR}, id="a-rear-window-may-follow"),
        pytest.param({"kind": VehicleClass.BUS, "front": True}, id="a-low-windscreen-may-follow"),
        pytest.param({"front": True}, id="nobody-knows-what-it-is"),
        pytest.param(
            {
                "kind": VehicleClass.CAR,
                "front": True,
                "plate": Box(left=290, top=225, right=370, bottom=242),
            },
            id="a-plate-too-high-for-a-front",
        ),
    ],
)
def test_above_other_plates_one_plates_height_is_seen(changes):
    subject = a_subject(**({"plate": LOW_PLATE} | changes))
    assert sharp_part(subject).top == subject.plate.top - subject.plate.height


def test_near_the_camera_blocks_are_larger():
    near = a_subject(nearest_px_per_m=300.0)
    assert block_px(480, near) >= 0.14 * 300.0
    assert block_px(480, near) > block_px(480, SUBJECT)


@pytest.mark.parametrize("edge", ["left", "top", "right", "bottom"])
def test_an_outline_beside_that_makes_no_sense_hides_everything(edge):
    whole = {"left": 300.0, "top": 300.0, "right": 310.0, "bottom": 310.0}
    assert sharp_part(a_subject(others=(Box(**(whole | {edge: float("nan")})),))) is None
