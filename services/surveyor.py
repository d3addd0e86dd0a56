"""The camera's calibration for the pages of the staff: wiring, and nothing else.

Besides the demo the only place where the office knows more of the camera than its passages.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from threading import Semaphore

import cv2
import numpy as np

from services.sites.shelf import png_size_px
from services.sites.sketch import Above, Expected, Label, Line, Papers, PointSketch, Sketch
from speedcam.adapters.still import decode_still
from speedcam.calibrate.appraisal import Appraisal, appraise
from speedcam.calibrate.birdseye import plan_of, rectified
from speedcam.calibrate.overlay import (
    arrow_scale,
    lane_edges_m,
    marks_m,
    outer_edges_m,
    road_line,
)
from speedcam.calibrate.view import encoded
from speedcam.calibrate.words import COLUMNS, cells, facts, reasons
from speedcam.errors import FootageError
from speedcam.model import Floats, Image
from speedcam.site import read_site

AT_ONCE = 2
"""An appraisal keeps a core busy for half a second; more of them would only wait for each other."""


class CameraSurveyor:
    """A :class:`services.sites.sketch.Surveyor`: what ``speedcam calibrate check`` says."""

    def __init__(self) -> None:
        self._free = Semaphore(AT_ONCE)

    def sketch(self, site: bytes, name: str, picture_png: bytes) -> Sketch:
        """See :class:`services.sites.sketch.Surveyor`."""
        known, picture = read_site(site, name), _pixels(picture_png)
        height, width = picture.shape[:2]
        with self._free:
            return _sketch(appraise(known, (width, height)), picture)

    def papers(self, site: bytes, name: str, picture_png: bytes) -> Papers:
        """See :class:`services.sites.sketch.Surveyor`."""
        with self._free:
            return _known_papers(site, name, png_size_px(picture_png))

    def picture(self, content: bytes) -> bytes:
        """See :class:`services.sites.sketch.Surveyor`."""
        with self._free:
            return encoded(decode_still(content))


@lru_cache(maxsize=4)
def _pixels(picture_png: bytes) -> Image:
    """Of a picture that :meth:`CameraSurveyor.picture` wrote, which can be trusted."""
    picture = cv2.imdecode(np.frombuffer(picture_png, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise FootageError("the picture of this site cannot be read: put another in its place.")
    return np.asarray(picture, np.uint8)


@lru_cache(maxsize=256)
def _known_papers(site: bytes, name: str, size_px: tuple[int, int]) -> Papers:
    """A list of sites is looked at more often than they change."""
    return _papers(appraise(read_site(site, name), size_px))


def _papers(told: Appraisal) -> Papers:
    site = told.site
    return Papers(
        verdict=told.verdict.value,
        camera_id=site.camera_id,
        camera_name=site.camera_name,
        valid_until=site.certificate.valid_until if site.certificate else None,
        clock_checked_on=site.clock.checked_on if site.clock else None,
    )


def _sketch(told: Appraisal, picture: Image) -> Sketch:
    height, width = picture.shape[:2]
    times = arrow_scale(told, width)
    return Sketch(
        papers=_papers(told),
        below_kmh=told.refused_from_kmh,
        reasons=tuple(reasons(told)),
        facts=tuple(facts(told)),
        columns=COLUMNS,
        points=tuple(_points(told, times)),
        times=times,
        size_px=(width, height),
        grid=tuple(_grid(told)),
        edges=tuple(_along(told, x_m) for x_m in lane_edges_m(told)),
        ends=tuple(_across(told, y_m) for y_m in (told.site.zone.near_m, told.site.zone.far_m)),
        lanes=tuple(_lanes(told)),
        marks=tuple(_marks(told)),
        above=_above(told, picture),
        expected=tuple(
            Expected(speed_kmh=each.speed_kmh, along=each.along, whole_kmh=each.whole_kmh)
            for each in told.forecasts
        ),
    )


def _points(told: Appraisal, times: int) -> Iterator[PointSketch]:
    for number, point in enumerate(told.points):
        (u, v), (right, down) = point.px, point.off_px
        tip = (u + times * right, v + times * down) if times else None
        yield PointSketch(px=point.px, m=point.m, tip=tip, cells=cells(number, point))


def _grid(told: Appraisal) -> Iterator[Line]:
    left_m, right_m = outer_edges_m(told)
    yield from (_along(told, x_m) for x_m in np.arange(np.ceil(left_m), right_m + 1e-9).tolist())
    yield from (_across(told, y_m) for y_m in marks_m(told))


def _along(told: Appraisal, x_m: float) -> Line:
    zone = told.site.zone
    return _line(road_line(told.ground, (x_m, zone.near_m), (x_m, zone.far_m)))


def _across(told: Appraisal, y_m: float) -> Line:
    left_m, right_m = outer_edges_m(told)
    return _line(road_line(told.ground, (left_m, y_m), (right_m, y_m)))


def _line(px: Floats) -> Line:
    return tuple((u, v) for u, v in px.tolist())


def _lanes(told: Appraisal) -> Iterator[Label]:
    near_m, far_m = told.site.zone.near_m, told.site.zone.far_m
    for lane in told.site.lanes:
        middle = ((lane.left_m + lane.right_m) / 2, near_m + (far_m - near_m) / 8)
        yield Label(text=f"{lane.name}: {lane.limit_kmh} km/h", at=_spot(told, middle))


def _marks(told: Appraisal) -> Iterator[Label]:
    _, right_m = outer_edges_m(told)
    for y_m in marks_m(told):
        yield Label(text=f"{y_m} m", at=_spot(told, (right_m, y_m)))


def _spot(told: Appraisal, m: tuple[float, float]) -> tuple[float, float]:
    ((u, v),) = told.ground.image(np.array([m])).tolist()
    return u, v


def _above(told: Appraisal, picture: Image) -> Above:
    plan, errors = plan_of(told), told.errors
    doubt_kmh = told.limit_kmh * errors.relative
    return Above(
        left_m=plan.left_m,
        right_m=plan.right_m,
        near_m=plan.near_m,
        far_m=plan.far_m,
        jpeg=encoded(rectified(told.ground, plan, picture), ".jpg"),
        edges_m=lane_edges_m(told),
        zone_m=(told.site.zone.near_m, told.site.zone.far_m),
        doubt_x_m=errors.x_m.tolist(),
        doubt_y_m=errors.y_m.tolist(),
        doubt_kmh=doubt_kmh.tolist(),
        limit_kmh=told.limit_kmh,
    )
