"""The engineers' room: the list of sites, a new one, and calibration. No case is seen in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from services.errors import NoSite, SavedMeanwhile, ShelfError
from services.sites.health import DAYS, health_of
from services.sites.sites import Appraised, Shown, Sites
from services.web.guard import Guard, Reads, open_route
from services.web.porter import Posted, Who
from services.web.sites.form_view import rows_shown
from services.web.sites.names import SiteName
from services.web.sites.plots import above_svg, doubt_svg, drawn_svg, expected_svg
from services.web.staff_pages import Room, StaffPages
from services.web.upload import file_form, file_in
from services.worded import message_of
from speedcam.errors import SpeedcamError

SITES = Room(path="/sites", name="sites", guard=Guard.ENGINEER)
MOST_PICTURE_BYTES = 64 * 1024 * 1024
STATUS = {
    "": HTTPStatus.OK,
    "conflict": HTTPStatus.CONFLICT,
    "faults": HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""By what went wrong with a form."""

Version = Annotated[str, Query(pattern=r"^(\d{1,6})?$")]


class SitesRoom:
    """Sites and their surveys."""

    def __init__(self, sites: Sites, pages: StaffPages) -> None:
        self._sites = sites
        self._pages = pages

    def add_to(self, app: FastAPI) -> None:
        """Open the room's routes."""
        site = "/sites/{name}"
        open_route(app, "GET", "/sites", self.list, Guard.ENGINEER)
        open_route(app, "POST", "/sites", self.begin, Guard.ENGINEER, reads=Reads.FILE)
        open_route(app, "GET", site, self.show, Guard.ENGINEER)
        open_route(app, "POST", site, self.save, Guard.ENGINEER, reads=Reads.SHEET)
        open_route(
            app, "POST", f"{site}/appraise", self.appraise, Guard.ENGINEER, reads=Reads.SHEET
        )
        open_route(app, "GET", f"{site}/picture", self.picture, Guard.ENGINEER)

    def list(self, request: Request) -> Response:
        """Every site with its health, and the form for a new one."""
        return self._list(request)

    async def begin(self, request: Request) -> Response:
        """Begin a site with a picture that is sent."""
        async with file_form(request, MOST_PICTURE_BYTES) as form:
            name = str(form.get("name", "")).strip().lower()
            picture = await file_in(form, "picture").read()
        return await run_in_threadpool(self._begin, request, name, picture)

    def show(
        self, request: Request, name: SiteName, version: Version = "", saved: str = ""
    ) -> Response:
        """The form of one site, as it is in force or as a version has it."""
        try:
            shown = self._sites.shown(name, version)
            appraised = self._appraised(shown) if shown.fields else None
            return self._site(request, shown, appraised, saved=bool(saved))
        except NoSite:
            raise HTTPException(HTTPStatus.NOT_FOUND) from None
        except ShelfError as error:
            return self._list(request, fault="file", told=message_of(error))

    def appraise(self, request: Request, name: SiteName, form: Posted) -> Response:
        """What was typed, with what it is worth; nothing is saved."""
        shown = self._typed(name, form)
        try:
            return self._site(request, shown, self._appraised(shown))
        except SavedMeanwhile:
            return self._site(request, shown, None, fault="conflict")

    def save(self, request: Request, name: SiteName, form: Posted, who: Who) -> Response:
        """Save what was typed as the version in force."""
        shown = self._typed(name, form)
        try:
            self._sites.save(name, form, who.id)
        except SavedMeanwhile:
            return self._site(request, shown, None, fault="conflict")
        except SpeedcamError:
            return self._site(request, shown, self._appraised(shown), fault="faults")
        return RedirectResponse(f"/sites/{name}?saved=1", status_code=HTTPStatus.SEE_OTHER)

    def picture(self, name: SiteName) -> Response:
        """The picture that the points are found in."""
        try:
            return Response(self._sites.frame(name), media_type="image/png")
        except ShelfError:
            raise HTTPException(HTTPStatus.NOT_FOUND) from None

    def _list(self, request: Request, *, fault: str = "", told: str = "") -> Response:
        return self._pages.show(
            request,
            "sites.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
            sites=list(health_of(self._sites)),
            days=DAYS,
            fault=fault,
            told=told,
        )

    def _begin(self, request: Request, name: str, picture: bytes) -> Response:
        try:
            self._sites.begin(name, picture)
        except SpeedcamError as error:
            return self._list(request, fault="new", told=message_of(error))
        return RedirectResponse(f"/sites/{name}", status_code=HTTPStatus.SEE_OTHER)

    def _typed(self, name: str, form: Mapping[str, str]) -> Shown:
        """The site with what somebody typed, which is given back as it was."""
        try:
            now = self._sites.shown(name)
        except NoSite:
            raise HTTPException(HTTPStatus.NOT_FOUND) from None
        base, source = form.get("base", ""), form.get("source", "")
        return replace(now, base=base, source=source, fields=form)

    def _appraised(self, shown: Shown) -> Appraised:
        typed = {**shown.fields, "base": shown.base, "source": shown.source}
        return self._sites.appraise(shown.name, typed)

    def _site(
        self,
        request: Request,
        shown: Shown,
        appraised: Appraised | None,
        *,
        saved: bool = False,
        fault: str = "",
    ) -> Response:
        sketch = appraised.sketch if appraised else None
        return self._pages.show(
            request,
            "site.html",
            status=STATUS[fault],
            site=shown,
            value=lambda name: shown.fields.get(name, ""),
            rows=rows_shown(shown.fields),
            versions=self._sites.shelf.versions(shown.name)[::-1],
            size_px=self._sites.size_px(shown.name),
            sketch=sketch,
            faults=appraised.faults if appraised else (),
            drawn_svg=drawn_svg,
            above_svg=above_svg,
            doubt_svg=doubt_svg,
            expected_svg=expected_svg,
            saved=saved,
            fault=fault,
        )
