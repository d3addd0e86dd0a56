"""Fine and photo in, letter out: one notice in Albanian and English, as HTML and plain text.

Pure: no disk, clock or network. The demo banner stands in the templates' frame and no argument
can take it away.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment
from jinja2.environment import TemplateModule

from services.model import Fine, Letter
from services.notifier.complete import require_this_photo
from services.notifier.facts import Facts, Language, facts
from services.notifier.wording import letter_html_environment, letter_text_environment

PHOTO_CID = "photo"
"""Content-ID of the photo in a mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A notice in one language: the words and the facts that go into them."""

    language: Language
    words: TemplateModule
    facts: Facts


def render_letter(fine: Fine, photo: bytes, *, photo_src: str = f"cid:{PHOTO_CID}") -> Letter:
    """The notice of ``fine`` in Albanian, then English.

    Args:
        fine: Frozen at issue; everything printed comes from it.
        photo: JPEG bytes of the redacted photo.
        photo_src: Where the HTML finds the photo: by default the part of the same mail. A saved
            letter takes a file name, or :func:`data_uri` to be one file.

    Raises:
        LetterError: A fact is missing that a notice must state.
        EvidenceError: ``photo`` is not the picture that the passage names.
    """
    html, text = letter_html_environment(), letter_text_environment()
    known = {language: facts(fine, language) for language in Language}
    require_this_photo(fine, photo)
    spoken, written = _speeches(known, html), _speeches(known, text)
    subject = " / ".join(_line(each.words, "subject", each.facts) for each in written)
    return Letter(
        subject=subject,
        html=html.get_template("letter.html").render(
            notices=spoken, subject=subject, photo_src=photo_src
        ),
        text=_tidy(text.get_template("letter.txt").render(notices=written)),
        photo=photo,
        photo_alt=" / ".join(_line(each.words, "photo_alt", each.facts) for each in written),
    )


def data_uri(photo: bytes) -> str:
    """The photo as a ``data:`` address, for a letter that is one file."""
    return f"data:image/jpeg;base64,{b64encode(photo).decode()}"


def words_of(environment: Environment, language: Language) -> TemplateModule:
    """Every sentence of the notice in ``language``, as macros."""
    return environment.get_template(f"words_{language}.jinja").module


def _speeches(known: Mapping[Language, Facts], environment: Environment) -> tuple[Speech, ...]:
    return tuple(
        Speech(language=language, words=words_of(environment, language), facts=each)
        for language, each in known.items()
    )


def _line(words: TemplateModule, sentence: str, known: Facts) -> str:
    return str(getattr(words, sentence)(known))


def _tidy(text: str) -> str:
    """At most one empty line in a row, none at the ends, no blanks at the end of a line."""
    lines = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
