"""The cookie of the staff's pages: random, and nothing but the key to a session in the store.

Before somebody signs in it stands for nobody; it is another one afterwards. A form carries a
keyed digest of it, so that no other page can send one.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from fastapi import Request, Response


def visit_of(request: Request) -> str:
    """What this browser holds, or nothing."""
    return request.cookies.get(cookie_name(request), "")


def new_visit() -> str:
    """A new one, of 256 bits."""
    return secrets.token_urlsafe(32)


def keep_visit(request: Request, response: Response, visit: str) -> None:
    """Put it into the browser, until that is closed."""
    response.set_cookie(
        cookie_name(request),
        visit,
        path="/",
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="strict",
    )


def take_visit(request: Request, response: Response) -> None:
    """Take it out of the browser."""
    response.delete_cookie(
        cookie_name(request),
        path="/",
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="strict",
    )


def form_token(visit: str) -> str:
    """What a form that was shown to this browser must bring back."""
    return hmac.digest(visit.encode(), b"speedcam.web.staff.form", sha256).hex()


def is_own_form(request: Request, token: str) -> bool:
    """Whether the form was shown to this very browser, by us."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    visit = visit_of(request)
    return bool(visit) and hmac.compare_digest(form_token(visit).encode(), token.encode())


def cookie_name(request: Request) -> str:
    """With the prefix that binds it to host and TLS, where there is TLS."""
    return "__Host-staff" if request.url.scheme == "https" else "staff"
