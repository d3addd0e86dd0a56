"""Nobody waits long for a page: what its database does not give in time, it does not get."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from services.store.haste import in_haste


class Hurry:
    """Lets each request wait for the database for a moment only, whatever asks it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; see the ASGI specification."""
        with in_haste():  # also of those threads that handlers run in
            await self.app(scope, receive, send)
