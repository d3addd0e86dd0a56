"""The stamps of a clip say what its stream did to them."""

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from speedcam.simulate import simulate
from speedcam.simulate.scene import Stream
from speedcam.simulate.timeline import timeline
from tests.builders_simulate import a_scene

NTSC = Fraction(30_000, 1001)


def _stamps(times):
    return np.array([times.stamp_s(shot) for shot in times.shots])


def _taken(times):
    return np.array([shot.taken_s for shot in times.shots])


@pytest.mark.parametrize("rate", [Fraction(25, 2), 25, NTSC, 50, 60], ids=str)
def test_pictures_of_a_constant_rate_are_stamped_when_they_are_taken(rate):
    times = timeline(a_scene(frames_per_s=rate))
    assert _taken(times) == pytest.approx(np.arange(round(3 * rate)) / float(rate))
    assert _stamps(times) == pytest.approx(_taken(times))


def test_a_lost_picture_leaves_a_gap():
    whole = timeline(a_scene())
    times = timeline(a_scene(stream=Stream(lost=0.3)))
    assert 30 < len(times.shots) < 70
    assert set(times.shots) < set(whole.shots)


def test_stamps_of_irregular_pictures_are_true():
    times = timeline(a_scene(stream=Stream(irregular=0.8)))
    gaps = np.diff(_stamps(times))
    assert gaps.min() > 0.2 / 25
    assert gaps.std() > 0.2 / 25
    assert np.abs(_stamps(times) - _taken(times)).max() < 1e-5


def test_wrong_stamps_are_wrong_by_what_the_scene_says():
    times = timeline(a_scene(seconds=60.0, stream=Stream(stamp_error_s=0.003)))
    assert (_stamps(times) - _taken(times)).std() == pytest.approx(0.003, rel=0.1)
    assert np.diff(_stamps(times)).min() > 0


def test_a_converter_repeats_one_picture_of_five():
    times = timeline(a_scene(stream=Stream(delivered_per_s=NTSC)))
    late = _stamps(times) - _taken(times)
    assert np.diff(_stamps(times)) == pytest.approx(1001 / 30_000)
    assert len(np.unique(_taken(times))) == 75
    assert 14 <= np.sum(np.diff(_taken(times)) == 0) <= 15
    assert late.min() > -1e-6
    assert late.max() < 1 / 25


@pytest.mark.parametrize(
    ("rate", "stream"),
    [
        (Fraction(25, 2), Stream()),
        (50, Stream(lost=0.2)),
        (25, Stream(irregular=0.7, stamp_error_s=0.002)),
        (25, Stream(delivered_per_s=NTSC)),
    ],
    ids=["12.5", "lost", "irregular", "repeated"],
)
def test_the_file_carries_the_stamps(tmp_path, rate, stream):
    scene = a_scene(size_px=(160, 96), seconds=2.0, frames_per_s=rate, stream=stream)
    scene = replace(scene, traffic=replace(scene.traffic, speeds={}))
    with av.open(str(simulate(scene, tmp_path).video)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx(_stamps(timeline(scene)), abs=2e-5)
