"""Headers that every answer carries, errors and pictures included."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = "Content-Security-Policy"
SECURITY_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        CONTENT_POLICY: (
            "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self'; "
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
    }
)
NEVER_KEPT = "no-store"
"""Nothing personal stays in a browser or a proxy; only the style sheets may."""

FORGET_ALL = {"Clear-Site-Data": '"cache", "storage"'}
"""Sent to who leaves: whatever a browser kept in spite of that, it is told to drop."""

TWO_YEARS_OF_HTTPS = "max-age=63072000; includeSubDomains"


OWN_SCRIPTS = "; script-src 'self'; connect-src 'self'"
"""Added to the policy of the staff's pages: files of ours may run there, and ask us; no others."""


class SecurityHeaders:
    """Adds the headers to each answer of the application inside.

    Args:
        app: The application.
        own_scripts: Its pages may load scripts of its own.
    """

    def __init__(self, app: ASGIApp, *, own_scripts: bool = False) -> None:
        self.app = app
        self.own_scripts = own_scripts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; see the ASGI specification."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                add_security_headers(headers, scheme=scope["scheme"])
                if self.own_scripts:
                    headers[CONTENT_POLICY] += OWN_SCRIPTS
            await send(message)

        await self.app(scope, receive, send_with_headers)


def add_security_headers(headers: MutableHeaders, *, scheme: str) -> None:
    """Put the headers in; a cache rule and a policy of scripts that are there already stay."""
    policy = headers.get(CONTENT_POLICY, SECURITY_HEADERS[CONTENT_POLICY])
    headers.update({**SECURITY_HEADERS, CONTENT_POLICY: policy})
    headers.setdefault("Cache-Control", NEVER_KEPT)
    if headers.get("Content-Type") == "image/svg+xml":
        headers["Content-Type"] += "; charset=utf-8"
    if scheme == "https":
        headers["Strict-Transport-Security"] = TWO_YEARS_OF_HTTPS
