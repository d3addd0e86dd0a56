"""A rule pack as a page that a lawyer can proof-read: every value with its article and its mark."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.rules.edition import Edition
from services.rules.entries import SURE_IN_WORDS, Entry, Sure, entries_in
from services.rules.pack import Band, Pack
from services.rules.words import amount, doubts, in_words, licence, stretch, whom


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One value as it is printed, with where it comes from."""

    name: str
    value: str
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One band as it is printed.

    Attributes:
        doubts: What in it bears another mark than the band, with that mark.
    """

    band: Band
    over: str
    amount: str
    points: str
    licence: str
    decides: str
    doubts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """The bands of one zone, and for whom they are."""

    name: str
    whom: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Everything on the page.

    Attributes:
        sha256: Of the pack's file, so that a printed page can be held against it.
        marks: Each mark, its meaning, and how often it stands in the pack.
    """

    pack: Pack
    sha256: str
    rules: tuple[Rule, ...]
    zones: tuple[Zone, ...]
    marks: tuple[tuple[Sure, str, int], ...]


def proof(edition: Edition) -> Proof:
    """The page's content."""
    pack = edition.pack
    tally = Counter(entry.sure for _, entry in entries_in(pack))
    return Proof(
        pack=pack,
        sha256=edition.sha256,
        rules=tuple(Rule(name=n, value=v, entry=e) for n, v, e in in_words(pack)),
        zones=tuple(_zone(pack, name) for name in pack.zones),
        marks=tuple((mark, words, tally[mark]) for mark, words in SURE_IN_WORDS.items()),
    )


def as_html(edition: Edition) -> str:
    """The page as one HTML document that needs nothing else."""
    return _environment(html=True).get_template("pack.html").render(p=proof(edition))


def as_text(edition: Edition) -> str:
    """The same as plain text."""
    return _environment(html=False).get_template("pack.txt").render(p=proof(edition))


def _zone(pack: Pack, name: str) -> Zone:
    rows = tuple(_row(pack, band) for band in pack.bands if band.zone == name)
    return Zone(name=name.replace("_", " "), whom=whom(pack, name), rows=rows)


def _row(pack: Pack, band: Band) -> Row:
    return Row(
        band=band,
        over=stretch(band.over, pack.unit),
        amount=amount(pack, band.fine),
        points=str(band.points.value or "–"),
        licence=licence(band),
        decides="a person" if band.needs_person else "a policy may",
        doubts=doubts(band),
    )


@cache
def _environment(*, html: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("services.rules"),
        autoescape=html,  # noqa: S701 - plain text has no markup to break out of
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["column"] = lambda words, width: str(words).ljust(width)
    return environment
