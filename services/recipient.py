"""Whom a letter goes to, and the letter on its way. Pure values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime

from services.model import Channel, Letter, LetterKind
from services.occasion import Occasion

_NO_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of what breaks a line, and of what no text has."""

_ADDRESS = r"[!-?A-~]+@[!-?A-~]+"
"""Of mail: printable ASCII around one @. The mail itself is more exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person, and the ways to them. Sealed wherever it is kept.

    Attributes:
        name: As it stands on an envelope; empty where nobody is named.
        postal_lines: What follows the name on the envelope.
        email: One address, in ASCII.
        phone: As E.164, ``+355…``.
        portal: Account at the portal whose inbox the office writes to.
        language: ISO 639-1 code that they asked for; empty when they did not.
        channels: Which they prefer, the best first; empty when they did not say.
    """

    name: str = ""
    postal_lines: tuple[str, ...] = ()
    email: str = ""
    phone: str = ""
    portal: str = ""
    language: str = ""
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            # A line break in a name would become a header of a mail.
            if any(unicodedata.category(c) in _NO_TEXT for c in "".join(value)):
                raise ValueError(f"the recipient's {each.name} holds a control character")
        if self.email and not re.fullmatch(_ADDRESS, self.email):
            raise ValueError("the recipient's email is no address")
        if self.phone and not (self.phone[0] == "+" and self.phone[1:].isdecimal()):
            raise ValueError("the recipient's phone is not written as +355…")

    def reached_by(self, channel: str) -> bool:
        """Whether there is an address for ``channel``; some need none."""
        needs = {
            Channel.EMAIL: self.email,
            Channel.SMS: self.phone,
            Channel.PORTAL: self.portal,
            Channel.POST: self.name and self.postal_lines,
        }
        return bool(needs.get(Channel(channel), True)) if channel in set(Channel) else True


UNNAMED = Recipient()
"""Of an office without a register: its notices go into a folder and to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What a letter is to tell, and in whose language.

    Attributes:
        kind: What kind of letter it is.
        occasion: What it has to tell beside the fine; None for a notice.
        language: ISO 639-1 code of the recipient's own language; empty when it is not known.
        signed: What the office had signed of its history before the issue, as ``SIZE:ROOT``; empty
            where nothing was.
    """

    kind: LetterKind = LetterKind.NOTICE
    occasion: Occasion | None = None
    language: str = ""
    signed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One letter, ready to be handed over. A sender learns nothing else of the case.

    Attributes:
        key: The same for every attempt: ``<number>/<kind>/<cause>``. Whoever is given the same
            key twice is given the same letter.
        number: Of the fine.
        issued_at: When the fine was issued.
        letter: Its renderings.
        recipient: Whom it goes to.
        kind: What it tells them.
        print_pdf: Prints the letter on paper; asked only by who posts it.
    """

    key: str
    number: str
    issued_at: datetime
    letter: Letter
    recipient: Recipient
    print_pdf: Callable[[], bytes]
    kind: LetterKind = LetterKind.NOTICE

    @property
    def short_text(self) -> str:
        """The least that can be told: one line, with nothing personal in it."""
        return self.letter.sms

    @property
    def stem(self) -> str:
        """Name of its file or folder: the fine's number, and what else it is if no notice."""
        return self.number if self.kind is LetterKind.NOTICE else self.key.replace("/", ".")
