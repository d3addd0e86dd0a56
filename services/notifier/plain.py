"""A letter of a few words about no case: a sample, or a message to the staff."""

from __future__ import annotations

from html import escape

from services.model import Letter, LetterKind
from services.ports import Clock
from services.recipient import Dispatch, Recipient


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


def to_staff(subject: str, text: str, address: str, what: str, clock: Clock) -> Dispatch:
    """A message to the staff.

    Args:
        subject: One line.
        text: Plain words.
        address: Where to.
        what: In one word; part of the key by which a message is known.
        clock: Dates it.
    """
    now = clock.now()
    number = f"STAFF-{now:%Y%m%dT%H%M%S}"
    return Dispatch(
        key=f"{number}/{what}/1",
        number=number,
        issued_at=now,
        letter=plain_letter(subject, text),
        recipient=Recipient(email=address),
        print_pdf=lambda: b"",
    )
