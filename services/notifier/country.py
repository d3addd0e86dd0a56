"""What a notice must know of a country beside its rule pack: one closed model, one file each.

Every value says where it comes from and how sure it is, as in the packs. What no source gave is
not there, and the notice leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from services.model import Fine
from services.notifier.language import Language
from services.rules.edition import read_model
from services.rules.entries import Closed, Source, Sure, Unit, Words


class Known(Closed):
    """A value with where it comes from.

    Attributes:
        source: Names of entries in the file's ``sources``.
        sure: See :mod:`services.rules.entries`.
        verified: A named lawyer compared it with the primary text.
    """

    source: Annotated[tuple[str, ...], Field(min_length=1)]
    sure: Sure
    verified: bool = False


class Named(Known):
    """Something with a name, by language; the first one serves where a language has none."""

    words: Annotated[dict[Language, Words], Field(min_length=1)]

    def in_(self, language: Language) -> str:
        """Its name for readers of ``language``."""
        return self.words.get(language) or next(iter(self.words.values()))


class Portal(Known):
    """Where one signs in to pay: its name, and the name of the page there."""

    name: Words
    page: Named


class Appeal(Named):
    """Another authority to turn to, and how many days later than to the office that may be."""

    days_more: Annotated[int, Field(ge=0)]


class Account(Known):
    """Where the money goes; in a demonstration an account that no bank can have."""

    payee: Words
    iban: Words


class NamesDriver(Known):
    """Who must say who was driving, within the term to object."""

    who: Literal["everybody", "companies"]


class Points(Known):
    """What the law says of penalty points."""

    once_final: bool


class Country(Closed):
    """The law's places, offices and names in one country.

    Attributes:
        country: ISO 3166 code, as the numbers of its fines begin.
        languages: Its own, in the order of a letter; English follows by itself.
        unit: Of every speed, as in its packs.
        pays: Who answers for the fine, as in its packs.
        photo: Whether the letter brings the photo, or one must ask for it.
        signs: The law wants to read that the warning signs stand.
        law: Name of the law whose articles the packs cite; None: the citation holds it.
        articles: Words of a citation in other languages.
        portal: None, like the others: no source names one.
        counters: Where one pays in person.
        proceedings: What follows where nothing more is due by itself after the last day.
        points: None: there are none.
    """

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    unit: Unit
    pays: Literal["owner", "driver"]
    photo: Literal["shown", "on_request"]
    signs: bool
    sources: dict[str, Source]
    law: Named | None
    articles: dict[Language, dict[str, str]]
    portal: Portal | None
    counters: Named | None
    account: Account
    regulator: Named | None
    appeals: tuple[Appeal, ...]
    proceedings: Named | None
    names_driver: NamesDriver | None
    points: Points | None

    def citation(self, reference: str, language: Language) -> str:
        """A legal reference with its words, not its numbers, in ``language``."""
        words = self.articles.get(language, {})
        return " ".join(words.get(word, word) for word in reference.split(" "))


def known_in(value: object) -> Iterator[Known]:
    """Every value with a source in a country, or in a part of one."""
    if isinstance(value, Known):
        yield value
    if isinstance(value, Closed):
        for _, part in value:
            yield from known_in(part)
    if isinstance(value, tuple):
        for part in value:
            yield from known_in(part)


@cache
def countries() -> dict[str, Country]:
    """Every country that there are words for, by its code.

    Raises:
        PackError: A file has faults; all of them, with their lines.
    """
    folder = files("services.notifier") / "countries"
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    read = [read_model(Country, file.read_bytes(), file.name) for file in found]
    return {each.country: each for each in read}


def country_of(fine: Fine) -> Country | None:
    """The country whose law a fine was issued under, or None: there are no words for it."""
    return countries().get(fine.number[:2])


def languages_for(country: Country, own: Language | None = None) -> tuple[Language, ...]:
    """The languages of a letter: the recipient's own first, the country's, and English.

    A reader of one of the country's languages is not shown its others.
    """
    official = (own,) if own in country.languages else country.languages
    wanted = (own, *official, Language.EN) if own else (*official, Language.EN)
    return tuple(dict.fromkeys(wanted))
