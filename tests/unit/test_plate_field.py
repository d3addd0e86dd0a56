"""The ends of the white field and of the blue bands, on plates whose geometry is exact."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from speedcam.adapters.plate_field import cut_patch, find_field
from speedcam.anchors import LIGHT_PX
from speedcam.plate_types import AL_520, IT_360, IT_520, FieldLook, type_seen
from tests.builders_plates import a_drawn_plate, a_frame, none, power, srgb

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


def as_video_keeps_it(drawn):
    """The same picture with its colour at half the resolution, and blurred by the encoder."""
    luma_and_colour = cv2.cvtColor(drawn.frame.colour(), cv2.COLOR_BGR2YCrCb)
    small = cv2.resize(luma_and_colour, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(cv2.GaussianBlur(small, (0, 0), 0.8), luma_and_colour.shape[1::-1])
    luma_and_colour[..., 1:] = soft[..., 1:]
    picture = cv2.cvtColor(luma_and_colour, cv2.COLOR_YCrCb2BGR)
    return replace(drawn, frame=a_frame(picture))


def share_found(drawn, seed=0):
    return field_found(drawn, seed)[1].band_share


def type_found(looks):
    fields = [field_found(drawn, seed)[1] for seed, drawn in enumerate(looks)]
    return type_seen(
        [
            FieldLook(
                field_px=drawn.white_width_px,
                band_share=field.band_share,
                height_share=0.25,
            )
            for drawn, field in zip(looks, fields, strict=True)
            if field.white is not None
        ]
    )


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
    shown = type_found(looks)
    assert shown is kind if width_px == 100 else shown in {kind, None}


@pytest.mark.parametrize(("car", "least_px"), [("dark", -0.4), ("grey", -0.9), ("white", -1.4)])
@pytest.mark.parametrize("width_px", [60, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_blurred_colour_does_not_widen_a_band(kind, width_px, car, least_px):
    # Beside a bright body a band loses some light at both of its ends.
    looks = some_looks(kind, width_px=width_px, count=3, cars=(car,))
    shares = [share_found(as_video_keeps_it(drawn), seed) for seed, drawn in enumerate(looks)]
    told = [share for share in shares if share is not None]
    assert len(told) >= 2
    off_px = (np.median(told) - kind.band_per_field) * looks[0].white_width_px
    assert least_px < off_px < 0.4


@pytest.mark.parametrize("body", [(30, 30, 150), (40, 150, 180)], ids=["red", "yellow"])
@pytest.mark.parametrize("kind", [AL_520, IT_520], ids=lambda kind: kind.name)
def test_a_band_ends_where_its_colour_turns_to_that_of_a_red_or_yellow_body(kind, body):
    drawn = as_video_keeps_it(a_drawn_plate(kind=kind, width_px=70, body=body))
    off_px = (share_found(drawn) - kind.band_per_field) * drawn.white_width_px
    assert -1.0 < off_px < 0.2


@pytest.mark.parametrize("curve", [none, power, srgb])
def test_the_field_is_as_long_as_it_is_however_light_becomes_levels(curve):
    looks = some_looks(AL_520, width_px=70, count=6, curve=curve)
    off_px = [
        math.dist(*edges_found(drawn, seed)) - drawn.white_width_px
        for seed, drawn in enumerate(looks)
    ]
    assert abs(float(np.mean(off_px))) < 2 * LIGHT_PX


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
    assert all(share_found(drawn, seed) is None for seed, drawn in enumerate(looks))
