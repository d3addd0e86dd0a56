"""The desk's own room: the queue, the page of a case, and what is done there."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from services.desk import (
    Waiting,
    after_key,
    answer_proposal,
    leave_to_senior,
    propose_plate,
    proposed_amount,
    queue,
    settle,
)
from services.errors import CaseError, CountryUnstated
from services.model import Money, Verdict
from services.ports import Clock
from services.staff.account import Account
from services.store.cases import Case, case_of
from services.store.decisions import decision_of
from services.store.desk import handed_on_cases, held_back, undo
from services.store.history import history_of
from services.store.proposals import open_proposals
from services.store.store import Store
from services.web.desk.reading import (
    CaseKey,
    Reading,
    is_for_seniors,
    is_junior,
    may_decide,
)
from services.web.desk.view import Following, following_of, picture_of, view_of
from services.web.guard import ADMITS, Guard, open_route
from services.web.porter import Posted, Who
from services.web.ranges import ranged
from services.web.staff_pages import Room, StaffPages
from services.worded import message_of
from services.words import amount_typed
from speedcam.model import ExhibitKind

DESK = Room(path="/desk", name="desk", guard=Guard.READER)
BORNE_OUT = "the pictures, the plate and the speed bear it out"
"""The reason for a confirmation where the officer writes no other."""
REASONS = {
    "plate": "the plate in the picture is not, or not surely, the one that was read",
    "vehicle": "another vehicle may have been measured",
    "limit": "the limit was not, or not surely, in force or shown there",
    "emergency": "an emergency vehicle, or another that is exempt",
    "other": "",
}
"""Why a case is rejected, as the history says it; by what the form sends."""


_DID = re.compile(r"(proposed|corrected|answered|left)-([0-9a-f]{24})")


class DeskRoom:
    """The queue and its cases."""

    def __init__(self, store: Store, clock: Clock, pages: StaffPages) -> None:
        self._store = store
        self._clock = clock
        self._pages = pages
        self._reading = Reading(store=store, clock=clock)

    def add_to(self, app: FastAPI) -> None:
        """Open the room's routes."""
        case = "/desk/case/{key}"
        open_route(app, "GET", "/desk", self.queue, Guard.READER)
        open_route(app, "GET", "/desk/next", self.next, Guard.READER)
        open_route(app, "GET", case, self.case, Guard.READER)
        open_route(app, "GET", f"{case}/picture/{{kind}}", self.picture, Guard.READER)
        open_route(app, "POST", f"{case}/decide", self.decide, Guard.OFFICER)
        open_route(app, "POST", f"{case}/plate", self.plate, Guard.OFFICER)
        open_route(app, "POST", f"{case}/hand-on", self.hand_on, Guard.OFFICER)
        open_route(app, "POST", f"{case}/answer", self.answer, Guard.OFFICER)
        open_route(app, "POST", f"{case}/undo", self.undo, Guard.OFFICER)

    def queue(self, request: Request, who: Who, did: str = "") -> Response:
        """What waits for whoever asks. No plate stands in it."""
        waiting = _queue(self._store, who)
        return self._pages.show(
            request, "desk_queue.html", waiting=waiting, undoable=self._undoable(who), did=_did(did)
        )

    def next(self, who: Who, after: str = "") -> Response:
        """Lead to the case that follows."""
        return _to_case(self._after(after, who))

    def case(self, request: Request, key: CaseKey, who: Who, did: str = "") -> Response:
        """One case with its proof."""
        return self._case(request, self._reading.open(key, who), who, did=_did(did))

    def picture(
        self,
        request: Request,
        key: CaseKey,
        kind: ExhibitKind,
        who: Who,
        ahead: str | None = None,
    ) -> Response:
        """One picture of a case, or its film; ``ahead``: of one that is not on the desk yet."""
        case = self._reading.open_part(key, who, ahead=ahead is not None)
        exhibit = picture_of(case, kind)
        if exhibit is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        media_type = "video/mp4" if kind is ExhibitKind.FILM else "image/jpeg"
        return ranged(request, self._store.exhibit_bytes(exhibit.sha256), media_type)

    def decide(self, request: Request, key: CaseKey, form: Posted, who: Who) -> Response:
        """Confirm, reject or advise."""
        words = " ".join(form.get("why", "").split())
        verdict = next((each for each in Verdict if each == form.get("verdict")), None)
        reason = (
            BORNE_OUT if verdict is Verdict.CONFIRM else REASONS.get(form.get("reason", ""), "")
        )
        why = f"{reason}: {words}" if reason and words else reason or words
        if verdict is None or not why:
            return self._fault(request, key, who, "reason")
        if is_for_seniors(self._store, key, who):
            return self._fault(request, key, who, "left")
        return self._do(
            request,
            key,
            who,
            lambda: settle(
                self._store,
                key,
                verdict,
                officer=who.id,
                why=why,
                clock=self._clock,
                country=form.get("country", ""),
                amount=self._amount(key, form.get("amount", "").strip()),
                shown=form.get("shown"),
            ),
            did="proposed",
        )

    def _amount(self, key: str, typed: str) -> Money | None:
        return amount_typed(typed, case_of(self._store, key).violation) if typed else None

    def plate(self, request: Request, key: CaseKey, form: Posted, who: Who) -> Response:
        """Propose another reading of the plate."""
        if is_for_seniors(self._store, key, who):
            return self._fault(request, key, who, "left")
        why = " ".join(form.get("why", "").split()) or "read from the picture"
        return self._do(
            request,
            key,
            who,
            lambda: propose_plate(
                self._store,
                key,
                form.get("plate", ""),
                officer=who.id,
                why=why,
                clock=self._clock,
            ),
            did="corrected",
        )

    def hand_on(self, request: Request, key: CaseKey, form: Posted, who: Who) -> Response:
        """Leave the case to a senior officer."""
        why = " ".join(form.get("why", "").split())
        if not why:
            return self._fault(request, key, who, "reason")
        return self._do(
            request,
            key,
            who,
            lambda: leave_to_senior(self._store, key, officer=who.id, why=why, clock=self._clock),
            did="left",
        )

    def answer(self, request: Request, key: CaseKey, form: Posted, who: Who) -> Response:
        """Agree to what another officer proposed, or refuse it."""
        said = form.get("said")
        if said not in {"agree", "refuse"}:
            return self._fault(request, key, who, "reason")
        if is_for_seniors(self._store, key, who):
            return self._fault(request, key, who, "left")
        agreed, shown = said == "agree", form.get("proposal", "")
        return self._do(
            request,
            key,
            who,
            lambda: answer_proposal(
                self._store,
                key,
                officer=who.id,
                agreed=agreed,
                clock=self._clock,
                shown=shown,
            ),
            did="answered",
        )

    def undo(self, request: Request, key: CaseKey, who: Who) -> Response:
        """Take the own decision back, within its minute."""
        try:
            undo(self._store, key, who.id, self._clock.now())
        except CaseError as error:
            return self._fault(request, key, who, "told", message_of(error))
        return RedirectResponse(f"/desk/case/{key}", status_code=HTTPStatus.SEE_OTHER)

    def _do(
        self, request: Request, key: str, who: Account, act: Callable[[], object], did: str
    ) -> Response:
        """Act on a case; the page that follows tells what was done, or lets it be undone."""
        follows = self._after(key, who)  # while the case is in the queue still
        try:
            undoable = act() is True
        except CountryUnstated:
            return self._fault(request, key, who, "country")
        except CaseError as error:
            return self._fault(request, key, who, "told", message_of(error))
        return _to_case(follows, "" if undoable else f"{did}-{key}")

    def _fault(
        self, request: Request, key: str, who: Account, fault: str, told: str = ""
    ) -> Response:
        case = self._reading.open(key, who)
        return self._case(request, case, who, fault=fault, told=told)

    def _case(
        self,
        request: Request,
        case: Case,
        who: Account,
        *,
        fault: str = "",
        told: str = "",
        did: tuple[str, str] | None = None,
    ) -> Response:
        store, key = self._store, case.key
        officer = who.role in ADMITS[Guard.OFFICER]
        proposal = open_proposals(store).get(key)
        decides = may_decide(store, case, who)
        return self._pages.show(
            request,
            "desk_case.html",
            status=HTTPStatus.CONFLICT if fault else HTTPStatus.OK,
            view=view_of(store, case, self._clock.now()),
            decides=decides,
            follows=self._following(key, who) if decides else None,
            answers=officer and not is_for_seniors(self._store, key, who),
            blind=False,
            decision=decision_of(store, key),
            proposal=proposal,
            proposed=proposed_amount(store, proposal) if proposal else None,
            left=handed_on_cases(store).get(key),
            history=history_of(store, key),
            reasons=REASONS,
            fault=fault,
            told=told,
            undoable=self._undoable(who),
            did=did,
        )

    def _after(self, key: str, who: Account) -> str:
        return after_key(_queue(self._store, who), key)

    def _following(self, key: str, who: Account) -> Following | None:
        """What a browser may load while ``key`` is on the desk."""
        waiting = _queue(self._store, who)
        cases, after = {each.case.key: each.case for each in waiting}, after_key(waiting, key)
        return following_of(cases[after]) if after else None

    def _undoable(self, who: Account) -> tuple[str, ...]:
        return held_back(self._store, self._clock.now(), who.id)


def _queue(store: Store, who: Account) -> tuple[Waiting, ...]:
    return queue(store, who.id, senior=not is_junior(who))


def _did(typed: str) -> tuple[str, str] | None:
    """What was done last, and to which case, as an address says it; None: nothing, or nonsense."""
    found = _DID.fullmatch(typed)
    return (found[1], found[2]) if found else None


def _to_case(key: str, did: str = "") -> Response:
    path = (f"/desk/case/{key}" if key else "/desk") + (f"?did={did}" if did else "")
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER)
