"""The languages of a notice, and how each writes amounts, days, speeds and times. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal

from services.model import Money, decimals


class Language(StrEnum):
    """A language that a notice can be read in."""

    SQ = "sq"
    EN = "en"
    DE = "de"
    FR = "fr"
    IT = "it"
    ES = "es"


NO_BREAK = "\u00a0"
"""Keeps a number and its unit on one line."""

_OWN_FORMS = frozenset({"de_CH", "fr_CH", "it_CH"})
"""Where a country writes numbers otherwise than the language's own."""

_FIRST = {Language.FR: "1er", Language.IT: "1º"}
"""How a language writes the first day of a month, where not as a bare number."""

_remembered = lru_cache(maxsize=4096)
"""The same days and amounts stand in many letters, and the tables behind them are slow to read."""


def unit_in(language: Language, unit: str) -> str:
    """A unit of speed as the language writes it."""
    return "km/orë" if (language, unit) == (Language.SQ, "km/h") else unit


@_remembered
def number_in(language: Language, value: Decimal | int, country: str = "") -> str:
    """A number with the language's own decimal mark."""
    return str(format_decimal(value, locale=_locale(language, country)))


@_remembered
def amount(money: Money, language: Language, country: str = "") -> str:
    """The amount with its currency in words, sign or code, never split over two lines."""
    places = decimals(money.currency)
    value = Decimal(money.minor).scaleb(-places)
    pattern = None
    if language is Language.EN and money.currency != "GBP":
        # The language's own form glues the code to the number, and a euro's sign is not at home.
        pattern = f"{'#,##0' if places == 0 else '#,##0.00'}{NO_BREAK}¤¤"
    locale = _locale(language, country)
    return str(format_currency(value, money.currency, pattern, locale=locale))


@_remembered
def local_day(day: date, language: Language, country: str = "") -> str:
    """A date in words, such as ``14 tetor 2026``."""
    words = str(format_date(day, "long", locale=_locale(language, country)))
    return _FIRST.get(language, "1") + words[1:] if day.day == 1 else words


@_remembered
def short_day(day: date, language: Language) -> str:
    """A date in digits for a short message, such as ``14.10.2026``."""
    return str(format_skeleton("yMd", day, locale=_locale(language)))


def clock_time(at: datetime) -> str:
    """Local time on a 24 hour clock with its zone, such as ``08:30:12 CEST (UTC+2)``."""
    offset = at.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    utc = f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
    name = at.tzname() or ""
    # Zones without letters of their own are named by their offset: once is enough.
    return f"{at:%H:%M:%S} {name} ({utc})" if name.isalpha() else f"{at:%H:%M:%S} {utc}"


@_remembered
def _locale(language: Language, country: str = "") -> Locale:
    name = f"{language}_{country}"
    if name in _OWN_FORMS:
        return Locale.parse(name)
    # Day before month, as everywhere in Europe.
    return Locale.parse("en_GB" if language is Language.EN else language.value)
