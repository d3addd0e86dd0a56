"""The staff's pages out of templates, in Albanian and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import partial
from http import HTTPStatus

from babel.numbers import format_decimal
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2.environment import TemplateModule
from starlette.datastructures import MutableHeaders

from services.notifier.language import Language, clock_time, local_day
from services.staff.account import Account
from services.web.guard import ADMITS, Guard
from services.web.headers import add_security_headers
from services.web.pages import HOUSE, Pages, page_environment
from services.web.staff_visit import form_token, visit_of
from services.web.tongue import said_in, value_in, worded_in

LANGUAGE_COOKIE = "staff-lang"
BOOKS = {"t": "staff", "d": "desk", "e": "sites"}
"""Names in templates for the files of words, ``<file>_<language>.jinja``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A part of the staff's pages, as the header leads to it.

    Attributes:
        path: Of its first page.
        name: ``room_<name>`` are its words.
        guard: Of that page; whom it does not admit is not led there.
    """

    path: str
    name: str
    guard: Guard


class StaffPages:
    """Renders the pages for whoever is signed in, with the rooms that are open to them."""

    def __init__(self, rooms: Sequence[Room] = ()) -> None:
        self._pages = Pages()
        self._rooms = rooms
        self._words = {each: staff_words(each) for each in HOUSE}
        self._worded = {each: worded_in(each) for each in HOUSE}

    def show(
        self,
        request: Request,
        name: str,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        visit: str = "",
        **values: object,
    ) -> HTMLResponse:
        """The page ``name`` for the account of ``request``.

        Args:
            request: Says who asks, and in which language.
            name: Of the template.
            status: Of the answer.
            visit: What the browser is about to hold, where that is not what it holds.
            values: For the template.
        """
        account: Account | None = getattr(request.state, "account", None)
        language = staff_language(request)
        response = self._pages.show(
            name,
            language,
            offered=HOUSE,
            status=status,
            **self._words[language],
            account=account,
            rooms=[each for each in self._rooms if account and account.role in ADMITS[each.guard]],
            here=request.url.path,
            token=form_token(visit or visit_of(request)),
            day=partial(local_day, language=language),
            number=partial(_number, language),
            least=partial(_number, language, rounding=ROUND_FLOOR),
            clock_time=clock_time,
            said=partial(said_in, language, self._worded[language]),
            value_of=partial(value_in, language, self._worded[language]),
            **values,
        )
        if "lang" in request.query_params:
            secure = request.url.scheme == "https"
            name = _language_cookie(request)
            response.set_cookie(name, language, httponly=True, secure=secure, samesite="strict")
        return response

    def fault(
        self, status: int, *, scheme: str = "http", headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """What went wrong, in both languages."""
        response = self._pages.show(
            "staff_fault.html",
            HOUSE[0],
            offered=HOUSE,
            status=HTTPStatus(status),
            **self._words[HOUSE[0]],
            account=None,
            rooms=(),
            told=[(each, self._words[each]["t"]) for each in HOUSE],
            code=status,
        )
        response.headers.update(dict(headers or {}))
        add_security_headers(MutableHeaders(raw=response.raw_headers), scheme=scheme)
        return response


def _number(
    language: Language, value: float | Decimal, digits: int = 1, rounding: str = ROUND_HALF_UP
) -> str:
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding)
    return str(format_decimal(rounded, f"#,##0.{'0' * digits}", locale=str(language)))


def staff_language(request: Request) -> Language:
    """The language that was asked for, now or before, or that of the house."""
    wanted = request.query_params.get("lang") or request.cookies.get(_language_cookie(request), "")
    return next((each for each in HOUSE if each == wanted), HOUSE[0])


def _language_cookie(request: Request) -> str:
    """With the prefix that binds it to host and TLS, where there is TLS."""
    return f"__Host-{LANGUAGE_COOKIE}" if request.url.scheme == "https" else LANGUAGE_COOKIE


def staff_words(language: Language) -> dict[str, TemplateModule]:
    """The words of the staff's pages in one language, by the name that templates call them by."""
    return {
        name: page_environment().get_template(f"{book}_{language}.jinja").module
        for name, book in BOOKS.items()
    }
