"""What no notice may lack, and which photo alone it may show."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.errors import EvidenceError, LetterError
from services.model import Fine, OffenceKind, Violation
from services.notifier.country import Country, country_of
from services.rules.entries import Unit
from speedcam.model import Exhibit, ExhibitKind, Passage, PlateReading, SpeedMeasurement

_WORDED = frozenset({OffenceKind.SPEED, OffenceKind.SECTION})
"""Offences that the letters have words for."""

_NO_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of what breaks a line, and of what no text has."""


def pictured_at(passage: Passage, exhibit: Exhibit) -> datetime:
    """The instant of the frame that an exhibit shows, in the time zone of the place.

    The passage's own instant is that of the end of the measured stretch, or of the track.
    """
    used = passage.speed.samples if isinstance(passage.speed, SpeedMeasurement) else ()
    end_s = used[-1].time_s if used else passage.last_s
    at = passage.at + timedelta(seconds=exhibit.time_s - end_s)
    return at.astimezone(ZoneInfo(passage.place.timezone))


def require_complete(fine: Fine) -> None:
    """Raise LetterError naming every fact that ``fine`` lacks and a notice must state."""
    lacking = [name for name, value in _mandatory(fine).items() if not value]
    if lacking:
        mended = "Complete the site file or the case, and issue it again."
        if country_of(fine) is None:
            words = f"countries/{fine.number[:2].lower()}.yaml"
            mended = (
                f"Write {words} (docs/rules.md), then `speedcam office deliver --retry-failed`."
            )
        raise LetterError(
            f"notice {fine.number or '(no number)'} cannot be written: it lacks "
            f"{', '.join(lacking)}. {mended}"
        )


def _mandatory(fine: Fine) -> dict[str, object]:
    """Every fact that no notice may lack, by the name used in the error."""
    violation, country = fine.violation, country_of(fine)
    source = violation.source
    return {
        "the number": fine.number,
        "a wording for its country": country,
        "a wording for its offence": violation.kind in _WORDED,
        **_of_camera(violation.passage, country),
        "the measured speed": violation.measured_kmh > 0,
        "the uncertainty": violation.uncertainty_kmh > 0,
        "the speed that counts": violation.retained_kmh > violation.limit_kmh,
        "the limit": limit_of(violation, country.unit if country else "km/h"),
        "the legal reference": violation.reference.strip(),
        "the rule pack": source.pack.strip(),
        "the rule pack's version": source.pack_version.strip(),
        "the rule pack's hash": source.pack_sha256.strip(),
        "who decided": fine.decision.by.strip(),
        "the amount": fine.terms.full.minor > 0 and fine.terms.full.currency,
        "the payment reference": fine.reference.strip(),
        **(_of_section(violation, country) if violation.kind is OffenceKind.SECTION else {}),
    }


def _of_camera(passage: Passage, country: Country | None) -> dict[str, object]:
    """What a notice states of a camera and of what it saw."""
    place, certificate, photo = passage.place, passage.place.certificate, photo_exhibit(passage)
    return {
        "the place": _line(place.name),
        "the road": _line(place.road),
        "the direction": _line(place.towards),
        "a reason for the limit of one line": all(
            _line(words) or not words.strip() for words in place.limit_reason.values()
        ),
        "the time zone": place.timezone,
        "the plate": isinstance(passage.plate, PlateReading) and passage.plate.text.strip(),
        "the device": certificate and _line(certificate.device),
        "the certificate": certificate and _line(certificate.number),
        "a certificate valid on that day": certificate and certificate.valid_until >= _day(passage),
        "the check of the signs": not (country and country.signs) or place.signs_checked_on,
        "the software": passage.provenance.software.strip(),
        "the redacted photo": photo and photo.sha256,
    }


def _of_section(violation: Violation, country: Country | None) -> dict[str, object]:
    """What a notice states of the first camera, and of the way to the second."""
    stretch, entry, end = violation.stretch, violation.entry, violation.passage
    if stretch is None or entry is None:
        return {"the first camera and the certified distance": None}
    known = {
        "the certified distance": stretch.distance_m > 0 and stretch.uncertainty_m > 0,
        "who certified it": _line(stretch.certified_by),
        "the certificate of the distance": _line(stretch.certificate),
        "a distance certified on that day": stretch.valid_until >= _day(end),
        "the time between the cameras": stretch.seconds > 0,
        "one plate at both cameras": _text(entry) == _text(end),
    }
    first = _of_camera(entry, country)
    return known | {f"{name} of the first camera": value for name, value in first.items()}


def _day(passage: Passage) -> date:
    return passage.at.astimezone(ZoneInfo(passage.place.timezone or "UTC")).date()


def _text(passage: Passage) -> str | None:
    return passage.plate.text if isinstance(passage.plate, PlateReading) else None


def _line(words: str) -> str:
    """Words as they stand; none where they would begin a line of their own or steer a terminal."""
    return "" if any(unicodedata.category(c) in _NO_LINE for c in words) else words.strip()


def limit_of(violation: Violation, unit: Unit) -> int:
    """The limit as its signs have it, or 0 where nobody stated it in that unit."""
    if unit == "km/h":
        return violation.limit_kmh
    return violation.passage.conditions.limit_mph or 0


def photo_exhibit(passage: Passage) -> Exhibit | None:
    """The redacted picture, the only one that a notice may show, or None where there is none."""
    return exhibit_of(passage, ExhibitKind.PHOTO)


def exhibit_of(passage: Passage, kind: ExhibitKind) -> Exhibit | None:
    """The exhibit of a kind, or None where the passage has none."""
    return next((each for each in passage.exhibits if each.kind is kind), None)


def require_this_photo(fine: Fine, photo: bytes) -> None:
    """Raise EvidenceError unless ``photo`` is the very picture that the passage names."""
    exhibit = photo_exhibit(fine.violation.passage)
    if exhibit is None or hashlib.sha256(photo).hexdigest() != exhibit.sha256:
        raise EvidenceError(
            f"the photo for notice {fine.number} is not the one of its passage: its SHA-256 "
            "differs. Nothing was written; restore the exhibit from the footage."
        )
