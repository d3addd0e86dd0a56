"""Footage measured at a site, as an engineer looks on: no plate and no picture of a vehicle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, HTTPException, Path, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from services.errors import BusyRun, NoRun, NoSite, ShelfError
from services.refusals import refused
from services.sites.runs import Runs
from services.sites.sites import Sites
from services.web.guard import Guard, Reads, open_route
from services.web.porter import Posted, Who
from services.web.sites.names import SiteName
from services.web.sites.plots import paths_svg
from services.web.staff_pages import StaffPages
from services.web.upload import file_form
from services.worded import message_of

MOST_CLIP_BYTES = 4_000_000_000
"""As the gate lets in (docs/security.md)."""
MOST_SHOWN = 200
"""The latest vehicles of a long clip."""
LOOK_S, LONGEST_S = 0.5, 50
"""How often news are looked for, and how long one stream lasts: then the porter is asked anew."""

Number = Annotated[int, Path(ge=1, le=999_999)]


class RunRoom:
    """The runs at the sites."""

    def __init__(self, sites: Sites, runs: Runs, pages: StaffPages) -> None:
        self._sites = sites
        self._runs = runs
        self._pages = pages

    def add_to(self, app: FastAPI) -> None:
        """Open the room's routes."""
        runs = "/sites/{name}/runs"
        one = f"{runs}/{{number}}"
        open_route(app, "GET", runs, self.list, Guard.ENGINEER)
        open_route(app, "POST", runs, self.begin, Guard.ENGINEER, reads=Reads.FILE)
        open_route(app, "GET", one, self.show, Guard.ENGINEER)
        open_route(app, "POST", one, self.act, Guard.ENGINEER)
        open_route(app, "GET", f"{one}/news", self.news, Guard.ENGINEER)

    def list(self, request: Request, name: SiteName) -> Response:
        """The runs of a site, and the form for another."""
        return self._list(request, name)

    async def begin(self, request: Request, name: SiteName, who: Who) -> Response:
        """Measure a clip that is sent, or one that is there."""
        async with file_form(request, MOST_CLIP_BYTES) as form:
            return await run_in_threadpool(self._begin, request, name, form, who.id)

    def show(self, request: Request, name: SiteName, number: Number) -> Response:
        """How far a run is, and every vehicle so far."""
        try:
            run = self._runs.run(name, number)
            size_px = self._sites.size_px(name)
        except ShelfError:
            raise HTTPException(HTTPStatus.NOT_FOUND) from None
        return self._pages.show(
            request,
            "site_run.html",
            site=name,
            run=run,
            refused=refused,
            size_px=size_px,
            latest=run.passages[-MOST_SHOWN:],
            paths=paths_svg(run.passages[-MOST_SHOWN:], size_px),
        )

    def act(self, request: Request, name: SiteName, number: Number, form: Posted) -> Response:
        """Stop a run, or let it go on."""
        try:
            if form.get("act") == "stop":
                self._runs.stop(name, number)
            else:
                self._runs.go_on(name, number)
        except BusyRun as error:
            return self._list(request, name, told=message_of(error))
        except ShelfError:
            raise HTTPException(HTTPStatus.NOT_FOUND) from None
        return _to(name, number)

    def news(self, request: Request, name: SiteName, number: Number) -> Response:
        """A stream that says when the page has more to show (HTML standard, 9.2)."""
        try:
            self._runs.mark(name, number)
        except ShelfError:
            raise HTTPException(HTTPStatus.NOT_FOUND) from None
        return StreamingResponse(self._news(request, name, number), media_type="text/event-stream")

    async def _news(self, request: Request, name: str, number: int) -> AsyncIterator[str]:
        seen = None
        for _ in range(round(LONGEST_S / LOOK_S)):
            now = await run_in_threadpool(self._runs.mark, name, number)
            if now != seen:
                seen = now
                yield f"event: {'news' if now[1] else 'end'}\ndata: {now[0]}\n\n"
            if not now[1] or await request.is_disconnected():
                return
            await asyncio.sleep(LOOK_S)

    def _begin(self, request: Request, name: str, form: FormData, who: str) -> Response:
        starts_at, clip = str(form.get("starts_at", "")).strip(), form.get("clip")
        try:
            if isinstance(clip, UploadFile) and clip.filename:
                number = self._runs.begin_sent(name, clip.file, clip.filename, starts_at, who)
            else:
                named = str(form.get("named", ""))
                number = self._runs.begin_named(name, named, starts_at, who)
        except (NoRun, NoSite, BusyRun) as error:
            return self._list(request, name, told=message_of(error))
        return _to(name, number)

    def _list(self, request: Request, name: str, *, told: str = "") -> Response:
        try:
            runs = [self._runs.run(name, each) for each in self._runs.numbers(name)]
            self._sites.frame(name)
        except ShelfError:
            raise HTTPException(HTTPStatus.NOT_FOUND) from None
        return self._pages.show(
            request,
            "site_runs.html",
            status=HTTPStatus.CONFLICT if told else HTTPStatus.OK,
            site=name,
            runs=runs,
            clips=self._runs.clip_names(),
            told=told,
        )


def _to(name: str, number: int) -> Response:
    return RedirectResponse(f"/sites/{name}/runs/{number}", status_code=HTTPStatus.SEE_OTHER)
