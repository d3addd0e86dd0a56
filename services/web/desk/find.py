"""Finding one case by its number or plate, for a stated purpose that is written down."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request, Response

from services.ports import Clock
from services.search import find_cases
from services.store.store import Store
from services.web.guard import Guard, open_route
from services.web.porter import Posted, Who
from services.web.staff_pages import Room, StaffPages

FIND = Room(path="/desk/find", name="find", guard=Guard.READER)


class FindRoom:
    """The form, and what was found. There is no list to page through."""

    def __init__(self, store: Store, clock: Clock, pages: StaffPages) -> None:
        self._store = store
        self._clock = clock
        self._pages = pages

    def add_to(self, app: FastAPI) -> None:
        """Open the room's routes."""
        open_route(app, "GET", FIND.path, self.form, Guard.READER)
        open_route(app, "POST", FIND.path, self.find, Guard.READER)

    def form(self, request: Request) -> Response:
        """The empty form."""
        return self._pages.show(request, "desk_find.html", found=None, fault="")

    def find(self, request: Request, form: Posted, who: Who) -> Response:
        """Find, after writing down who looks and what for."""
        typed, purpose = (" ".join(form.get(name, "").split()) for name in ("typed", "purpose"))
        if not typed or not purpose or not (typed + purpose).isprintable():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return self._pages.show(
                request, "desk_find.html", status=status, found=None, fault="blank"
            )
        found = find_cases(self._store, typed, officer=who.id, purpose=purpose, clock=self._clock)
        return self._pages.show(request, "desk_find.html", found=found, fault="")
