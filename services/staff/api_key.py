"""Keys by which other programs may ask the office: what one opens, and until when. Pure.

A key is ``speedcam_ID_SECRET``: programs that look for leaked secrets know the beginning, the id
says which key it is, and the secret has 256 bits. Of such a secret a plain SHA-256 is enough to
keep: nobody tries 2²⁵⁶ of them, and slow hashes are for passwords.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256

from services.errors import AccountError

LONGEST_NAME = 80
LONGEST_LIFE = timedelta(days=366)
"""Nobody remembers an older one, and whoever still needs it asks for the next."""

_FORM = re.compile(r"speedcam_([a-z0-9]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Scope(StrEnum):
    """What a key may ask for. None of them tells a plate, a person or a picture."""

    PASSAGES = "passages:read"
    """How many vehicles passed, by site and day."""
    CASES = "cases:read"
    """Where cases stand."""
    NOTICES = "notices:status"
    """Where notices stand and whether their letters went out, by number."""
    SITES = "sites:read"
    """Which sites there are."""
    HEALTH = "health"
    """Whether the office works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key, without its secret.

    Attributes:
        id: Stands in the history of what is asked with it.
        name: Whose it is: a program, not a person.
        scopes: What it may ask for.
        last_day: On which it works, in UTC.
        revoked: It works no more.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    last_day: date
    revoked: bool = False

    @property
    def acts_as(self) -> str:
        """How the history calls it."""
        return f"key:{self.id}"  # no account has a colon in its id

    def works_on(self, day: date) -> bool:
        """Whether anything is answered to it on ``day``, in UTC."""
        return not self.revoked and day <= self.last_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """What somebody showed: the id of a key, and the digest of the whole."""

    id: str
    sha256: str = field(repr=False)


def new_key() -> tuple[str, str]:
    """The id of a new key, and the key, which is to be shown once and kept nowhere."""
    key_id = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return key_id, f"speedcam_{key_id}_{secrets.token_urlsafe(32)}"


def presented(text: str) -> Presented | None:
    """What ``text`` is, or None: no key at all."""
    form = _FORM.fullmatch(text)
    return Presented(id=form[1], sha256=sha256(text.encode()).hexdigest()) if form else None


def require_key(name: str, scopes: Iterable[Scope], last_day: date, today: date) -> None:
    """Raise AccountError unless a key like this may be made on ``today``."""
    if not (0 < len(name.strip()) <= LONGEST_NAME and name.isprintable()):
        raise AccountError(f"a key wants a name of 1 to {LONGEST_NAME} plain characters.")
    if not set(scopes):
        raise AccountError(f"a key that opens nothing is none: give --scope {', '.join(Scope)}.")
    if not today <= last_day <= today + LONGEST_LIFE:
        raise AccountError(
            f"a key works until a day from {today} to {today + LONGEST_LIFE}, and not {last_day}."
        )
