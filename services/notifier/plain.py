"""A letter of a few words about no case: a sample, or a message to the staff."""

from __future__ import annotations

from html import escape

from services.model import Letter, LetterKind


def plain_letter(subject: str, text: str) -> Letter:
    """A letter without a photo.

    Args:
        subject: One line.
        text: Plain words; the HTML says the same.
    """
    return Letter(
        kind=LetterKind.NOTICE,
        languages=("sq", "en"),
        sms=subject,
        subject=subject,
        html=f"<!doctype html><html lang='en'><title>{escape(subject)}</title>"
        f"<h1>{escape(subject)}</h1><pre>{escape(text)}</pre></html>",
        text=text,
        photo=b"",
        photo_alt="",
    )
