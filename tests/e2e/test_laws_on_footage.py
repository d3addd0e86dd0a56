"""What may not change a speed, tried on pictures: the same traffic as other cameras record it."""

from pathlib import Path

import numpy as np
import pytest

from speedcam.model import Reason, SpeedMeasurement
from speedcam.site import load_site
from tests.builders_variants import (
    Variant,
    half,
    measured,
    of_half_resolution,
    record,
    seen_in_a_mirror,
)

SAMPLES = Path(__file__).resolve().parents[2] / "sample_videos"
CLIP = SAMPLES / "overcast_main_road.mp4"
SECONDS = 9.0
LOST = set(np.random.default_rng(7).choice(400, 80, replace=False).tolist())


def every_other_second_at_half_rate(index, time_s):
    return time_s if int(time_s) % 2 or index % 2 else None


VARIANTS = {
    "in a mirror": Variant(picture=lambda luma: luma[:, ::-1], site=seen_in_a_mirror),
    "at half the resolution": Variant(picture=half, site=of_half_resolution),
    "with every fifth frame lost": Variant(times=lambda i, t: None if i in LOST else t),
    "at a rate that changes": Variant(times=every_other_second_at_half_rate),
}


@pytest.fixture(scope="module")
def site():
    return load_site(CLIP.with_suffix(".site.toml"))


@pytest.fixture(scope="module")
def original(tmp_path_factory, site):
    clip = tmp_path_factory.mktemp("original") / CLIP.name
    return measured(record(CLIP, clip, Variant(), SECONDS), site)


def speeds(passages):
    return [p.speed for p in passages if isinstance(p.speed, SpeedMeasurement)]


def is_same_vehicle(one, other):
    """Whether both were at one place at one time; the road may have been mirrored."""
    middle = one.samples[len(one.samples) // 2]
    nearest = min(other.samples, key=lambda sample: abs(sample.time_s - middle.time_s))
    return (
        one.direction is other.direction
        and abs(nearest.time_s - middle.time_s) < 0.2
        and abs(nearest.y_m - middle.y_m) < 5
        and abs(abs(nearest.x_m) - abs(middle.x_m)) < 1.5
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_traffic_reads_the_same(name, original, site, tmp_path):
    variant = VARIANTS[name]
    clip = record(CLIP, tmp_path / CLIP.name, variant, SECONDS)
    again = speeds(measured(clip, variant.site(site)))
    assert len(speeds(original)) >= 5
    for speed in speeds(original):
        (other,) = (candidate for candidate in again if is_same_vehicle(speed, candidate))
        assert other.speed_kmh == pytest.approx(speed.speed_kmh, abs=speed.uncertainty_kmh)


def test_by_a_clock_that_hides_lost_frames_nobody_is_read(original, site, tmp_path):
    """Every 17th frame is lost, and the others are stamped as if none was: all seem 6 % faster."""
    hides = Variant(times=lambda i, _: None if i % 17 == 16 else (i - i // 17) / 25)
    passages = measured(record(CLIP, tmp_path / CLIP.name, hides, SECONDS), site)
    assert speeds(passages) == []
    unsure = [p for p in passages if p.speed.reason is Reason.TIME_UNSURE]
    assert len(unsure) >= len(speeds(original))
