"""Clips in every light: sun, overcast, dusk with headlamps, wet road, shade, clouds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from speedcam.simulate.light import Cloud
from tests.bench.streets_clip import FAST, RURAL, SLOW, TOWN, Clip, lit
from tests.bench.streets_light import (
    DUSK,
    LEFT_BEHIND,
    LEFT_LOW,
    OVERCAST,
    RIGHT_AHEAD,
    RIGHT_BEHIND,
    SHADED,
    wet,
)


def weather_clips() -> Iterator[Clip]:
    """One clip each; the seeds are arbitrary and fixed."""
    yield lit("school", LEFT_BEHIND, {"1": TOWN, "2": SLOW}, "sun", seed=101)
    yield lit("school", SHADED, {"1": TOWN, "2": TOWN}, "shade of trees", seed=102, crf=28)
    yield lit("school", wet(OVERCAST, 0.6), {"1": TOWN, "2": TOWN}, "wet", seed=103)
    yield lit("gantry", OVERCAST, {"1": RURAL, "2": TOWN, "3": RURAL}, "overcast", seed=104, crf=18)
    yield lit("gantry", DUSK, {"1": TOWN, "2": TOWN, "3": RURAL}, "dusk", seed=105, shutter_s=0.002)
    yield lit("low_pole", RIGHT_BEHIND, {"1": TOWN, "2": TOWN}, "sun", seed=106, crf=32)
    yield lit(
        "motorway", RIGHT_AHEAD, {"1": RURAL, "2": FAST, "3": FAST}, "sun", seed=107, shutter_s=5e-4
    )
    yield lit(
        "wide", OVERCAST, {"1": SLOW, "2": TOWN, "3": TOWN, "4": SLOW}, "overcast", "lens", seed=108
    )
    cloud = Cloud(at_s=10.0, lasts_s=10.0)
    yield lit(
        "wide",
        replace(RIGHT_BEHIND, cloud=cloud),
        {"1": TOWN, "2": TOWN, "3": TOWN, "4": TOWN},
        *("sun", "lens", "cloud"),
        seed=109,
    )
    mirror = wet(replace(DUSK, headlamps=0.08), 1.0)
    yield lit("low_pole", mirror, {"1": TOWN, "2": TOWN}, "dusk", "wet", seed=110, shutter_s=0.002)
    yield lit("verge", LEFT_LOW, {"1": TOWN, "2": RURAL, "3": RURAL}, "sun", seed=111)
    yield lit("verge", wet(OVERCAST, 1.0), {"1": TOWN, "2": TOWN, "3": RURAL}, "wet", seed=112)
    yield lit(
        "boulevard", LEFT_BEHIND, {"1": SLOW, "2": TOWN, "3": RURAL, "4": TOWN}, "sun", seed=113
    )
    yield lit("alley", LEFT_LOW, {"1": SLOW, "2": TOWN}, "sun", seed=114, crf=30)
