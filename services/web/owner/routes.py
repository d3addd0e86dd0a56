"""The owner's pages: type number and plate, see the notice and its photo, leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from services.model import Fine
from services.notifier.complete import photo_exhibit
from services.notifier.country import countries, languages_for
from services.notifier.facts import Language, amount, facts, local_day
from services.ports import Clock
from services.web.form import form_fields
from services.web.owner.today import Stage, owed, owed_by
from services.web.pages import Pages
from services.web.patience import Patience
from services.web.ports import Accounts, NoticeReader
from services.web.session import Visit, Visits

Form = Annotated[Mapping[str, str], Depends(form_fields)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What is owed today, ready to print."""

    day: str
    stage: Stage
    amount: str
    late_days: int

    @property
    def asks(self) -> bool:
        """Whether there is anything to pay."""
        return self.stage not in {Stage.ENDED, Stage.SETTLED}


class Owner:
    """The owner's room with what it needs; handlers are plain functions run in threads."""

    def __init__(
        self,
        store: NoticeReader,
        *,
        visits: Visits,
        patience: Patience,
        pages: Pages,
        clock: Clock,
        accounts: Accounts | None,
    ) -> None:
        self._store = store
        self._visits = visits
        self._patience = patience
        self._pages = pages
        self._clock = clock
        self._accounts = accounts

    def add_to(self, app: FastAPI) -> None:
        """Open the room's routes, each of them listed in ``app.routes``."""
        app.add_api_route("/", self.entry, methods=["GET"], response_model=None)
        app.add_api_route("/notice", self.open, methods=["POST"], response_model=None)
        app.add_api_route("/notice", self.notice, methods=["GET"], response_model=None)
        app.add_api_route("/notice/photo", self.photo, methods=["GET"], response_model=None)
        app.add_api_route("/leave", self.leave, methods=["POST"], response_model=None)

    def entry(self, request: Request, lang: str = "") -> Response:
        """The form for number and plate."""
        return self._entry(request, _language(lang))

    def open(self, request: Request, form: Form) -> Response:
        """Check number and plate; every wrong attempt gets one and the same answer."""
        self._require_own_form(request, form)
        language = _language(form.get("lang", ""))
        number, plate = form.get("number", ""), form.get("plate", "")
        if not number.strip() or not plate.strip():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return self._entry(request, language, fault="blank", status=status)
        address = request.client.host if request.client else ""
        self._require_patience(address)
        fine = self._store.fine_by_number_and_plate(number, plate)
        if fine is None:
            return self._entry(request, language, fault="unknown", status=HTTPStatus.NOT_FOUND)
        self._patience.forgive(address)
        response = RedirectResponse("/notice", status_code=HTTPStatus.SEE_OTHER)
        self._visits.keep(request, response, self._visits.begin(language, fine.number))
        return response

    def notice(self, request: Request, lang: str = "") -> Response:
        """The notice of this visit, with what is owed today."""
        visit, fine = self._visit_and_fine(request)
        if visit is None or fine is None:
            status = HTTPStatus.FORBIDDEN
            return self._entry(request, _language(lang), fault="ended", status=status)
        language = _language(lang or visit.language)
        known = facts(fine, language)
        response = self._pages.show(
            "notice.html",
            language,
            offered=(*languages_for(countries()[known.law.country]), language),
            f=known,
            token=self._visits.form_token(visit),
            today=self._today(fine, language),
        )
        self._visits.keep(request, response, visit)
        return response

    def photo(self, request: Request) -> Response:
        """The redacted photo of this visit's notice."""
        _, fine = self._visit_and_fine(request)
        exhibit = photo_exhibit(fine.violation.passage) if fine else None
        if exhibit is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return Response(self._store.exhibit_bytes(exhibit.sha256), media_type="image/jpeg")

    def leave(self, request: Request, form: Form) -> Response:
        """End the visit."""
        self._require_own_form(request, form)
        language = _language(form.get("lang", ""))
        response = RedirectResponse(f"/?lang={language}", status_code=HTTPStatus.SEE_OTHER)
        self._visits.close(request, response)
        return response

    def _entry(
        self,
        request: Request,
        language: Language,
        *,
        fault: str = "",
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        known = self._visits.read(request)
        visit = known or self._visits.begin(language)
        token = self._visits.form_token(visit)
        response = self._pages.show("entry.html", language, status=status, fault=fault, token=token)
        if known is None:
            self._visits.keep(request, response, visit)
        return response

    def _today(self, fine: Fine, language: Language) -> Today:
        zone = ZoneInfo(fine.violation.passage.place.timezone)
        today = self._clock.now().astimezone(zone).date()
        country = fine.number[:2]
        now = owed(fine.terms, today)
        if self._accounts is not None:
            now = owed_by(self._accounts(fine.number), fine.terms, today)
        return Today(
            day=local_day(today, language, country),
            stage=now.stage,
            amount=amount(now.amount, language, country),
            late_days=now.late_days,
        )

    def _visit_and_fine(self, request: Request) -> tuple[Visit | None, Fine | None]:
        visit = self._visits.read(request)
        if visit is None or visit.number is None:
            return visit, None
        return visit, self._store.fine(visit.number)

    def _require_own_form(self, request: Request, form: Mapping[str, str]) -> None:
        visit = self._visits.read(request)
        if not self._visits.is_own_form(request, visit, form.get("token", "")):
            raise HTTPException(HTTPStatus.FORBIDDEN)

    def _require_patience(self, address: str) -> None:
        wait = self._patience.attempt(address)
        if wait:
            seconds = ceil(wait.total_seconds())
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)})


def _language(wanted: str) -> Language:
    return Language(wanted) if wanted in set(Language) else Language.SQ
