"""What a site file must say beyond its types: one small check per claim, all of them run.

A part that the schema already refused arrives as None, so that the checks of the other parts
still speak: the user sees every fault at once.
"""

from __future__ import annotations

import difflib
import math
import zoneinfo
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import numpy as np

from speedcam.drive import Run, drive_fault, reference_drive
from speedcam.model import Floats
from speedcam.site_schema import (
    CertificateTable,
    ClipTable,
    LaneTable,
    LimitTable,
    PointTable,
    ReferenceDriveTable,
    TapeTable,
    ZoneTable,
)
from speedcam.toml_lines import KeyPath, dotted

NEARLY_A_LINE_PX = 3.0
"""Image points that stay this close to one line determine no plane."""

NEARLY_A_LINE_M = 0.3
"""Ground points likewise."""

BEYOND_SURVEY = 0.15
"""The zone may reach past the surveyed stretch by this share of its length, and no more."""

KMH_PER_MPH = 1.609344

LANE_WIDTH_M = (1.5, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: where, what is wrong, and what to do."""

    path: KeyPath
    what: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a site file that checks compare; None where the schema refused one.

    Points and lanes come twice, because a fault in one key of theirs says nothing against the
    others: each list has None only where the keys that it is for are wrong.
    """

    certificate: CertificateTable | None
    timezone: str | None
    clip: ClipTable | None
    in_picture: Sequence[PointTable | None]
    on_road: Sequence[PointTable | None]
    tapes: Sequence[TapeTable | None]
    drive: ReferenceDriveTable | None
    zone: ZoneTable | None
    lane_edges: Sequence[LaneTable | None]
    lane_names: Sequence[LaneTable | None]
    lane_limits: Sequence[LaneTable | None]


def check(parts: Parts) -> Iterator[Fault]:
    """Every fault in the meaning of the parts."""
    yield from _twice("px", [point.px if point else None for point in parts.in_picture])
    yield from _twice("m", [point.m if point else None for point in parts.on_road])
    yield from _shape_of_survey(parts.in_picture, parts.on_road)
    yield from _tapes(parts.tapes, len(parts.on_road))
    yield from _drive(parts.drive)
    yield from _zone(parts.zone, parts.on_road)
    yield from _lane_edges(parts.lane_edges)
    yield from _lane_names(parts.lane_names)
    yield from _lane_limits(parts.lane_limits)
    yield from _lane_overlaps(parts.lane_edges)
    yield from _time(parts.timezone, parts.clip)
    yield from _certificate(parts.certificate, parts.clip)


def _twice(key: str, values: Sequence[Sequence[float] | None]) -> Iterator[Fault]:
    seen: dict[tuple[float, ...], int] = {}
    for ordinal, value in enumerate(values):
        if value is None:
            continue
        first = seen.setdefault(tuple(value), ordinal)
        if first != ordinal:
            yield Fault(
                path=("survey", "points", ordinal, key),
                what=f"is {list(value)}, the same as in points[{first}]",
                remedy="Correct one of the two, or remove one.",
            )


def _shape_of_survey(
    in_picture: Sequence[PointTable | None], on_road: Sequence[PointTable | None]
) -> Iterator[Fault]:
    if len(on_road) < 4 or None in in_picture or None in on_road:
        return
    px = np.array([point.px for point in in_picture if point])
    m = np.array([point.m for point in on_road if point])
    flat = False
    for values, tolerance, unit in ((px, NEARLY_A_LINE_PX, "px"), (m, NEARLY_A_LINE_M, "m")):
        if _all_but_one_on_a_line(values, tolerance):
            flat = True
            yield Fault(
                path=("survey", "points"),
                what=f"lie on one line, all or all but one ({unit}, within {tolerance:g} {unit})",
                remedy="Survey points on both sides of the road, near and far.",
            )
    if not flat and _mirrored(px, m):
        yield Fault(
            path=("survey", "points"),
            what="show the road mirrored or the wrong way round",
            remedy="Give m as [metres to the right, metres along the road away from the camera] "
            "and px as [from the left, from the top].",
        )


def _all_but_one_on_a_line(points: Floats, tolerance: float) -> bool:
    """Whether fewer than two points stand off the line through the others."""
    everything = range(len(points))
    return any(
        _off_line(points[[i for i in everything if i != left_out]]) < tolerance
        for left_out in everything
    )


def _off_line(points: Floats) -> float:
    """The largest distance of a point from the best line through all."""
    centred = points - points.mean(axis=0)
    normal = np.linalg.svd(centred)[2][1]
    return float(np.abs(centred @ normal).max())


def _mirrored(px: Floats, m: Floats) -> bool:
    """Whether triangles turn the same way on the ground and in the picture, or up is down.

    Seen from above the road, x to the right and y ahead turn against the clock; a picture's
    axes, right and down, turn with it. A camera above the road keeps that for every triangle.
    """
    triples = np.array(list(combinations(range(len(px)), 3)))
    signs = np.sign(_turn(px, triples, 1.0)) * np.sign(_turn(m, triples, 0.1))
    slope, *_ = np.linalg.lstsq(np.column_stack([m, np.ones(len(m))]), px[:, 1], rcond=None)
    return bool(signs.sum() > 0 or slope[1] >= 0)


def _turn(points: Floats, triples: np.ndarray, least: float) -> Floats:
    """Twice the signed area of each triangle, 0 where it is below ``least``."""
    a, b, c = (points[triples[:, corner]] for corner in range(3))
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    return np.where(np.abs(area) < least, 0.0, area)


def _tapes(tapes: Sequence[TapeTable | None], points: int) -> Iterator[Fault]:
    for ordinal, tape in enumerate(tapes):
        if tape is None:
            continue
        path: KeyPath = ("survey", "checks", ordinal)
        if (tape.points is None) == (tape.px is None):
            yield Fault(
                path=path,
                what="must say where its ends are, once",
                remedy="Give `points = [0, 7]` for two surveyed points, or `px` for two other "
                "marks, not both.",
            )
        elif tape.points and (max(tape.points) >= points or len(set(tape.points)) == 1):
            yield Fault(
                path=(*path, "points"),
                what=f"is {tape.points}, which are not two of the {points} surveyed points",
                remedy="Give two different numbers; points are counted from 0.",
            )


def _drive(table: ReferenceDriveTable | None) -> Iterator[Fault]:
    if table is None:
        return
    runs = [Run(**run.model_dump()) for run in table.runs]
    fault = drive_fault(reference_drive(runs, table.date, correct=table.correct))
    if fault:
        yield Fault(path=("reference_drive", "runs"), what=fault[0], remedy=fault[1])


def _zone(zone: ZoneTable | None, points: Sequence[PointTable | None]) -> Iterator[Fault]:
    if zone is None:
        return
    if zone.near_m >= zone.far_m:
        yield Fault(
            path=("zone", "far_m"),
            what=f"is {zone.far_m:g}, not beyond near_m = {zone.near_m:g}",
            remedy="Give the end of the zone that is farther from the camera as far_m.",
        )
        return
    if len(points) < 4 or None in points:
        return
    along = [point.m[1] for point in points if point]
    slack = BEYOND_SURVEY * (max(along) - min(along))
    low, high = min(along) - slack, max(along) + slack
    for key, value in (("near_m", zone.near_m), ("far_m", zone.far_m)):
        if not low <= value <= high:
            yield Fault(
                path=("zone", key),
                what=f"is {value:g}, outside the surveyed stretch from {min(along):g} to "
                f"{max(along):g} m",
                remedy=f"Measure between {low:g} and {high:g} m, or survey points farther out.",
            )


def _known(lanes: Sequence[LaneTable | None]) -> Iterator[tuple[int, LaneTable]]:
    return ((ordinal, lane) for ordinal, lane in enumerate(lanes) if lane is not None)


def _lane_edges(lanes: Sequence[LaneTable | None]) -> Iterator[Fault]:
    least, most = LANE_WIDTH_M
    for ordinal, lane in _known(lanes):
        width_m = lane.right_m - lane.left_m
        if width_m <= 0:
            yield Fault(
                path=("lanes", ordinal, "right_m"),
                what=f"is {lane.right_m:g}, not to the right of left_m = {lane.left_m:g}",
                remedy="Give the smaller number as left_m: x grows to the right, as the camera "
                "sees the road, for both directions.",
            )
        elif not least <= width_m <= most:
            yield Fault(
                path=("lanes", ordinal, "right_m"),
                what=f"makes the lane {width_m:.3g} m wide",
                remedy=f"A lane is {least:g} to {most:g} m wide: correct left_m or right_m.",
            )


def _lane_names(lanes: Sequence[LaneTable | None]) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for ordinal, lane in _known(lanes):
        if lane.name in seen:
            yield Fault(
                path=("lanes", ordinal, "name"),
                what=f'is "{lane.name}", the name of lanes[{seen[lane.name]}] too',
                remedy="Give each lane a name of its own.",
            )
        seen.setdefault(lane.name, ordinal)


def _lane_limits(lanes: Sequence[LaneTable | None]) -> Iterator[Fault]:
    for ordinal, lane in _known(lanes):
        path: KeyPath = ("lanes", ordinal)
        yield from _one_limit(path, lane.limit_kmh, lane.limit_mph, lane.trigger_kmh)
        for number, limit in enumerate(lane.limits):
            here: KeyPath = (*path, "limits", number)
            yield from _one_limit(here, limit.limit_kmh, limit.limit_mph, limit.trigger_kmh)
            yield from _condition(here, limit)
            if (limit.limit_mph is None) != (lane.limit_mph is None):
                yield Fault(
                    path=here,
                    what="has a limit in another unit than its lane",
                    remedy="Give limit_mph for all limits of a lane, or for none.",
                )


def _one_limit(path: KeyPath, kmh: int, mph: int | None, trigger: int | None) -> Iterator[Fault]:
    if trigger is not None and trigger < kmh:
        yield Fault(
            path=(*path, "trigger_kmh"),
            what=f"is {trigger}, below limit_kmh = {kmh}",
            remedy="Nobody under the limit may be looked at: give the limit or more.",
        )
    above = math.ceil(mph * KMH_PER_MPH) if mph else kmh
    if kmh != above:
        yield Fault(
            path=(*path, "limit_mph"),
            what=f"is {mph}, which is not limit_kmh = {kmh}",
            remedy=f"Write `limit_kmh = {above}`: the next whole km/h above.",
        )


def _condition(path: KeyPath, limit: LimitTable) -> Iterator[Fault]:
    if not any((limit.between, limit.days, limit.weather, limit.vehicles)):
        yield Fault(
            path=path,
            what="says not when it holds",
            remedy="Give between, days, weather or vehicles, or make it the lane's own limit.",
        )
    if limit.between and limit.between[0] == limit.between[1]:
        yield Fault(
            path=(*path, "between"),
            what=f"begins and ends at {limit.between[0]:%H:%M}",
            remedy="Give two different times, or leave it out for the whole day.",
        )


def _lane_overlaps(lanes: Sequence[LaneTable | None]) -> Iterator[Fault]:
    for (first, a), (second, b) in combinations(_known(lanes), 2):
        shared_m = min(a.right_m, b.right_m) - max(a.left_m, b.left_m)
        # Edges typed to the centimetre may meet a hair too late without any harm.
        if shared_m > 1e-6:
            yield Fault(
                path=("lanes", second, "left_m"),
                what=f"lets this lane overlap lanes[{first}] by {shared_m:.3g} m",
                remedy="Let each lane end where the next one begins.",
            )


def _time(timezone: str | None, clip: ClipTable | None) -> Iterator[Fault]:
    if timezone is None:
        return
    zone = _zone_info(timezone)
    if zone is None:
        yield Fault(
            path=("place", "timezone"),
            what=f'is "{timezone}", which is no IANA time zone',
            remedy=nearest(timezone, zoneinfo.available_timezones(), "Europe/Tirane"),
        )
    elif clip is not None:
        yield from _offset(clip.starts_at, zone)


def _zone_info(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _offset(starts_at: datetime, zone: zoneinfo.ZoneInfo) -> Iterator[Fault]:
    try:
        local = starts_at.astimezone(zone)
    except (OverflowError, ValueError):
        local = None
    if local is None or not 2000 <= local.year < 2200:
        yield Fault(
            path=("clip", "starts_at"),
            what=f"is {starts_at.isoformat()}, which is no date of digital footage",
            remedy="Give the instant of the first frame.",
        )
    elif local.utcoffset() != starts_at.utcoffset():
        there = local.isoformat()[-6:]
        yield Fault(
            path=("clip", "starts_at"),
            what=f"is {starts_at.isoformat()}, but clocks in {zone.key} stood at {there} then",
            remedy=f"If the instant is right, write `starts_at = {local.isoformat()}`; if the "
            f"time of day is right, write `starts_at = {starts_at.isoformat()[:-6]}{there}`.",
        )


def _certificate(certificate: CertificateTable | None, clip: ClipTable | None) -> Iterator[Fault]:
    if certificate is None or clip is None:
        return
    if certificate.valid_until < clip.starts_at.date():
        yield Fault(
            path=("camera", "certificate", "valid_until"),
            what=f"is {certificate.valid_until}, before the footage of {clip.starts_at.date()}",
            remedy="Name the certificate in force when the footage was taken, or leave "
            "[camera.certificate] out: then no notice names one.",
        )


def nearest(word: str, known: Iterable[str], fallback: str) -> str:
    """A remedy in words: the known word nearest to ``word``, or ``fallback``."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    if close:
        return f"Did you mean `{close[0]}`?"
    return f"For example `{fallback}`."


def in_words(fault: Fault, name: str, line: int) -> str:
    """``name:line: key what. Remedy``."""
    subject = f"{dotted(fault.path)} " if fault.path else ""
    return f"{name}:{line}: {subject}{fault.what}. {fault.remedy}"
