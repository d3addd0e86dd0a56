"""The staff's pages: an application of its own, that the public's process never holds."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from fastapi import Depends, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from services.errors import OverBudget
from services.ports import Clock
from services.sites.runs import Runs
from services.sites.sites import Sites
from services.store.store import Store
from services.web.accounts import ACCOUNTS, AccountsRoom
from services.web.app import answer_faults, style
from services.web.desk.find import FIND, FindRoom
from services.web.desk.objections import OBJECTIONS, ObjectionRoom
from services.web.desk.room import DESK, DeskRoom
from services.web.desk.second import SECOND, SecondRoom
from services.web.door import Door
from services.web.guard import Guard, open_route
from services.web.headers import SecurityHeaders
from services.web.pages import FaultPages, notice_style
from services.web.porter import Porter, lead_elsewhere
from services.web.sites.room import SITES, SitesRoom
from services.web.sites.run_room import RunRoom
from services.web.staff_pages import Room, StaffPages

ROOMS: tuple[Room, ...] = (DESK, OBJECTIONS, SECOND, FIND, ACCOUNTS)
"""Where the header leads, in this order."""


def create_staff_app(
    store: Store,
    *,
    secret: bytes,
    clock: Clock,
    sites: Sites | None = None,
    runs: Runs | None = None,
) -> FastAPI:
    """The pages for those who work for the office of ``store``.

    Args:
        store: The office's, read and written.
        secret: At least 32 bytes; keys the counts of failed tries.
        clock: Says which sessions are over and which codes count.
        sites: Which engineers look after; None: their room is not there.
        runs: How footage is measured at these; None: only what is sent.

    Raises:
        ValueError: The secret is too short.
    """
    if len(secret) < 32:
        raise ValueError(f"the web secret has {len(secret)} bytes; 32 or more are needed")
    porter, pages = Porter(store, clock), StaffPages((*ROOMS, SITES) if sites else ROOMS)
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # a redirect would name whatever host was asked for
        dependencies=[Depends(porter.admit)],
    )
    Door(store, secret, clock, pages).add_to(app)
    for room in (DeskRoom, ObjectionRoom, SecondRoom, FindRoom, AccountsRoom):
        room(store, clock, pages).add_to(app)
    if sites:
        SitesRoom(sites, pages).add_to(app)
        RunRoom(sites, runs or Runs(shelf=sites.shelf, clock=clock), pages).add_to(app)
    open_route(app, "GET", "/static/notice.css", style(notice_style()), Guard.OPEN)
    app.mount("/static", StaticFiles(packages=[("services.web", "static")]))
    answer_faults(app, pages)
    app.add_exception_handler(OverBudget, _over_budget(pages))
    lead_elsewhere(app)
    app.add_middleware(SecurityHeaders, own_scripts=True)
    return app


def _over_budget(pages: FaultPages) -> Callable[[Request, Exception], Response]:
    """What is answered to who opens more cases than one person needs."""

    def answer(request: Request, _error: Exception) -> Response:
        return pages.fault(HTTPStatus.TOO_MANY_REQUESTS, scheme=request.url.scheme)

    return answer
