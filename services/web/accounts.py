"""The administrator's room: who works here, new keys, roles, last days. No case is seen from it."""

from __future__ import annotations

import re
from datetime import date
from http import HTTPStatus

import segno
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from services.errors import AccountError
from services.ports import Clock
from services.staff.account import Account, Role
from services.staff.password import Passwords, new_password
from services.staff.second_factor import enrolment, new_secret
from services.store.accounts import (
    Proofs,
    account_and_proofs,
    accounts_of,
    add_account,
    disable_account,
    give_last_day,
    give_role,
    reset_account,
)
from services.store.history import history_of
from services.store.store import Store
from services.web.guard import Guard, open_route
from services.web.porter import Posted, Who
from services.web.staff_pages import Room, StaffPages
from services.worded import message_of

ACCOUNTS = Room(path="/accounts", name="accounts", guard=Guard.ADMINISTRATOR)
SEEN_LINES = 20
"""Of an account's history: the latest."""


class FieldError(ValueError):
    """A field that was filled in as no account has it; the words for it are ``account_<name>``."""


class AccountsRoom:
    """The list of accounts, and the page of each. Nobody changes their own."""

    def __init__(self, store: Store, clock: Clock, pages: StaffPages) -> None:
        self._store = store
        self._clock = clock
        self._pages = pages
        self._passwords = Passwords()

    def add_to(self, app: FastAPI) -> None:
        """Open the room's routes."""
        guard, one = ACCOUNTS.guard, f"{ACCOUNTS.path}/{{account_id}}"
        open_route(app, "GET", ACCOUNTS.path, self.list, guard)
        open_route(app, "POST", ACCOUNTS.path, self.add, guard)
        open_route(app, "GET", one, self.account, guard)
        open_route(app, "POST", f"{one}/reset", self.reset, guard)
        open_route(app, "POST", f"{one}/role", self.role, guard)
        open_route(app, "POST", f"{one}/last-day", self.last_day, guard)
        open_route(app, "POST", f"{one}/disable", self.disable, guard)

    def list(self, request: Request) -> Response:
        """All accounts, and the form for a new one."""
        return self._list(request)

    def add(self, request: Request, form: Posted, who: Who) -> Response:
        """Make an account, and show its first keys, this once."""
        try:
            account = Account(
                id=form.get("id", "").strip(),
                name=" ".join(form.get("name", "").split()),
                role=_role(form),
                last_day=self._day(form),
            )
            password, proofs = self._new_proofs()
            add_account(self._store, account, proofs, self._clock.now(), by=who.id)
        except FieldError as error:
            return self._list(request, fault=str(error))
        except AccountError as error:
            return self._list(request, fault="told", told=message_of(error))
        return self._keys(request, account.id, password, proofs)

    def account(self, request: Request, account_id: str, who: Who) -> Response:
        """One account with what may be done to it."""
        return self._one(request, self._known(account_id), who)

    def reset(self, request: Request, account_id: str, form: Posted, who: Who) -> Response:
        """Give other keys, and show them, this once; a disabled account works again."""
        account = self._of_another(account_id, who)
        try:
            last_day = self._day(form)
        except FieldError as error:
            return self._one(request, account, who, fault=str(error))
        password, proofs = self._new_proofs()
        reset_account(self._store, account.id, proofs, last_day, self._clock.now(), by=who.id)
        return self._keys(request, account.id, password, proofs)

    def role(self, request: Request, account_id: str, form: Posted, who: Who) -> Response:
        """Give another role."""
        account = self._of_another(account_id, who)
        try:
            role = _role(form)
        except FieldError as error:
            return self._one(request, account, who, fault=str(error))
        give_role(self._store, account.id, role, self._clock.now(), by=who.id)
        return _to(account)

    def last_day(self, request: Request, account_id: str, form: Posted, who: Who) -> Response:
        """Say until when it works."""
        account = self._of_another(account_id, who)
        try:
            last_day = self._day(form)
        except FieldError as error:
            return self._one(request, account, who, fault=str(error))
        give_last_day(self._store, account.id, last_day, self._clock.now(), by=who.id)
        return _to(account)

    def disable(self, account_id: str, who: Who) -> Response:
        """Let it work no more, at once."""
        account = self._of_another(account_id, who)
        disable_account(self._store, account.id, self._clock.now(), by=who.id)
        return _to(account)

    def _known(self, account_id: str) -> Account:
        found = account_and_proofs(self._store, account_id) if account_id.isprintable() else None
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return found[0]

    def _of_another(self, account_id: str, who: Account) -> Account:
        account = self._known(account_id)
        if account.id == who.id:
            # Whoever gave themselves a role would see cases; whoever locked themselves out, nobody.
            raise HTTPException(HTTPStatus.CONFLICT)
        return account

    def _day(self, form: Posted) -> date | None:
        """The last day that was typed, or None: until it is disabled."""
        typed = form.get("last_day", "").strip()
        if not typed:
            return None
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", typed, re.ASCII):
            raise FieldError("day")
        try:
            day = date.fromisoformat(typed)
        except ValueError:
            raise FieldError("day") from None
        if day < self._clock.now().date():
            raise FieldError("day")
        return day

    def _new_proofs(self) -> tuple[str, Proofs]:
        password = new_password()
        return password, Proofs(password=self._passwords.hashed(password), secret=new_secret())

    def _list(self, request: Request, *, fault: str = "", told: str = "") -> Response:
        today = self._clock.now().date()
        return self._pages.show(
            request,
            "accounts.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
            accounts=[(each, each.works_on(today)) for each in accounts_of(self._store)],
            roles=tuple(Role),
            fault=fault,
            told=told,
        )

    def _one(
        self, request: Request, account: Account, who: Account, *, fault: str = ""
    ) -> Response:
        return self._pages.show(
            request,
            "account.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
            seen=account,
            works=account.works_on(self._clock.now().date()),
            own=account.id == who.id,
            history=history_of(self._store, account.id)[-SEEN_LINES:],
            roles=tuple(Role),
            fault=fault,
        )

    def _keys(self, request: Request, account_id: str, password: str, proofs: Proofs) -> Response:
        address = enrolment(proofs.secret, account_id)
        return self._pages.show(
            request,
            "account_keys.html",
            seen_id=account_id,
            password=password,
            secret=" ".join(re.findall(".{1,4}", proofs.secret)),
            code=segno.make(address, error="m").svg_data_uri(scale=5, border=4),
        )


def _role(form: Posted) -> Role:
    if form.get("role") not in set(Role):
        raise FieldError("role")
    return Role(form["role"])


def _to(account: Account) -> Response:
    return RedirectResponse(f"{ACCOUNTS.path}/{account.id}", status_code=HTTPStatus.SEE_OTHER)
