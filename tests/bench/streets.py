"""All clips of the rendered benchmark, by name: every light, stream, camera and traffic."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from speedcam.simulate.traffic import schedule
from tests.bench.streets_camera import camera_clips
from tests.bench.streets_clip import Clip
from tests.bench.streets_traffic import traffic_clips
from tests.bench.streets_weather import weather_clips


def clips() -> Mapping[str, Clip]:
    """The clips by name, in the order in which they are told."""
    made = (*weather_clips(), *camera_clips(), *traffic_clips())
    return MappingProxyType({clip.name: clip for clip in made})


def vehicles(clip: Clip) -> int:
    """How many drive through a clip."""
    return len(schedule(clip.scene))


CLIPS: Mapping[str, Clip] = clips()
