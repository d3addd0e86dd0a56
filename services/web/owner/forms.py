"""What an owner hands in: object, ask for a person, name the driver, pay at the demo bank.

Each goes form, check, send. Nothing is handed in before its effect was shown, and handing it in
twice does it once.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from services.errors import CaseError
from services.fines import Standing
from services.model import Fine, Money
from services.notifier.facts import amount, facts
from services.notifier.language import Language
from services.web.form import form_of
from services.web.guard import Guard, open_route
from services.web.owner.case import HOUSE_WORDS, Wish, closed_on, may_pay, may_wish
from services.web.owner.visitor import Visitors, language_of
from services.web.pages import Pages
from services.web.ports import Accounts, Desk
from services.web.session import Visit

MOST_LETTERS = 1000
"""Of what somebody writes; a name with its address has room in it too."""
MOST_BYTES = 16 * 1024
"""Room for so many letters of any script, each in up to twelve bytes of a form."""

LongForm = Annotated[Mapping[str, str], Depends(form_of(MOST_BYTES))]
SEND, CHANGE = "send", "change"
"""Steps after the check; any other value asks for the check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A request for a form, with all that its page needs."""

    request: Request
    visit: Visit
    fine: Fine
    standing: Standing
    language: Language


class Forms:
    """The forms of the owner's room."""

    def __init__(self, visitors: Visitors, pages: Pages, accounts: Accounts, desk: Desk) -> None:
        self._visitors = visitors
        self._pages = pages
        self._accounts = accounts
        self._desk = desk

    def add_to(self, app: FastAPI) -> None:
        """Open the routes of the forms."""
        open_route(app, "GET", "/notice/write/{wish}", self.blank, Guard.VISIT)
        open_route(app, "POST", "/notice/write/{wish}", self.write, Guard.OWN_FORM)
        open_route(app, "GET", "/notice/pay", self.bank, Guard.VISIT)
        open_route(app, "POST", "/notice/pay", self.pay, Guard.OWN_FORM)

    def blank(self, request: Request, wish: Wish, lang: str = "") -> Response:
        """The empty form."""
        asked = self._asked(request, lang)
        if isinstance(asked, Response) or not may_wish(asked.standing, asked.fine.terms):
            return asked if isinstance(asked, Response) else _unwished(asked)
        return self._form(asked, wish)

    def write(self, request: Request, wish: Wish, form: LongForm) -> Response:
        """Check what was written, show what it does, and on the second step hand it in."""
        self._visitors.require_own_form(request, form)
        asked = self._asked(request, form.get("lang", ""))
        if isinstance(asked, Response) or not may_wish(asked.standing, asked.fine.terms):
            return asked if isinstance(asked, Response) else _unwished(asked)
        words, step = " ".join(form.get("words", "").split()), form.get("step", "")
        if not words or len(words) > MOST_LETTERS:
            return self._form(asked, wish, words, fault="long" if words else "blank")
        if step == CHANGE:
            return self._form(asked, wish, words)
        if step != SEND:
            return self._show("write_check.html", asked, wish=wish, words=words)
        return self._hand_in(asked, wish, words)

    def bank(self, request: Request, lang: str = "") -> Response:
        """The demo bank with what is owed now."""
        asked = self._asked(request, lang)
        if isinstance(asked, Response) or not may_pay(asked.standing):
            return asked if isinstance(asked, Response) else _to_notice()
        return self._bank(asked)

    def pay(self, request: Request, form: LongForm) -> Response:
        """Pay what the form showed, if that is what is owed still."""
        self._visitors.require_own_form(request, form)
        asked = self._asked(request, form.get("lang", ""))
        if isinstance(asked, Response) or not may_pay(asked.standing):
            return asked if isinstance(asked, Response) else _to_notice()
        owed, paid = asked.standing.account.owed, asked.standing.account.paid
        if form.get("minor") != str(owed):
            return self._bank(asked, changed=True)
        with suppress(CaseError):  # somebody paid a moment ago, and the notice says so
            self._desk.pay(asked.fine, owed, paid_before=paid)
        return _to_notice()

    def _hand_in(self, asked: _Asked, wish: Wish, words: str) -> Response:
        try:
            self._desk.contest(asked.fine, f"{HOUSE_WORDS[wish]}: {words}")
        except CaseError:
            # Either the same form a moment ago, and the notice says so, or letters no text has.
            standing = self._accounts(asked.fine.number)
            if may_wish(standing, asked.fine.terms):
                return self._form(asked, wish, fault="blank")
        return _to_notice()

    def _form(self, asked: _Asked, wish: Wish, words: str = "", *, fault: str = "") -> Response:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
        return self._show(
            "write.html", asked, status, wish=wish, words=words, fault=fault, most=MOST_LETTERS
        )

    def _bank(self, asked: _Asked, *, changed: bool = False) -> Response:
        owed = Money(minor=asked.standing.account.owed, currency=asked.standing.currency)
        return self._show(
            "bank.html",
            asked,
            HTTPStatus.CONFLICT if changed else HTTPStatus.OK,
            owed=amount(owed, asked.language, asked.fine.number[:2]),
            minor=owed.minor,
            changed=changed,
        )

    def _asked(self, request: Request, lang: str) -> _Asked | Response:
        """What is asked for, or the page that ends a visit which is over."""
        visit, fine = self._visitors.visit_and_fine(request)
        if visit is None or fine is None:
            return self._visitors.ended(request, lang)
        return _Asked(
            request=request,
            visit=visit,
            fine=fine,
            standing=self._accounts(fine.number),
            language=language_of(lang or visit.language),
        )

    def _show(
        self, page: str, asked: _Asked, status: HTTPStatus = HTTPStatus.OK, **values: object
    ) -> Response:
        response = self._pages.show(
            page,
            asked.language,
            offered=(asked.language,),
            status=status,
            f=facts(asked.fine, asked.language),
            token=self._visitors.form_token(asked.visit),
            **values,
        )
        self._visitors.keep(asked.request, response, asked.visit)
        return response


def _unwished(asked: _Asked) -> Response:
    """Back to the notice; where it is too late, to the words that say so."""
    if not closed_on(asked.standing, asked.fine.terms):
        return _to_notice()
    place = f"/notice?lang={asked.language}#object"
    return RedirectResponse(place, status_code=HTTPStatus.SEE_OTHER)


def _to_notice() -> Response:
    """Back to the notice, which says where the case stands now."""
    return RedirectResponse("/notice", status_code=HTTPStatus.SEE_OTHER)
