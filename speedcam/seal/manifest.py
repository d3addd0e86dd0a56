"""The manifest: all that a camera signs of one passage, as integers, words and digests.

Its bytes are canonical JSON (RFC 8785), so that one manifest has one form and one signature.
No number in it is a fraction: speeds are metres per hour, times milli- or microseconds. Pure.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import rfc8785
from pydantic import TypeAdapter, ValidationError

from speedcam.errors import SealError
from speedcam.model import (
    SEAL_KINDS,
    Clock,
    Direction,
    ExhibitKind,
    Grade,
    Passage,
    Reason,
    Refusal,
    SpeedMeasurement,
)
from speedcam.record import dumps

MOST_BYTES = 1024 * 1024
"""No manifest is longer: each frame takes some twenty bytes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A measured speed in metres per hour: thousandths of km/h.

    Attributes:
        measured_m_h: Rounded down.
        uncertainty_m_h: Expanded, k = 2, rounded up.
        low_m_h: Lower end of the interval, rounded down.
        high_m_h: Upper end, rounded up.
        grade: What it may be used for.
    """

    measured_m_h: int
    uncertainty_m_h: int
    low_m_h: int
    high_m_h: int
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReading:
    """Why there is no speed."""

    refused: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCheck:
    """How the clock was checked; ``offset_ms`` is the most by which it can be off, rounded up."""

    source: str
    checked_on: date
    offset_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What follows from the passage itself, so that anybody who holds it can compare.

    Attributes:
        passage: Its id.
        passage_sha256: Of its line of JSON, without the exhibits of the seal.
        site: Identifier of the camera's site.
        camera: The camera's name there.
        start_ms: UTC, milliseconds since 1970, where the measured stretch (refused: the track)
            began.
        end_ms: Where it ended.
        clip_start_ms: Where the footage began.
        clock: How the footage's clock was checked, or None when nobody stated it.
        lane: Name of the lane, or None outside every lane.
        direction: Which way, or None when that could not be told.
        limit_kmh: The limit in force, or None outside every lane.
        limit_mph: As the sign has it, where signs are in miles per hour.
        limit_rule: Which of the lane's limits held, in words.
        speed: The reading, or why there is none.
        exhibits: SHA-256 of each exhibit.
        clip_sha256: Of the footage.
        site_sha256: Of the site file.
        software: What measured.
    """

    passage: str
    passage_sha256: str
    site: str
    camera: str
    start_ms: int
    end_ms: int
    clip_start_ms: int
    clock: ClockCheck | None
    lane: str | None
    direction: Direction | None
    limit_kmh: int | None
    limit_mph: int | None
    limit_rule: str
    speed: Reading | NoReading
    exhibits: Mapping[ExhibitKind, str]
    clip_sha256: str
    site_sha256: str
    software: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a camera signs.

    Attributes:
        facts: What the passage says.
        frames: Ordinal and presentation time (microseconds after the first frame's) of each frame
            that was measured or is shown.
        corrupt_frames: How many of them the decoder marked as damaged.
        limit_sha256: Of the lane's limits with their validity (:mod:`speedcam.seal.limits`), or
            None outside every lane.
        reference_frame_sha256: Of the picture that was surveyed, or None without one.
        software_sha256: Of the program's source files.
        detector: What found vehicles.
        models: SHA-256 of each network's file.
        key: Id of the camera's key.
        salt: 32 bytes, hexadecimal: the manifest's digest can be published and says nothing.
        what: What is signed here and nothing else.
        schema: The version of this form.
    """

    facts: Facts
    frames: tuple[tuple[int, int], ...]
    corrupt_frames: int
    limit_sha256: str | None
    reference_frame_sha256: str | None
    software_sha256: str
    detector: str
    models: Mapping[str, str]
    key: str
    salt: str
    what: Literal["speedcam manifest"] = "speedcam manifest"
    schema: Literal[1] = 1


_MANIFEST = TypeAdapter(Manifest)


def manifest_bytes(manifest: Manifest) -> bytes:
    """The canonical form, which is what is signed."""
    return rfc8785.dumps(_MANIFEST.dump_python(manifest, mode="json"))


def parse_manifest(content: bytes) -> Manifest:
    """The manifest in ``content``.

    Raises:
        SealError: It is none of this schema, or not in its one canonical form.
    """
    try:
        manifest = _MANIFEST.validate_json(content if len(content) <= MOST_BYTES else b"")
        canonical = manifest_bytes(manifest)
    except (ValidationError, rfc8785.CanonicalizationError, ValueError):
        canonical = b""
    if canonical != content or not content:
        raise SealError(
            "the manifest is not one of schema 1 in its canonical form (RFC 8785): it was "
            "changed, or made by another version."
        )
    return manifest


def unsealed(passage: Passage) -> Passage:
    """The passage without the exhibits of its seal: what was signed."""
    proof = tuple(each for each in passage.exhibits if each.kind not in SEAL_KINDS)
    return replace(passage, exhibits=proof)


def facts_of(passage: Passage) -> Facts:
    """What a manifest says of ``passage``, sealed or not yet."""
    bare, place = unsealed(passage), passage.place
    took_s, end_s = _stretch_s(passage)
    return Facts(
        passage=passage.id,
        passage_sha256=hashlib.sha256(dumps(bare).encode()).hexdigest(),
        site=place.site_id,
        camera=place.camera,
        start_ms=_ms(passage.at - timedelta(seconds=took_s)),
        end_ms=_ms(passage.at),
        clip_start_ms=_ms(passage.at - timedelta(seconds=end_s)),
        clock=_clock(place.clock),
        lane=passage.lane,
        direction=passage.direction,
        limit_kmh=passage.limit_kmh,
        limit_mph=passage.conditions.limit_mph,
        limit_rule=passage.conditions.limit_rule,
        speed=reading_of(passage.speed),
        exhibits={exhibit.kind: exhibit.sha256 for exhibit in bare.exhibits},
        clip_sha256=passage.provenance.clip_sha256,
        site_sha256=passage.provenance.site_sha256,
        software=passage.provenance.software,
    )


def _stretch_s(passage: Passage) -> tuple[float, float]:
    """How long the passage took, and where in the footage it ended."""
    speed = passage.speed
    if isinstance(speed, Refusal):
        return passage.last_s - passage.first_s, passage.last_s
    return speed.over_s, speed.samples[-1].time_s if speed.samples else passage.last_s


def differing(one: Facts, other: Facts) -> Iterator[str]:
    """Names of the facts that are not the same."""
    for each in fields(Facts):
        if getattr(one, each.name) != getattr(other, each.name):
            yield each.name


def unlike(told: Facts, passage: Passage) -> str:
    """Which facts ``passage`` says otherwise than ``told``; empty where it says the same."""
    try:
        return ", ".join(differing(told, facts_of(passage)))
    except OverflowError:
        return "an instant or a speed that is beyond all reckoning"


def reading_of(speed: SpeedMeasurement | Refusal) -> Reading | NoReading:
    """The speed in whole metres per hour, each figure rounded to the driver's side."""
    if isinstance(speed, Refusal):
        return NoReading(refused=speed.reason)
    return Reading(
        measured_m_h=_down(speed.speed_kmh),
        uncertainty_m_h=_up(speed.uncertainty_kmh),
        low_m_h=_down(speed.speed_kmh - speed.uncertainty_kmh),
        high_m_h=_up(speed.speed_kmh + speed.uncertainty_kmh),
        grade=speed.grade,
    )


def _down(kmh: float) -> int:
    return math.floor(1000 * kmh + 1e-6)


def _up(kmh: float) -> int:
    return math.ceil(1000 * kmh - 1e-6)


def _clock(clock: Clock | None) -> ClockCheck | None:
    if clock is None:
        return None
    offset_ms = math.ceil(1000 * abs(clock.offset_s) - 1e-6)
    return ClockCheck(source=clock.source, checked_on=clock.checked_on, offset_ms=offset_ms)


def _ms(instant: datetime) -> int:
    return (instant - _EPOCH) // _MILLISECOND
