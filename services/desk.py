"""What officers do with cases at their desk: decide, propose and agree, correct a plate, undo.

Whatever one person must not do alone becomes a proposal that another one answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import update

from services.errors import CaseError
from services.fines import Step, act_on
from services.hindrances import hindrances
from services.ledger.leaf import Change, Held
from services.life import Act, State
from services.model import Money, Verdict
from services.office import amount_set, country_stated, decide
from services.policy import missing_proof, wants_second
from services.ports import Clock
from services.service_term import serve_until
from services.store.accounts import require_decider
from services.store.cases import Case, case_of, cases_in
from services.store.desk import HandedOn, hand_on, handed_on_cases, hold_back
from services.store.history import Event, add_event
from services.store.keys import normal_plate
from services.store.known import case_of_drive
from services.store.proposals import (
    Kind,
    Proposal,
    answer,
    open_proposals,
    propose,
)
from services.store.schema import cases
from services.store.store import Store
from services.worded import Series, worded
from services.words import require_second, require_words
from speedcam.model import PlateReading
from speedcam.plate import could_be_plate, countries_of

UNDO_WITHIN = timedelta(minutes=1)
MOST_WAITING = 200
"""Cases that a queue looks at: the oldest, so that others follow when these are done."""
WAITING = frozenset({State.DETECTED, State.IN_REVIEW})

_WRITTEN = re.compile(r"[A-Z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A case in the queue.

    Attributes:
        case: The case.
        proposal: What somebody proposed, or None.
        left: Who left it to a senior officer and why, or None.
        serve_until: The last day to serve its notice, or None: its law names none.
    """

    case: Case
    proposal: Proposal | None
    left: HandedOn | None
    serve_until: date | None


def queue(store: Store, officer: str, *, senior: bool) -> tuple[Waiting, ...]:
    """What waits for ``officer``: whose term to serve a notice ends first.

    What they proposed themselves waits for others, and what was left to seniors for seniors.
    """
    proposed, left = open_proposals(store), handed_on_cases(store)
    found = cases_in(store, *WAITING, most=MOST_WAITING)
    terms = serve_until(store, found)
    waiting = (
        Waiting(
            case=case,
            proposal=proposed.get(case.key),
            left=left.get(case.key),
            serve_until=terms[case.key],
        )
        for case in found
        if (case.key not in left or senior)
        and (case.key not in proposed or proposed[case.key].by != officer)
    )
    return tuple(sorted(waiting, key=lambda each: each.serve_until or date.max))


def settle(
    store: Store,
    key: str,
    verdict: Verdict,
    *,
    officer: str,
    why: str,
    clock: Clock,
    country: str = "",
    amount: Money | None = None,
    shown: str | None = None,
) -> bool:
    """Decide a case, or propose it where a second officer must agree; whether it is decided.

    ``country`` is whose plate it is, where the plate does not tell it; ``amount`` what is to be
    paid, where it is not the least; ``shown`` is the plate that the officer saw, where they saw one
    on a page.

    Raises:
        CaseError: It waits no more, or may not be decided so.
    """
    case = _waiting_case(store, key)
    require_words(officer, why)
    if verdict is Verdict.CONFIRM and key in open_proposals(store):
        raise CaseError(
            worded("case {key}: a proposal waits. It is answered before it is confirmed.", key=key)
        )
    if verdict is Verdict.CONFIRM:
        _require_shown(case, shown)
    fined = amount_set(case.violation, verdict, amount)
    if verdict is Verdict.CONFIRM and wants_second(case.violation, amount=fined):
        lacking = (*missing_proof(case.violation), *hindrances(store, case, clock.now()))
        if lacking:
            raise CaseError(
                worded(
                    "case {key} cannot be confirmed by anybody: {lacking}.",
                    key=key,
                    lacking=Series(lacking),
                )
            )
        propose(
            store,
            Proposal(
                case_key=key,
                kind=Kind.CONFIRM,
                by=officer,
                at=clock.now(),
                why=why,
                country=country_stated(case.violation, verdict, country),
                amount_minor=fined.minor if fined else None,
            ),
        )
        return False
    with store.grouped():
        if verdict is Verdict.CONFIRM:
            _require_shown(case_of(store, key), shown)  # as nobody else can change it any more
        decide(store, key, officer=officer, verdict=verdict, why=why, clock=clock, country=country)
        hold_back(store, key, officer, clock.now() + UNDO_WITHIN)
    return True


def _require_shown(case: Case, shown: str | None) -> None:
    """Raise CaseError where a case bears another plate than the officer saw."""
    read = case.violation.passage.plate
    text = read.text if isinstance(read, PlateReading) else ""
    if shown not in {None, text}:
        raise CaseError(
            worded("case {key}: its plate was corrected meanwhile. Look again.", key=case.key)
        )


def leave_to_senior(store: Store, key: str, *, officer: str, why: str, clock: Clock) -> None:
    """Leave a case to a senior officer.

    Raises:
        CaseError: It waits no more.
    """
    require_words(officer, why)
    hand_on(store, _waiting_case(store, key).key, officer, why, clock.now())


def propose_plate(
    store: Store, key: str, plate: str, *, officer: str, why: str, clock: Clock
) -> None:
    """Propose that the plate of a case reads otherwise.

    Raises:
        CaseError: It waits no more, no plate was read, or this is none or the one that was read.
    """
    case, normal = _waiting_case(store, key), normal_plate(plate)
    require_words(officer, why)
    read = case.violation.passage.plate
    if not isinstance(read, PlateReading):
        raise _no_plate(key)
    written = _WRITTEN.fullmatch(normal) and could_be_plate(normal)
    if not written or normal == read.text:
        raise CaseError(
            worded(
                "case {key}: give another plate than was read, of 5 to 9 characters, letters and "
                "digits mixed.",
                key=key,
            )
        )
    propose(
        store,
        Proposal(case_key=key, kind=Kind.PLATE, by=officer, at=clock.now(), why=why, plate=normal),
    )


def propose_cancel(store: Store, number: str, *, officer: str, why: str, clock: Clock) -> None:
    """Propose that a fine is cancelled; only another officer's word does it.

    Raises:
        CaseError: There is no such fine, or a proposal waits already.
    """
    fine = store.fine(number)
    if fine is None:
        raise CaseError(worded("there is no fine {number}.", number=number))
    require_words(officer, why)
    key = fine.violation.key
    propose(
        store,
        Proposal(
            case_key=key, kind=Kind.CANCEL, by=officer, at=clock.now(), why=why, number=fine.number
        ),
    )


def answer_proposal(
    store: Store, key: str, *, officer: str, agreed: bool, clock: Clock, shown: str | None = None
) -> Proposal:
    """Answer what somebody else proposed for a case, and do it where ``agreed``.

    ``shown`` is the id of the proposal that the officer saw; None: the one that waits.

    Raises:
        CaseError: Nothing waits for an answer, it is their own, or it cannot be done any more.
    """
    proposal = open_proposals(store).get(key)
    if proposal is None:
        raise CaseError(worded("case {key}: no proposal waits for an answer.", key=key))
    if shown not in {None, proposal.id}:
        raise CaseError(
            worded("case {key}: another proposal waits than you were shown. Look again.", key=key)
        )
    case, why = worded("case {key}", key=key), worded("one proposes, another one answers")
    require_second(case, proposal.by, officer, why)
    with store.grouped():
        answer(store, proposal, officer, agreed=agreed, at=clock.now())
        if agreed:
            _carry_out(store, proposal, officer, clock)
    return proposal


def _carry_out(store: Store, proposal: Proposal, second: str, clock: Clock) -> None:
    key, by, why = proposal.case_key, proposal.by, proposal.why
    match proposal.kind:
        case Kind.CONFIRM:
            decide(
                store,
                key,
                officer=by,
                second=second,
                verdict=Verdict.CONFIRM,
                why=why,
                clock=clock,
                country=proposal.country,
                amount=proposed_amount(store, proposal),
            )
            hold_back(store, key, second, clock.now() + UNDO_WITHIN)
        case Kind.CANCEL:
            step = Step(by=by, second=second, why=why, at=clock.now())
            act_on(store, proposal.number, Act.CANCEL, step)
        case Kind.PLATE:
            _correct_plate(store, proposal, second, clock)


def proposed_amount(store: Store, proposal: Proposal) -> Money | None:
    """What is to be paid if a proposal is agreed to; None: the least."""
    least = case_of(store, proposal.case_key).violation.amount_min
    if proposal.amount_minor is None or least is None:
        return None
    return Money(minor=proposal.amount_minor, currency=least.currency)


def _correct_plate(store: Store, proposal: Proposal, second: str, clock: Clock) -> None:
    case = _waiting_case(store, proposal.case_key)
    for each in (proposal.by, second):
        require_decider(store, each, clock.now().date())
    passage = case.violation.passage
    if not isinstance(passage.plate, PlateReading):
        raise _no_plate(case.key)
    # Two people read it: sure, and no longer of a country that the wrong reading was taken for.
    read = replace(
        passage.plate, text=proposal.plate, confidence=1.0, repaired=False, country=None,
        countries=countries_of(proposal.plate),
    )  # fmt: skip
    violation = replace(case.violation, passage=replace(passage, plate=read))
    with store.reading() as connection:
        other = case_of_drive(store, connection, violation.passages[0], violation.passage)
    if other is not None:
        raise CaseError(
            worded(
                "case {key}: case {other} is of that plate at that time. One drive is fined once: "
                "reject this one.",
                key=case.key,
                other=other,
            )
        )
    told = Event(
        at=clock.now(), who=proposal.by, second=second, what="plate_corrected", subject=case.key,
        reason=f"{passage.plate.text} is {proposal.plate}: {proposal.why}",
        change=Change(holds=Held(table=cases.name, key=case.key)),
    )  # fmt: skip
    with store.writing() as connection:
        connection.execute(
            update(cases)
            .where(cases.c.key == case.key)
            .values(
                violation=store.seal_violation(violation, store.ring(connection, [case.key])),
                plate_digest=store.keys.plate_digest(proposal.plate),
            )
        )
        add_event(store, connection, told)


def _no_plate(key: str) -> CaseError:
    told = worded("case {key}: no plate was read, and nobody may add one. Reject it.", key=key)
    return CaseError(told)


def _waiting_case(store: Store, key: str) -> Case:
    case = case_of(store, key)
    if case.state not in WAITING:
        raise CaseError(
            worded("case {key} is decided already: it is {state}.", key=key, state=case.state)
        )
    return case


def after_key(waiting: Sequence[Waiting], key: str) -> str:
    """The key of the case that follows ``key`` in a queue, or of its first, or nothing."""
    keys = [each.case.key for each in waiting]
    rest = keys[keys.index(key) + 1 :] if key in keys else keys
    return next((each for each in (*rest, *keys) if each != key), "")
