"""Builders for fines and a store that holds them, with defaults that make a complete notice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import cv2
import numpy as np

from services.model import Decision, Fine, Money, RuleSource, Terms, Verdict, Violation
from services.numbers import normal_number
from services.store.keys import normal_plate
from speedcam.model import (
    Anchor,
    Certificate,
    Clock,
    Direction,
    Exhibit,
    ExhibitKind,
    Grade,
    Passage,
    Place,
    PlateReading,
    Provenance,
    SpeedMeasurement,
)

NUMBER = "AL26-K7Q2-M9XD"
PLATE = "AA000BB"


@cache
def a_photo() -> bytes:
    """A small JPEG that a browser can show."""
    picture = np.full((54, 96, 3), (170, 180, 175), np.uint8)
    return bytes(cv2.imencode(".jpg", picture)[1])


def a_place(**changes) -> Place:
    known = {
        "site_id": "AL-DEMO-01",
        "camera": "Demo camera 1",
        "name": "Rruga e Kombit, km 4+200",
        "road": "SH2",
        "towards": "Durrës",
        "road_kind": "urban",
        "timezone": "Europe/Tirane",
        "limit_reason": {
            "sq": "dalja e një shkolle është 60 metra më tej",
            "en": "a school gate is 60 metres ahead",
        },
        "certificate": Certificate(
            device="speedcam demo", number="DEMO-2026-001", valid_until=date(2027, 6, 30)
        ),
        "signs_checked_on": date(2026, 10, 1),
        "clock": Clock(source="NTP", checked_on=date(2026, 10, 10), offset_s=0.1),
    }
    return Place(**(known | changes))


def a_passage(*, photo: bytes | None = None, **changes) -> Passage:
    known = {
        "id": "p-1",
        "place": a_place(),
        "lane": "1",
        "direction": Direction.APPROACHING,
        "limit_kmh": 40,
        "at": datetime(2026, 10, 14, 6, 30, 12, 480_000, tzinfo=UTC),
        "first_s": 10.0,
        "last_s": 13.0,
        "position_m": (-2.9, 27.0),
        "speed": SpeedMeasurement(
            speed_kmh=67.38,
            uncertainty_kmh=1.24,
            grade=Grade.A,
            direction=Direction.APPROACHING,
            anchors=(Anchor(name="contact", speed_kmh=67.38, uncertainty_kmh=1.24),),
            over_m=25.0,
            over_s=1.3,
            samples=(),
        ),
        "plate": PlateReading(text=PLATE, confidence=0.98, frames=11),
        "exhibits": (
            Exhibit(
                kind=ExhibitKind.PHOTO,
                path="exhibits/photo.jpg",
                sha256=hashlib.sha256(photo if photo is not None else a_photo()).hexdigest(),
                time_s=12.48,
                frame_index=312,
            ),
        ),
        "provenance": Provenance(
            clip="sun.mp4",
            clip_sha256="c" * 64,
            site_sha256="5" * 64,
            software="speedcam 0.1.0",
            track_ordinal=7,
        ),
    }
    return Passage(**(known | changes))


def a_source(**changes) -> RuleSource:
    known = {
        "pack": "albania-demo",
        "pack_version": "2023-04-21",
        "pack_sha256": "0f3a9c41d7b2" + "e" * 52,
        "verified": False,
    }
    return RuleSource(**(known | changes))


def a_violation(**changes) -> Violation:
    known = {
        "key": "v-1",
        "passage": a_passage(),
        "offence": "urban_20_40",
        "reference": "neni 140/9",
        "measured_kmh": Decimal("67.3"),
        "uncertainty_kmh": Decimal("1.3"),
        "tolerance_kmh": Decimal(5),
        "retained_kmh": Decimal("62.3"),
        "limit_kmh": 40,
        "over_kmh": Decimal("22.3"),
        "amount_min": lek(5000),
        "amount_max": lek(15000),
        "points": 3,
        "suspension_months": (1, 3),
        "needs_person": True,
        "source": a_source(),
    }
    return Violation(**(known | changes))


def lek(amount: int) -> Money:
    return Money(minor=amount, currency="ALL")


def terms(**changes) -> Terms:
    known = {
        "issued_on": date(2026, 10, 14),
        "reduced_until": date(2026, 10, 28),
        "reduced": lek(2500),
        "full_from": date(2026, 10, 29),
        "full_until": date(2026, 11, 12),
        "full": lek(5000),
        "late_pct_per_day": 2,
        "late_cap_days": 30,
        "late_cap": lek(8000),
        "object_until": date(2026, 11, 13),
        "erase_on": date(2027, 1, 12),
    }
    return Terms(**(known | changes))


def a_decision(**changes) -> Decision:
    known = {
        "verdict": Verdict.CONFIRM,
        "by": "P-17",
        "is_policy": False,
        "at": datetime(2026, 10, 14, 9, 0, tzinfo=UTC),
        "why": "vehicle, plate and place agree",
    }
    return Decision(**(known | changes))


def a_fine(**changes) -> Fine:
    violation = changes.get("violation") or a_violation()
    known = {
        "number": NUMBER,
        "violation": violation,
        "decision": a_decision(),
        "amount": lek(5000),
        "points": violation.points,
        "terms": terms(),
        "reference": "RF96AL26K7Q2M9XD",
        "issued_at": datetime(2026, 10, 14, 9, 0, tzinfo=UTC),
    }
    return Fine(**(known | changes))


def a_fine_at(**place) -> Fine:
    """A fine whose place has these values."""
    return a_fine(violation=a_violation(passage=a_passage(place=a_place(**place))))


def with_plate(fine: Fine, plate: str) -> Fine:
    reading = PlateReading(text=plate, confidence=0.98, frames=11)
    passage = replace(fine.violation.passage, plate=reading)
    return replace(fine, violation=replace(fine.violation, passage=passage))


@dataclass
class StoppedClock:
    """A clock that tests set."""

    instant: datetime = datetime(2026, 10, 20, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def advance(self, **by: float) -> None:
        self.instant += timedelta(**by)


@dataclass
class Shelf:
    """A store in memory that holds fines and pictures."""

    fines: list[Fine] = field(default_factory=lambda: [a_fine()])
    pictures: Mapping[str, bytes] = field(
        default_factory=lambda: {hashlib.sha256(a_photo()).hexdigest(): a_photo()}
    )

    def fine_by_number_and_plate(self, number: str, plate: str) -> Fine | None:
        fine = self.fine(number)
        reading = fine.violation.passage.plate if fine else None
        if isinstance(reading, PlateReading) and reading.text == normal_plate(plate):
            return fine
        return None

    def key_of(self, fine: Fine) -> str:
        return fine.number

    def fine(self, key: str) -> Fine | None:
        wanted = normal_number(key)
        return next((fine for fine in self.fines if fine.number == wanted), None)

    def exhibit_bytes(self, sha256: str) -> bytes:
        return self.pictures[sha256]
