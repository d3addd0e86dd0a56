"""The camera's values, one richer type per stage: Frame, Detection, Track, measurement, Passage.

All are frozen. Positions on the road are metres in the site's own axes: ``x`` to the right,
``y`` along the road away from the camera. Times named ``time_s`` are seconds on the footage's
own clock (container time stamps, the first frame at 0); instants are aware ``datetime`` values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Pixels: ``(height, width)`` luma, or ``(height, width, 3)`` blue-green-red."""

Floats = NDArray[np.float64]

KMH_PER_M_S = 3.6

PASSAGE_SCHEMA: Literal[5] = 5
"""The version of the JSON form of a :class:`Passage`."""


class Direction(StrEnum):
    """Which way a vehicle drives, as the camera sees it."""

    APPROACHING = "approaching"
    RECEDING = "receding"


class VehicleClass(StrEnum):
    """What kind of vehicle it is."""

    CAR = "car"
    VAN = "van"
    TRUCK = "truck"
    BUS = "bus"
    MOTORCYCLE = "motorcycle"
    """Any two-wheeler: a bicycle with its rider is as large."""
    UNKNOWN = "unknown"


class Grade(StrEnum):
    """What a measured speed may be used for."""

    A = "A"
    """Two independent anchors of scale agree and every gate holds: may be fined."""
    B = "B"
    """One anchor: statistics only."""


class Reason(StrEnum):
    """Why there is no reading. The text for people is in :func:`Refusal.text`."""

    TOO_FEW_SIGHTINGS = "too_few_sightings"
    SHORT_BASELINE = "short_baseline"
    SHORT_TIME = "short_time"
    SCATTERED = "scattered"
    CHANGING_SPEED = "changing_speed"
    NOT_ALONG_THE_ROAD = "not_along_the_road"
    MERGED = "merged"
    MEASURED_TWICE = "measured_twice"
    STANDING = "standing"
    IMPLAUSIBLE_SPEED = "implausible_speed"
    CORRUPT_FRAMES = "corrupt_frames"
    CAMERA_MOVED = "camera_moved"
    TIME_GAP = "time_gap"
    TIME_UNSURE = "time_unsure"
    OUTSIDE_LANES = "outside_lanes"
    FEATURES_DISAGREE = "features_disagree"
    ANCHORS_DISAGREE = "anchors_disagree"
    LINES_DISAGREE = "lines_disagree"
    TOO_UNCERTAIN = "too_uncertain"
    PLATE_NOT_FOUND = "plate_not_found"
    PLATE_TOO_SMALL = "plate_too_small"
    PLATE_NOT_SURE = "plate_not_sure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """No reading, and why: a value, never an exception and never 0.0.

    Attributes:
        reason: The code a program branches on.
        numbers: The figures behind it, each with its unit in the name.
    """

    reason: Reason
    numbers: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def rounded(cls, reason: Reason, **numbers: float) -> Refusal:
        """For a reason, with figures that nobody needs to more than three places."""
        return cls(reason=reason, numbers={name: round(float(n), 3) for name, n in numbers.items()})

    def text(self) -> str:
        """The reason in words with its figures, for a table or a log."""
        figures = ", ".join(f"{name} {value:g}" for name, value in sorted(self.numbers.items()))
        words = self.reason.replace("_", " ")
        return f"{words} ({figures})" if figures else words


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture of the footage with its container time.

    Attributes:
        index: Ordinal in the file, from 0, counting every decoded frame.
        time_s: Presentation time, seconds after the first frame's. The only clock here.
        luma: ``(height, width)`` uint8, the decoder's own plane, without conversion. Read only.
        corrupt: The decoder marked the picture as damaged: nobody may be fined on it.
        colour: Makes the blue-green-red picture when somebody wants it.
        shake_px: ``(du, dv)`` by which the picture lies off the surveyed one: a surveyed pixel
            plus this is the picture's pixel.
        adrift: The camera no longer stands as surveyed: nobody may be measured on it.
    """

    index: int
    time_s: float
    luma: Image
    corrupt: bool
    colour: Callable[[], Image]
    shake_px: tuple[float, float] = (0.0, 0.0)
    adrift: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An upright rectangle in pixels; ``right`` and ``bottom`` are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    def contains(self, u: float, v: float) -> bool:
        """Whether the point ``(u, v)`` px lies inside."""
        return self.left <= u < self.right and self.top <= v < self.bottom

    def overlap(self, other: Box) -> float:
        """Square pixels shared with ``other``."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Something that moves, in one frame.

    Attributes:
        box: Its bounds in pixels of the full frame.
        area_px: Moving pixels inside the box, in pixels of the full frame.
        mask: ``(rows, columns)`` bool over the box at the detector's own resolution.
        touches_border: The box is cut by the lower edge of the picture or by a side.
        kind: What the detector takes it for; motion alone cannot say.
    """

    box: Box
    area_px: float
    mask: NDArray[np.bool_]
    touches_border: bool = False
    kind: str = "moving"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One vehicle in one frame.

    Attributes:
        frame_index: Ordinal of the frame.
        time_s: Container time of the frame.
        box: Bounds of the vehicle in pixels of the picture.
        contact_px: ``(u, v)`` where it meets the road at the end that faces the camera, as the
            surveyed camera would see it (without shake), or None when that edge could not be
            located in this frame.
        contact_s: The instant at which that row was exposed.
        merged: Its outline was shared with another vehicle, so the box is not its own.
        touches_border: The box is cut by the lower edge of the picture or by a side.
        corrupt: The decoder marked the frame as damaged.
        adrift: The camera had moved away from where it was surveyed.
    """

    frame_index: int
    time_s: float
    box: Box
    contact_px: tuple[float, float] | None
    contact_s: float
    merged: bool = False
    touches_border: bool = False
    corrupt: bool = False
    adrift: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureTrack:
    """One KLT feature on a vehicle.

    Attributes:
        time_s: ``(n,)`` seconds, rising: the instants at which its rows were exposed.
        px: ``(n, 2)`` pixels, as the surveyed camera would see them (without shake).
    """

    time_s: Floats
    px: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A vehicle followed from frame to frame.

    Attributes:
        ordinal: Position among the tracks of its clip, in order of first appearance; in a clip
            measured in segments, each counts from its number times 10**9.
        sightings: In order of time.
        features: The KLT features that moved with it.
    """

    ordinal: int
    sightings: tuple[Sighting, ...]
    features: tuple[FeatureTrack, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSize:
    """A vehicle's outer measures in metres, from its outline and the road plane.

    Each uncertainty is expanded, k = 2. The width includes mirrors, and shade where it clings to
    the outline.
    """

    length_m: float
    width_m: float
    height_m: float
    length_uncertainty_m: float
    width_uncertainty_m: float
    height_uncertainty_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """What passed: its kind, and what tells so.

    Attributes:
        kind: ``unknown`` unless it is told for certain.
        by: ``"size"``, ``"detector"``, or None where neither could tell.
        size: Its measures, or None where the outline was seen too rarely by itself.
    """

    kind: VehicleClass
    by: Literal["size", "detector"] | None
    size: VehicleSize | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """One independent way to the scale of a speed.

    Attributes:
        name: ``"contact"`` (the road-contact edge) or ``"plate"`` (the plate's known width).
        speed_kmh: What it says by itself.
        uncertainty_kmh: Expanded uncertainty, k = 2.
    """

    name: Literal["contact", "plate"]
    speed_kmh: float
    uncertainty_kmh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One position that entered the measurement: when, where in the image, where on the road.

    ``time_s`` is the instant of its row, and ``u_px, v_px`` are the surveyed camera's pixels.
    """

    frame_index: int
    time_s: float
    u_px: float
    v_px: float
    x_m: float
    y_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One component of the uncertainty budget.

    Attributes:
        name: What it comes from.
        standard_kmh: Its standard uncertainty, which enters the root of the sum of squares.
    """

    name: str
    standard_kmh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """The secondary check: how long the vehicle took from one line across the road to another.

    Attributes:
        from_m: Where the line crossed first lies along the road.
        to_m: Where the other one lies.
        seconds: Between the two crossings.
        speed_kmh: Their distance over that time.
        uncertainty_kmh: Expanded uncertainty of that, k = 2.
    """

    from_m: float
    to_m: float
    seconds: float
    speed_kmh: float
    uncertainty_kmh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedMeasurement:
    """A measured speed that knows how sure it is.

    Attributes:
        speed_kmh: Mean speed over the measured stretch, always positive.
        uncertainty_kmh: Expanded uncertainty, k = 2 (GUM, about 95 %).
        grade: What it may be used for.
        direction: Which way the vehicle drove.
        anchors: The independent results behind it.
        budget: The components of the uncertainty.
        crossing: The secondary check, or None where the vehicle did not cross two lines.
        over_m: Length of the measured stretch along the road.
        over_s: Duration of the measured stretch.
        samples: Every position used, in order of time, so that an expert can redo the fit.
    """

    speed_kmh: float
    uncertainty_kmh: float
    grade: Grade
    direction: Direction
    anchors: tuple[Anchor, ...]
    over_m: float
    over_s: float
    samples: tuple[Sample, ...]
    budget: tuple[Doubt, ...] = ()
    crossing: Crossing | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.speed_kmh) and self.speed_kmh > 0):
            raise ValueError(f"a speed is positive and finite, not {self.speed_kmh!r}")
        if not (math.isfinite(self.uncertainty_kmh) and self.uncertainty_kmh > 0):
            raise ValueError(f"an uncertainty is positive and finite, not {self.uncertainty_kmh!r}")

    def text(self) -> str:
        """Speed ± uncertainty to 0.1 km/h, the one rounded down and the other up."""
        speed = math.floor(10 * self.speed_kmh + 1e-9) / 10
        doubt = math.ceil(10 * self.uncertainty_kmh - 1e-9) / 10
        return f"{speed:.1f} ± {doubt:.1f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateSighting:
    """The plate of a vehicle in one frame, as the reader found it.

    Attributes:
        frame_index: Ordinal of the frame.
        time_s: Container time of the frame.
        corners_px: Four ``(u, v)`` in full-frame pixels: top left, top right, bottom right,
            bottom left, as seen.
        text: What this frame alone reads; may be empty.
        character_confidence: One value in 0..1 per character of ``text``.
        white_edges_px: The two ``(u, v)`` ends, left and right, of the white field between the
            blue bands, to a fraction of a pixel, or None when they were not clear.
        band_share: Width of the blue bands over the length of that field, which tells the type of
            plate (:mod:`speedcam.plate_types`); None where they have no end to be seen.
        country: Whose plate it is as the bands of all frames together show (ISO 3166-1 alpha-2),
            or None.
    """

    frame_index: int
    time_s: float
    corners_px: tuple[tuple[float, float], ...]
    text: str
    character_confidence: tuple[float, ...]
    white_edges_px: tuple[tuple[float, float], tuple[float, float]] | None = None
    band_share: float | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRead:
    """What one frame alone reads on a plate.

    Attributes:
        time_s: Container time of the frame.
        width_px: Of the plate at its mid-height, rounded to 0.1.
        text: As the frame spells it, before any repair; empty where nothing was legible, and a star
            for each character of what is wholly another text: it may be somebody else's plate.
        sure: 0..1, of the whole text, rounded to 0.001; 0 for an empty one.
    """

    time_s: float
    width_px: float
    text: str
    sure: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateReading:
    """A plate that several frames agree on.

    Attributes:
        text: Upper-case letters and digits, no spaces.
        confidence: 0..1, of the whole text.
        frames: How many frames voted.
        repaired: A look-alike was replaced to fit a known format, so a person must confirm.
        country: Whose it is as the plate itself shows (ISO 3166-1 alpha-2), or None. In a reading
            that names no ``countries`` it was guessed from the format: see :attr:`told_country`.
        countries: Every country whose plates have this format; empty for a text of no known format.
        reads: Every frame that was looked at, in order of time; empty in a passage of schema 4.
    """

    text: str
    confidence: float
    frames: int
    repaired: bool = False
    country: str | None = None
    countries: tuple[str, ...] = ()
    reads: tuple[PlateRead, ...] = ()

    @property
    def told_country(self) -> str | None:
        """Whose plate it is, or None where that was not seen, but guessed or not told."""
        return self.country if self.country in self.countries else None


class ExhibitKind(StrEnum):
    """What an exhibit proves."""

    STILL_FIRST = "still_first"
    """The vehicle where the measured stretch begins."""
    STILL_LAST = "still_last"
    """The vehicle where it ends."""
    PLATE = "plate"
    """The plate, enlarged."""
    PHOTO = "photo"
    """The redacted picture for the notice. With the next three it alone may leave the store."""
    SHOWN_FIRST = "shown_first"
    """The still where the measured stretch begins, hidden like the photo."""
    SHOWN_LAST = "shown_last"
    """The still where it ends, hidden like the photo."""
    FILM = "film"
    """How it passed, in short: every frame hidden like the photo."""
    DRIVER = "driver"
    """The driver in the frame of the photo, where the site asks for one. It leaves the store only
    where the law has the driver seen."""
    RAW = "raw"
    """No picture: the raw data of the measurement (:mod:`speedcam.raw`)."""
    FOOTAGE = "footage"
    """No picture: of a live stream, the stretch that shows the vehicle, as it came."""
    SITE = "site"
    """No picture: the site file, beside the seal of a signed passage."""
    MANIFEST = "manifest"
    """No picture: what the camera signed (:mod:`speedcam.seal.manifest`)."""
    SIGNATURE = "signature"
    """No picture: 64 bytes, the camera's signature over the manifest."""


FILM_STEP_S = 0.08
"""From one frame of a film to the next."""

SEAL_KINDS = frozenset({ExhibitKind.SITE, ExhibitKind.MANIFEST, ExhibitKind.SIGNATURE})
"""What a signed passage has beside its proof; the signature is over everything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """A picture, or the raw data, on disk, named by its content.

    Attributes:
        kind: What it proves.
        path: Relative to the folder of the passages file, with forward slashes.
        sha256: Of the file's bytes, 64 hexadecimal digits.
        time_s: Container time of the frame it shows, or with which it begins.
        frame_index: Ordinal of that frame.
    """

    kind: ExhibitKind
    path: str
    sha256: str
    time_s: float
    frame_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The metrological certificate of the device."""

    device: str
    number: str
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How the clock that stamps the footage was checked.

    Attributes:
        source: Against what, in words ("NTP, three servers").
        checked_on: Local day of the last check before the footage.
        offset_s: The most by which it can have been off since, in seconds.
    """

    source: str
    checked_on: date
    offset_s: float


class VehicleCategory(StrEnum):
    """Categories of vehicle that laws and signs tell apart; not what a camera takes one for."""

    CAR = "car"
    MOTORCYCLE = "motorcycle"
    BUS = "bus"
    LORRY = "lorry"
    TOWING = "towing"
    """Anything with a trailer."""


class Weather(StrEnum):
    """What a limit may depend on."""

    DRY = "dry"
    WET = "wet"
    SNOW = "snow"
    FOG = "fog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a lane's limit can depend on, and which of its limits held.

    Attributes:
        vehicle: Class of vehicle, or None: not told apart, so the most generous limit holds.
        weather: As stated for the footage, or None: not known, and the same holds.
        limit_rule: Which of the lane's limits held, in words; empty where it has only one.
        limit_mph: The limit as the sign has it, where signs are in miles per hour.
        against_lane: It drove against the direction of its lane, all along, where nobody may.
    """

    vehicle: VehicleCategory | None = None
    weather: Weather | None = None
    limit_rule: str = ""
    limit_mph: int | None = None
    against_lane: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a passage happened and what held there: everything a notice must say of the site.

    Attributes:
        site_id: Identifier of the camera's site.
        camera: Name of the camera.
        name: The place in words ("Rruga e Durrësit, km 4+200").
        road: Name or number of the road.
        towards: Where the vehicle was heading, in words.
        road_kind: Kind of road for the law's tables.
        timezone: IANA name.
        limit_reason: Why the limit is there, one sentence per language code; may be empty.
        certificate: The device's certificate, or None when the site states none.
        signs_checked_on: When somebody last saw that the warning signs stand, or None.
        clock: How the footage's clock was checked, or None when nobody stated it.
    """

    site_id: str
    camera: str
    name: str
    road: str
    towards: str
    road_kind: Literal["urban", "rural", "main", "motorway"]
    timezone: str
    limit_reason: Mapping[str, str]
    certificate: Certificate | None
    signs_checked_on: date | None
    clock: Clock | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made a passage, so that the same inputs can be found and run again.

    Attributes:
        clip: File name of the footage.
        clip_sha256: Of the footage's bytes.
        site_sha256: Of the site file's bytes.
        software: Name and version of what measured.
        track_ordinal: Which track of the clip.
    """

    clip: str
    clip_sha256: str
    site_sha256: str
    software: str
    track_ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One vehicle that passed one camera. The seam to the office: plain JSON, no pixels.

    Attributes:
        id: Deterministic: the same footage, site and track give the same id.
        place: Where, and what held there.
        lane: Name of the lane, or None when it drove in none.
        direction: Which way, or None when that could not be told.
        limit_kmh: The limit in force in that lane, or None outside every lane.
        at: Aware instant in UTC at which the measured stretch (or, refused, the track) ended.
        first_s: Footage time at which the track began.
        last_s: Footage time at which it ended.
        position_m: ``(x, y)`` on the road in the middle of the track.
        speed: The measurement, or why there is none.
        plate: The reading, or why there is none; None where nobody may be fined on the
            measurement, so that the plate is nobody's business.
        exhibits: The raw data of the measurement, and the pictures where anybody may be fined.
        provenance: What made this.
        conditions: What the limit depends on beside the lane, and which of its limits held.
        schema: Cases of offices hold passages of schema 4, whose plates say nothing of single
            frames, of schema 3, which have fewer kinds of exhibit, and of schema 2, which say no
            conditions either.
        vehicle: What kind of vehicle passed; None in a passage of schema 2, which did not say.
    """

    id: str
    place: Place
    lane: str | None
    direction: Direction | None
    limit_kmh: int | None
    at: datetime
    first_s: float
    last_s: float
    position_m: tuple[float, float]
    speed: SpeedMeasurement | Refusal
    plate: PlateReading | Refusal | None
    exhibits: tuple[Exhibit, ...]
    provenance: Provenance
    conditions: Conditions = Conditions()
    vehicle: Vehicle | None = None
    schema: Literal[2, 3, 4, 5] = PASSAGE_SCHEMA
