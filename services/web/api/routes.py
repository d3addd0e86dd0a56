"""The routes of the API: each reads one list or one thing, under the scope it declares."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, TypeAdapter

from services.life import State
from services.staff.api_key import Scope
from services.store import listings
from services.store.lines import Wanted
from services.store.store import Store
from services.web.api.cursor import CursorError, Place, cursor_of, place_of
from services.web.api.problems import KIND, Problem
from services.web.api.told import Case, Health, Notice, Page, Passages, Site
from services.web.guard import DECLARED

BASE = "/api/v1"
MOST = 200
"""Lines of a page; so no question makes the office read without end."""

_TEXT_PLACE: TypeAdapter[tuple[str, str]] = TypeAdapter(tuple[str, str])
_INSTANT_PLACE: TypeAdapter[tuple[int, str]] = TypeAdapter(tuple[int, str])
_SITE_PLACE: TypeAdapter[tuple[str]] = TypeAdapter(tuple[str])

Limit = Annotated[int, Query(ge=1, le=MOST, description="Lines of the page.")]
After = Annotated[
    str | None, Query(description="`next` of the page before; without it the list begins.")
]
SiteId = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z0-9._-]{1,40}$", description="Of this site alone."),
]
InState = Annotated[State | None, Query(description="In this state alone.")]


def _day(text: str) -> date:
    """A day as ISO 8601 writes it, and not the number of seconds that a date can be, too."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError("a day is written as 2026-10-14")
    return date.fromisoformat(text)


Day = Annotated[date, BeforeValidator(_day)]
First = Annotated[Day | None, Query(alias="from", description="From this local day on.")]
Last = Annotated[Day | None, Query(alias="until", description="Until this local day, included.")]
Key = Annotated[str, Path(pattern=r"^[0-9a-f]{1,32}$", description="Of the case.")]
Number = Annotated[str, Path(pattern=r"^[A-Za-z0-9 -]{1,40}$", description="As people type it.")]

_WRONG = {"model": Problem, "content": {KIND: {}}}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    HTTPStatus.NOT_MODIFIED: {"description": "Nothing changed since this ETag."},
    HTTPStatus.UNAUTHORIZED: _WRONG | {"description": "No key that works."},
    HTTPStatus.FORBIDDEN: _WRONG | {"description": "The key lacks the scope."},
    HTTPStatus.UNPROCESSABLE_ENTITY: _WRONG | {"description": "It cannot be asked so."},
    HTTPStatus.TOO_MANY_REQUESTS: _WRONG | {"description": "Too fast; see Retry-After."},
    HTTPStatus.SERVICE_UNAVAILABLE: _WRONG | {"description": "Not now."},
}
_NONE = {HTTPStatus.NOT_FOUND: _WRONG | {"description": "There is none."}}


class _Placed(Protocol):
    @property
    def place(self) -> tuple[str | int, ...]: ...


_Line = TypeVar("_Line", bound=_Placed)
_Told = TypeVar("_Told", bound=BaseModel)


class Office:
    """What the API reads of a store; handlers are plain functions run in threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_to(self, app: FastAPI) -> None:
        """Open the routes, each with its scope."""
        _open(app, "/passages", self.passages, Scope.PASSAGES, Page[Passages])
        _open(app, "/cases", self.cases, Scope.CASES, Page[Case])
        _open(app, "/cases/{key}", self.case, Scope.CASES, Case, may_lack=True)
        _open(app, "/notices", self.notices, Scope.NOTICES, Page[Notice])
        _open(app, "/notices/{number}", self.notice, Scope.NOTICES, Notice, may_lack=True)
        _open(app, "/sites", self.sites, Scope.SITES, Page[Site])
        _open(app, "/health", self.health, Scope.HEALTH, Health)

    def passages(
        self,
        request: Request,
        *,
        site: SiteId = None,
        first: First = None,
        last: Last = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Response:
        """How many vehicles passed, by site and local day."""
        wanted, place = Wanted(site=site, first=first, last=last), _place(after, _TEXT_PLACE)
        lines = listings.traffic_page(self._store, wanted, place, limit + 1)
        return _answer(request, _page(lines, limit, Passages))

    def cases(
        self,
        request: Request,
        *,
        site: SiteId = None,
        state: InState = None,
        first: First = None,
        last: Last = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Response:
        """Cases, in order of their day."""
        wanted = Wanted(site=site, state=state, first=first, last=last)
        lines = listings.case_page(self._store, wanted, _place(after, _TEXT_PLACE), limit + 1)
        return _answer(request, _page(lines, limit, Case))

    def case(self, request: Request, key: Key) -> Response:
        """One case."""
        return _answer(request, _one(listings.case_line(self._store, key), Case))

    def notices(
        self,
        request: Request,
        *,
        state: InState = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Response:
        """Notices with the state of their letters, in order of issue."""
        place = _place(after, _INSTANT_PLACE)
        lines = listings.notice_page(self._store, state, place, limit + 1)
        return _answer(request, _page(lines, limit, Notice))

    def notice(self, request: Request, number: Number) -> Response:
        """One notice."""
        return _answer(request, _one(listings.notice_line(self._store, number), Notice))

    def sites(self, request: Request, after: After = None, limit: Limit = 50) -> Response:
        """Sites with traffic or cases."""
        lines = listings.site_page(self._store, _place(after, _SITE_PLACE), limit + 1)
        return _answer(request, _page(lines, limit, Site))

    def health(self, request: Request) -> Response:
        """Whether the office works."""
        return _answer(request, Health.model_validate(listings.pulse(self._store)))


def _open(
    app: FastAPI,
    path: str,
    handler: Callable[..., Response],
    scope: Scope,
    told: Any,  # noqa: ANN401 - a model, or a page of one
    *,
    may_lack: bool = False,
) -> None:
    app.add_api_route(
        f"{BASE}{path}",
        handler,
        methods=["GET"],
        response_model=told,
        dependencies=[Depends(_require_known)],
        responses=_ANSWERS | (_NONE if may_lack else {}),
        openapi_extra={DECLARED: scope, "security": [{"key": [scope]}]},
    )


def _require_known(request: Request) -> None:
    """Refuse what a route does not know, or what is there twice.

    A filter that was mistyped must not give the whole list.
    """
    known = {field.alias for field in request.scope["route"].dependant.query_params}
    names = Counter(name for name, _ in request.query_params.multi_items())
    faults = [
        {"loc": ("query", name), "msg": "is there twice" if name in known else "is not known here"}
        for name, times in names.items()
        if name not in known or times > 1
    ]
    if faults:
        raise RequestValidationError(faults)


def _place(after: str | None, kind: TypeAdapter[Place]) -> Place | None:
    if after is None:
        return None
    try:
        return place_of(after, kind)
    except CursorError:
        told = {"loc": ("query", "after"), "msg": "is no cursor of this list"}
        raise RequestValidationError([told]) from None


def _page(lines: Sequence[_Line], limit: int, kind: type[_Told]) -> Page[_Told]:
    """A page of what was read, one line more than it shows: whether there is a next one."""
    shown = lines[:limit]
    go_on = cursor_of(shown[-1].place) if len(lines) > limit else None
    return Page[kind](  # type: ignore[valid-type] # a model that is made for each kind
        items=[kind.model_validate(each) for each in shown], next=go_on
    )


def _one(line: object, kind: type[_Told]) -> _Told:
    if line is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return kind.model_validate(line)


def _answer(request: Request, told: BaseModel) -> Response:
    """The answer, or a word that nothing changed since whoever asks was told last."""
    body = told.model_dump_json().encode()
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
