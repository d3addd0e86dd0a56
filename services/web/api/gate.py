"""The one place that lets programs in, by the scope that each route declares."""

from __future__ import annotations

from http import HTTPStatus
from math import ceil

from fastapi import HTTPException, Request

from services.ports import Clock
from services.staff.api_key import ApiKey, Scope, presented
from services.store.api_keys import key_of
from services.store.store import Store
from services.web.guard import DECLARED, Guard
from services.web.pace import Pace

ASK_FOR_A_KEY = {"WWW-Authenticate": 'Bearer realm="speedcam"'}


class Gate:
    """Asks every program at every route of an application.

    Hand :meth:`admit` to the application as its dependency: then it is asked before each handler,
    and a route that declares nothing lets nobody in.
    """

    def __init__(self, store: Store, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._clock = clock
        self._pace = pace

    def admit(self, request: Request) -> None:
        """Let a request in.

        Raises:
            HTTPException: 401 without a key that works, 403 without the scope, 429 too fast.
        """
        declared = (getattr(request.scope["route"], "openapi_extra", None) or {}).get(DECLARED)
        if declared == Guard.OPEN:
            return
        key = self._key(request)
        wait = self._pace.wait(key.id)
        if wait:
            headers = {"Retry-After": str(ceil(wait.total_seconds()))}
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
        if not isinstance(declared, Scope) or declared not in key.scopes:
            raise HTTPException(HTTPStatus.FORBIDDEN)

    def _key(self, request: Request) -> ApiKey:
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        shown = presented(text.strip()) if kind.lower() == "bearer" else None
        key = key_of(self._store, shown, self._clock.now()) if shown else None
        if key is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED, headers=ASK_FOR_A_KEY)
        return key
