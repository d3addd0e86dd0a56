"""The API's application: one of its own, without a page, that writes nothing but who asked."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from services.ports import Clock
from services.store.store import Store
from services.web.api.gate import Gate
from services.web.api.problems import answer_problems
from services.web.api.routes import BASE, Office
from services.web.guard import Guard, open_route
from services.web.headers import SecurityHeaders
from services.web.pace import Pace
from services.web.tally import Tally

PER_SECOND, AT_ONCE = 10, 100
"""Questions of one key: on average, and after a time of silence."""
VERSION = "1.0.0"

_ABOUT = """What a speed office counts and follows, for other programs of the authority.

It only reads. No answer holds a plate, a person or a picture. Send a key of
`speedcam office api-key add` as `Authorization: Bearer KEY`. Lists come in pages: ask again with
`after` set to `next` until it is null. Every fault is `application/problem+json` (RFC 9457)."""


def create_api(store: Store, *, clock: Clock, tally: Tally) -> FastAPI:
    """The API over the office of ``store``.

    Args:
        store: The office's; nothing is written to it but the use of keys.
        clock: Says which keys work, and how fast each asks.
        tally: Shared by all workers, so that a key is no faster with more of them.
    """
    gate = Gate(store, clock, Pace(tally, clock, per_second=PER_SECOND, at_once=AT_ONCE))
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        dependencies=[Depends(gate.admit)],
    )
    Office(store).add_to(app)
    open_route(app, "GET", f"{BASE}/openapi.json", _described(app), Guard.OPEN)
    answer_problems(app)
    app.add_middleware(SecurityHeaders)
    return app


def _described(app: FastAPI) -> Any:  # noqa: ANN401 - a handler
    def openapi(_request: Request) -> Response:
        """This description, as OpenAPI 3.1."""
        return JSONResponse(description_of(app))

    return openapi


def description_of(app: FastAPI) -> dict[str, Any]:
    """The API as OpenAPI 3.1, with its examples and what each route wants of a key."""
    if app.openapi_schema is None:
        told = get_openapi(
            title="speedcam",
            version=VERSION,
            description=_ABOUT,
            routes=app.routes,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        )
        told["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        app.openapi_schema = told
    return app.openapi_schema
