"""The web application: made by ``create_app``, with everything it needs handed in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from services.errors import OfficeError
from services.ports import Clock
from services.web.board.routes import BoardRoom
from services.web.guard import Guard, open_route
from services.web.headers import SecurityHeaders
from services.web.hurry import Hurry
from services.web.last_resort import LastResort
from services.web.owner.forms import Forms
from services.web.owner.papers import Papers
from services.web.owner.routes import Owner
from services.web.owner.visitor import Visitors
from services.web.pages import FaultPages, Pages, notice_style
from services.web.patience import Patience
from services.web.ports import (
    Accounts,
    Attempts,
    Counts,
    Desk,
    Leavers,
    Ledger,
    NoticeReader,
    Printer,
    Records,
    Stamps,
)
from services.web.session import Visits

_log = logging.getLogger(__name__)


def create_app(
    store: NoticeReader,
    *,
    secret: bytes,
    clock: Clock,
    accounts: Accounts | None = None,
    records: Records | None = None,
    desk: Desk | None = None,
    counts: Counts | None = None,
    ledger: Ledger | None = None,
    printer: Printer | None = None,
    stamp: Stamps | None = None,
    patience: Attempts | None = None,
    leavers: Leavers | None = None,
) -> FastAPI:
    """The owner's pages over ``store``, and the public board.

    Args:
        store: Where notices are read; nothing is ever written to it.
        secret: At least 32 bytes; signs visits and forms. A new one ends all visits.
        clock: Says what is owed today and which visits are over.
        accounts: Says what was paid, contested or cancelled; None: the terms alone say what is
            owed.
        records: Says what happened and what came in; None: the page has no history.
        desk: Takes what owners hand in; None: the pages only read, and have no form but the first.
        counts: Figures for the public board; None: there is no board.
        ledger: What was signed of the history; None: nothing is told of it.
        printer: Prints letters; None: nothing is given to take home but the data and evidence.
        stamp: Says whether a page that was made before still holds; None: each is made anew.
        patience: Makes guessing slow; None: this process counts wrong tries for itself.
        leavers: Told who leaves; None: their browser alone knows it.

    Raises:
        ValueError: The secret is too short to sign with, or a desk has no accounts to go by.
    """
    if len(secret) < 32:
        raise ValueError(f"the web secret has {len(secret)} bytes; 32 or more are needed")
    if desk and not accounts:
        raise ValueError("a desk needs accounts: they say what may be handed in and paid")
    # Slashes at the end lead nowhere: a redirect would name whatever host was asked for.
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    pages = Pages(has_board=counts is not None)
    visits = Visits(secret, clock)
    visitors = Visitors(store, visits, pages, pays_here=desk is not None)
    owner = Owner(
        store,
        visits=visits,
        visitors=visitors,
        patience=patience or Patience(secret, clock),
        pages=pages,
        clock=clock,
        accounts=accounts,
        records=records,
        ledger=ledger,
        takes_forms=desk is not None,
        prints=printer is not None,
        stamp=stamp,
        leavers=leavers,
    )
    owner.add_to(app)
    if printer:
        Papers(store, visitors, printer, ledger).add_to(app)
    if desk and accounts:
        Forms(visitors, pages, accounts, desk).add_to(app)
    if counts:
        BoardRoom(counts, pages, clock, ledger).add_to(app)
    open_route(app, "GET", "/static/notice.css", style(notice_style()), Guard.OPEN)
    app.mount("/static", StaticFiles(packages=[("services.web", "static")]))
    answer_faults(app, pages)
    app.add_middleware(SecurityHeaders)
    return app


def style(sheet: str) -> Callable[[], Response]:
    """A handler that answers with a style sheet."""

    def answer() -> Response:
        return Response(sheet, media_type="text/css")

    return answer


def answer_faults(app: FastAPI, pages: FaultPages) -> None:
    """Every fault becomes a page for people, never a stack or a bare line."""

    def refused(request: Request, error: Exception) -> Response:
        known = error if isinstance(error, HTTPException) else HTTPException(422)
        return pages.fault(known.status_code, scheme=request.url.scheme, headers=known.headers)

    def unavailable(request: Request, error: Exception) -> Response:
        # The type alone: a message of the office may name a case.
        _log.error("a page could not be shown: %s", type(error).__name__)
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return pages.fault(status, scheme=request.url.scheme)

    def unforeseen(request: Request) -> Response:
        return pages.fault(HTTPStatus.INTERNAL_SERVER_ERROR, scheme=request.url.scheme)

    app.add_middleware(Hurry)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, refused)
    app.add_exception_handler(OfficeError, unavailable)
    app.add_middleware(LastResort, answer=unforeseen)
