"""A site: where the camera stands, what the survey found, which lanes and limits there are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from speedcam.drive import ReferenceDrive, Run, reference_drive
from speedcam.errors import SiteError
from speedcam.limits import Limit, limit_in_force
from speedcam.model import Certificate, Clock, Direction, Place, VehicleCategory, Weather
from speedcam.site_file import parse_site, read_site_bytes
from speedcam.site_schema import (
    CertificateTable,
    ClockTable,
    LaneTable,
    LimitTable,
    ReferenceDriveTable,
    SiteFile,
    SurveyTable,
    TapeTable,
)

INSIDE_M = 0.4
"""So far from a lane's edges a vehicle's middle must stay to be in it beyond doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyPoint:
    """A point on the road that was found in the image and measured on the ground."""

    px: tuple[float, float]
    m: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeCheck:
    """A distance taped on the road, which the fit does not use and must agree with.

    Attributes:
        name: Which check, in words, for messages.
        from_px: One end in the picture.
        to_px: The other end.
        distance_m: As taped.
        uncertainty_m: Standard.
    """

    name: str
    from_px: tuple[float, float]
    to_px: tuple[float, float]
    distance_m: float
    uncertainty_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Surveyed points with their standard uncertainties, and what else bears on their fit.

    Attributes:
        points: Found in the picture and measured on the ground.
        uncertainty_px: Of each image point.
        uncertainty_m: Of each ground point.
        covariance_m2: Of all ground points together, ``2n`` rows of x and y in turn, where they
            do not err each by itself; then it stands in the place of ``uncertainty_m``.
        uncertainty_scale: Relative, of the tape or instrument; it moves all ground points together.
        checks: Taped distances that the fit must agree with.
        size_px: Width and height of the surveyed picture, or None when nobody stated it.
        focal_px: Focal length by the data sheet, or None.
        lens_height_m: Of the lens above the road, or None when nobody measured it.
    """

    points: tuple[SurveyPoint, ...]
    uncertainty_px: float
    uncertainty_m: float
    covariance_m2: tuple[tuple[float, ...], ...] | None = None
    uncertainty_scale: float = 0.0
    checks: tuple[TapeCheck, ...] = ()
    size_px: tuple[int, int] | None = None
    focal_px: float | None = None
    lens_height_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """The measuring zone: a stretch along the road, metres on the ``y`` axis."""

    near_m: float
    far_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A lane between two lines along the road, metres on the ``x`` axis.

    Attributes:
        trigger_kmh: Only above it is a plate looked for and a picture kept; the limit, or more
            where the law tolerates more.
        limit_mph: The limit as the sign has it, where signs are in miles per hour.
        others: Other limits for some hours, days, weathers and vehicles; the first that holds.
        nobody_against: Nobody may ever drive against its direction, not even to overtake.
    """

    name: str
    direction: Direction
    left_m: float
    right_m: float
    limit_kmh: int
    trigger_kmh: int
    limit_mph: int | None = None
    others: tuple[Limit, ...] = ()
    nobody_against: bool = False

    def limit(
        self, at: datetime, vehicle: VehicleCategory | None, weather: Weather | None
    ) -> Limit:
        """The limit that held at the local instant ``at``; see :mod:`speedcam.limits`."""
        usual = Limit(
            limit_kmh=self.limit_kmh, trigger_kmh=self.trigger_kmh, limit_mph=self.limit_mph
        )
        return limit_in_force(usual, self.others, at, vehicle, weather)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything the camera must be told. Made by :func:`load_site`.

    Attributes:
        camera_id: Identifier of the camera at this site.
        camera_name: In words.
        place_name: In words, for the notice.
        road: Name or number of the road.
        road_kind: For the law's tables.
        timezone: IANA name.
        towards: Where each direction leads, in words.
        limit_reason: One sentence per language code.
        signs_checked_on: Last day somebody saw the warning signs, or None.
        certificate: The device's certificate, or None.
        clip_starts_at: Aware instant of the first frame of the footage.
        survey: Points with uncertainties.
        zone: Where speeds are measured.
        lanes: In the order of the file.
        sha256: Of the site file's bytes.
        readout_s: From the picture's first row to its last; 0 where all are taken at once.
        reference_frame: The picture that was surveyed, or None.
        drive: The reference drive, or None where none was made.
        clock: How the clock was checked, or None.
        weather: All through the footage, or None where nobody stated it.
        driver_seat: On which side of their vehicles drivers sit there, or None: no picture of a
            driver is made.
        content: The site file's bytes; empty where the site was made without one.
    """

    camera_id: str
    camera_name: str
    place_name: str
    road: str
    road_kind: Literal["urban", "rural", "main", "motorway"]
    timezone: str
    towards: Mapping[Direction, str]
    limit_reason: Mapping[str, str]
    signs_checked_on: date | None
    certificate: Certificate | None
    clip_starts_at: datetime
    survey: Survey
    zone: Zone
    lanes: tuple[Lane, ...]
    sha256: str
    readout_s: float = 0.0
    reference_frame: Path | None = None
    drive: ReferenceDrive | None = None
    clock: Clock | None = None
    weather: Weather | None = None
    driver_seat: Literal["left", "right"] | None = None
    content: bytes = field(default=b"", repr=False, compare=False)

    def place(self, direction: Direction | None) -> Place:
        """What a passage in ``direction`` must say of this site."""
        return Place(
            site_id=self.camera_id,
            camera=self.camera_name,
            name=self.place_name,
            road=self.road,
            towards=self.towards[direction] if direction else "",
            road_kind=self.road_kind,
            timezone=self.timezone,
            limit_reason=self.limit_reason,
            certificate=self.certificate,
            signs_checked_on=self.signs_checked_on,
            clock=self.clock,
        )

    def lane_at(self, x_m: float, direction: Direction) -> Lane | None:
        """The lane of ``direction`` that contains ``x_m``, or None between and beside them."""
        for lane in self.lanes:
            if lane.direction is direction and lane.left_m <= x_m < lane.right_m:
                return lane
        return None

    def lane_against(self, from_m: float, to_m: float, direction: Direction) -> Lane | None:
        """The lane in which a vehicle drove the wrong way, or None where that is not proven.

        All of its stretch across the road, from ``from_m`` to ``to_m``, must lie well inside one
        lane of the other direction, in which nobody may drive against it.
        """
        for lane in self.lanes:
            inside = lane.left_m + INSIDE_M <= from_m and to_m <= lane.right_m - INSIDE_M
            if inside and lane.nobody_against and lane.direction is not direction:
                return lane
        return None


def load_site(path: Path) -> Site:
    """Read a site file; ``docs/site-file.md`` describes it.

    Raises:
        SiteError: Every fault of the file at once, each with its line and its remedy.
    """
    content = read_site_bytes(path)
    file = parse_site(content, str(path))
    frame = _reference_frame(path, file.camera.reference_frame)
    return _site(file, content=content, reference_frame=frame)


def read_site(content: bytes, name: str) -> Site:
    """The site in the bytes of its file, without the picture that was surveyed.

    Raises:
        SiteError: Every fault of the file at once.
    """
    return _site(parse_site(content, name), content=content, reference_frame=None)


def _reference_frame(path: Path, name: str | None) -> Path | None:
    if name is None:
        return None
    picture = path.parent / name
    if not picture.is_file():
        raise SiteError(
            f"{path}: camera.reference_frame names {name}, and there is no such file beside it. "
            "Put the picture that was surveyed there, or leave the key out."
        )
    return picture


def _site(file: SiteFile, *, content: bytes, reference_frame: Path | None) -> Site:
    return Site(
        camera_id=file.camera.id,
        camera_name=file.camera.name,
        place_name=file.place.name,
        road=file.place.road,
        road_kind=file.place.road_kind,
        timezone=file.place.timezone,
        towards={
            Direction.APPROACHING: file.place.approaching_towards,
            Direction.RECEDING: file.place.receding_towards,
        },
        limit_reason=dict(file.place.limit_reason),
        signs_checked_on=file.place.signs_checked_on,
        certificate=_certificate(file.camera.certificate),
        clip_starts_at=file.clip.starts_at,
        survey=_survey(file),
        zone=Zone(near_m=file.zone.near_m, far_m=file.zone.far_m),
        lanes=tuple(_lane(lane) for lane in file.lanes),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        readout_s=file.camera.readout_ms / 1000,
        reference_frame=reference_frame,
        drive=_drive(file.reference_drive),
        clock=_clock(file.camera.clock),
        weather=Weather(file.clip.weather) if file.clip.weather else None,
        driver_seat=file.place.driver_seat,
    )


def _certificate(table: CertificateTable | None) -> Certificate | None:
    if table is None:
        return None
    return Certificate(device=table.device, number=table.number, valid_until=table.valid_until)


def _clock(table: ClockTable | None) -> Clock | None:
    if table is None:
        return None
    return Clock(source=table.source, checked_on=table.checked_on, offset_s=table.offset_s)


def _survey(file: SiteFile) -> Survey:
    table, size_px = file.survey, file.camera.size_px
    return Survey(
        points=tuple(
            SurveyPoint(px=(point.px[0], point.px[1]), m=(point.m[0], point.m[1]))
            for point in table.points
        ),
        uncertainty_px=table.uncertainty_px,
        uncertainty_m=table.uncertainty_m,
        uncertainty_scale=table.uncertainty_scale,
        checks=tuple(_tape(n, check, table) for n, check in enumerate(table.checks)),
        size_px=(size_px[0], size_px[1]) if size_px else None,
        focal_px=file.camera.focal_px,
        lens_height_m=file.camera.height_m,
    )


def _tape(ordinal: int, check: TapeTable, survey: SurveyTable) -> TapeCheck:
    if check.points:
        ends = [survey.points[point].px for point in check.points]
        between = "points {} and {}".format(*check.points)
    else:
        ends = check.px or []
        between = "{} and {} px".format(*ends)
    (from_u, from_v), (to_u, to_v) = ends
    return TapeCheck(
        name=f"survey.checks[{ordinal}], between {between},",
        from_px=(from_u, from_v),
        to_px=(to_u, to_v),
        distance_m=check.m,
        uncertainty_m=check.uncertainty_m,
    )


def _drive(table: ReferenceDriveTable | None) -> ReferenceDrive | None:
    if table is None:
        return None
    runs = [Run(**run.model_dump()) for run in table.runs]
    return reference_drive(runs, table.date, correct=table.correct)


def _lane(table: LaneTable) -> Lane:
    return Lane(
        name=table.name,
        direction=Direction(table.direction),
        left_m=table.left_m,
        right_m=table.right_m,
        limit_kmh=table.limit_kmh,
        trigger_kmh=table.limit_kmh if table.trigger_kmh is None else table.trigger_kmh,
        limit_mph=table.limit_mph,
        others=tuple(_limit(limit) for limit in table.limits),
        nobody_against=table.nobody_against,
    )


def _limit(table: LimitTable) -> Limit:
    return Limit(
        limit_kmh=table.limit_kmh,
        trigger_kmh=table.limit_kmh if table.trigger_kmh is None else table.trigger_kmh,
        limit_mph=table.limit_mph,
        between=(table.between[0], table.between[1]) if table.between else None,
        days=frozenset(table.days) if table.days else None,
        weather=frozenset(map(Weather, table.weather)) if table.weather else None,
        vehicles=frozenset(map(VehicleCategory, table.vehicles)) if table.vehicles else None,
    )
