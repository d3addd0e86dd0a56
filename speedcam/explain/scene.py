"""The track on a picture of the road: outlines, contact points, features, lanes and metres."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from speedcam.adapters.lettering import header_height, mask_of
from speedcam.adapters.redact import MosaicRedactor, block_px, mosaic
from speedcam.errors import RawDataError
from speedcam.explain.dossier import Dossier, Survey, exhibit_bytes
from speedcam.explain.palette import AMBER, BLUE, USE_COLOURS, blue_green_red
from speedcam.ground import Ground
from speedcam.model import Box, Exhibit, ExhibitKind, Floats, Image, Sighting
from speedcam.subject import Subject
from speedcam.workings import Use

PAPER = "#f4f6f8"
INK = "#12171d"
BOXES = 9
"""Outlines shown along the way: more would hide the road."""
MARK_EVERY_M = 5
_FINE = 4
"""Binary digits of a fraction of a pixel."""
_STILLS = frozenset({ExhibitKind.STILL_FIRST, ExhibitKind.STILL_LAST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Backdrop:
    """A picture of the road to draw on.

    Attributes:
        picture: ``(height, width, 3)`` blue-green-red.
        frame_index: Of the frame that it shows.
        source: What it is, in words.
    """

    picture: Image
    frame_index: int
    source: str


def backdrop(dossier: Dossier) -> Backdrop | None:
    """The frame of the video, else a still that was kept, else None: there is no picture.

    Raises:
        RawDataError: A still is missing or was changed.
        FootageError: The frame does not come back from the video.
    """
    if dossier.footage:
        shown = _clearest(dossier)
        (frame,) = dossier.footage.recall({shown.time_s: shown.frame_index})
        return Backdrop(
            picture=frame.colour(),
            frame_index=shown.frame_index,
            source=f"frame {shown.frame_index} of {dossier.footage.path.name}",
        )
    stills = [e for e in dossier.passage.exhibits if e.kind in _STILLS]
    if not stills:
        return None
    still = max(stills, key=lambda e: _box_at(dossier, e.frame_index).area)
    return Backdrop(
        picture=_frame_of(dossier, still),
        frame_index=still.frame_index,
        source=f"frame {still.frame_index}, from the still that was kept",
    )


def draw_scene(dossier: Dossier, behind: Backdrop) -> Image:
    """The whole track on ``behind``; the picture itself is dimmed a little around the vehicle."""
    picture = _hidden(dossier, behind)
    picture = _dimmed(picture, _box_at(dossier, behind.frame_index))
    if dossier.survey:
        picture = _draw_road(picture, dossier, dossier.survey)
    picture = _draw_features(picture, dossier)
    _draw_boxes(picture, dossier, behind.frame_index)
    _draw_contacts(picture, dossier)
    return picture


def _clearest(dossier: Dossier) -> Sighting:
    """The used sighting in which the vehicle is largest, else the largest whole one."""
    sightings = dossier.raw.track.sightings
    used = [
        sighting
        for sighting, position in zip(sightings, dossier.raw.workings.positions, strict=True)
        if position.use is Use.USED
    ]
    whole = [sighting for sighting in sightings if not sighting.touches_border]
    return max(used or whole or sightings, key=lambda sighting: sighting.box.area)


def _sighting_at(dossier: Dossier, frame_index: int) -> Sighting:
    return next(s for s in dossier.raw.track.sightings if s.frame_index == frame_index)


def _box_at(dossier: Dossier, frame_index: int) -> Box:
    return _sighting_at(dossier, frame_index).box


def _frame_of(dossier: Dossier, still: Exhibit) -> Image:
    """The footage's pixels within a still, without its strips."""
    content = np.frombuffer(exhibit_bytes(dossier.folder, still), np.uint8)
    picture = cv2.imdecode(content, cv2.IMREAD_COLOR)
    width, height = dossier.raw.picture_px
    top = header_height(width)
    if picture is None or picture.shape[1] != width or picture.shape[0] < top + height:
        raise RawDataError(
            f"{still.path} is not a still of this footage. Process the footage again, or give "
            "the clip with --video."
        )
    return np.ascontiguousarray(picture[top : top + height], np.uint8)


def _hidden(dossier: Dossier, behind: Backdrop) -> Image:
    """Everybody but the measured vehicle hidden; that one too where nothing was kept of it."""
    vehicle = _box_at(dossier, behind.frame_index)
    plate = next((p for p in dossier.raw.plates if p.frame_index == behind.frame_index), None)
    alone = not _sighting_at(dossier, behind.frame_index).merged
    box = _around(plate.corners_px) if plate else None
    subject = Subject(vehicle=vehicle, plate=box, clear=alone)
    if dossier.passage.plate is None:
        return mosaic(behind.picture, block_px(behind.picture.shape[0], subject))
    return MosaicRedactor().redact(behind.picture, subject)


def _around(corners_px: Sequence[tuple[float, float]]) -> Box:
    u, v = np.array(corners_px).T
    return Box(left=float(u.min()), top=float(v.min()), right=float(u.max()), bottom=float(v.max()))


def _dimmed(picture: Image, vehicle: Box) -> Image:
    """A copy, paler and greyer outside the measured vehicle's box."""
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    dimmed = cv2.addWeighted(picture, 0.45, grey, 0.35, 16)
    top, bottom = max(0, int(vehicle.top)), max(0, math.ceil(vehicle.bottom))
    left, right = max(0, int(vehicle.left)), max(0, math.ceil(vehicle.right))
    dimmed[top:bottom, left:right] = picture[top:bottom, left:right]
    return np.asarray(dimmed, np.uint8)


def _draw_road(picture: Image, dossier: Dossier, survey: Survey) -> Image:
    """Lanes, the ends of the zone, and metres lying on the road, under everything else."""
    zone, ground = survey.site.zone, survey.ground
    left_m = min(lane.left_m for lane in survey.site.lanes)
    right_m = max(lane.right_m for lane in survey.site.lanes)
    drawn = picture.copy()
    edges_m = sorted({e for lane in survey.site.lanes for e in (lane.left_m, lane.right_m)})
    ends_m = (zone.near_m, zone.far_m)
    strokes = [_Stroke((x, ends_m[0]), (x, ends_m[1]), PAPER, 2) for x in edges_m]
    strokes += [_Stroke((left_m, y), (right_m, y), BLUE, 4) for y in ends_m]
    first_m = math.ceil(zone.near_m / MARK_EVERY_M) * MARK_EVERY_M
    marks = range(first_m, math.floor(zone.far_m) + 1, MARK_EVERY_M)
    lane = dossier.lane
    across = (lane.left_m, lane.right_m) if lane else (left_m, right_m)
    strokes += [_Stroke((across[0], y), (across[1], y), PAPER, 2) for y in marks]
    for stroke in strokes:
        _road_stroke(drawn, ground, stroke)
    # Lines let the road shine through; figures must be read.
    drawn = np.asarray(cv2.addWeighted(drawn, 0.75, picture, 0.25, 0), np.uint8)
    for mark_m in marks:
        _road_text(drawn, ground, f"{mark_m} m", (across[1] + 0.25, float(mark_m)))
    return drawn


@dataclass(frozen=True, slots=True)
class _Stroke:
    """A line on the road between two places in metres."""

    start_m: tuple[float, float]
    end_m: tuple[float, float]
    colour: str
    thickness: int


def _road_stroke(picture: Image, ground: Ground, stroke: _Stroke) -> None:
    """Drawn in pieces, so that a lens that bends lines is followed."""
    pieces = max(2, math.ceil(math.dist(stroke.start_m, stroke.end_m)) + 1)
    px = ground.image(np.linspace(stroke.start_m, stroke.end_m, pieces))
    _polyline(picture, px, stroke.colour, _thick(picture, stroke.thickness))


def _road_text(picture: Image, ground: Ground, text: str, at_m: tuple[float, float]) -> None:
    """``text`` lying on the road, its lower left corner at ``at_m``; longer where it is far."""
    mask = mask_of(text, 96)
    x_m, y_m = at_m
    wide_m = 0.017 * y_m * mask.shape[1] / mask.shape[0]
    tall_m = 0.045 * y_m
    corners_m = np.array(
        [
            (x_m, y_m + tall_m),
            (x_m + wide_m, y_m + tall_m),
            (x_m + wide_m, y_m),
            (x_m, y_m),
        ]
    )
    height, width = mask.shape
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    warp = cv2.getPerspectiveTransform(source, ground.image(corners_m).astype(np.float32))
    size = (picture.shape[1], picture.shape[0])
    lying = cv2.warpPerspective(mask, warp, size, flags=cv2.INTER_AREA)
    rim = cv2.dilate(lying, np.ones((3, 3), np.uint8))
    for coverage, colour in ((rim, INK), (lying, PAPER)):
        share = coverage[..., None].astype(np.float32) / 255
        blended = picture * (1 - share) + np.array(blue_green_red(colour)) * share
        picture[:] = np.rint(blended).astype(np.uint8)


def _draw_features(picture: Image, dossier: Dossier) -> Image:
    """The features' paths, faint."""
    drawn = picture.copy()
    for feature in dossier.raw.track.features:
        _polyline(drawn, feature.px, BLUE, 1)
    return np.asarray(cv2.addWeighted(drawn, 0.5, picture, 0.5, 0), np.uint8)


def _draw_boxes(picture: Image, dossier: Dossier, shown: int) -> None:
    """Outlines along the way, thin; the one of this frame strong."""
    own = [s for s in dossier.raw.track.sightings if not s.merged]
    for place in np.unique(np.linspace(0, len(own) - 1, BOXES).round().astype(int)):
        _draw_box(picture, own[place].box, PAPER, 1)
    _draw_box(picture, _box_at(dossier, shown), AMBER, _thick(picture, 3))


def _draw_box(picture: Image, box: Box, colour: str, thickness: int) -> None:
    corners = np.array(
        [(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)]
    )
    _polyline(picture, np.vstack([corners, corners[:1]]), colour, thickness)


def _draw_contacts(picture: Image, dossier: Dossier) -> None:
    """Used contact points as dots, the others as crosses in the colour of their reason."""
    radius = max(3.0, picture.shape[1] / 350)
    for use, (u, v) in _contacts(dossier):
        ink = blue_green_red(USE_COLOURS[use])
        if use in {Use.USED, Use.NOT_FITTED}:
            _dot(picture, (u, v), radius + 1.5, blue_green_red(PAPER))
            _dot(picture, (u, v), radius, ink)
        else:
            for wide, colour in ((5, blue_green_red(PAPER)), (3, ink)):
                _cross(picture, (u, v), radius, colour, _thick(picture, wide))


def _contacts(dossier: Dossier) -> Iterator[tuple[Use, tuple[float, float]]]:
    """Rejected ones first, so that the used lie on top."""
    rows = [
        (position.use, sighting.contact_px)
        for sighting, position in zip(
            dossier.raw.track.sightings, dossier.raw.workings.positions, strict=True
        )
        if sighting.contact_px
    ]
    yield from sorted(rows, key=lambda row: row[0] is Use.USED)


def _dot(
    picture: Image, at: tuple[float, float], radius: float, colour: tuple[int, int, int]
) -> None:
    centre = _subpixel(np.array(at))
    cv2.circle(picture, tuple(centre), round(radius * 2**_FINE), colour, -1, cv2.LINE_AA, _FINE)


def _cross(
    picture: Image,
    at: tuple[float, float],
    radius: float,
    colour: tuple[int, int, int],
    thickness: int,
) -> None:
    for slope in (1, -1):
        arm = np.array([radius, slope * radius])
        ends = (_subpixel(np.array(at) + side * arm) for side in (-1, 1))
        start, end = (tuple(point.tolist()) for point in ends)
        cv2.line(picture, start, end, colour, thickness, cv2.LINE_AA, _FINE)


def _polyline(picture: Image, px: Floats, colour: str, thickness: int) -> None:
    points = [_subpixel(px)]
    cv2.polylines(
        picture, points, False, blue_green_red(colour), thickness, cv2.LINE_AA, shift=_FINE
    )


def _subpixel(px: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    """Sixteenths of a pixel: the fixed-point form in which OpenCV draws between pixels."""
    return np.asarray(np.rint(np.clip(px, -8000, 8000) * 16), np.int32)


def _thick(picture: Image, at_full_hd: int) -> int:
    return max(1, round(at_full_hd * float(picture.shape[1]) / 1920))
