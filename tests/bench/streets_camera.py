"""Clips of every stream and every restless camera: rates, lost and repeated pictures, masts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from speedcam.simulate import Scene
from speedcam.simulate.scene import Mast, Stream
from tests.bench.streets_clip import FAST, RURAL, SLOW, TOWN, Clip, lit
from tests.bench.streets_light import LEFT_BEHIND, OVERCAST, RIGHT_BEHIND

NTSC = Fraction(30_000, 1001)


def camera_clips() -> Iterator[Clip]:
    """One clip each; the seeds are arbitrary and fixed."""
    yield from _rates()
    yield from _irregular()
    yield from _masts()
    yield from _shutters()


def _with(clip: Clip, **changes: Any) -> Clip:
    return replace(clip, scene=replace(clip.scene, **changes))


def _rates() -> Iterator[Clip]:
    lanes = {"1": TOWN, "2": TOWN, "3": SLOW}
    sparse = lit("gantry", LEFT_BEHIND, lanes, "12.5 per s", seed=201, crf=22, seconds=32.0)
    yield _with(sparse, frames_per_s=Fraction(25, 2))
    lanes = {"1": RURAL, "2": FAST, "3": FAST}
    dense = lit("motorway", OVERCAST, lanes, "50 per s", seed=202, crf=26)
    yield _with(dense, frames_per_s=50)
    lanes = {"1": RURAL, "2": TOWN}
    densest = lit("village", OVERCAST, lanes, "60 per s", seed=203, crf=28)
    yield _with(densest, frames_per_s=60)


def _irregular() -> Iterator[Clip]:
    lanes = {"1": TOWN, "2": TOWN}
    repeated = lit("low_pole", LEFT_BEHIND, lanes, "repeated", seed=204, crf=23)
    yield _with(repeated, stream=Stream(delivered_per_s=NTSC))
    thinned = lit("alley", OVERCAST, {"1": TOWN, "2": RURAL}, "thinned", seed=205)
    yield _with(thinned, frames_per_s=30, stream=Stream(delivered_per_s=Fraction(25)))
    variable = lit("school", OVERCAST, lanes, "variable rate", seed=206, crf=26)
    yield _with(variable, stream=Stream(irregular=0.6, stamp_error_s=0.001))
    lossy = lit("overpass", OVERCAST, {"1": RURAL, "2": FAST}, "lost", seed=207, crf=27)
    yield _with(lossy, stream=Stream(lost=0.08))


def _masts() -> Iterator[Clip]:
    lanes = {"1": TOWN, "2": TOWN}
    swaying = lit("village", RIGHT_BEHIND, lanes, "shake", seed=208)
    yield _with(swaying, mast=Mast(sway_px=(1.2, 1.6), sway_hz=1.7))
    creeping = lit("alley", LEFT_BEHIND, lanes, "drift", seed=209)
    yield _with(creeping, mast=Mast(drift_px_per_s=(0.02, 0.05)))
    lanes = {"1": RURAL, "2": TOWN}
    sliding = lit("overpass", LEFT_BEHIND, lanes, "sun", "drift", seed=210)
    yield _with(sliding, mast=Mast(drift_px_per_s=(-0.05, 0.14)))
    lanes = {"1": TOWN, "2": RURAL, "3": RURAL}
    knocked = lit("verge", OVERCAST, lanes, "knocked", seed=211)
    yield _with(knocked, mast=Mast(knocked_s=10.0, knock_deg=(0.12, 0.10)))
    moved = lit("low_pole", OVERCAST, {"1": TOWN, "2": SLOW}, "moved", seed=212)
    yield replace(_knocked_at_once(moved), moved_before=True)


def _knocked_at_once(clip: Clip) -> Clip:
    return _with(clip, mast=Mast(knocked_s=0.0, knock_deg=(0.0, 0.25)))


def _shutters() -> Iterator[Clip]:
    lanes = {"1": RURAL, "2": FAST, "3": FAST}
    rolling = lit("motorway", LEFT_BEHIND, lanes, "rolling shutter", seed=213, shutter_s=5e-4)
    yield _with(rolling, sensor=_rolling(rolling.scene, 0.020))
    lanes = {"1": TOWN, "2": TOWN, "3": RURAL}
    both = lit("gantry", OVERCAST, lanes, "rolling shutter", "shake", seed=214, crf=28)
    yield _with(
        both,
        sensor=_rolling(both.scene, 0.016),
        mast=Mast(sway_px=(0.6, 0.9), sway_hz=2.3),
    )


def _rolling(scene: Scene, readout_s: float) -> Any:
    return replace(scene.sensor, readout_s=readout_s)
