"""What was worded, in the language of whoever reads the page; what has no words there, in English.

The words of a language are in ``worded_<language>.jinja``, by the English template.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from string import Formatter

from babel.numbers import format_decimal
from markupsafe import Markup, escape

from services.notifier.language import Language, local_day
from services.web.pages import page_environment
from services.worded import EnglishOnly, Series, Worded


def worded_in(language: Language) -> Mapping[str, str]:
    """The words of a language by English template; English needs none."""
    if language is Language.EN:
        return {}
    module = page_environment().get_template(f"worded_{language}.jinja").module
    words: Mapping[str, str] = module.words  # type: ignore[attr-defined]
    return words


def said_in(language: Language, words: Mapping[str, str], message: str) -> Markup:
    """A message for the page.

    Args:
        language: Of whoever reads.
        words: Of that language.
        message: Worded; other prose is English.
    """
    if not isinstance(message, Worded):
        return _english(message, language)
    template = message.template if language is Language.EN else words.get(message.template)
    if template is None:
        return _english(message, language)
    forms = {name: form for _, name, form, _ in Formatter().parse(message.template) if name}
    fields = {
        name: value_in(language, words, message.values[name], form or "")
        for name, form in forms.items()
    }
    return Markup("").join(
        escape(text) + (fields[name] if name else "")
        for text, name, _, _ in Formatter().parse(template)
    )


def _english(prose: str, language: Language) -> Markup:
    words = escape(str(prose))
    return words if language is Language.EN else Markup('<span lang="en">{}</span>').format(words)


def value_in(language: Language, words: Mapping[str, str], value: object, form: str = "") -> Markup:
    """A value for the page: of text, what was worded; names and figures stay as they are."""
    match value:
        case Worded() | EnglishOnly():
            return said_in(language, words, value)
        case Series():
            return Markup("; ").join(said_in(language, words, each) for each in value)
        case date():
            return escape(local_day(value, language))
        case int() | float() | Decimal():
            return escape(_figure(language, format(value, form)))
        case _:
            return escape(value)


def _figure(language: Language, written: str) -> str:
    """A number with as many places as English has it, and the language's own mark."""
    try:
        number = Decimal(written)
        places = -min(0, int(number.as_tuple().exponent))
    except (InvalidOperation, ValueError):
        return written
    return str(format_decimal(number, f"0.{'0' * places}", locale=str(language)))
