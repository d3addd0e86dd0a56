"""A scene: everything one simulated clip depends on, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from itertools import cycle, islice
from typing import Literal

from speedcam.model import Certificate
from speedcam.simulate.camera import Camera, scaled
from speedcam.simulate.light import Light
from speedcam.simulate.plan import RoadPlan
from speedcam.simulate.walk import Walk
from speedcam.simulate.way import STEADY, Way
from speedcam.site import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Paperwork:
    """What the site file says about the place, beside its geometry."""

    camera_id: str
    camera_name: str
    place_name: str
    road: str
    road_kind: Literal["urban", "rural", "main", "motorway"]
    approaching_towards: str
    receding_towards: str
    limit_reason: Mapping[str, str]
    certificate: Certificate
    signs_checked_on: date
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """How the picture is taken.

    Attributes:
        shutter_s: Time over which motion blurs.
        noise: Standard deviation of the noise in mid-tones, in grey levels of 255.
        shake_px: Standard deviation of the picture's slow sway.
        soft_px: Blur of the lens, standard deviation.
        crf: Constant rate factor of the encoder.
        preset: x264 preset of the encoder.
        readout_s: From the exposure of the picture's first row to that of its last; 0 where all
            rows are exposed at once. A picture is taken when the middle of its first row is.
    """

    shutter_s: float
    noise: float
    shake_px: float
    soft_px: float
    crf: int
    preset: str = "medium"
    readout_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mast:
    """How the camera moves: the picture's shift in pixels, beside the sensor's ``shake_px``.

    Attributes:
        sway_px: Amplitude of a steady swing, to the right and down.
        sway_hz: Its frequency.
        drift_px_per_s: A slow, lasting movement, to the right and down.
        knocked_s: When something hits the camera, or None.
        knock_deg: By how much it then looks farther to the right and farther down, for good.
    """

    sway_px: tuple[float, float] = (0.0, 0.0)
    sway_hz: float = 2.0
    drift_px_per_s: tuple[float, float] = (0.0, 0.0)
    knocked_s: float | None = None
    knock_deg: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What happens to pictures between the sensor and the file.

    Attributes:
        irregular: How far the time between pictures strays, as a share of its nominal value,
            0 to 0.9: the stamps say the true times.
        stamp_error_s: Standard deviation of what the stamps are wrong by.
        lost: Share of pictures that never arrive and leave a gap in the stamps.
        delivered_per_s: The constant rate a converter brings the pictures to by repeating or
            leaving out some, or None: ``Fraction(30000, 1001)`` repeats one of 25 in five.
    """

    irregular: float = 0.0
    stamp_error_s: float = 0.0
    lost: float = 0.0
    delivered_per_s: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDrive:
    """A vehicle that drives by at a time of your choice.

    Attributes:
        lane: Name of the lane in which it comes.
        kind: Of its body.
        kmh: Its speed before it brakes or speeds up.
        pass_s: Footage time at which its contact end is in the middle of the zone.
        aside_m: How far to the right of the middle of its lane.
        way: How it drives.
    """

    lane: str
    kind: str
    kmh: float
    pass_s: float
    aside_m: float = 0.0
    way: Way = STEADY


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Who drives by.

    Attributes:
        speeds: For each lane (by name), each vehicle's speed as a share of the limit plus an
            offset in km/h.
        far_m: Vehicles come into being and vanish here.
        kinds: Kinds of vehicle, and how many of each are in the mix.
        ways: For each lane, how the vehicles of ``speeds`` drive, one by one, again from the
            first when there are fewer; a lane that is left out drives steadily.
        gap_m: Smallest and largest gap, bumper to bumper where it is shortest, of vehicles that
            follow one another closely; None: as far apart as the camera needs to part them.
        abreast: Vehicles of different lanes shall be side by side in the zone, not avoid it.
        planned: More vehicles. One that does not cross the whole zone within the clip is left out.
        walks: People on foot, who do not mind the traffic, nor it them.
        tells_hidden: The truth file says which share of each vehicle's time it was hidden.
    """

    speeds: Mapping[str, tuple[tuple[float, float], ...]]
    far_m: float
    kinds: Mapping[str, int]
    ways: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)
    gap_m: tuple[float, float] | None = None
    abreast: bool = False
    planned: tuple[PlannedDrive, ...] = ()
    walks: tuple[Walk, ...] = ()
    tells_hidden: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One clip to be: change a field with ``dataclasses.replace`` for another.

    ``frames_per_s`` is what the sensor takes. ``survey_noise_px`` and ``survey_noise_m`` are the
    standard deviations of errors that the surveyor makes, which the site file does not know.
    """

    name: str
    title: str
    seed: int
    seconds: float
    frames_per_s: int | Fraction
    camera: Camera
    light: Light
    plan: RoadPlan
    zone: Zone
    survey_y_m: tuple[float, ...]
    sensor: Sensor
    traffic: Traffic
    paperwork: Paperwork
    world_samples: int = 2
    vehicle_samples: int = 3
    mast: Mast = Mast()
    stream: Stream = Stream()
    survey_noise_px: float = 0.0
    survey_noise_m: float = 0.0


def middle_of_zone(scene: Scene) -> float:
    """The whole metre nearest to the middle of the measuring zone."""
    return float(round((scene.zone.near_m + scene.zone.far_m) / 2))


def vary(
    scene: Scene,
    *,
    seed: int | None = None,
    seconds: float | None = None,
    size_px: tuple[int, int] | None = None,
) -> Scene:
    """The scene with another seed, length or picture size; None keeps what it has.

    A smaller picture shows the same view with a shorter focal length. A clip of another
    length keeps the density of the traffic.
    """
    changed = scene
    if seed is not None:
        changed = replace(changed, seed=seed)
    if seconds is not None and seconds != scene.seconds:
        changed = replace(changed, seconds=seconds, traffic=_as_dense(scene, seconds))
    if size_px is not None and size_px != scene.camera.size_px:
        changed = replace(changed, camera=scaled(scene.camera, size_px))
    return changed


def _as_dense(scene: Scene, seconds: float) -> Traffic:
    """The traffic of a scene, shortened or repeated to keep its density."""
    share = seconds / scene.seconds
    speeds = {
        lane: tuple(islice(cycle(wanted), max(1, round(len(wanted) * share))))
        for lane, wanted in scene.traffic.speeds.items()
    }
    return replace(scene.traffic, speeds=speeds)
