"""The second look: what a policy decided, shown to a person who does not know how."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from services.ports import Clock
from services.second_look import look_again, second_looks
from services.store.store import Store
from services.web.desk.reading import CaseKey, Reading
from services.web.desk.view import view_of
from services.web.guard import Guard, open_route
from services.web.porter import Posted, Who
from services.web.staff_pages import Room, StaffPages

SECOND = Room(path="/desk/second", name="second", guard=Guard.OFFICER)
PURPOSE = "second look"
BORNE_OUT = "the proof bears it out"


class SecondRoom:
    """Cases drawn for a person."""

    def __init__(self, store: Store, clock: Clock, pages: StaffPages) -> None:
        self._store = store
        self._clock = clock
        self._pages = pages
        self._reading = Reading(store=store, clock=clock)

    def add_to(self, app: FastAPI) -> None:
        """Open the room's routes."""
        one = f"{SECOND.path}/{{key}}"
        open_route(app, "GET", SECOND.path, self.drawn, Guard.OFFICER)
        open_route(app, "GET", one, self.case, Guard.OFFICER)
        open_route(app, "POST", one, self.say, Guard.OFFICER)

    def drawn(self, request: Request) -> Response:
        """How many are drawn, and the way to the first."""
        return self._pages.show(request, "desk_second.html", drawn=second_looks(self._store))

    def case(self, request: Request, key: CaseKey, who: Who) -> Response:
        """One case without its decision and history."""
        self._require_drawn(key)
        return self._case(request, key, who)

    def say(self, request: Request, key: CaseKey, form: Posted, who: Who) -> Response:
        """Keep what a person would have decided, then show what was."""
        self._require_drawn(key)
        words, said = " ".join(form.get("why", "").split()), form.get("said")
        if said not in {"confirm", "reject"} or (said == "reject" and not words):
            return self._case(request, key, who, fault="reason")
        look_again(
            self._store,
            key,
            officer=who.id,
            agrees=said == "confirm",
            why=words or BORNE_OUT,
            clock=self._clock,
        )
        return RedirectResponse(f"/desk/case/{key}", status_code=HTTPStatus.SEE_OTHER)

    def _require_drawn(self, key: str) -> None:
        if key not in {case.key for case in second_looks(self._store)}:
            raise HTTPException(HTTPStatus.NOT_FOUND)

    def _case(self, request: Request, key: str, who: Who, *, fault: str = "") -> Response:
        case = self._reading.open(key, who, PURPOSE)
        return self._pages.show(
            request,
            "desk_case.html",
            status=HTTPStatus.CONFLICT if fault else HTTPStatus.OK,
            view=view_of(self._store, case, self._clock.now()),
            blind=True,
            decides=False,
            follows=None,
            answers=False,
            fault=fault,
            told="",
            undoable=(),
            did=None,
            left=None,
            proposal=None,
        )
