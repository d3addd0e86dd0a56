"""The keys of a site file, closed: what is not named here is a fault.

Each key carries its description and an example, because the remedy in an error message and
the reference in ``docs/site-file.md`` must never say different things.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MOST_POINTS = 100
MOST_LANES = 12
MOST_LIMITS = 10
MOST_CHECKS = 50
MOST_RUNS = 200

Line = Annotated[
    str,
    # Some text on one line, without blanks at its ends.
    StringConstraints(pattern=r"^[^\s\p{Cc}]([^\p{Cc}]*[^\s\p{Cc}])?$", max_length=200),
]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Metres = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
Pixels = Annotated[float, Field(ge=-20_000, le=20_000, allow_inf_nan=False)]
Day = date
TimeOfDay = time
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WeatherWord = Literal["dry", "wet", "snow", "fog"]
VehicleWord = Literal["car", "motorcycle", "bus", "lorry", "towing"]
Kmh = Annotated[float, Field(ge=5, le=300, allow_inf_nan=False)]
PixelPair = Annotated[list[Pixels], Field(min_length=2, max_length=2)]
Ordinal = Annotated[int, Field(ge=0, lt=MOST_POINTS)]
PictureSide = Annotated[int, Field(ge=64, le=20_000)]


class Table(BaseModel):
    """Any table of a site file: closed, strict about types, frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class CertificateTable(Table):
    """The metrological certificate of the device."""

    device: Line = Field(
        description="the device that the certificate names",
        examples=['device = "speedcam demo"'],
    )
    number: Line = Field(
        description="the number of the certificate",
        examples=['number = "DEMO-2026-001"'],
    )
    valid_until: date = Field(
        description="the last day of the certificate, without quotation marks",
        examples=["valid_until = 2027-06-30"],
    )


class ClockTable(Table):
    """How the clock that stamps the footage was checked."""

    source: Line = Field(
        description="what the clock was checked against",
        examples=['source = "NTP, three servers"'],
    )
    checked_on: date = Field(
        description="the local day of the last check before the footage, without quotation marks",
        examples=["checked_on = 2026-10-13"],
    )
    offset_s: float = Field(
        description="the most by which the clock can have been off since, from 0 to 86400 seconds",
        examples=["offset_s = 0.2"],
        ge=0,
        le=86_400,
        allow_inf_nan=False,
    )


class CameraTable(Table):
    """The camera."""

    id: str = Field(
        description="an identifier of 1 to 40 letters A-Z a-z, digits and hyphens",
        examples=['id = "AL-DEMO-01"'],
        pattern=r"^[A-Za-z0-9-]{1,40}$",
    )
    name: Line = Field(
        description="the camera's name in words, on one line",
        examples=['name = "Demo camera 1"'],
    )
    height_m: float | None = Field(
        default=None,
        description="the height of the lens above the road, more than 0 and at most 100 metres",
        examples=["height_m = 6.2"],
        gt=0,
        le=100,
        allow_inf_nan=False,
    )
    size_px: Annotated[list[PictureSide], Field(min_length=2, max_length=2)] | None = Field(
        default=None,
        description="width and height in pixels of the picture that was surveyed, whole numbers",
        examples=["size_px = [1920, 1080]"],
    )
    focal_px: float | None = Field(
        default=None,
        description="the focal length by the data sheet, from 100 to 100000 pixels",
        examples=["focal_px = 2600"],
        ge=100,
        le=100_000,
        allow_inf_nan=False,
    )
    readout_ms: float = Field(
        default=0.0,
        description="how long the sensor takes from the picture's first row to its last, from 0 "
        "(all rows at once) to 100 milliseconds",
        examples=["readout_ms = 16.5"],
        ge=0,
        le=100,
        allow_inf_nan=False,
    )
    reference_frame: str | None = Field(
        default=None,
        description="the picture that was surveyed: a PNG or JPEG file, its path from this file's "
        "folder, with forward slashes and without ..",
        examples=['reference_frame = "camera-1.png"'],
        pattern=r"^([^\p{Cc}\\/:.][^\p{Cc}\\/:]*/)*[^\p{Cc}\\/:.][^\p{Cc}\\/:]*\.(?i:png|jpe?g)$",
        max_length=200,
    )
    certificate: CertificateTable | None = Field(
        default=None,
        description="the device's certificate as a table",
        examples=["[camera.certificate]"],
    )
    clock: ClockTable | None = Field(
        default=None,
        description="how the clock was checked, as a table",
        examples=["[camera.clock]"],
    )


class PlaceTable(Table):
    """The place and what holds there."""

    name: Line = Field(
        description="the place in words, on one line, as the notice will say it",
        examples=['name = "Rruga e Kombit, km 4+200"'],
    )
    road: Line = Field(
        description="the name or number of the road",
        examples=['road = "SH2"'],
    )
    road_kind: Literal["urban", "rural", "main", "motorway"] = Field(
        description='one of "urban", "rural", "main", "motorway"',
        examples=['road_kind = "urban"'],
    )
    timezone: str = Field(
        description="an IANA name of a time zone",
        examples=['timezone = "Europe/Tirane"'],
    )
    signs_checked_on: date | None = Field(
        default=None,
        description="the last day somebody saw the warning signs stand, without quotation marks",
        examples=["signs_checked_on = 2026-10-01"],
    )
    approaching_towards: Line = Field(
        description="where vehicles that come towards the camera are heading",
        examples=['approaching_towards = "Durrës"'],
    )
    receding_towards: Line = Field(
        description="where vehicles that drive away from the camera are heading",
        examples=['receding_towards = "Tiranë"'],
    )
    driver_seat: Literal["left", "right"] | None = Field(
        default=None,
        description='the side of their vehicles on which drivers sit there, "left" or "right", '
        "where the law has the driver seen",
        examples=['driver_seat = "left"'],
    )
    limit_reason: dict[Language, Line] = Field(
        default_factory=dict,
        description="why the limit is there: one line of text per two-letter language code",
        examples=['en = "a school gate is 60 metres ahead"'],
    )


class ClipTable(Table):
    """The footage."""

    starts_at: AwareDatetime = Field(
        description="the first frame's instant with its offset from UTC, without quotation marks",
        examples=["starts_at = 2026-10-14T08:30:00+02:00"],
    )
    weather: WeatherWord | None = Field(
        default=None,
        description='one of "dry", "wet", "snow", "fog", all through the footage',
        examples=['weather = "wet"'],
    )


class PointTable(Table):
    """A point found in the picture and measured on the ground."""

    px: Annotated[list[Pixels], Field(min_length=2, max_length=2)] = Field(
        description=(
            "two numbers: pixels from the left edge and from the top edge of the picture, each "
            "between -20000 and 20000"
        ),
        examples=["px = [556.34, 965.41]"],
    )
    m: Annotated[list[Metres], Field(min_length=2, max_length=2)] = Field(
        description=(
            "two numbers: metres to the right and metres along the road away from the camera, each "
            "between -1000 and 1000"
        ),
        examples=["m = [-4.75, 13.0]"],
    )


class TapeTable(Table):
    """A distance taped between two marks, which the fit does not use and must agree with."""

    points: Annotated[list[Ordinal], Field(min_length=2, max_length=2)] | None = Field(
        default=None,
        description="the numbers of two surveyed points, counted from 0",
        examples=["points = [0, 7]"],
    )
    px: Annotated[list[PixelPair], Field(min_length=2, max_length=2)] | None = Field(
        default=None,
        description="two positions in the picture, each as pixels from the left and from the top",
        examples=["px = [[556.3, 965.4], [1376.1, 242.8]]"],
    )
    m: float = Field(
        description="the taped distance, above 0.5 and at most 300 metres",
        examples=["m = 30.44"],
        gt=0.5,
        le=300,
        allow_inf_nan=False,
    )
    uncertainty_m: float = Field(
        default=0.02,
        description="the standard uncertainty of the taped distance, above 0 and at most 2 metres",
        examples=["uncertainty_m = 0.02"],
        gt=0,
        le=2,
        allow_inf_nan=False,
    )


class SurveyTable(Table):
    """What the survey found."""

    uncertainty_px: float = Field(
        default=0.5,
        description="the standard uncertainty of image points, above 0 and at most 20 pixels",
        examples=["uncertainty_px = 0.5"],
        gt=0,
        le=20,
        allow_inf_nan=False,
    )
    uncertainty_m: float = Field(
        default=0.02,
        description="the standard uncertainty of ground points, above 0 and at most 2 metres",
        examples=["uncertainty_m = 0.02"],
        gt=0,
        le=2,
        allow_inf_nan=False,
    )
    uncertainty_scale: float = Field(
        default=0.0,
        description="the relative standard uncertainty of all metres together, from 0 to 0.02",
        examples=["uncertainty_scale = 0.0002"],
        ge=0,
        le=0.02,
        allow_inf_nan=False,
    )
    points: list[PointTable] = Field(
        description=f"from 4 to {MOST_POINTS} points, not all on one line",
        examples=["points = [{ px = [556.34, 965.41], m = [-4.75, 13.0] }, …]"],
        min_length=4,
        max_length=MOST_POINTS,
    )
    checks: list[TapeTable] = Field(
        default_factory=list,
        description=f"at most {MOST_CHECKS} taped distances, each a table under a header",
        examples=["[[survey.checks]]"],
        max_length=MOST_CHECKS,
    )


class ZoneTable(Table):
    """The measuring zone along the road."""

    near_m: Metres = Field(
        description="where the zone begins, metres along the road",
        examples=["near_m = 15.0"],
    )
    far_m: Metres = Field(
        description="where the zone ends, metres along the road",
        examples=["far_m = 40.0"],
    )


class LimitTable(Table):
    """Another limit of a lane and when it holds; what is left out does not matter for it."""

    limit_kmh: int = Field(
        description="the limit in km/h, a whole number from 5 to 150",
        examples=["limit_kmh = 30"],
        ge=5,
        le=150,
    )
    limit_mph: int | None = Field(
        default=None,
        description="the same limit as a sign in miles per hour has it, 5 to 90",
        examples=["limit_mph = 20"],
        ge=5,
        le=90,
    )
    trigger_kmh: int | None = Field(
        default=None,
        description="the speed above which pictures are kept, a whole number from 5 to 200 km/h",
        examples=["trigger_kmh = 35"],
        ge=5,
        le=200,
    )
    between: Annotated[list[TimeOfDay], Field(min_length=2, max_length=2)] | None = Field(
        default=None,
        description="from and to, local time, without quotation marks; over midnight where the "
        "second is the earlier one",
        examples=["between = [22:00:00, 06:00:00]"],
    )
    days: Annotated[list[Weekday], Field(min_length=1)] | None = Field(
        default=None,
        description='days of the week out of "mon", "tue", "wed", "thu", "fri", "sat", "sun"',
        examples=['days = ["mon", "tue", "wed", "thu", "fri"]'],
    )
    weather: Annotated[list[WeatherWord], Field(min_length=1)] | None = Field(
        default=None,
        description='weathers out of "dry", "wet", "snow", "fog"',
        examples=['weather = ["wet", "snow"]'],
    )
    vehicles: Annotated[list[VehicleWord], Field(min_length=1)] | None = Field(
        default=None,
        description='classes out of "car", "motorcycle", "bus", "lorry", "towing"',
        examples=['vehicles = ["lorry", "towing"]'],
    )


class LaneTable(Table):
    """One lane between two lines along the road."""

    name: Annotated[Line, StringConstraints(max_length=40)] = Field(
        description="the lane's name, up to 40 characters in quotation marks",
        examples=['name = "1"'],
    )
    direction: Literal["approaching", "receding"] = Field(
        description='either "approaching" or "receding", as the camera sees it',
        examples=['direction = "approaching"'],
    )
    left_m: Metres = Field(
        description="the lane's left edge, metres to the right of the origin",
        examples=["left_m = -4.75"],
    )
    right_m: Metres = Field(
        description="the lane's right edge, metres to the right of the origin",
        examples=["right_m = -1.0"],
    )
    limit_kmh: int = Field(
        description="the limit in km/h, a whole number from 5 to 150",
        examples=["limit_kmh = 40"],
        ge=5,
        le=150,
    )
    trigger_kmh: int | None = Field(
        default=None,
        description="the speed above which pictures are kept, a whole number from 5 to 200 km/h",
        examples=["trigger_kmh = 45"],
        ge=5,
        le=200,
    )
    limit_mph: int | None = Field(
        default=None,
        description="the same limit as a sign in miles per hour has it, 5 to 90",
        examples=["limit_mph = 30"],
        ge=5,
        le=90,
    )
    limits: list[LimitTable] = Field(
        default_factory=list,
        description=f"at most {MOST_LIMITS} other limits and when they hold, the first that does "
        "counts",
        examples=["[[lanes.limits]]"],
        max_length=MOST_LIMITS,
    )
    nobody_against: bool = Field(
        default=False,
        description="true where nobody may ever drive against the lane's direction, not even to "
        "overtake",
        examples=["nobody_against = true"],
    )


class RunTable(Table):
    """One run of a vehicle of known speed through the site."""

    reading_kmh: Kmh = Field(
        description="what speedcam measured, from 5 to 300 km/h",
        examples=["reading_kmh = 61.8"],
    )
    true_kmh: Kmh = Field(
        description="how fast the vehicle was by its own reference, from 5 to 300 km/h",
        examples=["true_kmh = 61.5"],
    )
    true_uncertainty_kmh: float = Field(
        description="the standard uncertainty of true_kmh, above 0 and at most 10 km/h",
        examples=["true_uncertainty_kmh = 0.15"],
        gt=0,
        le=10,
        allow_inf_nan=False,
    )


class ReferenceDriveTable(Table):
    """Runs of a vehicle of known speed: they verify the scale of the survey."""

    date: Day = Field(
        description="the day of the runs, without quotation marks",
        examples=["date = 2026-10-02"],
    )
    correct: bool = Field(
        default=False,
        description="whether speeds are to be corrected by the runs' ratio: true or false",
        examples=["correct = false"],
    )
    runs: list[RunTable] = Field(
        description=f"from 1 to {MOST_RUNS} runs",
        examples=["runs = [{ reading_kmh = 61.8, true_kmh = 61.5, true_uncertainty_kmh = 0.15 }]"],
        min_length=1,
        max_length=MOST_RUNS,
    )


class SiteFile(Table):
    """A whole site file."""

    camera: CameraTable = Field(
        description="the camera as a table",
        examples=["[camera]"],
    )
    place: PlaceTable = Field(
        description="the place as a table",
        examples=["[place]"],
    )
    clip: ClipTable = Field(
        description="the footage as a table",
        examples=["[clip]"],
    )
    survey: SurveyTable = Field(
        description="the survey as a table",
        examples=["[survey]"],
    )
    reference_drive: ReferenceDriveTable | None = Field(
        default=None,
        description="runs of a vehicle of known speed, as a table",
        examples=["[reference_drive]"],
    )
    zone: ZoneTable = Field(
        description="the measuring zone as a table",
        examples=["[zone]"],
    )
    lanes: list[LaneTable] = Field(
        description=f"from 1 to {MOST_LANES} lanes, each a table under a header of its own",
        examples=["[[lanes]]"],
        min_length=1,
        max_length=MOST_LANES,
    )
