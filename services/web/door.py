"""The door of the staff's pages: sign in, choose a password, sign out, and the hall behind it."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from math import ceil

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from services.errors import AccountError
from services.ports import Clock
from services.staff.account import Role
from services.staff.password import REFUSED_FILE, Passwords, require_password
from services.store.accounts import change_password
from services.store.looks import Alarm, alarms_of
from services.store.staff_sessions import begin_session, end_session, tell_failed
from services.store.store import Store
from services.web.guard import Guard, open_route
from services.web.headers import FORGET_ALL
from services.web.patience import Patience
from services.web.porter import PASSWORD, SIGN_IN, SIGN_OUT, Posted, Who
from services.web.sign_in import SignIn
from services.web.staff_pages import StaffPages
from services.web.staff_visit import keep_visit, new_visit, take_visit, visit_of

TOLD_OF_ALARMS = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""They see no case, or change none."""
ALARMS_SHOWN_FOR = timedelta(days=30)


class Door:
    """Lets people in and out."""

    def __init__(self, store: Store, secret: bytes, clock: Clock, pages: StaffPages) -> None:
        self._store = store
        self._clock = clock
        self._pages = pages
        self._passwords = Passwords()
        self._sign_in = SignIn(store, secret, clock, self._passwords)
        self._patience = Patience(secret, clock)

    def add_to(self, app: FastAPI) -> None:
        """Open the routes of the door."""
        open_route(app, "GET", "/", self.hall, Guard.STAFF)
        open_route(app, "GET", SIGN_IN, self.entry, Guard.OPEN)
        open_route(app, "POST", SIGN_IN, self.sign_in, Guard.OPEN)
        open_route(app, "GET", PASSWORD, self.password, Guard.STAFF)
        open_route(app, "POST", PASSWORD, self.choose, Guard.STAFF)
        open_route(app, "POST", SIGN_OUT, self.sign_out, Guard.STAFF)

    def hall(self, request: Request, who: Who) -> Response:
        """What is open to whoever is signed in, and the alarms to who looks after the others."""
        alarms: tuple[Alarm, ...] | None = None
        if who.role in TOLD_OF_ALARMS:
            alarms = alarms_of(self._store, self._clock.now() - ALARMS_SHOWN_FOR)
        return self._pages.show(request, "staff_hall.html", alarms=alarms)

    def entry(self, request: Request, unsaved: str | None = None) -> Response:
        """The form for id, password and code; ``unsaved``: for whom something was not taken."""
        return self._entry(request, "" if unsaved is None else "unsaved")

    def sign_in(self, request: Request, form: Posted) -> Response:
        """Sign somebody in; whatever is wrong gets one and the same answer."""
        typed = [form.get(name, "") for name in ("account", "password", "code")]
        if not all(each.strip() for each in typed):
            return self._entry(request, "blank", HTTPStatus.UNPROCESSABLE_ENTITY)
        address = request.client.host if request.client else ""
        _require_no_wait(self._patience.attempt(address))
        found = self._sign_in.attempt(*typed)
        if isinstance(found, timedelta):
            _require_no_wait(found)
        if found is None or isinstance(found, timedelta):
            return self._entry(request, "unknown", HTTPStatus.FORBIDDEN)
        self._patience.forgive(address)
        visit = new_visit()
        begin_session(self._store, visit, found, self._clock.now(), instead_of=visit_of(request))
        return self._to("/", request, visit)

    def password(self, request: Request) -> Response:
        """The form for another password."""
        return self._pages.show(request, "staff_password.html", fault="")

    def choose(self, request: Request, form: Posted, who: Who) -> Response:
        """Take another password; every session of the account ends, and this one begins anew."""
        guesses = f"password of {who.id}"
        _require_no_wait(self._patience.attempt(guesses))
        knows = self._sign_in.knows(who, form.get("password", ""))
        if not knows:
            tell_failed(self._store, who.id, self._clock.now())
        if fault := self._fault_of(form, who.id) if knows else "wrong":
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return self._pages.show(request, "staff_password.html", status=status, fault=fault)
        self._patience.forgive(guesses)
        now, visit = self._clock.now(), new_visit()
        change_password(self._store, who.id, self._passwords.hashed(form["new"]), now)
        begin_session(self._store, visit, who, now)
        return self._to("/", request, visit)

    def sign_out(self, request: Request, who: Who) -> Response:
        """End the session."""
        end_session(self._store, visit_of(request), who, self._clock.now())
        response = RedirectResponse(SIGN_IN, status_code=HTTPStatus.SEE_OTHER, headers=FORGET_ALL)
        take_visit(request, response)
        return response

    def _fault_of(self, form: Posted, account_id: str) -> str:
        if form.get("new", "") != form.get("again", ""):
            return "differs"
        try:
            require_password(form.get("new", ""), account_id, self._store.folder / REFUSED_FILE)
        except AccountError:
            return "weak"
        return "same" if form["new"] == form.get("password", "") else ""

    def _entry(
        self, request: Request, fault: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        visit = visit_of(request) or new_visit()
        response = self._pages.show(
            request, "staff_sign_in.html", status=status, visit=visit, fault=fault
        )
        keep_visit(request, response, visit)
        return response

    def _to(self, path: str, request: Request, visit: str) -> Response:
        response = RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER)
        keep_visit(request, response, visit)
        return response


def _require_no_wait(wait: timedelta) -> None:
    if wait:
        seconds = ceil(wait.total_seconds())
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)})
