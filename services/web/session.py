"""Visits: a signed cookie that says which notice a browser may see, and until when.

What opens the notice is in the cookie and never in an address, so that no history, log or
forwarded link holds it. The cookie is signed and not stored: closing a visit removes it from the
browser, and the keeper lets what it opened open nothing any more (services/web/keeper/tickets.py).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hmac import compare_digest

from fastapi import Request, Response
from itsdangerous import BadData, URLSafeSerializer
from pydantic import BaseModel, ConfigDict, ValidationError

from services.notifier.facts import Language
from services.ports import Clock

IDLE = timedelta(minutes=15)
"""A visit ends so long after its last page."""
ABSOLUTE = timedelta(minutes=60)
"""A visit ends so long after it began, used or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One browser's visit.

    Attributes:
        id: Random; the forms of the visit are bound to it.
        key: Opens the notice that was opened, or None before one is.
        language: In which the visitor reads.
        began: When the notice was opened.
        seen: When its last page was asked for.
    """

    id: str
    key: str | None
    language: Language
    began: datetime
    seen: datetime


class _Sealed(BaseModel):
    """The visit as the cookie carries it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    key: str | None
    language: Language
    began: datetime
    seen: datetime


class Visits:
    """Opens, reads and closes visits."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._clock = clock
        self._visit_seal = _serializer(secret, "visit")
        self._form_seal = _serializer(secret, "form")

    def begin(self, language: Language, key: str | None = None) -> Visit:
        """A new visit with an id of its own; a notice is never opened under an older id."""
        now = self._clock.now()
        return Visit(id=secrets.token_urlsafe(16), key=key, language=language, began=now, seen=now)

    def read(self, request: Request) -> Visit | None:
        """The visit of this browser, or None: none, forged, or over."""
        sealed = request.cookies.get(cookie_name(request), "")
        try:
            known = _Sealed.model_validate(self._visit_seal.loads(sealed))
        except (BadData, ValidationError):
            return None
        visit = Visit(**{name: getattr(known, name) for name in _Sealed.model_fields})
        return None if self._over(visit) else visit

    def _over(self, visit: Visit) -> bool:
        if visit.key is None:
            return False  # nothing was opened: an entry form may stay open as long as it likes
        now = self._clock.now()
        return now - visit.seen >= IDLE or now - visit.began >= ABSOLUTE

    def keep(self, request: Request, response: Response, visit: Visit) -> None:
        """Put the visit into the browser, seen now."""
        seen = replace(visit, seen=self._clock.now())
        known = {name: getattr(seen, name) for name in _Sealed.model_fields}
        response.set_cookie(
            cookie_name(request),
            str(self._visit_seal.dumps(_Sealed(**known).model_dump(mode="json"))),
            path="/",
            httponly=True,
            secure=request.url.scheme == "https",
            samesite="strict",
        )

    def close(self, request: Request, response: Response) -> None:
        """Take the visit out of the browser."""
        response.delete_cookie(
            cookie_name(request),
            path="/",
            httponly=True,
            secure=request.url.scheme == "https",
            samesite="strict",
        )

    def form_token(self, visit: Visit) -> str:
        """What a form of this visit must bring back."""
        return str(self._form_seal.dumps(visit.id))

    def is_own_form(self, request: Request, visit: Visit | None, token: str) -> bool:
        """Whether the form was shown to this very visit, by us."""
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return False
        try:
            shown_to = str(self._form_seal.loads(token))
        except BadData:
            return False
        return visit is not None and compare_digest(shown_to.encode(), visit.id.encode())


def cookie_name(request: Request) -> str:
    """With the prefix that binds it to host and TLS, where there is TLS."""
    return "__Host-visit" if request.url.scheme == "https" else "visit"


def _serializer(secret: bytes, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret,
        salt=f"speedcam.web.{purpose}",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
