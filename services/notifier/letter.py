"""Fine and photo in, letter out: every kind, in the reader's languages, as HTML, text and SMS.

Pure: no disk, clock or network. The demo banner stands in the templates' frame and no argument
can take it away.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, replace

from jinja2 import Environment
from jinja2.environment import TemplateModule

from services.errors import LetterError
from services.model import Fine, Letter, LetterKind
from services.notifier.complete import require_this_photo
from services.notifier.country import countries, languages_for
from services.notifier.facts import Facts, Language, facts
from services.notifier.gsm7 import ONE_PART, folded, septets
from services.notifier.occasion import OccasionFacts, occasion_facts, require_occasion
from services.notifier.wording import letter_html_environment, letter_text_environment
from services.occasion import Occasion

PHOTO_CID = "photo"
"""Content-ID of the photo in a mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A letter in one language: the words, and the facts and the occasion that go into them."""

    language: Language
    words: TemplateModule
    facts: Facts
    occasion: OccasionFacts


def render_letter(
    fine: Fine,
    photo: bytes,
    kind: LetterKind = LetterKind.NOTICE,
    *,
    occasion: Occasion | None = None,
    own: Language | None = None,
    signed: str = "",
    page: str = "",
    photo_src: str = f"cid:{PHOTO_CID}",
) -> Letter:
    """A letter about ``fine`` in the languages of its country and in English.

    Args:
        fine: Frozen at issue; everything printed comes from it and from ``occasion``.
        photo: JPEG bytes of the redacted photo; no matter where the kind shows none.
        kind: What the letter tells.
        occasion: What happened; each kind but the notice needs its own.
        own: The recipient's own language, which comes first; None: not known.
        signed: What was signed of the history before the issue, as ``SIZE:ROOT``, or empty.
        page: Address of the page where notices are opened, as ``https://HOST``, or empty.
        photo_src: Where the HTML finds the photo: by default the part of the same mail. A saved
            letter takes a file name, or :func:`data_uri` to be one file.

    Raises:
        LetterError: A fact is missing that a letter of this kind must state.
        EvidenceError: ``photo`` is not the picture that the passage names.
    """
    spoken_of = _speeches(fine, kind, occasion, own)
    # Who owes nothing any more has no need to look what is owed.
    page = "" if kind is LetterKind.WITHDRAWAL else page
    typed = page.partition("://")[2]
    written = [
        replace(each, facts=replace(each.facts, signed=signed, page=typed)) for each in spoken_of
    ]
    if kind is LetterKind.NOTICE:
        require_this_photo(fine, photo)
    html, text = letter_html_environment(), letter_text_environment()
    spoken = [replace(each, words=words_of(html, each.language)) for each in written]
    subject = " / ".join(_line(each, "subject", each.facts, kind) for each in written)
    shown = kind is LetterKind.NOTICE and written[0].facts.law.photo_shown
    alt = " / ".join(_line(each, "photo_alt", each.facts) for each in written)
    return Letter(
        kind=kind,
        languages=tuple(each.language.value for each in written),
        subject=subject,
        html=html.get_template("letter.html").render(
            notices=spoken, kind=kind, subject=subject, photo_src=photo_src
        ),
        text=_tidy(text.get_template("letter.txt").render(notices=written, kind=kind)),
        sms=_sms(written[0], kind),
        photo=photo if shown else b"",
        photo_alt=alt if shown else "",
        page=page,
    )


def data_uri(photo: bytes) -> str:
    """The photo as a ``data:`` address, for a letter that is one file."""
    return f"data:image/jpeg;base64,{b64encode(photo).decode()}"


def words_of(environment: Environment, language: Language) -> TemplateModule:
    """Every sentence of the notice in ``language``, as macros."""
    return environment.get_template(f"words_{language}.jinja").module


def _speeches(
    fine: Fine, kind: LetterKind, occasion: Occasion | None, own: Language | None
) -> list[Speech]:
    """What there is to say in each language of the letter, with the words of plain text."""
    known = facts(fine, Language.EN)  # refuses what no letter can be written of
    require_occasion(fine.number, kind, occasion)
    country = countries()[known.law.country]
    return [
        Speech(
            language=language,
            words=words_of(letter_text_environment(), language),
            facts=known if language is Language.EN else facts(fine, language),
            occasion=occasion_facts(occasion, language, country.country),
        )
        for language in languages_for(country, own)
    ]


def _line(speech: Speech, sentence: str, *told: object) -> str:
    return str(getattr(speech.words, sentence)(*told))


def _sms(speech: Speech, kind: LetterKind) -> str:
    """The letter's short message. Raises LetterError where it would be split: half may be lost."""
    sms = folded(_line(speech, f"{kind}_sms", speech.facts, speech.occasion))
    if septets(sms) > ONE_PART:
        raise LetterError(
            f"the short message of notice {speech.facts.number} takes {septets(sms)} septets of "
            f"{ONE_PART}. Shorten {kind}_sms in words_{speech.language}.jinja."
        )
    return sms


def _tidy(text: str) -> str:
    """At most one empty line in a row, none at the ends, no blanks at the end of a line."""
    lines = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
