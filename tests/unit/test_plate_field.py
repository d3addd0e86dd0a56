"""The ends of the white field, on plates whose geometry is exact."""

import math

import numpy as np
import pytest

from speedcam.adapters.plate_field import cut_patch, find_field
from tests.builders_plates import a_drawn_plate

BODIES = {
    "dark": (25, 25, 25),
    "grey": (90, 90, 95),
    "white": (225, 225, 225),
    "red": (30, 30, 150),
    "blue": (150, 60, 30),
}


def edges_found(drawn, seed=0):
    """The white field's ends from a text quad as rough as a detector's."""
    rng = np.random.default_rng(seed)
    corners = drawn.corners_px
    middle = corners.mean(axis=0)
    quad = middle + (corners - middle) * (0.9, 1.0) + rng.normal(0, 0.8, (4, 2))
    patch = cut_patch(drawn.frame.colour(), quad)
    field = find_field(patch)
    if field.white is None:
        return None
    row = (field.top + field.bottom) / 2
    return np.array([patch.at(column, row) for column in field.white])


@pytest.mark.parametrize("letters_mm", [380, 418], ids=["letters-apart", "letters-at-the-bands"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_field_is_as_wide_as_it_is_whatever_stands_beside_it(body, letters_mm):
    errors = []
    for seed, width_px in enumerate((70, 85, 100, 130)):
        drawn = a_drawn_plate(
            "HN 507 EM",
            width_px=width_px,
            body=body,
            letters_mm=letters_mm,
            noise=3,
            smear_px=2,
            seed=seed,
            yaw_deg=8 * seed - 12,
        )
        found = edges_found(drawn, seed)
        assert found is not None
        errors.append(math.dist(*found) / drawn.white_width_px - 1)
    assert abs(float(np.mean(errors))) < 0.003
    assert max(map(abs, errors)) < 0.008


def test_each_end_lies_within_half_a_pixel():
    drawn = a_drawn_plate(width_px=90)
    assert np.abs(edges_found(drawn)[:, 0] - drawn.white_edges_px[:, 0]).max() < 0.5


def test_where_the_plate_lies_within_a_pixel_does_not_matter():
    widths = []
    for part in (0.0, 0.25, 0.5, 0.75):
        drawn = a_drawn_plate(width_px=80, offset_px=(part, part), noise=0)
        widths.append(math.dist(*edges_found(drawn)) / drawn.white_width_px)
    assert max(widths) - min(widths) < 0.006


def test_without_blue_bands_there_are_no_edges():
    drawn = a_drawn_plate(width_px=100, noise=0)
    grey = np.repeat(drawn.frame.luma[..., None], 3, axis=2)
    quad = drawn.corners_px
    assert find_field(cut_patch(grey, quad)).white is None
