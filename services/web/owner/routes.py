"""The owner's pages: type number and plate, see the notice and its photo, leave."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from math import ceil
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.bundles import owners_bundle
from services.errors import OfficeError
from services.fines import Standing
from services.model import Fine
from services.notifier.complete import exhibit_of
from services.notifier.country import countries, languages_for
from services.notifier.facts import Language, amount, facts, local_day
from services.ports import Clock
from services.seals import is_sealed
from services.store.instants import to_ms
from services.web.form import MOST_BYTES, form_of
from services.web.guard import Guard, open_route
from services.web.headers import FORGET_ALL
from services.web.kept import Kept
from services.web.owner.case import Case, closed_on, happened, may_pay, may_wish
from services.web.owner.export import export_of
from services.web.owner.proof import proof_of
from services.web.owner.today import NOTHING_ASKED, Stage, owed, owed_by
from services.web.owner.visitor import Visitors, language_of
from services.web.pages import Pages
from services.web.ports import Accounts, Attempts, Leavers, Ledger, NoticeReader, Records, Stamps
from services.web.ranges import ranged
from services.web.session import Visits
from speedcam.model import ExhibitKind, Passage

_QUARTER_MS = 15 * 60 * 1000

Form = Annotated[Mapping[str, str], Depends(form_of(MOST_BYTES))]


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
        return self.stage not in NOTHING_ASKED


class Owner:
    """The owner's room with what it needs; handlers are plain functions run in threads."""

    def __init__(
        self,
        store: NoticeReader,
        *,
        visits: Visits,
        visitors: Visitors,
        patience: Attempts,
        pages: Pages,
        clock: Clock,
        accounts: Accounts | None,
        records: Records | None,
        ledger: Ledger | None,
        takes_forms: bool,
        prints: bool,
        stamp: Stamps | None,
        leavers: Leavers | None,
    ) -> None:
        self._store = store
        self._visitors = visitors
        self._records = records
        self._ledger = ledger
        self._takes_forms = takes_forms
        self._prints = prints
        self._stamp = stamp
        self._leavers = leavers
        self._kept: Kept[str] = Kept()
        self._token_place = secrets.token_hex(16)
        self._visits = visits
        self._patience = patience
        self._pages = pages
        self._clock = clock
        self._accounts = accounts

    def add_to(self, app: FastAPI) -> None:
        """Open the room's routes, each of them listed in ``app.routes``."""
        open_route(app, "GET", "/", self.entry, Guard.OPEN)
        open_route(app, "POST", "/notice", self.open, Guard.OWN_FORM)
        open_route(app, "GET", "/notice", self.notice, Guard.VISIT)
        open_route(app, "GET", "/notice/photo", self.photo, Guard.VISIT)
        open_route(app, "GET", "/notice/photo/first", self.first_photo, Guard.VISIT)
        open_route(app, "GET", "/notice/still/first", self.first_still, Guard.VISIT)
        open_route(app, "GET", "/notice/still/last", self.last_still, Guard.VISIT)
        open_route(app, "GET", "/notice/film", self.film, Guard.VISIT)
        open_route(app, "GET", "/notice/data", self.data, Guard.VISIT)
        open_route(app, "GET", "/notice/evidence", self.evidence, Guard.VISIT)
        if self._records:
            open_route(app, "GET", "/notice/driver", self.driver, Guard.VISIT)
        if self._ledger:
            open_route(app, "GET", "/notice/proof", self.proof, Guard.VISIT)
        open_route(app, "POST", "/leave", self.leave, Guard.OWN_FORM)

    def entry(self, request: Request, lang: str = "") -> Response:
        """The form for number and plate."""
        return self._visitors.entry(request, language_of(lang))

    def open(self, request: Request, form: Form) -> Response:
        """Check number and plate; every wrong attempt gets one and the same answer."""
        self._visitors.require_own_form(request, form)
        language = language_of(form.get("lang", ""))
        number, plate = form.get("number", ""), form.get("plate", "")
        if not number.strip() or not plate.strip():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return self._visitors.entry(request, language, fault="blank", status=status)
        address = request.client.host if request.client else ""
        self._require_patience(address)
        try:
            fine = self._store.fine_by_number_and_plate(number, plate)
        except OfficeError:
            self._patience.forgive(address)  # nobody knows whether it was wrong
            raise
        if fine is None:
            return self._visitors.entry(
                request, language, fault="unknown", status=HTTPStatus.NOT_FOUND
            )
        self._patience.forgive(address)
        key = self._store.key_of(fine)
        response = RedirectResponse("/notice", status_code=HTTPStatus.SEE_OTHER)
        self._visits.keep(request, response, self._visits.begin(language, key))
        return response

    def notice(self, request: Request, lang: str = "") -> Response:
        """The notice of this visit, with what is owed today."""
        visit = self._visits.read(request)
        if visit is None or visit.key is None:
            return self._visitors.ended(request, lang)
        html = self._kept_html(visit.key, language_of(lang or visit.language))
        if html is None:
            return self._visitors.ended(request, lang)
        response = HTMLResponse(html.replace(self._token_place, self._visits.form_token(visit)))
        self._visits.keep(request, response, visit)
        return response

    def _kept_html(self, key: str, language: Language) -> str | None:
        """The page, made anew unless nothing changed; the token of a visit is still to be put in.

        None where there is no such notice any more.
        """
        make = partial(self._html, key, language)
        if self._stamp is None:
            return make()
        now = self._clock.now()
        # What is owed depends on the local day, and days begin at full quarters of an hour.
        stamp = (self._stamp(), to_ms(now) // _QUARTER_MS)
        return self._kept.get((key, language), stamp, now, make)

    def _html(self, key: str, language: Language) -> str | None:
        fine = self._store.fine(key)
        if fine is None:
            return None
        known = facts(fine, language)
        country = countries()[known.law.country]
        standing = self._accounts(fine.number) if self._accounts else None
        return self._pages.html(
            "notice.html",
            language,
            offered=(*languages_for(country), language),
            f=known,
            token=self._token_place,
            today=self._today(fine, standing, language),
            proof=proof_of(fine, country, language),
            case=self._case(fine, standing, language),
            anchored=self._ledger.anchored(fine.number) if self._ledger else None,
            sealed=is_sealed(fine.violation.passage),
            prints=self._prints,
            film=bool(exhibit_of(fine.violation.passage, ExhibitKind.FILM)),
            driver=bool(self._records and self._records.driver(fine)),
        )

    def photo(self, request: Request) -> Response:
        """The redacted photo of this visit's notice."""
        _, fine = self._visitors.visit_and_fine(request)
        return self._picture(fine.violation.passage if fine else None, ExhibitKind.PHOTO)

    def first_photo(self, request: Request) -> Response:
        """The redacted photo of the first camera, where an average speed has two."""
        _, fine = self._visitors.visit_and_fine(request)
        return self._picture(fine.violation.entry if fine else None, ExhibitKind.PHOTO)

    def first_still(self, request: Request) -> Response:
        """The redacted still where the measured stretch begins."""
        _, fine = self._visitors.visit_and_fine(request)
        return self._picture(fine.violation.passage if fine else None, ExhibitKind.SHOWN_FIRST)

    def last_still(self, request: Request) -> Response:
        """The redacted still where it ends."""
        _, fine = self._visitors.visit_and_fine(request)
        return self._picture(fine.violation.passage if fine else None, ExhibitKind.SHOWN_LAST)

    def film(self, request: Request) -> Response:
        """The redacted film of this visit's notice, or a part of it."""
        _, fine = self._visitors.visit_and_fine(request)
        content = self._content(fine.violation.passage if fine else None, ExhibitKind.FILM)
        return ranged(request, content, "video/mp4")

    def driver(self, request: Request) -> Response:
        """The picture of the driver, where the law has the driver seen."""
        _, fine = self._visitors.visit_and_fine(request)
        exhibit = self._records.driver(fine) if fine and self._records else None
        if exhibit is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return Response(self._store.exhibit_bytes(exhibit.sha256), media_type="image/jpeg")

    def _picture(self, passage: Passage | None, kind: ExhibitKind) -> Response:
        return Response(self._content(passage, kind), media_type="image/jpeg")

    def _content(self, passage: Passage | None, kind: ExhibitKind) -> bytes:
        exhibit = exhibit_of(passage, kind) if passage else None
        if exhibit is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return self._store.exhibit_bytes(exhibit.sha256)

    def data(self, request: Request) -> Response:
        """All that is stored on this visit's notice, to keep."""
        _, fine = self._visitors.visit_and_fine(request)
        if fine is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        records = self._records
        content = export_of(
            fine,
            self._accounts(fine.number) if self._accounts else None,
            records.history(fine) if records else (),
            records.payments(fine) if records else (),
            [records.raw_text(p) if records else "" for p in fine.violation.passages],
            anchored=self._ledger.anchored(fine.number) if self._ledger else None,
        )
        # The name says no number: folders of downloads are seen by others.
        kept = {"Content-Disposition": 'attachment; filename="notice-data.json"'}
        return Response(content, media_type="application/json", headers=kept)

    def proof(self, request: Request) -> Response:
        """The proof that this visit's notice stands in the history that was signed."""
        _, fine = self._visitors.visit_and_fine(request)
        content = self._ledger.proof(fine.number) if fine and self._ledger else None
        if content is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        kept = {"Content-Disposition": 'attachment; filename="notice.tlog-proof"'}
        return Response(content, media_type="text/plain; charset=utf-8", headers=kept)

    def evidence(self, request: Request) -> Response:
        """The bundle of this visit's notice, which anybody can check."""
        _, fine = self._visitors.visit_and_fine(request)
        if fine is None or not is_sealed(fine.violation.passage):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        content = owners_bundle(fine, self._store.exhibit_bytes)
        kept = {"Content-Disposition": 'attachment; filename="notice-evidence.zip"'}
        return Response(content, media_type="application/zip", headers=kept)

    def leave(self, request: Request, form: Form) -> Response:
        """End the visit, for every copy of its cookie."""
        self._visitors.require_own_form(request, form)
        visit = self._visits.read(request)
        if visit and visit.key and self._leavers:
            self._leavers.leave(visit.key)
            for each in Language:
                self._kept.forget((visit.key, each))
        language = language_of(form.get("lang", ""))
        response = RedirectResponse(
            f"/?lang={language}", status_code=HTTPStatus.SEE_OTHER, headers=FORGET_ALL
        )
        self._visits.close(request, response)
        return response

    def _case(self, fine: Fine, standing: Standing | None, language: Language) -> Case:
        history = self._records.history(fine) if self._records else ()
        open_to = standing if self._takes_forms else None
        closed = closed_on(standing, fine.terms) if standing else None
        return Case(
            state=standing.state if standing else None,
            happened=happened(fine, history, language),
            may_wish=bool(open_to and may_wish(open_to, fine.terms)),
            closed_on=local_day(closed, language, fine.number[:2]) if closed else "",
            may_pay=bool(open_to and may_pay(open_to)),
        )

    def _today(self, fine: Fine, standing: Standing | None, language: Language) -> Today:
        zone = ZoneInfo(fine.violation.passage.place.timezone)
        today = self._clock.now().astimezone(zone).date()
        country = fine.number[:2]
        now = owed_by(standing, fine.terms, today) if standing else owed(fine.terms, today)
        return Today(
            day=local_day(today, language, country),
            stage=now.stage,
            amount=amount(now.amount, language, country),
            late_days=now.late_days,
        )

    def _require_patience(self, address: str) -> None:
        wait = self._patience.attempt(address)
        if wait:
            seconds = ceil(wait.total_seconds())
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)})
