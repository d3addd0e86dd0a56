"""Many pictures of a plate make one, which shows more than each."""

import cv2
import numpy as np
import pytest

from speedcam.adapters.plate_fold import folded, laid_on_first
from speedcam.simulate.plates import BAND_M, PLATE_M, plate_texture

HEIGHT, LENGTH = 48, 200


def field(text="AB123CD"):
    """The white field of a plate, as the recogniser sees it."""
    texture = plate_texture(text)
    band = round(BAND_M / PLATE_M[0] * texture.shape[1])
    return cv2.resize(texture[:, band:-band], (LENGTH, HEIGHT), interpolation=cv2.INTER_AREA)


def seen(picture, rng, noise=30.0):
    """A frame of it: a little smaller, a little aside, and noisy."""
    scale, aside = rng.uniform(0.9, 1.0), rng.uniform(-2, 2, 2)
    length = round(scale * picture.shape[1])
    warp = np.array([[scale, 0, aside[0]], [0, 1, aside[1]]])
    moved = cv2.warpAffine(picture, warp, (length, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return np.clip(moved + rng.normal(0, noise, moved.shape), 0, 255).astype(np.uint8)


def distance(one, other):
    return float(np.abs(one.astype(float) - other).mean())


def test_one_picture_alone_stays_as_it_is():
    assert np.array_equal(folded([field()], [], [80.0]), field())


def test_the_fold_is_nearer_to_the_plate_than_any_frame():
    rng = np.random.default_rng(1)
    frames = [(field() + rng.normal(0, 30, field().shape)).clip(0, 255).astype(np.uint8)]
    frames += [seen(field(), rng) for _ in range(7)]
    fold = folded(frames, laid_on_first(frames), [80.0] * len(frames))
    assert distance(fold, field()) < 0.6 * distance(frames[0], field())


@pytest.mark.parametrize(
    "another",
    [
        pytest.param(np.full((HEIGHT, 160, 3), 90, np.uint8), id="nothing"),
        pytest.param(field()[:, ::-1], id="mirrored"),
    ],
)
def test_what_is_not_the_same_plate_is_left_out(another):
    maps = laid_on_first([field(), another])
    assert np.array_equal(folded([field(), another], maps, [80.0, 80.0]), field())


def test_the_wider_plate_counts_for_more():
    dark = (0.5 * field()).astype(np.uint8)
    mostly_dark, mostly_light = (
        folded([field(), dark], laid_on_first([field(), dark]), widths_px)
        for widths_px in ([50, 100], [100, 50])
    )
    assert distance(mostly_dark, dark) < distance(mostly_light, dark)
