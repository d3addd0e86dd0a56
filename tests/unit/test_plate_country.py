"""A country is told by the sign on its band or not at all."""

import cv2
import numpy as np
import pytest

from speedcam.adapters.plate_country import BAND_PX, BESIDE_PX, MIN_WIDTH_PX, SIGNS, told_country
from speedcam.model import PlateReading
from speedcam.plate import FORMATS, vote
from speedcam.plate_types import AL_520, IT_520
from tests.bench.plates_bands import BANDS, banded_texture
from tests.builders_plates import a_sighting

OWN = AL_520.band_per_field - 0.01
"""Share of a band in the field as an Albanian plate shows it."""


def band_of(country, width_px=120.0, noise=2.0, seed=0):
    """The left band as the reader cuts it from a picture in which the plate is so wide."""
    rng = np.random.default_rng(seed)
    plate = banded_texture("AB123CD", country, rng)
    band_mm = BANDS[country].band_mm if country in BANDS else AL_520.band_mm
    scale = width_px / plate.shape[1]
    small = cv2.resize(cv2.GaussianBlur(plate, (0, 0), 0.5 / scale), None, fx=scale, fy=scale,
                       interpolation=cv2.INTER_AREA)  # fmt: skip
    seen = np.clip(small + rng.normal(0, noise, small.shape), 0, 255).astype(np.uint8)
    text_px = round(48 / 118.8 * 0.98 * (520 - 2 * band_mm))
    mm, field_mm = small.shape[1] / 520, 520 - 2 * band_mm
    step = 0.98 * field_mm / text_px * mm
    left = (band_mm + 0.01 * field_mm) * mm - BESIDE_PX * step
    onto = np.array([[step, 0, left], [0, 118.8 / 48 * mm, -4.4 * mm]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cut = cv2.warpAffine(seen, onto, (BAND_PX, 48), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cut, text_px


def told(country, width_px=120.0, shares=(OWN, OWN, None), **seen):
    band, text_px = band_of(country, width_px, **seen)
    return told_country(band, text_px, width_px, shares)


@pytest.mark.parametrize("width_px", [100.0, 140.0])
@pytest.mark.parametrize("country", ["AL", "AL eagle"])
def test_a_band_that_says_so_tells_albania(country, width_px):
    assert told(country, width_px) == "AL"


@pytest.mark.parametrize("width_px", [90.0, 120.0])
@pytest.mark.parametrize("country", sorted(BANDS.keys() - {"AL eagle"}))
def test_no_other_sign_tells_albania_even_on_a_band_of_its_width(country, width_px):
    assert {told(country, width_px, seed=seed) for seed in range(3)} == {None}


@pytest.mark.parametrize(
    "lacks",
    [
        pytest.param({"width_px": MIN_WIDTH_PX - 1}, id="a small plate"),
        pytest.param({"shares": (IT_520.band_share[0],) * 3}, id="wider bands"),
        pytest.param({"shares": (OWN, None, None)}, id="bands without an end"),
        pytest.param({"shares": ()}, id="no bands"),
        pytest.param({"noise": 60.0}, id="noise"),
    ],
)
def test_where_the_picture_does_not_carry_it_no_country_is_told(lacks):
    assert told("AL", **lacks) is None


def test_a_band_of_one_colour_tells_none():
    flat = np.full((48, BAND_PX, 3), (150, 62, 20), np.uint8)
    assert told_country(flat, 174, 120.0, (OWN,) * 3) is None


def test_the_signs_are_those_of_every_country_that_the_format_may_be_of():
    assert set(SIGNS) == set(FORMATS[0].countries)


@pytest.mark.parametrize(
    ("shown", "whose"), [(("AL",) * 3, "AL"), (("AL", "AL", None), None), (("DE",) * 3, None)]
)
def test_a_reading_is_of_the_country_that_its_bands_show_if_the_format_allows_it(shown, whose):
    reading = vote([a_sighting(index=n, country=each) for n, each in enumerate(shown)])
    assert isinstance(reading, PlateReading)
    assert reading.told_country == whose
