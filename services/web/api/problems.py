"""What went wrong, as other programs read it: ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from services.errors import OfficeError
from services.web.headers import add_security_headers
from services.web.hurry import Hurry
from services.web.last_resort import LastResort

KIND = "application/problem+json"
_log = logging.getLogger(__name__)

DETAILS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "Send a key that works: `Authorization: Bearer speedcam_…`.",
    HTTPStatus.FORBIDDEN: "This key does not open this: it lacks the scope.",
    HTTPStatus.NOT_FOUND: "There is no such thing here; /api/v1/openapi.json lists what there is.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The API only reads: ask with GET.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Some of what was asked cannot be; `faults` names each.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many questions; ask again after Retry-After seconds.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The fault is ours; it was written down.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The office cannot answer now; ask again later.",
}


class Fault(BaseModel):
    """One thing that cannot be in a question."""

    model_config = ConfigDict(frozen=True)

    where: str
    what: str


class Problem(BaseModel):
    """What went wrong. ``type`` is always ``about:blank``: the status says what it is."""

    model_config = ConfigDict(frozen=True)

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    faults: list[Fault] = []


def problem(
    status: int,
    *,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
    scheme: str = "http",
) -> Response:
    """The answer that tells a problem."""
    known = HTTPStatus(status)
    told = Problem(
        title=known.phrase,
        status=status,
        detail=DETAILS.get(status, known.description or known.phrase),
        faults=list(faults),
    )
    response = JSONResponse(told.model_dump(), status_code=status, headers=dict(headers or {}))
    response.headers["content-type"] = KIND
    # The answer to an unforeseen error is written outside the middleware that adds these.
    add_security_headers(MutableHeaders(raw=response.raw_headers), scheme=scheme)
    return response


def answer_problems(app: FastAPI) -> None:
    """Every fault becomes a problem, never a page or a stack."""

    def refused(request: Request, error: Exception) -> Response:
        known = error if isinstance(error, HTTPException) else HTTPException(422)
        return problem(known.status_code, headers=known.headers, scheme=request.url.scheme)

    def impossible(request: Request, error: Exception) -> Response:
        told = error.errors() if isinstance(error, RequestValidationError) else ()
        faults = [
            Fault(where=".".join(map(str, each["loc"])), what=str(each["msg"])) for each in told
        ]
        return problem(422, faults=faults, scheme=request.url.scheme)

    def unavailable(request: Request, error: Exception) -> Response:
        # The type alone: a message of the office may name a case.
        _log.error("a question could not be answered: %s", type(error).__name__)
        return problem(503, scheme=request.url.scheme)

    def unforeseen(request: Request) -> Response:
        return problem(500, scheme=request.url.scheme)

    app.add_middleware(Hurry)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, impossible)
    app.add_exception_handler(OfficeError, unavailable)
    app.add_middleware(LastResort, answer=unforeseen)
