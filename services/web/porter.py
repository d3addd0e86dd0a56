"""The one place that lets people into the staff's pages, by the guard that each route declares."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from services.ports import Clock
from services.staff.account import Account
from services.store.staff_sessions import signed_in, tell_refused
from services.store.store import Store
from services.web.form import form_fields
from services.web.guard import ADMITS, DECLARED, READS, Guard, Reads
from services.web.staff_visit import is_own_form, visit_of
from services.web.upload import is_file_form

MOST_BYTES = 16 * 1024
"""Of a form: room for a reason in any script."""
MOST_BYTES_OF_SHEET, MOST_FIELDS_OF_SHEET = 256 * 1024, 1000
"""Of a form of many rows: a site with as many points and lanes as a site file may have."""
SIGN_IN, PASSWORD, SIGN_OUT = "/sign-in", "/password", "/sign-out"
BEFORE_CHANGE = frozenset({PASSWORD, SIGN_OUT})
"""All that is open to somebody whose password was given by somebody else."""


class ElsewhereError(Exception):
    """The page that is wanted now is another one."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


async def _posted(request: Request) -> Mapping[str, str]:
    if request.method != "POST":
        return {}
    reads = _extra(request).get(READS)
    if reads == Reads.FILE and is_file_form(request):
        # Nobody's file is read before they are let in; the form's address bears its token.
        return {"token": request.query_params.get("token", "")}
    if reads == Reads.SHEET:
        return await form_fields(request, MOST_BYTES_OF_SHEET, MOST_FIELDS_OF_SHEET)
    return await form_fields(request, MOST_BYTES)


Posted = Annotated[Mapping[str, str], Depends(_posted)]
"""What was sent with a form: for the porter and the handler, read once."""


def _who(request: Request) -> Account:
    account: Account = request.state.account
    return account


Who = Annotated[Account, Depends(_who)]
"""Who asks; the porter has let them in."""


class Porter:
    """Asks everybody at every route of an application.

    Hand :meth:`admit` to the application as its dependency: then it is asked before each handler,
    and a route that declares no guard lets nobody in.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def admit(self, request: Request, form: Posted) -> None:
        """Let a request in.

        Raises:
            ElsewhereError: Somebody must sign in, or choose a password, first.
            HTTPException: 403: it is no form of ours, or nothing for this role.
        """
        guard = _declared(request)
        if request.method == "POST" and not is_own_form(request, form.get("token", "")):
            raise HTTPException(HTTPStatus.FORBIDDEN)
        if guard is Guard.OPEN:
            return
        account = signed_in(self._store, visit_of(request), self._clock.now())
        if account is None:
            lost = request.method == "POST" and request.url.path != SIGN_OUT
            raise ElsewhereError(f"{SIGN_IN}?unsaved" if lost else SIGN_IN)
        if account.must_change and request.url.path not in BEFORE_CHANGE:
            raise ElsewhereError(PASSWORD)
        if account.role not in ADMITS[guard]:
            asked = f"{request.method} {request.scope['route'].path}"
            tell_refused(self._store, account, asked, self._clock.now())
            raise HTTPException(HTTPStatus.FORBIDDEN)
        request.state.account = account


def _declared(request: Request) -> Guard:
    declared = _extra(request)
    if DECLARED not in declared:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    return Guard(declared[DECLARED])


def _extra(request: Request) -> Mapping[str, str]:
    return getattr(request.scope["route"], "openapi_extra", None) or {}


def lead_elsewhere(app: FastAPI) -> None:
    """Answer :class:`ElsewhereError` by leading there."""

    def lead(_request: Request, error: Exception) -> Response:
        path = error.path if isinstance(error, ElsewhereError) else "/"
        return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER)

    app.add_exception_handler(ElsewhereError, lead)
