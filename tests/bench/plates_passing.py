"""Plates that drive by: those of the simulator, drawn alone, as a camera on a pole films them.

A plate in its dark holder on a plain front moves along the road under the camera of one of the
benchmark's places. Perspective, shutter, lens, tone curve, noise and H.264 are the simulator's own,
so the frames of one vehicle differ in size and in where the pixels fall, and share what an encoder
carries from one to the next. A vehicle takes less than half a second, where one in a whole clip
takes minutes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from speedcam.adapters.video import open_footage
from speedcam.model import Box, Floats, Frame, Image
from speedcam.pipeline import NEAR, PLATE_FRAMES
from speedcam.plate_place import HEIGHTS_M, LONG_M, PlatePlace
from speedcam.ports import Look
from speedcam.simulate import Scene
from speedcam.simulate.camera import Camera, project
from speedcam.simulate.encode import write_video
from speedcam.simulate.light import Radiance, irradiance, linear, tone
from speedcam.simulate.livery import COLOURS
from speedcam.simulate.plates import PLATE_M, random_plate
from speedcam.simulate.sensor import Sensor
from speedcam.simulate.timeline import timeline
from tests.bench.plates_bands import banded_texture
from tests.bench.streets_light import (
    DUSK,
    LEFT_BEHIND,
    LEFT_LOW,
    OVERCAST,
    RIGHT_AHEAD,
    RIGHT_BEHIND,
)
from tests.bench.streets_sites import SITES

WIDTHS_PX = (50.0, 140.0)
"""Of plates where they are nearest; they are spread evenly."""
LIGHTS = (OVERCAST, LEFT_BEHIND, RIGHT_BEHIND, RIGHT_AHEAD, LEFT_LOW, DUSK)
RATES = (Fraction(25, 2), Fraction(25), Fraction(25), Fraction(30), Fraction(60))
CRFS = (18, 22, 24, 24, 26, 28, 30, 32)
SHUTTERS_S = (0.0005, 0.001, 0.001, 0.002)
SPEEDS_KMH = (30.0, 140.0)
ASIDE_M = (-3.0, 3.0)
"""How far beside the middle of the picture a vehicle drives."""
PLATES_M = (0.42, 0.95)
"""Height of a plate's middle above the road."""

LEAD = 3
"""Frames before the first one that is looked at: the encoder has seen the vehicle before."""
HALF_M, ABOVE_M, HOLDER_M = 0.45, 0.35, (0.60, 0.15)
"""Half the width of the front, its height above the plate's middle, and the plate's dark holder."""
ROAD = 0.20
SAMPLES, WIDE_PX, FEW_SAMPLES = 3, 66.0, 2
"""Of the plate to a pixel, each way, and fewer where it is wider than that: the renderer of whole
clips takes as few of vehicles that are so large."""
STEP_PX = 1.6
"""Motion while the shutter is open that makes one more picture of the blur, four at most."""
LINEAR = ((np.arange(256) / 255) ** 2.2).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """One vehicle's way past a camera.

    Attributes:
        text: Of its plate.
        country: Whose plate it is: see :mod:`tests.bench.plates_bands`.
        width_px: Of the plate where it is nearest.
        scene: Light, stream and sensor; its camera's picture is the part that is drawn.
        camera: The whole one.
        origin_px: Where in its picture that part begins.
        at_m: Where the middle of the plate is at 0 s: to the right, along the road, up.
        speed_m_s: Negative where the vehicle approaches.
        colour: Of its paint.
        looks: Frames that are looked at, the first ``LEAD`` of the clip left out.
    """

    text: str
    country: str
    width_px: float
    scene: Scene
    camera: Camera
    origin_px: tuple[int, int]
    at_m: tuple[float, float, float]
    speed_m_s: float
    colour: str
    looks: int

    def upright(self, size_m: tuple[float, float], time_s: float) -> Floats:
        """``(4, 2)`` corners of an upright rectangle about the plate's middle, in pixels."""
        x, y, z = self.at_m
        corners = _rectangle((x, y + self.speed_m_s * time_s, z), size_m)
        return np.asarray(project(self.camera, corners)[0] - self.origin_px)

    def front(self, time_s: float) -> Floats:
        """``(4, 2)`` corners of the front from the road up, in pixels."""
        x, y, z = self.at_m
        middle = (x, y + self.speed_m_s * time_s, (z + ABOVE_M) / 2)
        corners = _rectangle(middle, (2 * HALF_M, z + ABOVE_M))
        return np.asarray(project(self.camera, corners)[0] - self.origin_px)


def passing(seed: int, country: str = "AL") -> Passing:
    """A vehicle by chance, the same for the same seed, whosever its plate is."""
    rng = np.random.default_rng([seed, 53])
    site = list(SITES.values())[rng.integers(len(SITES))]
    near_m, high_m = site.zone.near_m * rng.uniform(1.0, 1.25), rng.uniform(*PLATES_M)
    x_m = near_m * math.tan(math.radians(site.camera.yaw_deg)) + rng.uniform(*ASIDE_M)
    width_px, speed_m_s = rng.uniform(*WIDTHS_PX), rng.uniform(*SPEEDS_KMH) / 3.6
    camera = _near_enough(site.camera, (x_m, near_m, high_m), width_px)
    reach_m = math.hypot(near_m, site.camera.height_m)
    far_m = math.sqrt((reach_m / NEAR) ** 2 - site.camera.height_m**2)
    rate = RATES[rng.integers(len(RATES))]
    looks = 1 + math.floor((far_m - near_m) / speed_m_s * rate - rng.uniform())
    comes = rng.random() < 0.5
    first_m = far_m if comes else near_m
    way_m_s = -speed_m_s if comes else speed_m_s
    at_m = (x_m, first_m - way_m_s * LEAD / float(rate), high_m)
    ends = [(x_m, y_m, z_m) for y_m in (near_m, far_m) for z_m in (-0.2, high_m + ABOVE_M)]
    origin, size = _part(camera, ends)
    sensor = replace(
        site.sensor,
        crf=CRFS[rng.integers(len(CRFS))],
        shutter_s=SHUTTERS_S[rng.integers(len(SHUTTERS_S))],
    )
    scene = replace(
        site,
        seed=seed,
        seconds=float((LEAD + looks) / rate),
        frames_per_s=rate,
        camera=replace(camera, size_px=size),
        light=LIGHTS[rng.integers(len(LIGHTS))],
        sensor=sensor,
    )
    return Passing(
        text=random_plate(rng),
        country=country,
        width_px=width_px,
        scene=scene,
        camera=camera,
        origin_px=origin,
        at_m=at_m,
        speed_m_s=way_m_s,
        colour=COLOURS[rng.integers(len(COLOURS))],
        looks=looks,
    )


def looks(one: Passing, folder: Path) -> list[Look]:
    """What the pipeline would have the reader look at, from a clip that is made in ``folder``."""
    path = folder / "passing.mp4"
    times, sensor = timeline(one.scene), Sensor(one.scene)
    write_video(
        path,
        (sensor.taken(picture, shot.taken_s) for picture, shot in zip(
            _pictures(one, [shot.taken_s for shot in times.shots]), times.shots, strict=True)),
        size_px=one.scene.camera.size_px,
        times=times,
        crf=one.scene.sensor.crf,
        preset=one.scene.sensor.preset,
        wrote=lambda: None,
    )  # fmt: skip
    frames = list(open_footage(path).frames())[LEAD:]
    chosen = np.linspace(0, len(frames) - 1, min(PLATE_FRAMES, len(frames))).round().astype(int)
    return [_look(one, frames[index]) for index in chosen]


def _near_enough(camera: Camera, at_m: tuple[float, float, float], width_px: float) -> Camera:
    """The camera with the focal length at which a plate there is so wide."""
    (left, right), _ = project(camera, _rectangle(at_m, (PLATE_M[0], 0.0))[:2])
    return replace(camera, focal_px=camera.focal_px * width_px / math.dist(left, right))


def _part(
    camera: Camera, middles_m: list[tuple[float, float, float]]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where the part of the picture begins that shows fronts at these places, and its size."""
    sides = [(x + side, y, z) for x, y, z in middles_m for side in (-HALF_M, HALF_M)]
    pixels, _ = project(camera, np.array(sides))
    low = np.floor(pixels.min(axis=0)).astype(int) - 8
    width, height = (-(-(np.ceil(pixels.max(axis=0)).astype(int) + 8 - low) // 16) * 16).tolist()
    return (int(low[0]), int(low[1])), (width, height)


def _rectangle(at_m: tuple[float, float, float], size_m: tuple[float, float]) -> Floats:
    """``(4, 3)`` corners of an upright rectangle, clockwise as it is read."""
    (x, y, z), (wide, tall) = at_m, size_m
    around = ((-wide, tall), (wide, tall), (wide, -tall), (-wide, -tall))
    return np.array([(x + right / 2, y, z + up / 2) for right, up in around])


def _pictures(one: Passing, times_s: list[float]) -> Iterator[Image]:
    """Every picture before the sensor."""
    width, height = one.scene.camera.size_px
    rng = np.random.default_rng([one.scene.seed, 54])
    grain = cv2.GaussianBlur(rng.normal(0, 1, (height, width, 1)).astype(np.float32), (0, 0), 1.0)
    road = np.float32(ROAD) * (1 + 0.5 * grain[..., None]) * np.array(one.scene.light.sky)
    road, holder = road.astype(np.float32), _holder(one)
    empty = tone(road, one.scene.light.exposure)
    for time_s in times_s:
        picture, around = empty.copy(), _around(one.front(time_s), (width, height))
        picture[around] = tone(_radiance(one, road, holder, time_s), one.scene.light.exposure)
        yield picture


def _around(corners_px: Floats, size_px: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of the picture that a thing and its blur touch; at least one of each."""
    low = np.clip(np.floor(corners_px.min(axis=0)) - 4, 0, np.array(size_px) - 1)
    high = np.clip(np.ceil(corners_px.max(axis=0)) + 5, low + 1, size_px)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _holder(one: Passing) -> Radiance:
    """A plate in its holder: what share of light they return."""
    rng = np.random.default_rng([one.scene.seed, 55])
    plate = LINEAR[banded_texture(one.text, one.country, rng)]
    aside, above = (
        round(texels * (holder_m / plate_m - 1) / 2)
        for texels, holder_m, plate_m in zip(plate.shape[1::-1], HOLDER_M, PLATE_M, strict=True)
    )
    sides = (above, above, aside, aside)
    dark = cv2.copyMakeBorder(plate, *sides, cv2.BORDER_CONSTANT, value=linear("#1a1b1d"))
    return np.asarray(dark, np.float32)


def _radiance(one: Passing, road: Radiance, holder: Radiance, time_s: float) -> Radiance:
    """The front on the road, blurred by its motion while the shutter is open and by the lens."""
    light, facing, z = one.scene.light, np.sign(one.speed_m_s), one.at_m[2]
    lit = irradiance(light, np.array([[0.0, facing, 0.0]]))[0]
    # Less light reaches what is near the road, as on whole vehicles.
    lit = (lit * (0.42 + 0.58 * min(1.0, z / 0.75) ** 0.8)).astype(np.float32)
    paint = tuple(float(part) for part in lit * linear(one.colour))
    front = one.front(time_s)
    around = _around(front, one.scene.camera.size_px)
    shown, low = road[around].copy(), (around[1].start, around[0].start)
    cv2.fillConvexPoly(shown, np.rint(front - low).astype(np.int32), paint)
    _lay_holder(shown, low, one, holder * lit, paint=paint, time_s=time_s)
    return np.asarray(cv2.GaussianBlur(shown, (0, 0), one.scene.sensor.soft_px), np.float32)


def _lay_holder(
    shown: Radiance,
    low_px: tuple[int, int],
    one: Passing,
    holder: Radiance,
    *,
    paint: tuple[float, ...],
    time_s: float,
) -> None:
    """Lay the plate in its holder over the front, as it is on average while the shutter is open."""
    half_s = one.scene.sensor.shutter_s / 2
    first, last = (one.upright(HOLDER_M, time_s + at_s) - low_px for at_s in (-half_s, half_s))
    around = _around(np.concatenate([first, last]), shown.shape[1::-1])
    part, corner = shown[around], (around[1].start, around[0].start)
    steps = int(np.clip(round(float(np.abs(last - first).max()) / STEP_PX), 1, 4))
    samples = FEW_SAMPLES if one.width_px > WIDE_PX else SAMPLES
    part[:] = 0.0
    for step in range(steps):
        corners = first + (step + 0.5) / steps * (last - first) - corner
        part += _sampled(holder, corners, part.shape[1::-1], samples, paint) / steps


def _sampled(
    holder: Radiance,
    corners_px: Floats,
    size_px: tuple[int, int],
    samples: int,
    paint: tuple[float, ...],
) -> Radiance:
    """The holder in a piece of picture, from ``samples`` points of each pixel's sides."""
    tall, wide = holder.shape[:2]
    source = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], np.float32) - 0.5
    target = ((corners_px + 0.5) * samples - 0.5).astype(np.float32)
    fine = cv2.warpPerspective(
        holder,
        cv2.getPerspectiveTransform(source, target),
        (size_px[0] * samples, size_px[1] * samples),
        flags=cv2.INTER_LINEAR,
        borderValue=paint,
    )
    return np.asarray(cv2.resize(fine, size_px, interpolation=cv2.INTER_AREA), np.float32)


def _look(one: Passing, frame: Frame) -> Look:
    """The vehicle in a frame, and where its plate may be: exactly where the survey would say."""
    x, y, _ = one.at_m
    now_m = y + one.speed_m_s * frame.time_s
    left, top = one.front(frame.time_s).min(axis=0)
    right, bottom = one.front(frame.time_s).max(axis=0)
    heights = [(x, now_m, height_m) for height_m in (0.0, *HEIGHTS_M)]
    foot, low, high = project(one.camera, np.array(heights))[0] - one.origin_px
    long = project(one.camera, _rectangle((x, now_m, 0.6), (LONG_M, 0.0))[:2])[0]
    place = PlatePlace(
        foot_px=(float(foot[0]), float(foot[1])),
        long_px=math.dist(*long),
        rows_px=(float(high[1]), float(low[1])),
    )
    return Look(
        frame=frame, vehicle=Box(left=left, top=top, right=right, bottom=bottom), place=place
    )
