"""Objections: what owners say against a fine, and what an officer answers."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from services.desk import propose_cancel
from services.errors import CaseError
from services.fines import Step, act_on, standing
from services.life import Act, State
from services.model import Fine
from services.ports import Clock
from services.store.fines import page_of
from services.store.history import history_of
from services.store.looks import record_read
from services.store.proposals import Kind, open_proposals
from services.store.store import Store
from services.web.desk.reading import CaseKey
from services.web.guard import ADMITS, Guard, open_route
from services.web.porter import Posted, Who
from services.web.staff_pages import Room, StaffPages
from services.worded import message_of

OBJECTIONS = Room(path="/desk/objections", name="objections", guard=Guard.READER)
PURPOSE = "objection"


class ObjectionRoom:
    """Contested fines, a page at a time, the oldest first."""

    def __init__(self, store: Store, clock: Clock, pages: StaffPages) -> None:
        self._store = store
        self._clock = clock
        self._pages = pages

    def add_to(self, app: FastAPI) -> None:
        """Open the room's routes."""
        one = f"{OBJECTIONS.path}/{{key}}"
        open_route(app, "GET", OBJECTIONS.path, self.list, Guard.READER)
        open_route(app, "GET", one, self.objection, Guard.READER)
        open_route(app, "POST", one, self.decide, Guard.SENIOR)

    def list(self, request: Request) -> Response:
        """Which fines are contested."""
        lines = page_of(self._store, state=State.CONTESTED)
        fines = [(line, self._store.fine(line.number)) for line in lines]
        contested = [(fine.violation.key, line) for line, fine in fines if fine]
        proposed = open_proposals(self._store, Kind.CANCEL)
        return self._pages.show(
            request, "desk_objections.html", contested=contested, proposed=proposed
        )

    def objection(self, request: Request, key: CaseKey, who: Who) -> Response:
        """What the owner says, and where the fine stands."""
        return self._show(request, self._fine(key), who)

    def decide(self, request: Request, key: CaseKey, form: Posted, who: Who) -> Response:
        """Let the fine stand, or propose to cancel it."""
        fine, why = self._fine(key), " ".join(form.get("why", "").split())
        said = form.get("said")
        if not why or said not in {"uphold", "cancel"}:
            return self._show(request, fine, who, fault="reason")
        try:
            if said == "uphold":
                step = Step(by=who.id, why=why, at=self._clock.now())
                act_on(self._store, fine.number, Act.UPHOLD, step)
            else:
                propose_cancel(self._store, fine.number, officer=who.id, why=why, clock=self._clock)
        except CaseError as error:
            return self._show(request, fine, who, fault="told", told=message_of(error))
        return RedirectResponse(OBJECTIONS.path, status_code=HTTPStatus.SEE_OTHER)

    def _fine(self, key: str) -> Fine:
        fine = self._store.fine_of_case(key)
        if fine is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return fine

    def _show(
        self, request: Request, fine: Fine, who: Who, *, fault: str = "", told: str = ""
    ) -> Response:
        store, key = self._store, fine.violation.key
        record_read(store, key, who.id, PURPOSE, self._clock.now())
        stands = standing(store, fine.number, self._clock)
        senior = who.role in ADMITS[Guard.SENIOR]
        return self._pages.show(
            request,
            "desk_objection.html",
            status=HTTPStatus.CONFLICT if fault else HTTPStatus.OK,
            fine=fine,
            standing=stands,
            objections=[e for e in history_of(store, fine.number) if e.what == Act.CONTEST],
            proposal=open_proposals(store, Kind.CANCEL).get(key),
            decides=senior and stands.state is State.CONTESTED,
            fault=fault,
            told=told,
        )
