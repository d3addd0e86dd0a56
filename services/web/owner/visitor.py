"""Whose visit a request belongs to: what every page of the owner's room asks first."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import HTTPException, Request, Response

from services.model import Fine
from services.notifier.language import Language
from services.web.headers import CONTENT_POLICY
from services.web.owner.scanned import POLICY, SCRIPT
from services.web.pages import Pages
from services.web.ports import NoticeReader
from services.web.session import Visit, Visits


class Visitors:
    """Knows the visits, and what to show to who has none."""

    def __init__(
        self, store: NoticeReader, visits: Visits, pages: Pages, *, pays_here: bool
    ) -> None:
        self._store = store
        self._visits = visits
        self._pages = pages
        self._pays_here = pays_here

    def visit_and_fine(self, request: Request) -> tuple[Visit | None, Fine | None]:
        """The visit of this browser and the notice that it opened; None for what is not there."""
        visit = self._visits.read(request)
        if visit is None or visit.key is None:
            return visit, None
        return visit, self._store.fine(visit.key)

    def require_own_form(self, request: Request, form: Mapping[str, str]) -> None:
        """Raise HTTPException 403 unless the form was shown to this very visit, by us."""
        visit = self._visits.read(request)
        if not self._visits.is_own_form(request, visit, form.get("token", "")):
            raise HTTPException(HTTPStatus.FORBIDDEN)

    def form_token(self, visit: Visit) -> str:
        """What a form of this visit must bring back."""
        return self._visits.form_token(visit)

    def keep(self, request: Request, response: Response, visit: Visit) -> None:
        """The visit goes on: its idle time begins anew."""
        self._visits.keep(request, response, visit)

    def ended(self, request: Request, lang: str) -> Response:
        """The entry form, with a word that the visit is over."""
        return self.entry(request, language_of(lang), fault="ended", status=HTTPStatus.FORBIDDEN)

    def entry(
        self,
        request: Request,
        language: Language,
        *,
        fault: str = "",
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        """The form for number and plate, in a visit of its own where there is none."""
        known = self._visits.read(request)
        visit = known or self._visits.begin(language)
        response = self._pages.show(
            "entry.html",
            language,
            status=status,
            fault=fault,
            token=self._visits.form_token(visit),
            pays_here=self._pays_here,
            script=SCRIPT,
        )
        response.headers[CONTENT_POLICY] = POLICY
        if known is None:
            self._visits.keep(request, response, visit)
        return response


def language_of(wanted: str) -> Language:
    """The language that was asked for, or that of the house."""
    return Language(wanted) if wanted in set(Language) else Language.SQ
