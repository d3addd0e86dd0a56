"""Pictures of plates with exact geometry, and sightings with defaults."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from speedcam.adapters.plate_edges import LIGHT_PER_LEVEL
from speedcam.model import Box, Frame, PlateSighting
from speedcam.plate_types import AL_520, PlateType

PLATE_MM = AL_520.size_mm
BAND_MM = AL_520.band_mm
BLUE = (20, 50, 150)
WHITE = (236, 236, 232)
SUPER = 4
"""Samples per pixel while drawing: the plate's edges land within 0.01 px of their place."""


def half_way(level):
    """What the ends of a field are looked for in."""
    return level**LIGHT_PER_LEVEL


def none(level):
    """A picture that is blurred after the camera, in levels."""
    return level


def power(level):
    """The simplest curve from levels to light."""
    return level**2.2


def srgb(level):
    """IEC 61966-2-1."""
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def a_sighting(
    text="AB123CD",
    *,
    confidence=0.98,
    width_px=90.0,
    index=0,
    banded=True,
    confidences=None,
    country=None,
):
    height = width_px * PLATE_MM[1] / PLATE_MM[0]
    corners = ((0.0, 0.0), (width_px, 0.0), (width_px, height), (0.0, height))
    inset, middle = width_px * BAND_MM / PLATE_MM[0], height / 2
    return PlateSighting(
        frame_index=index,
        time_s=index / 25,
        corners_px=tuple((u + 100, v + 50) for u, v in corners),
        text=text,
        character_confidence=tuple(confidences or [confidence] * len(text)),
        white_edges_px=((100 + inset, 50 + middle), (100 + width_px - inset, 50 + middle))
        if banded
        else None,
        country=country,
    )


@dataclass(frozen=True, kw_only=True)
class DrawnPlate:
    """A picture with one plate, and where its parts truly are."""

    frame: Frame
    vehicle: Box
    corners_px: np.ndarray
    white_edges_px: np.ndarray

    @property
    def white_width_px(self):
        return float(math.dist(*self.white_edges_px))


def plate_texture(
    text="AB 123 CD",
    px_per_mm=4,
    letters_mm=None,
    *,
    kind: PlateType = AL_520,
    bands=("left", "right"),
    sign=False,
    rim_mm=0,
):
    """The plate from straight ahead, BGR."""
    width, height = (side * px_per_mm for side in kind.size_mm)
    band = kind.band_mm * px_per_mm
    plate = Picture.new("RGB", (width, height), WHITE)
    draw = ImageDraw.Draw(plate)
    for left in (left for side, left in (("left", 0), ("right", width - band)) if side in bands):
        draw.rectangle((left, 0, left + band - 1, height), fill=BLUE)
        if sign:
            _draw_sign(draw, left + band / 2, px_per_mm)
    letters = _letters(text, letters_mm or round(1000 * kind.field_m) - 48, px_per_mm)
    wide, tall = letters.size
    place = ((width - wide) // 2, (height - tall) // 2)
    plate.paste((18, 18, 18), (*place, place[0] + wide, place[1] + tall), letters)
    if rim_mm:
        draw.rectangle(
            (0, 0, width - 1, height - 1), outline=(70, 70, 70), width=rim_mm * px_per_mm
        )
    return np.asarray(plate)[:, :, ::-1].copy()


def _letters(text, wide_mm, px_per_mm):
    fonts = Path(cv2.__file__).parent / "qt" / "fonts"
    font = ImageFont.truetype(str(fonts / "DejaVuSansCondensed-Bold.ttf"), 96 * px_per_mm)
    box = ImageDraw.Draw(Picture.new("L", (1, 1))).textbbox((0, 0), text, font=font)
    letters = Picture.new("L", (box[2] - box[0], box[3] - box[1]), 0)
    ImageDraw.Draw(letters).text((-box[0], -box[1]), text, font=font, fill=255)
    return letters.resize((wide_mm * px_per_mm, 77 * px_per_mm))


def _draw_sign(draw, middle, px_per_mm):
    """Twelve stars and the letter I, as bright as the field."""
    for angle in np.radians(range(0, 360, 30)):
        centre = (middle + 14 * px_per_mm * np.cos(angle), (34 + 14 * np.sin(angle)) * px_per_mm)
        draw.circle(centre, 2 * px_per_mm, fill=(240, 220, 60))
    draw.rectangle(
        (middle - 5 * px_per_mm, 62 * px_per_mm, middle + 5 * px_per_mm, 95 * px_per_mm), fill=WHITE
    )


def a_drawn_plate(
    text="AB 123 CD",
    *,
    width_px=100.0,
    yaw_deg=12.0,
    pitch_deg=14.0,
    roll_deg=2.0,
    body=(60, 60, 70),
    blur_px=0.6,
    smear_px=0.0,
    noise=2.0,
    seed=0,
    offset_px=(0.0, 0.0),
    plate=True,
    kind: PlateType = AL_520,
    size=(640, 480),
    curve=half_way,
    **layout,
):
    """One plate on a plain vehicle in a picture of ``size``, seen by an exact pinhole camera.

    ``curve`` is how much light a level stands for, both from 0 to 1. ``layout`` is handed to
    :func:`plate_texture`.
    """
    rng = np.random.default_rng(seed)
    centre = np.array([size[0] / 2, size[1] * 0.68]) + offset_px
    to_px = _plate_to_picture(width_px, (yaw_deg, pitch_deg, roll_deg), centre, kind.size_mm)
    big = np.empty((size[1] * SUPER, size[0] * SUPER, 3), np.uint8)
    big[:] = (110, 112, 110)
    across, down = size[0] / 640, size[1] / 480
    vehicle = Box(left=150 * across, top=90 * down, right=490 * across, bottom=420 * down)
    left, top, right, bottom = (
        round(edge * SUPER) for edge in (vehicle.left, vehicle.top, vehicle.right, vehicle.bottom)
    )
    big[top:bottom, left:right] = body
    if plate:
        texture = plate_texture(text, kind=kind, **layout)
        # From texture samples (centres at +0.5) to supersamples (centres at +0.5).
        warp = _scale(SUPER, -0.5 * (SUPER - 1) / SUPER) @ to_px @ _scale(1 / 4, -0.5)
        cv2.warpPerspective(
            texture,
            warp,
            (big.shape[1], big.shape[0]),
            dst=big,
            flags=cv2.INTER_AREA,
            borderMode=cv2.BORDER_TRANSPARENT,
        )
    picture = np.full((size[1], size[0], 3), (110, 112, 110), np.uint8)
    near = slice(top - 40, bottom + 40), slice(left - 40, right + 40)
    picture[tuple(slice(s.start // SUPER, s.stop // SUPER) for s in near)] = _camera(
        big[near], blur_px, smear_px, noise, rng, curve=curve
    )
    (wide, tall), band = kind.size_mm, kind.band_mm
    corners = _project(to_px, [(0, 0), (wide, 0), (wide, tall), (0, tall)])
    return DrawnPlate(
        frame=a_frame(picture),
        vehicle=vehicle,
        corners_px=corners,
        white_edges_px=_project(to_px, [(band, tall / 2), (wide - band, tall / 2)]),
    )


def a_frame(picture, *, index=0):
    luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return Frame(index=index, time_s=index / 25, luma=luma, corrupt=False, colour=picture.copy)


def _plate_to_picture(width_px, angles_deg, centre, size_mm):
    """Homography from millimetres on the plate to pixels whose centres are whole numbers."""
    yaw, pitch, roll = np.radians(angles_deg)
    turn = (
        np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
        @ np.array(
            [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
        )
        @ np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    )
    focal = 2600.0
    distance = focal * size_mm[0] / width_px * np.cos(yaw)
    plane = np.column_stack([turn[:, 0], turn[:, 1], [0, 0, distance]])
    plane = plane @ np.array([[1, 0, -size_mm[0] / 2], [0, 1, -size_mm[1] / 2], [0, 0, 1]])
    camera = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1]])
    return camera @ plane


def _scale(factor, shift):
    """``x → factor · (x − shift)``: between pixel grids whose samples sit at their centres."""
    return np.array([[factor, 0, -factor * shift], [0, factor, -factor * shift], [0, 0, 1.0]])


def _project(homography, points):
    points = np.column_stack([np.asarray(points, float), np.ones(len(points))]) @ homography.T
    return points[:, :2] / points[:, 2:]


def _camera(big, blur_px, smear_px, noise, rng, *, curve):
    """Optics, exposure while moving and pixels, all of them of light; levels; noise."""
    level = np.arange(256) / 255
    light = np.rint(65535 * curve(level)).astype(np.uint16)[big]
    light = cv2.GaussianBlur(light, (0, 0), max(0.3, blur_px * SUPER))
    if smear_px:
        kernel = np.ones((max(1, round(smear_px * SUPER)), 1), np.float32)
        light = cv2.filter2D(light, -1, kernel / kernel.sum())
    rows, columns = light.shape[0] // SUPER, light.shape[1] // SUPER
    small = cv2.resize(light, (columns, rows), interpolation=cv2.INTER_AREA) / 65535
    seen = 255 * np.interp(small, curve(level), level)
    return np.clip(np.rint(seen + rng.normal(0, noise, seen.shape)), 0, 255).astype(np.uint8)
