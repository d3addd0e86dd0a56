"""What the redactor hides stays hidden."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.adapters.redact import MosaicRedactor, block_px, mosaic, sharp_part
from speedcam.model import Box

VEHICLE = Box(left=200, top=120, right=440, bottom=330)
PLATE = Box(left=290, top=270, right=370, bottom=288)
REDACTOR = MosaicRedactor()


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


def test_outside_the_vehicle_nothing_finer_than_a_block_is_left():
    picture = a_picture()
    block = block_px(picture.shape[0], VEHICLE, PLATE)
    other = shuffled_in_blocks(picture, block)
    sharp = sharp_part(VEHICLE, PLATE)
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    outside = (
        (rows + 0.5 < sharp.top)
        | (rows + 0.5 > sharp.bottom)
        | (columns + 0.5 < sharp.left)
        | (columns + 0.5 > sharp.right)
    )
    redacted, redacted_other = (REDACTOR.redact(p, VEHICLE, PLATE) for p in (picture, other))
    assert np.array_equal(redacted[outside], redacted_other[outside])


def test_the_plate_stays_sharp():
    picture = a_picture()
    rows = slice(int(PLATE.top), int(PLATE.bottom))
    columns = slice(int(PLATE.left), int(PLATE.right))
    redacted = REDACTOR.redact(picture, VEHICLE, PLATE)
    assert np.array_equal(redacted[rows, columns], picture[rows, columns])


def test_the_windows_are_hidden_though_they_are_inside_the_box():
    picture = a_picture()
    hidden = mosaic(picture, block_px(picture.shape[0], VEHICLE, PLATE))
    redacted = REDACTOR.redact(picture, VEHICLE, PLATE)
    windows = slice(int(VEHICLE.top), int(PLATE.top - PLATE.height))
    assert np.array_equal(redacted[windows], hidden[windows])


def test_without_a_plate_more_is_hidden():
    assert sharp_part(VEHICLE, None).top > VEHICLE.top + 0.6 * VEHICLE.height


def test_a_sticker_taken_for_the_plate_does_not_uncover_the_windscreen():
    sticker = Box(left=290, top=160, right=370, bottom=178)
    assert sharp_part(VEHICLE, sticker) == sharp_part(VEHICLE, None)


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
    redacted = REDACTOR.redact(picture, vehicle, plate)
    hidden = mosaic(picture, block_px(picture.shape[0], vehicle, plate))
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
    block = block_px(picture_height, vehicle, plate)
    assert block >= 8
    assert block >= (plate.height if plate else 0)


def test_the_given_picture_is_not_changed():
    picture = a_picture()
    before = picture.copy()
    REDACTOR.redact(picture, VEHICLE, PLATE)
    assert np.array_equal(picture, before)
