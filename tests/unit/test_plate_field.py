"""The ends of the white field and of the blue bands, on plates whose geometry is exact."""

import math

import numpy as np
import pytest

from speedcam.adapters.plate_field import cut_patch, find_field
from speedcam.plate_types import AL_520, EITHER_520, IT_360, IT_520, type_seen
from tests.builders_plates import a_drawn_plate

BODIES = {
    "dark": (25, 25, 25),
    "grey": (90, 90, 95),
    "white": (225, 225, 225),
    "red": (30, 30, 150),
    "blue": (150, 60, 30),
}


GREY_CARS = ("dark", "grey", "white", "red")
KINDS = [pytest.param(kind, id=kind.name) for kind in (AL_520, IT_520, IT_360)]


def field_found(drawn, seed=0):
    """The patch and its field from a text quad as rough as a detector's."""
    rng = np.random.default_rng(seed)
    corners = drawn.corners_px
    middle = corners.mean(axis=0)
    quad = middle + (corners - middle) * (0.9, 1.0) + rng.normal(0, 0.8, (4, 2))
    patch = cut_patch(drawn.frame.colour(), quad)
    return patch, find_field(patch)


def edges_found(drawn, seed=0):
    """The white field's ends in full-frame pixels."""
    patch, field = field_found(drawn, seed)
    if field.white is None:
        return None
    row = (field.top + field.bottom) / 2
    return np.array([patch.at(column, row) for column in field.white])


def some_looks(kind, *, width_px, count=8, cars=GREY_CARS, **layout):
    """Plates of ``kind`` in worsening blur, smear and tilt, on cars of ``cars`` in turn."""
    texts = ("AB 123 CD", "HN 507 EM", "KR 811 TL", "MP 946 XV")
    return [
        a_drawn_plate(
            texts[seed % 4],
            kind=kind,
            width_px=width_px,
            body=BODIES[cars[seed % len(cars)]],
            blur_px=0.5 + seed / count,
            smear_px=seed % 3,
            noise=3,
            yaw_deg=5 * seed - 18,
            roll_deg=seed % 5 - 2,
            offset_px=(seed / 7, seed / 5),
            seed=seed,
            **layout,
        )
        for seed in range(count)
    ]


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


@pytest.mark.parametrize("kind", KINDS)
def test_a_sign_in_the_band_does_not_hide_the_end_of_the_field(kind):
    drawn = a_drawn_plate(kind=kind, width_px=100, sign=True)
    found = edges_found(drawn)
    assert found is not None
    assert math.dist(*found) == pytest.approx(drawn.white_width_px, rel=0.01)


@pytest.mark.parametrize("width_px", [65, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_the_looks_at_a_plate_show_its_type_or_none(kind, width_px):
    looks = some_looks(kind, width_px=width_px, count=5, sign=True, rim_mm=3)
    shares = [field_found(drawn, seed)[1].band_share for seed, drawn in enumerate(looks)]
    shown = type_seen(shares, [])
    assert shown is kind if width_px == 100 else shown in {kind, EITHER_520, None}


@pytest.mark.parametrize(("width_px", "mean"), [(40, 0.012), (65, 0.006), (120, 0.002)])
def test_the_field_is_as_long_as_it_is_on_plates_with_signs_and_rims(width_px, mean):
    errors = []
    for seed, drawn in enumerate(some_looks(AL_520, width_px=width_px, sign=True, rim_mm=3)):
        found = edges_found(drawn, seed)
        errors += [math.dist(*found) / drawn.white_width_px - 1] if found is not None else []
    assert len(errors) >= 6
    assert abs(float(np.mean(errors))) < mean


def test_on_a_blue_car_the_bands_have_no_end():
    drawn = a_drawn_plate(width_px=100, body=BODIES["blue"])
    _, field = field_found(drawn)
    assert field.white is not None
    assert field.band_share is None


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_plate_with_one_band_shows_no_type(body):
    looks = [
        a_drawn_plate(width_px=90, bands=("left",), body=body, seed=seed, blur_px=0.6 + seed / 5)
        for seed in range(4)
    ]
    shares = [field_found(drawn, seed)[1].band_share for seed, drawn in enumerate(looks)]
    assert type_seen(shares, []) is None
