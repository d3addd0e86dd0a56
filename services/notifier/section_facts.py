"""What a notice says of an average speed: both cameras, the certified way, the time between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from services.errors import LetterError
from services.model import Violation
from services.notifier.complete import photo_exhibit, pictured_at
from services.notifier.language import NO_BREAK, Language, clock_time, local_day, number_in

_MARKED = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionFacts:
    """The facts of the first camera and of the way to the second, each ready to print.

    What the notice says of its place, its device and its photo is of the second camera.

    Attributes:
        place: Of the first camera, like the road, the direction, the device and the photo.
        date: When its line was crossed, and ``time`` in whole seconds.
        began: The same time to the millisecond.
        ended: When the second camera's line was crossed, likewise.
        distance_and_doubt: The certified way with its uncertainty.
        certificate: Of the distance; ``certified_by`` gave it.
        signs_checked_on: Empty when nobody recorded it.
    """

    place: str
    road: str
    towards: str
    date: str
    time: str
    photo_date: str
    photo_time: str
    began: str
    ended: str
    distance: str
    distance_and_doubt: str
    seconds: str
    certificate: str
    certified_by: str
    certificate_until: str
    device: str
    device_certificate: str
    device_until: str
    signs_checked_on: str
    photo_sha256: str


def section_facts(violation: Violation, language: Language, country: str) -> SectionFacts | None:
    """What there is to say of an average speed in ``language``; None for any other offence.

    Args:
        violation: Of a fine that lacks nothing.
        language: Of the reader.
        country: ISO 3166 code of the law's country.
    """
    stretch, entry = violation.stretch, violation.entry
    if stretch is None or entry is None:
        return None
    place, certificate, photo = entry.place, entry.place.certificate, photo_exhibit(entry)
    if not (certificate and photo):
        raise LetterError(f"case {violation.key} has no whole proof where its section begins.")
    came = stretch.entered_at.astimezone(ZoneInfo(place.timezone))
    pictured = pictured_at(entry, photo)
    went = stretch.left_at.astimezone(ZoneInfo(violation.passage.place.timezone))

    def day(value: date | None) -> str:
        return local_day(value, language, country) if value else ""

    def with_unit(value: str, unit: str) -> str:
        return f"{value}{NO_BREAK}{unit}"

    distance, doubt = (
        number_in(language, metres, country)
        for metres in (stretch.distance_m, stretch.uncertainty_m)
    )
    mark = number_in(language, _MARKED, country)[1]
    return SectionFacts(
        place=place.name,
        road=place.road,
        towards=place.towards,
        date=day(came.date()),
        time=clock_time(came),
        photo_date=day(pictured.date()),
        photo_time=clock_time(pictured),
        began=_exact(came, mark),
        ended=_exact(went, mark),
        distance=with_unit(distance, "m"),
        distance_and_doubt=f"{distance} ± {with_unit(doubt, 'm')}",
        seconds=with_unit(number_in(language, stretch.seconds, country), "s"),
        certificate=stretch.certificate,
        certified_by=stretch.certified_by,
        certificate_until=day(stretch.valid_until),
        device=certificate.device,
        device_certificate=certificate.number,
        device_until=day(certificate.valid_until),
        signs_checked_on=day(place.signs_checked_on),
        photo_sha256=photo.sha256,
    )


def _exact(at: datetime, mark: str) -> str:
    """The time to the millisecond, so that whoever takes one from the other finds the seconds."""
    whole = f"{at:%H:%M:%S}"
    return clock_time(at).replace(whole, f"{whole}{mark}{at.microsecond // 1000:03}", 1)
