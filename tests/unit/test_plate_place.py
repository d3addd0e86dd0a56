"""Where the survey says that a plate can be, and where it says that nothing can be one."""

import numpy as np
import pytest

from speedcam.ground import fit_ground
from speedcam.plate_place import plate_place
from tests.builders_site import a_site

FOOT_M = (1.5, 30.0)


@pytest.fixture(scope="module")
def ground():
    return fit_ground(a_site().survey)


def quad_at(ground, height_m, width_m=0.42, foot_m=FOOT_M, tall_m=0.08):
    """A line of text that stands upright ``height_m`` above the road."""
    (x, y), half = foot_m, width_m / 2
    sides = np.array([[x - half, y], [x + half, y]] * 2)[[0, 1, 3, 2]]
    heights = height_m + tall_m / 2 * np.array([1, 1, -1, -1])
    return ground.image_at(sides, heights)


def may_be(ground, quad, foot_m=FOOT_M, shake_px=(0.0, 0.0)):
    return plate_place(ground, foot_m, shake_px).may_be(quad + np.array(shake_px))


@pytest.mark.parametrize("height_m", [0.3, 0.6, 1.1])
@pytest.mark.parametrize("width_m", [0.14, 0.26, 0.44, 0.52])
def test_a_plate_may_be_one(ground, height_m, width_m):
    assert may_be(ground, quad_at(ground, height_m, width_m))


def test_a_plate_may_be_one_while_the_camera_shakes(ground):
    assert may_be(ground, quad_at(ground, 0.6), shake_px=(400.0, -300.0))


@pytest.mark.parametrize(
    ("height_m", "width_m"),
    [
        pytest.param(2.6, 0.44, id="a-sign-on-a-roof"),
        pytest.param(1.0, 1.4, id="an-advert-on-a-tail-gate"),
        pytest.param(0.6, 0.07, id="a-badge"),
    ],
)
def test_letters_elsewhere_are_none(ground, height_m, width_m):
    assert not may_be(ground, quad_at(ground, height_m, width_m))


@pytest.mark.parametrize("behind_m", [20.0, 35.0])
def test_the_plate_of_a_car_well_behind_is_none(ground, behind_m):
    behind = (FOOT_M[0], FOOT_M[1] + behind_m)
    assert not may_be(ground, quad_at(ground, 0.6, foot_m=behind))


def test_the_plate_of_a_car_ahead_of_it_is_none(ground):
    ahead = (FOOT_M[0], FOOT_M[1] - 8.0)
    assert not may_be(ground, quad_at(ground, 0.4, foot_m=ahead))
