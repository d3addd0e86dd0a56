"""The Jinja environments: one wording per language, compiled for HTML and for plain text.

Both are strict (an unknown name is an error, never an empty place in a letter) and are made on
first use. HTML escapes every value; plain text escapes nothing.
"""

from __future__ import annotations

from functools import cache

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

TEXT_WIDTH = 72
"""Columns of the plain text, as mail has it."""


def html_environment(*more: BaseLoader) -> Environment:
    """The letter's templates for HTML, together with ``more`` templates that build on them."""
    environment = Environment(
        loader=ChoiceLoader([*more, PackageLoader("services.notifier")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # the templates of a release do not change under it
    )
    environment.filters["strong"] = _strong
    environment.filters["whole"] = _whole
    return environment


@cache
def letter_html_environment() -> Environment:
    """The letter's own templates for HTML."""
    return html_environment()


@cache
def letter_text_environment() -> Environment:
    """The same templates for plain text."""
    environment = Environment(
        loader=PackageLoader("services.notifier"),
        # Plain text has no markup to break out of; escaping would garble names.
        autoescape=False,  # noqa: S701 - see above
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # the templates of a release do not change under it
    )
    environment.filters["strong"] = str
    environment.filters["whole"] = str
    environment.filters["fold"] = _fold
    environment.filters["underline"] = _underline
    return environment


def _strong(words: str) -> Markup:
    return Markup("<strong>{}</strong>").format(words)


def _whole(code: str) -> Markup:
    """Not broken at its hyphens, and still copied as it stands."""
    return Markup('<span class="whole">{}</span>').format(code)


def _fold(words: str, indent: int = 0) -> str:
    """Lines of at most TEXT_WIDTH columns, where its blanks allow; all but the first indented.

    It breaks at plain blanks alone: a number stays with its unit.
    """
    if len(words) <= TEXT_WIDTH:
        return words
    lines = [""]
    for word in words.split(" "):
        # An empty word is a further blank: the first lines of rows and steps are indented.
        if lines[-1].strip() and len(lines[-1]) + len(word) >= TEXT_WIDTH:
            lines.append(" " * indent + word)
        else:
            lines[-1] += f" {word}"
    return "\n".join([lines[0][1:], *lines[1:]])


def _underline(heading: str) -> str:
    return f"{heading}\n{'-' * len(heading)}"
