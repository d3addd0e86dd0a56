"""The facts of a notice in the words and number forms of one language.

One :class:`Facts` feeds every rendering (mail, plain text, page), so that none of them can say
another number. Speeds are shown rounded in the driver's favour, never above what was judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

from services.errors import LetterError
from services.model import Fine, Money, Violation
from services.notifier.complete import limit_of, photo_exhibit, pictured_at, require_complete
from services.notifier.country import Country, country_of
from services.notifier.language import (
    NO_BREAK,
    Language,
    amount,
    clock_time,
    local_day,
    number_in,
    short_day,
    unit_in,
)
from services.notifier.law_facts import LawFacts, law_facts
from services.notifier.section_facts import SectionFacts, section_facts
from services.rules.engine import KMH_PER_MPH
from speedcam.model import PlateReading

__all__ = ["Facts", "Language", "amount", "clock_time", "facts", "grouped", "local_day", "masked"]

_TENTH = Decimal("0.1")
_FINEST = Decimal("0.001")
"""A share in percent of a speed in tenths has no further decimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a notice says, each value ready to print. Dates are local to the place.

    Attributes:
        photo_time: Of the frame that the photo shows, some moments before ``time``.
        plate: Masked: the letter may be read by others than its owner.
        deducted: What lies between ``measured`` and ``retained``, so that the sum adds up.
        full_from: Empty when what is late follows at once after the reduced amount.
        limit_reason: Why the limit is there; empty when the site gives no reason.
        signs_checked_on: Empty when nobody recorded it.
        suspension: Months, one number or a range; empty when there is none.
        discounted: Whoever pays early pays less.
        until_short: First day to pay by, in digits, for the short message.
        law: What the law of the country adds.
        section: What an average speed adds; None for a speed that one camera measured.
        signed: See :class:`services.recipient.Telling`; a page shows it in another way.
        page: Where notices are opened, to be typed; empty where none is named, and on that page.
    """

    number: str
    issued_on: str
    plate: str
    place: str
    road: str
    towards: str
    date: str
    time: str
    photo_date: str
    photo_time: str
    measured: str
    measured_and_doubt: str
    deducted: str
    retained: str
    limit: str
    over: str
    limit_reason: str
    device: str
    certificate: str
    certificate_until: str
    signs_checked_on: str
    legal_reference: str
    pack: str
    pack_version: str
    pack_hash: str
    pack_verified: bool
    software: str
    photo_sha256: str
    decided_by: str
    decided_by_policy: bool
    reduced: str
    reduced_until: str
    full: str
    full_from: str
    full_until: str
    late_pct: str
    late_cap_days: str
    late_cap: str
    object_until: str
    erase_on: str
    payee: str
    account: str
    payment_reference: str
    points: int
    suspension: str
    discounted: bool
    until_short: str
    law: LawFacts
    section: SectionFacts | None
    signed: str = ""
    page: str = ""


def facts(fine: Fine, language: Language) -> Facts:
    """The facts of ``fine`` as they are printed in ``language``.

    Raises:
        LetterError: A fact is missing that a notice must state; all that are missing are named.
    """
    require_complete(fine)
    violation, terms, country = fine.violation, fine.terms, country_of(fine)
    place, certificate = violation.passage.place, violation.passage.place.certificate
    plate, photo = violation.passage.plate, photo_exhibit(violation.passage)
    if not (certificate and photo and country) or not isinstance(plate, PlateReading):
        raise LetterError(f"notice {fine.number} cannot be written: its passage changed meanwhile.")
    stretch = violation.stretch
    at = (stretch.left_at if stretch else violation.passage.at).astimezone(ZoneInfo(place.timezone))
    pictured = pictured_at(violation.passage, photo)
    speed = _Speeds.of(violation, country)
    discounted = terms.reduced.minor < terms.full.minor

    def day(value: date | None) -> str:
        return local_day(value, language, country.country) if value else ""

    def number(value: Decimal | int) -> str:
        return number_in(language, value, country.country)

    def speed_of(value: Decimal | int) -> str:
        return f"{number(value)}{NO_BREAK}{unit_in(language, country.unit)}"

    def money(value: Money) -> str:
        return amount(value, language, country.country)

    return Facts(
        number=fine.number,
        issued_on=day(terms.issued_on),
        plate=masked(plate.text),
        place=place.name,
        road=place.road,
        towards=place.towards,
        date=day(at.date()),
        time=clock_time(at),
        photo_date=day(pictured.date()),
        photo_time=clock_time(pictured),
        measured=speed_of(speed.measured),
        measured_and_doubt=f"{number(speed.measured)} ± {speed_of(speed.uncertainty)}",
        deducted=speed_of(speed.measured - speed.retained),
        retained=speed_of(speed.retained),
        limit=speed_of(speed.limit),
        over=speed_of(speed.retained - speed.limit),
        # A camera's reason is one for its own place, and not for the way to it.
        limit_reason="" if stretch else place.limit_reason.get(language, "").strip(),
        device=certificate.device,
        certificate=certificate.number,
        certificate_until=day(certificate.valid_until),
        signs_checked_on=day(place.signs_checked_on),
        legal_reference=country.citation(violation.reference, language),
        pack=violation.source.pack,
        pack_version=violation.source.pack_version,
        pack_hash=violation.source.pack_sha256[:12],
        pack_verified=violation.source.verified,
        software=violation.passage.provenance.software,
        photo_sha256=photo.sha256,
        decided_by=fine.decision.by,
        decided_by_policy=fine.decision.is_policy,
        reduced=money(terms.reduced),
        reduced_until=day(terms.reduced_until),
        full=money(terms.full),
        full_from=day(terms.full_from)
        if discounted and terms.full_from <= terms.full_until
        else "",
        full_until=day(terms.full_until),
        late_pct=number(terms.late_pct_per_day),
        late_cap_days=number(terms.late_cap_days),
        late_cap=money(terms.late_cap),
        object_until=day(terms.object_until),
        erase_on=day(terms.erase_on),
        payee=country.account.payee,
        account=country.account.iban,
        payment_reference=grouped(fine.reference),
        points=fine.points,
        suspension=_months(violation.suspension_months),
        discounted=discounted,
        until_short=short_day(terms.reduced_until if discounted else terms.full_until, language),
        law=law_facts(fine, country, language),
        section=section_facts(violation, language, country.country),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Speeds:
    """Speeds as shown: what counts against the driver rounded down, the doubt rounded up."""

    measured: Decimal
    uncertainty: Decimal
    retained: Decimal
    limit: Decimal

    @classmethod
    def of(cls, violation: Violation, country: Country) -> _Speeds:
        unit = _as_it_is if country.unit == "km/h" else _in_mph
        # The judged speed is shown as exactly as it was judged: with a decimal less it could
        # seem to belong to a milder band than the fine.
        return cls(
            measured=unit(violation.measured_kmh).quantize(_FINEST, ROUND_FLOOR),
            uncertainty=unit(violation.uncertainty_kmh).quantize(_TENTH, ROUND_CEILING),
            retained=unit(violation.retained_kmh).quantize(_FINEST, ROUND_FLOOR),
            limit=Decimal(limit_of(violation, country.unit)),
        )


def _as_it_is(speed_kmh: Decimal) -> Decimal:
    return speed_kmh


def _in_mph(speed_kmh: Decimal) -> Decimal:
    """The tenths of a mile per hour that were judged, from what was kept of them.

    A violation keeps them cut down to a tenth of a km/h, which is finer than a tenth of a mile
    per hour: so the next tenth above is the very one that it came from.
    """
    return (speed_kmh / KMH_PER_MPH).quantize(_TENTH, ROUND_CEILING)


def masked(plate: str) -> str:
    """The plate with its middle hidden: enough for its owner, too little for a stranger."""
    if len(plate) < 4:
        return "•" * 3
    keep = 2 if len(plate) >= 6 else 1
    return f"{plate[:keep]}{NO_BREAK}{'•' * 3}{plate[-keep:]}"


def grouped(reference: str) -> str:
    """A payment reference in groups of four, as people type it."""
    plain = "".join(reference.split())
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def _months(suspension: tuple[int, int] | None) -> str:
    if suspension is None:
        return ""
    least, most = suspension
    return f"{least}" if least == most else f"{least}–{most}"
