"""The facts of a notice in the words and number forms of one language.

One :class:`Facts` feeds every rendering (mail, plain text, page), so that none of them can say
another number. Speeds are shown rounded in the driver's favour, never above what was judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from services.errors import LetterError
from services.model import Fine, Money, Violation, decimals
from services.notifier.complete import photo_exhibit, require_complete
from speedcam.model import PlateReading

DEMO_PAYEE = "DEMO - MOS PAGUANI / DO NOT PAY"
DEMO_IBAN = "AL19 9990 0009 DEMO 0000 0000 0000"
"""Valid check digits, but a bank code that no bank has: a transfer to it cannot succeed."""


class Language(StrEnum):
    """A language that a notice can be read in, Albanian first."""

    SQ = "sq"
    EN = "en"


NO_BREAK = "\u00a0"
"""Keeps a number and its unit on one line."""

_KMH = {Language.SQ: "km/orë", Language.EN: "km/h"}
_LOCALES = {Language.SQ: "sq", Language.EN: "en_GB"}
_TENTH = Decimal("0.1")
_FINEST = Decimal("0.001")
"""A share in percent of a speed in tenths has no further decimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a notice says, each value ready to print. Dates are local to the place.

    Attributes:
        plate: Masked: the letter may be read by others than its owner.
        deducted: What lies between ``measured`` and ``retained``, so that the sum adds up.
        full_from: Empty when interest starts at once after the reduced amount.
        limit_reason: Why the limit is there; empty when the site gives no reason.
        signs_checked_on: Empty when nobody recorded it.
        suspension: Months as a range; empty when there is none.
    """

    number: str
    issued_on: str
    plate: str
    place: str
    road: str
    towards: str
    date: str
    time: str
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


def facts(fine: Fine, language: Language) -> Facts:
    """The facts of ``fine`` as they are printed in ``language``.

    Raises:
        LetterError: A fact is missing that a notice must state; all that are missing are named.
    """
    require_complete(fine)
    violation, terms = fine.violation, fine.terms
    place, certificate = violation.passage.place, violation.passage.place.certificate
    plate, photo = violation.passage.plate, photo_exhibit(violation.passage)
    if certificate is None or not isinstance(plate, PlateReading) or photo is None:
        raise LetterError(f"notice {fine.number} cannot be written: its passage changed meanwhile.")
    at = violation.passage.at.astimezone(ZoneInfo(place.timezone))
    speed = _Speeds.of(violation)

    def day(value: date | None) -> str:
        return local_day(value, language) if value else ""

    def number(value: Decimal | int) -> str:
        return str(format_decimal(value, locale=_LOCALES[language]))

    def kmh(value: Decimal | int) -> str:
        return f"{number(value)}{NO_BREAK}{_KMH[language]}"

    def money(value: Money) -> str:
        return amount(value, language)

    return Facts(
        number=fine.number,
        issued_on=day(terms.issued_on),
        plate=masked(plate.text),
        place=place.name,
        road=place.road,
        towards=place.towards,
        date=day(at.date()),
        time=clock_time(at),
        measured=kmh(speed.measured),
        measured_and_doubt=f"{number(speed.measured)} ± {kmh(speed.uncertainty)}",
        deducted=kmh(speed.measured - speed.retained),
        retained=kmh(speed.retained),
        limit=kmh(violation.limit_kmh),
        over=kmh(speed.retained - violation.limit_kmh),
        limit_reason=place.limit_reason.get(language, "").strip(),
        device=certificate.device,
        certificate=certificate.number,
        certificate_until=day(certificate.valid_until),
        signs_checked_on=day(place.signs_checked_on),
        legal_reference=_legal_reference(violation.reference, language),
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
        full_from=day(terms.full_from) if terms.full_from <= terms.full_until else "",
        full_until=day(terms.full_until),
        late_pct=number(terms.late_pct_per_day),
        late_cap_days=number(terms.late_cap_days),
        late_cap=money(terms.late_cap),
        object_until=day(terms.object_until),
        erase_on=day(terms.erase_on),
        payee=DEMO_PAYEE,
        account=DEMO_IBAN,
        payment_reference=grouped(fine.reference),
        points=fine.points,
        suspension=_months(violation.suspension_months),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Speeds:
    """Speeds as shown: what counts against the driver rounded down, the doubt rounded up."""

    measured: Decimal
    uncertainty: Decimal
    retained: Decimal

    @classmethod
    def of(cls, violation: Violation) -> _Speeds:
        # The judged speed is shown as exactly as it was judged: with a decimal less it could
        # seem to belong to a milder band than the fine.
        return cls(
            measured=violation.measured_kmh.quantize(_FINEST, ROUND_FLOOR),
            uncertainty=violation.uncertainty_kmh.quantize(_TENTH, ROUND_CEILING),
            retained=violation.retained_kmh.quantize(_FINEST, ROUND_FLOOR),
        )


def masked(plate: str) -> str:
    """The plate with its middle hidden: enough for its owner, too little for a stranger."""
    if len(plate) < 4:
        return "•" * 3
    keep = 2 if len(plate) >= 6 else 1
    return f"{plate[:keep]}{NO_BREAK}{'•' * 3}{plate[-keep:]}"


def clock_time(at: datetime) -> str:
    """Local time on a 24 hour clock with its zone, such as ``08:30:12 CEST (UTC+2)``."""
    offset = at.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    utc = f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
    name = at.tzname() or ""
    # Zones without letters of their own are named by their offset: once is enough.
    return f"{at:%H:%M:%S} {name} ({utc})" if name.isalpha() else f"{at:%H:%M:%S} {utc}"


def amount(money: Money, language: Language) -> str:
    """The amount with its currency in words or code, never split over two lines."""
    places = decimals(money.currency)
    value = Decimal(money.minor).scaleb(-places)
    if language is Language.SQ:
        return str(format_currency(value, money.currency, locale="sq"))
    pattern = "#,##0 ¤¤" if places == 0 else "#,##0.00 ¤¤"
    return str(format_currency(value, money.currency, pattern, locale="en_GB"))


def local_day(day: date, language: Language) -> str:
    """A date in words, such as ``14 tetor 2026``."""
    return str(format_date(day, "long", locale=_LOCALES[language]))


def grouped(reference: str) -> str:
    """A payment reference in groups of four, as people type it."""
    plain = "".join(reference.split())
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def _legal_reference(reference: str, language: Language) -> str:
    return reference if language is Language.SQ else reference.replace("neni", "article", 1)


def _months(suspension: tuple[int, int] | None) -> str:
    return f"{suspension[0]}–{suspension[1]}" if suspension else ""
