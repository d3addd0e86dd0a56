"""The secondary check: the time between two lines, apart from the fit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.crossing import against, cross
from speedcam.model import Reason, Sample, SpeedMeasurement
from speedcam.speed import measure
from tests.builders_camera import ZONE, a_ground, a_track


def samples(kmh, *, start_m=15.0, seconds=1.5, noise_m=0.0, seed=0):
    times_s = np.arange(0, seconds, 0.04)
    random = np.random.default_rng(seed)
    places_m = start_m + kmh / 3.6 * times_s + random.normal(0, 1, len(times_s)) * noise_m
    return [
        Sample(frame_index=i, time_s=t, u_px=900, v_px=600, x_m=1.0, y_m=y)
        for i, (t, y) in enumerate(zip(times_s.tolist(), places_m.tolist(), strict=True))
    ]


def edges(of):
    return np.full(len(of), 0.03)


@given(kmh=st.one_of(st.floats(25, 160), st.floats(-160, -25)))
def test_the_time_between_two_lines_gives_the_speed_in_either_direction(kmh):
    start_m = 15.0 if kmh > 0 else 90.0
    driven = samples(kmh, start_m=start_m)
    crossing = cross(driven, edges(driven))
    assert crossing is not None
    assert crossing.speed_kmh == pytest.approx(abs(kmh), rel=1e-6)
    assert crossing.seconds == pytest.approx(
        abs(crossing.to_m - crossing.from_m) / (abs(kmh) / 3.6), rel=1e-6
    )


@given(seed=st.integers(0, 10_000))
def test_its_stated_uncertainty_holds_for_noisy_edges(seed):
    driven = samples(72, noise_m=0.03, seed=seed)
    crossing = cross(driven, edges(driven))
    assert crossing is not None
    # Interpolated between six edges, so the doubt of a single one is never exceeded by much.
    assert abs(crossing.speed_kmh - 72) < 1.5 * crossing.uncertainty_kmh


def test_one_wild_edge_beside_a_line_moves_nothing():
    driven = samples(72)
    wild = [replace(s, y_m=s.y_m + 5) if s.frame_index == 5 else s for s in driven]
    assert cross(wild, edges(wild)).speed_kmh == pytest.approx(72, rel=0.005)


@pytest.mark.parametrize("kmh", [0.0, 3.0], ids=["standing", "a walk"])
def test_too_short_a_way_has_no_crossing(kmh):
    driven = samples(kmh)
    assert cross(driven, edges(driven)) is None


def test_a_reading_that_the_crossing_contradicts_is_refused():
    measurement = measure(a_track(72), a_ground(), ZONE)
    assert isinstance(measurement, SpeedMeasurement)
    assert against(measurement) is None
    refusal = against(replace(measurement, speed_kmh=1.06 * measurement.speed_kmh))
    assert refusal is not None
    assert refusal.reason is Reason.LINES_DISAGREE
