"""Builders for the office: passages with real pictures, clocks, offices in a folder."""

from __future__ import annotations

import gzip
import hashlib
import struct
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from services.errors import Unreachable
from services.model import Channel, Fine, Letter, LetterKind
from services.recipient import UNNAMED, Dispatch, Telling
from services.rules.catalogue import load_editions
from services.rules.edition import Edition
from speedcam.adapters.film import encode_mp4
from speedcam.model import (
    SEAL_KINDS,
    Anchor,
    Certificate,
    Clock,
    Direction,
    Exhibit,
    ExhibitKind,
    Grade,
    Passage,
    Place,
    PlateRead,
    PlateReading,
    Provenance,
    Reason,
    Refusal,
    SpeedMeasurement,
)
from speedcam.record import dumps

AT = datetime(2026, 10, 14, 6, 30, 12, 480_000, tzinfo=UTC)
ISSUED = datetime(2026, 10, 14, 9, 0, tzinfo=UTC)
NO_PLATE = Refusal(reason=Reason.PLATE_NOT_SURE)
PROOF = tuple(
    kind
    for kind in ExhibitKind
    if kind not in SEAL_KINDS and kind is not ExhibitKind.FOOTAGE  # which only a stream leaves
)
SUFFIXES = {ExhibitKind.RAW: "json.gz", ExhibitKind.FILM: "mp4"}


@dataclass
class SetClock:
    """A clock that stands where it is put."""

    at: datetime = ISSUED

    def now(self) -> datetime:
        return self.at

    def pass_time(self, **span) -> None:
        self.at += timedelta(**span)


@cache
def albania() -> Edition:
    return next(e for e in load_editions() if e.pack.id == "AL-2023-04-21")


@cache
def a_picture(name: str) -> bytes:
    """A small JPEG that differs by ``name``."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    noise = np.random.default_rng(seed).integers(0, 255, (16, 16, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", noise)[1])


def an_exhibit(name: str) -> bytes:
    """What stands in the exhibit of this name, by its end; a picture where that says nothing."""
    if name.endswith(f"-{ExhibitKind.RAW}"):
        return gzip.compress(name.encode(), mtime=0)
    if name.endswith(f"-{ExhibitKind.FOOTAGE}"):
        return b"G" + name.encode()
    if name.endswith(f"-{ExhibitKind.FILM}"):
        return a_film(name)
    return a_picture(name)


@cache
def _some_film() -> bytes:
    return encode_mp4([np.full((36, 64, 3), 12 * shade, np.uint8) for shade in range(20)])


def a_film(name: str) -> bytes:
    """A film of 1.6 s that differs by ``name``, in a box that players pass over."""
    return _some_film() + struct.pack(">I4s", 8 + len(name), b"free") + name.encode()


def a_place(**changes) -> Place:
    known = {
        "site_id": "AL-DEMO-01",
        "camera": "Demo camera 1",
        "name": "Rruga e Kombit, km 4+200",
        "road": "SH2",
        "towards": "Durrës",
        "road_kind": "urban",
        "timezone": "Europe/Tirane",
        "limit_reason": {"sq": "ka një shkollë afër", "en": "there is a school nearby"},
        "certificate": Certificate(
            device="speedcam demo", number="DEMO-2026-001", valid_until=date(2027, 6, 30)
        ),
        "signs_checked_on": date(2026, 10, 1),
        "clock": Clock(source="NTP", checked_on=date(2026, 10, 10), offset_s=0.1),
    }
    return Place(**(known | changes))


def a_speed(kmh: float = 58.0, uncertainty: float = 1.0, grade: Grade = Grade.A):
    return SpeedMeasurement(
        speed_kmh=kmh,
        uncertainty_kmh=uncertainty,
        grade=grade,
        direction=Direction.APPROACHING,
        anchors=(
            Anchor(name="contact", speed_kmh=kmh, uncertainty_kmh=uncertainty),
            Anchor(name="plate", speed_kmh=kmh, uncertainty_kmh=2 * uncertainty),
        ),
        over_m=25.0,
        over_s=1.5,
        samples=(),
    )


def a_plate(text: str = "AA000BB", **changes) -> PlateReading:
    return PlateReading(
        **(
            {
                "text": text,
                "confidence": 0.98,
                "frames": 11,
                "country": "AL",
                "countries": ("AL", "FR", "IT"),
                "reads": tuple(
                    PlateRead(time_s=n / 25, width_px=110.0 + n, text=text, sure=0.9)
                    for n in range(11)
                ),
            }
            | changes
        )
    )


def exhibits_of(passage_id: str) -> tuple[Exhibit, ...]:
    return tuple(
        Exhibit(
            kind=kind,
            path=f"exhibits/{passage_id}-{kind}.{SUFFIXES.get(kind, 'jpg')}",
            sha256=hashlib.sha256(an_exhibit(f"{passage_id}-{kind}")).hexdigest(),
            time_s=12.0,
            frame_index=300,
        )
        for kind in PROOF
    )


def a_passage(
    passage_id: str = "p-1",
    *,
    kmh: float = 58.0,
    uncertainty: float = 1.0,
    grade: Grade = Grade.A,
    limit: int | None = 40,
    plate: str | PlateReading | Refusal | None = "AA000BB",
    **changes,
) -> Passage:
    """A complete passage; a speed of 58 in a limit of 40 is a small, proven violation."""
    known = {
        "id": passage_id,
        "place": a_place(),
        "lane": "1",
        "direction": Direction.APPROACHING,
        "limit_kmh": limit,
        "at": AT,
        "first_s": 10.0,
        "last_s": 13.0,
        "position_m": (-2.9, 27.0),
        "speed": a_speed(kmh, uncertainty, grade),
        "plate": a_plate(plate) if isinstance(plate, str) else plate,
        "exhibits": exhibits_of(passage_id),
        "provenance": Provenance(
            clip="sun.mp4",
            clip_sha256="c" * 64,
            site_sha256="5" * 64,
            software="speedcam 0.1.0",
            track_ordinal=7,
        ),
    }
    return Passage(**(known | changes))


def on_disk(folder: Path, *passages: Passage) -> Path:
    """The passages as `process` leaves them: passages.jsonl with the pictures beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for passage in passages:
        for exhibit in passage.exhibits:
            path = folder / exhibit.path
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(an_exhibit(path.name.split(".")[0]))
    written = folder / "passages.jsonl"
    written.write_text("".join(f"{dumps(passage)}\n" for passage in passages))
    return written


def a_letter(fine: Fine, photo: bytes, telling: Telling | None = None) -> Letter:  # noqa: ARG001 - the port
    """A letter without templates."""
    return Letter(
        kind=LetterKind.NOTICE,
        languages=("sq",),
        sms="ulni shpejtesine",
        subject=f"Njoftim për shpejtësinë, nr. {fine.number}",
        html=f'<html lang="sq"><h1>{fine.number}</h1><img src="cid:photo" alt="mjeti"></html>',
        text=f"{fine.number}: ulni shpejtësinë\n",
        photo=photo,
        photo_alt="mjeti",
    )


@dataclass
class UnsteadySender:
    """Raises what it is told to, in turn, and then hands over."""

    faults: list[Exception] = field(default_factory=lambda: [Unreachable("no answer")])
    channel: str = Channel.FOLDER
    sent: list[str] = field(default_factory=list)

    def send(self, dispatch: Dispatch) -> str:
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append(dispatch.key)
        return f"receipt {dispatch.key}"


PDF = b"%PDF-1.7 a letter"


def a_dispatch(fine: Fine, *, photo: bytes = b"photo", **changes) -> Dispatch:
    """A notice on its way to nobody."""
    known = {
        "key": f"{fine.number}/notice/1",
        "number": fine.number,
        "issued_at": fine.issued_at,
        "letter": a_letter(fine, photo),
        "recipient": UNNAMED,
        "print_pdf": lambda: PDF,
    }
    return Dispatch(**(known | changes))
