"""Builders for letters of every kind, under the law of every country."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache

from services.model import Fine, LetterKind, Money
from services.numbers import creditor_reference
from services.occasion import (
    ObjectionAnswered,
    ObjectionReceived,
    Occasion,
    Receipt,
    Reminder,
    Withdrawal,
)
from services.office import new_fine
from services.rules.catalogue import load_editions
from services.rules.edition import Edition
from services.rules.engine import judge
from services.rules.section import drives, judge_drive, mark
from services.rules.section_file import read_section
from tests.builders_notice import a_decision, a_photo
from tests.builders_notice import a_passage as a_photographed_passage
from tests.builders_office import AT, SetClock, a_passage, a_place
from tests.builders_section import SECTION, through

COUNTRIES = ("AL", "CH", "DE", "ES", "FR", "GB", "IT")
SECTION_COUNTRIES = ("AL", "CH")
"""Whose law knows average speeds. Between them and English they speak all but Spanish."""
_PHOTOS = a_photographed_passage().exhibits
_SPEED_KMH = {"GB": 54.0}
"""A speed that is fined where the limit is 40 km/h, or 20 mph; it need not be 58 everywhere."""


@cache
def edition_of(country: str) -> Edition:
    """The law of a country as it is today."""
    return next(e for e in load_editions() if e.pack.country == country and e.pack.to is None)


def a_fine_of(
    country: str, *, kmh: float | None = None, at: datetime = AT, driver: str = "", **place
) -> Fine:
    """A fine under a country's law, from its passage on, where 40 km/h or 20 mph are allowed."""
    edition = edition_of(country)
    there = a_place(timezone=edition.pack.timezone, **place)
    fast = kmh or _SPEED_KMH.get(country, 58.0)
    passage = a_passage(kmh=fast, place=there, exhibits=_PHOTOS, at=at)
    passage = replace(passage, conditions=replace(passage.conditions, limit_mph=20))
    violation = judge(passage, edition, "case-1")
    fine = new_fine(violation, a_decision(), edition, SetClock(at + timedelta(hours=2)))
    return replace(_numbered(fine), driver=driver)


def a_section_fine_of(
    country: str, *, kmh: float = 95.2, at: datetime = AT, first: str = "Rruga e Kombit, km 2+200"
) -> Fine:
    """A fine for an average speed of 95.2 km/h over 2000 m on which 80 km/h are allowed."""
    edition, section = edition_of(country), read_section(SECTION.encode(), "section.yaml")
    went_on = at - AT
    came, went = (replace(p, exhibits=_PHOTOS, at=p.at + went_on) for p in through(kmh))
    came = replace(came, place=replace(came.place, name=first))
    marks = [
        [m for p in passages if (m := mark(p, end, b"key"))]
        for passages, end in (([came], section.entry), ([went], section.exit))
    ]
    (drive,) = drives(section, *marks)
    violation = judge_drive(drive, section, edition, "case-1")
    return _numbered(new_fine(violation, a_decision(), edition, SetClock(at + timedelta(hours=2))))


def _numbered(fine: Fine) -> Fine:
    number = f"{fine.number[:2]}26-K7Q2-M9XD"
    return replace(fine, number=number, reference=creditor_reference(number))


def an_occasion(kind: LetterKind, fine: Fine, **changes) -> Occasion | None:
    """What happened, for a letter of this kind, with all that it can tell."""
    on, later = date(2026, 11, 8), date(2026, 11, 28)
    some, all_of_it = Money(minor=1000, currency=fine.amount.currency), fine.terms.full
    known = {
        LetterKind.NOTICE: None,
        LetterKind.REMINDER: Reminder(
            on=on, owed=all_of_it, until=later, paid=some, object_until=later
        ),
        LetterKind.RECEIPT: Receipt(paid=all_of_it, paid_on=on, back=some),
        LetterKind.WITHDRAWAL: Withdrawal(
            on=on, our_fault=True, reason="The plate was misread.", back=some, erase_on=later
        ),
        LetterKind.OBJECTION_RECEIVED: ObjectionReceived(on=on),
        LetterKind.OBJECTION_ANSWERED: ObjectionAnswered(
            on=on,
            by="P-23",
            accepted=False,
            reason="The photo shows the vehicle and its plate whole.",
            owed=all_of_it,
            until=later,
        ),
    }[kind]
    return replace(known, **changes) if known and changes else known


def every_letter() -> Iterator[tuple[LetterKind, Fine]]:
    """Every kind of letter under every law."""
    for country in COUNTRIES:
        for kind in LetterKind:
            yield kind, a_fine_of(country)
    for country in SECTION_COUNTRIES:
        for kind in LetterKind:
            yield kind, a_section_fine_of(country)


__all__ = [
    "COUNTRIES",
    "SECTION_COUNTRIES",
    "a_fine_of",
    "a_photo",
    "a_section_fine_of",
    "an_occasion",
    "edition_of",
    "every_letter",
]
