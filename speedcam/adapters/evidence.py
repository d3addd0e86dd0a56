"""Draws the exhibits of a passage and keeps them.

Pictures in, pictures out, and all facts as arguments. Every text about the passage stands on
strips added above and below, so that no pixel of the footage is covered by it. Inside a still
are only thin drawings: the measured box, the contact point, and the metres of the road.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.adapters.lettering import (
    AMBER,
    CYAN,
    INK,
    PAPER,
    Colour,
    Fact,
    Label,
    with_band,
    with_header,
    with_labels,
)
from speedcam.model import Box, Direction, Floats, Image, Place, SpeedMeasurement
from speedcam.ports import Redactor
from speedcam.subject import Subject

ToPicture = Callable[[Floats], Floats]
"""From ``(n, 2)`` metres on the road to ``(n, 2)`` pixels."""

JPEG_QUALITY = 92
_MARK = "DEMO"
_DIRECTIONS = {
    Direction.APPROACHING: "afrohet · approaching",
    Direction.RECEDING: "largohet · receding",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What every exhibit of one passage says, and when its frame was taken.

    Attributes:
        place: Where, and which camera.
        lane: Name of the lane, or None outside every lane.
        direction: Which way the vehicle drove, or None when that could not be told.
        limit_kmh: The limit there, or None outside every lane.
        speed: The measurement.
        at: Aware instant of the frame.
        frame_index: Ordinal of the frame in the footage.
        time_s: Footage time of the frame.
        clip_sha256: Of the footage's bytes.
    """

    place: Place
    lane: str | None
    direction: Direction | None
    limit_kmh: int | None
    speed: SpeedMeasurement
    at: datetime
    frame_index: int
    time_s: float
    clip_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadMarks:
    """Which metres of which lane to mark.

    Attributes:
        to_px: From the road to this picture.
        left_m: Left edge of the lane.
        right_m: Right edge of the lane.
        near_m: First metre to mark.
        far_m: Last metre to mark.
        measured_m: Where along the road the measured stretch lies: from, to.
        type_scale: How much larger than usual the metres are written.
    """

    to_px: ToPicture
    left_m: float
    right_m: float
    near_m: float
    far_m: float
    measured_m: tuple[float, float]
    type_scale: float = 1.0


def still(
    picture: Image,
    facts: Facts,
    *,
    title: str,
    vehicle: Box,
    contact_px: tuple[float, float] | None,
    road: RoadMarks,
) -> Image:
    """A whole frame with the measured box, the contact point and the metres of the lane.

    Args:
        picture: ``(height, width, 3)`` BGR; not changed.
        facts: For the strips.
        title: Which of the two stills this is.
        vehicle: The measured box in pixels.
        contact_px: Where the vehicle meets the road, or None when it was not located.
        road: What to mark on the road.
    """
    drawn = draw_road(picture, road, keep_clear=vehicle)
    drawn = _draw_box(drawn, vehicle)
    if contact_px is not None:
        drawn = _draw_contact(drawn, contact_px)
    subtitle = f"{facts.place.site_id} · {facts.place.camera}"
    return with_band(
        with_header(drawn, title, subtitle, _MARK),
        [_speed(facts), _limit(facts), _time(facts), _place(facts)],
        [_lane(facts), _measured(facts), *_frame_facts(facts)],
    )


def plate_crop(
    picture: Image, facts: Facts, *, title: str, corners_px: Floats, text: str, width_px: int = 960
) -> Image:
    """The plate, levelled and enlarged, over the untouched pixels around it.

    Args:
        picture: ``(height, width, 3)`` BGR.
        facts: For the strips.
        title: Of the exhibit.
        corners_px: ``(4, 2)`` pixels from the upper left, clockwise.
        text: What was read, or empty.
        width_px: Of the result.
    """
    corners = np.asarray(corners_px, np.float64)
    divider = np.full((6, width_px, 3), INK[::-1], np.uint8)
    levelled, seen = _levelled(picture, corners, width_px), _as_seen(picture, corners, width_px)
    subtitle = "lart e drejtuar, poshtë siç u filmua · above levelled, below as filmed"
    return with_band(
        with_header(np.vstack([levelled, divider, seen]), title, subtitle, _MARK),
        [
            Fact(label="TARGA · PLATE", value=text or "–", loud=True),
            _time(facts),
            _place(facts),
        ],
        [_camera(facts), *_frame_facts(facts)],
    )


def photo(
    picture: Image,
    facts: Facts,
    *,
    subject: Subject,
    redactor: Redactor,
    shown: Floats | None = None,
) -> Image:
    """The redacted picture for the notice: the vehicle and some road around it, with a slim band.

    The redactor sees the whole picture before anything is cut out of it; ``shown`` is what it said
    of it, where it was asked before.
    """
    redacted = redactor.redact(picture, subject, shown)
    left, top, right, bottom = surroundings(subject.vehicle, picture.shape[1], picture.shape[0])
    cut = np.ascontiguousarray(redacted[top:bottom, left:right])
    return _under_place(cut, facts, facts.place.road)


def driver(alone: Image, facts: Facts) -> Image:
    """The driver, of whom alone the picture is, over the strips of a photo."""
    return _under_place(alone, facts, facts.place.road)


def film_frame(hidden: Image, facts: Facts) -> Image:
    """A frame of a film that hides everybody already, with the strips of a photo.

    Its time stands above it too: below it are the buttons of a player.
    """
    local = facts.at.astimezone(ZoneInfo(facts.place.timezone))
    clock = f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}"
    return _under_place(hidden, facts, f"{clock} · {facts.time_s:.3f} s")


def _under_place(picture: Image, facts: Facts, subtitle: str) -> Image:
    return with_band(
        with_header(picture, facts.place.name, subtitle, _MARK),
        [_speed(facts), _limit(facts), _time(facts)],
    )


def encode_jpeg(picture: Image) -> bytes:
    """The bytes of ``picture`` (BGR) as JPEG; the same picture always gives the same bytes."""
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    done, encoded = cv2.imencode(".jpg", picture, options)
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} cannot be written as JPEG")
    return encoded.tobytes()


def draw_road(picture: Image, road: RoadMarks, *, keep_clear: Box) -> Image:
    """A copy of ``picture`` with the lane's metres; ``keep_clear`` is left as it was."""
    drawn = picture.copy()
    strokes = [*_edges(road), *_ticks(road)]
    lines = _lines(strokes, road.to_px)
    # All dark rims first: a later stroke's rim must not cut an earlier stroke.
    for rim in (True, False):
        for stroke, line in zip(strokes, lines, strict=True):
            _draw_stroke(drawn, stroke, line, rim=rim)
    labels = list(_metre_labels(road, picture.shape, keep_clear))
    drawn = with_labels(drawn, labels, road.type_scale)
    left, top, right, bottom = _clipped(keep_clear, picture.shape)
    drawn[top:bottom, left:right] = picture[top:bottom, left:right]
    return drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stroke:
    """A straight line on the road, in metres, and how it is drawn."""

    start_m: tuple[float, float]
    end_m: tuple[float, float]
    colour: Colour
    thickness: int


def _edges(road: RoadMarks) -> Iterator[_Stroke]:
    """Both edges of the lane, the measured stretch stronger and closed at its ends."""
    start, end = sorted(road.measured_m)
    for edge_m in (road.left_m, road.right_m):
        for first, last, colour, thickness in (
            (road.near_m, road.far_m, PAPER, 1),
            (start, end, CYAN, 3),
        ):
            yield _Stroke(
                start_m=(edge_m, first), end_m=(edge_m, last), colour=colour, thickness=thickness
            )
    for end_m in (start, end):
        yield _Stroke(
            start_m=(road.left_m, end_m), end_m=(road.right_m, end_m), colour=CYAN, thickness=2
        )


def _ticks(road: RoadMarks) -> Iterator[_Stroke]:
    """Short strokes outward from both edges at each metre, longer ones at each fifth."""
    start, end = sorted(road.measured_m)
    for metre in range(math.ceil(road.near_m), math.floor(road.far_m) + 1):
        long_m = 0.5 if metre % 5 == 0 else 0.22
        colour = CYAN if start <= metre <= end else PAPER
        for edge_m, side in ((road.left_m, -1), (road.right_m, 1)):
            yield _Stroke(
                start_m=(edge_m, metre),
                end_m=(edge_m + side * long_m, metre),
                colour=colour,
                thickness=2,
            )


def _metre_labels(road: RoadMarks, shape: tuple[int, ...], keep_clear: Box) -> Iterator[Label]:
    """Every fifth metre beside both edges, where the label is whole and hides no vehicle."""
    wide, tall = road.type_scale * shape[1] / 40, road.type_scale * shape[1] / 80
    for metre in range(math.ceil(road.near_m / 5) * 5, math.floor(road.far_m) + 1, 5):
        for edge_m, side in ((road.left_m, -1), (road.right_m, 1)):
            ((u, v),) = road.to_px(np.array([[edge_m + side * 0.5, metre]])).tolist()
            at = (u + side * road.type_scale * shape[1] / 60, v)
            room = Box(left=at[0] - wide, top=v - tall, right=at[0] + wide, bottom=v + tall)
            if room.overlap(keep_clear) == 0 and _inside(room, shape):
                yield Label(text=f"{metre} m", at=at)


def _inside(box: Box, shape: tuple[int, ...]) -> bool:
    return box.left >= 0 and box.top >= 0 and box.right <= shape[1] and box.bottom <= shape[0]


def _lines(strokes: Sequence[_Stroke], to_px: ToPicture) -> list[NDArray[np.int32]]:
    """Each stroke's way in the picture, in sixteenths of a pixel."""
    ways_m = [_way_m(stroke) for stroke in strokes]
    px = np.clip(to_px(np.concatenate(ways_m)), -8000, 8000)
    ends = np.cumsum([len(way_m) for way_m in ways_m])[:-1]
    return np.split(np.rint(px * np.float64(16)).astype(np.int32), ends)


def _way_m(stroke: _Stroke) -> Floats:
    """``(n, 2)`` metres: in pieces of one, so that a curve of the lens would be followed."""
    (x0, y0), (x1, y1) = stroke.start_m, stroke.end_m
    parts = np.linspace(0.0, 1.0, max(2, math.ceil(abs(y1 - y0)) + 1))
    return np.column_stack([x0 + (x1 - x0) * parts, y0 + (y1 - y0) * parts])


def _draw_stroke(picture: Image, stroke: _Stroke, line: NDArray[np.int32], *, rim: bool) -> None:
    """The stroke, or the dark rim under it by which any ground carries it."""
    thickness = max(1, round(stroke.thickness * picture.shape[1] / 1920))
    ink, wide = (INK, thickness + 2) if rim else (stroke.colour, thickness)
    cv2.polylines(picture, [line], False, ink[::-1], wide, cv2.LINE_AA, shift=4)


def _draw_box(picture: Image, vehicle: Box) -> Image:
    """The measured box as a thin line with strong corners."""
    drawn = picture.copy()
    left, top, right, bottom = _clipped(vehicle, picture.shape)
    right, bottom = right - 1, bottom - 1
    cv2.rectangle(drawn, (left, top), (right, bottom), AMBER[::-1], 1, cv2.LINE_AA)
    reach = max(8, round(0.09 * min(right - left, bottom - top)))
    for u, side in ((left, 1), (right, -1)):
        for v, down in ((top, 1), (bottom, -1)):
            corner = np.array([(u + side * reach, v), (u, v), (u, v + down * reach)], np.int32)
            cv2.polylines(drawn, [corner], False, AMBER[::-1], 4, cv2.LINE_AA)
    return drawn


def _draw_contact(picture: Image, contact_px: tuple[float, float]) -> Image:
    """A ring and cross that leave the contact point itself to be seen."""
    drawn = picture.copy()
    u, v = (round(value * 16) for value in contact_px)
    radius = max(7, picture.shape[1] // 190)
    for ink, wide in ((INK, 4), (AMBER, 2)):
        cv2.circle(drawn, (u, v), radius * 16, ink[::-1], wide, cv2.LINE_AA, shift=4)
        for du, dv in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            start = (u + du * radius * 16, v + dv * radius * 16)
            end = (u + du * radius * 36, v + dv * radius * 36)
            cv2.line(drawn, start, end, ink[::-1], wide, cv2.LINE_AA, shift=4)
    return drawn


def _levelled(picture: Image, corners: Floats, width_px: int) -> Image:
    """The plate from straight ahead, with a small margin."""
    height_px = round(width_px * 110 / 520 * 1.12)
    inset_u, inset_v = 0.03 * width_px, 0.06 * height_px
    target = np.array(
        [
            (inset_u, inset_v),
            (width_px - inset_u, inset_v),
            (width_px - inset_u, height_px - inset_v),
            (inset_u, height_px - inset_v),
        ],
        np.float32,
    )
    warp = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    cut = cv2.warpPerspective(
        picture, warp, (width_px, height_px), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cut, np.uint8)


def _as_seen(picture: Image, corners: Floats, width_px: int) -> Image:
    """The footage's own pixels around the plate, each enlarged to a square."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    grow = 0.3 * (high[0] - low[0])
    left, top, right, bottom = _clipped(
        Box(
            left=low[0] - grow,
            top=low[1] - grow / 2,
            right=high[0] + grow,
            bottom=high[1] + grow / 2,
        ),
        picture.shape,
    )
    cut = picture[top:bottom, left:right]
    size = (width_px, max(1, round(width_px * cut.shape[0] / cut.shape[1])))
    return np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def surroundings(vehicle: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a 16:9 cut around the vehicle, at least 960 px where it can."""
    wide = max(960.0, 1.7 * vehicle.width, 1.35 * vehicle.height * 16 / 9)
    wide = min(wide, width, height * 16 / 9)
    tall = wide * 9 / 16
    left = min(max(0.0, (vehicle.left + vehicle.right - wide) / 2), width - wide)
    top = min(max(0.0, (vehicle.top + vehicle.bottom - tall) / 2), height - tall)
    return math.floor(left), math.floor(top), math.floor(left + wide), math.floor(top + tall)


def _clipped(box: Box, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Whole pixels of ``box`` inside a picture of ``shape``, at least one."""
    left = int(np.clip(math.floor(box.left), 0, shape[1] - 1))
    top = int(np.clip(math.floor(box.top), 0, shape[0] - 1))
    right = int(np.clip(math.ceil(box.right), left + 1, shape[1]))
    bottom = int(np.clip(math.ceil(box.bottom), top + 1, shape[0]))
    return left, top, right, bottom


def _camera(facts: Facts) -> Fact:
    return Fact(label="KAMERA · CAMERA", value=facts.place.site_id, note=facts.place.camera)


def _measured(facts: Facts) -> Fact:
    return Fact(
        label="MATUR · MEASURED",
        value=f"{facts.speed.over_m:.1f} m / {facts.speed.over_s:.2f} s",
        note=f"shkalla · grade {facts.speed.grade}",
    )


def _speed(facts: Facts) -> Fact:
    value = f"{facts.speed.text()} km/h"
    return Fact(label="SHPEJTËSIA · SPEED", value=value, note="k = 2, 95 %", loud=True)


def _limit(facts: Facts) -> Fact:
    value = "–" if facts.limit_kmh is None else f"{facts.limit_kmh} km/h"
    return Fact(label="KUFIRI · LIMIT", value=value, loud=True)


def _time(facts: Facts) -> Fact:
    local = facts.at.astimezone(ZoneInfo(facts.place.timezone))
    offset = local.strftime("%z")
    shown = f"{local:%d.%m.%Y %H:%M:%S}.{local.microsecond // 1000:03d}"
    universal = facts.at.astimezone(UTC)
    note = f"UTC {universal:%Y-%m-%d %H:%M:%S}.{universal.microsecond // 1000:03d}"
    value = f"{shown} {local.tzname()} ({offset[:3]}:{offset[3:]})"
    return Fact(label="KOHA · TIME", value=value, note=note)


def _place(facts: Facts) -> Fact:
    return Fact(
        label="VENDI · PLACE", value=facts.place.name, note=f"rruga · road {facts.place.road}"
    )


def _lane(facts: Facts) -> Fact:
    way = _DIRECTIONS[facts.direction] if facts.direction else "–"
    towards = f"drejt · towards {facts.place.towards}" if facts.place.towards else ""
    return Fact(label="KORSIA · LANE", value=f"{facts.lane or '–'} · {way}", note=towards)


def _frame_facts(facts: Facts) -> list[Fact]:
    frame = Fact(
        label="KUADRI · FRAME",
        value=f"{facts.frame_index} · {facts.time_s:.3f} s",
        note="koha e filmimit · footage time",
    )
    clip = Fact(label="FILMIMI · FOOTAGE", value=facts.clip_sha256[:16], note="SHA-256, 16 / 64")
    return [frame, clip]
