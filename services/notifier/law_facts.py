"""What the law of the country adds to the facts of a notice, in the words of one language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from services.model import Fine, Terms
from services.notifier.country import Country, Named
from services.notifier.language import Language, local_day

Late = Literal["by_day", "at_once", "proceedings"]
"""After the last day the amount grows from day to day, is the increased one at once, or others
go on."""

Addressee = Literal["owner", "keeper", "driver"]
"""Why a notice goes to its reader: who owns the vehicle answers for the fine, who owns it does not
unless they drove, or who was named as the driver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LawFacts:
    """The names, places and ways of the law; empty where no source names any.

    Attributes:
        country: ISO 3166 code.
        name: Of the law that is cited; empty where the citation says it.
        addressee: Why the notice goes to its reader.
        late: What happens after the last day.
        proceedings: What follows then in place of a higher amount.
        portal: Where one signs in to pay, and ``portal_page`` there.
        counters: Where one pays in person, with its preposition.
        regulator: The authority for data protection.
        appeals: Other authorities to turn to, each with its last day.
        names_driver: Who must still say who drove: ``everybody``, ``companies`` or nobody (empty).
        photo_shown: The letter brings the photo; else one asks for it.
        has_points: The law knows penalty points; ``points_once_final``: of a final decision only.
    """

    country: str
    name: str
    addressee: Addressee
    late: Late
    proceedings: str
    portal: str
    portal_page: str
    counters: str
    regulator: str
    appeals: tuple[tuple[str, str], ...]
    names_driver: str
    photo_shown: bool
    has_points: bool
    points_once_final: bool


def law_facts(fine: Fine, country: Country, language: Language) -> LawFacts:
    """What the law of ``country`` adds to a notice of ``fine``."""

    def name(named: Named | None) -> str:
        return named.in_(language) if named else ""

    late = _late(fine.terms)
    portal, points, naming = country.portal, country.points, country.names_driver
    return LawFacts(
        country=country.country,
        name=name(country.law),
        addressee=_addressee(fine, country),
        late=late,
        proceedings=name(country.proceedings) if late == "proceedings" else "",
        portal=portal.name if portal else "",
        portal_page=name(portal.page) if portal else "",
        counters=name(country.counters),
        regulator=name(country.regulator),
        appeals=_appeals(fine.terms, country, language),
        names_driver=naming.who if naming and not fine.driver else "",
        photo_shown=country.photo == "shown",
        has_points=points is not None,
        points_once_final=points is not None and points.once_final,
    )


def _late(terms: Terms) -> Late:
    if terms.late_pct_per_day:
        return "by_day"
    grows = terms.late_at_once and terms.late_cap.minor > terms.full.minor
    return "at_once" if grows else "proceedings"


def _addressee(fine: Fine, country: Country) -> Addressee:
    if fine.driver:
        return "driver"
    return "owner" if country.pays == "owner" else "keeper"


def _appeals(terms: Terms, country: Country, language: Language) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            each.in_(language),
            local_day(
                terms.object_until + timedelta(days=each.days_more), language, country.country
            ),
        )
        for each in country.appeals
    )
