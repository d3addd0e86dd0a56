"""The office on one page: receive, review, decide, issue, deliver.

Every step may be run again, and killed anywhere: keys follow from the passage, files are on disk
before the row that names them, and each change is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError

from services.countries import require_country
from services.errors import CaseError, CountryUnstated, EvidenceError, OfficeError
from services.hindrances import ends, hindrances, holds
from services.intake import GROUP, Outcome, Received, ReceiveReport, receive
from services.life import State
from services.model import Channel, Decision, Fine, LetterKind, Money, Verdict, Violation
from services.notifier.delivery import deliver
from services.notifier.outbox import Delivered, notices
from services.numbers import creditor_reference, new_number
from services.policy import (
    Policy,
    drawn_for_quality,
    missing_proof,
    wants_country,
    wants_second,
)
from services.ports import Clock
from services.rules.edition import Edition
from services.rules.engine import local_day
from services.rules.terms import served_by, terms_of
from services.seals import UNSIGNED
from services.store.accounts import require_decider
from services.store.cases import Case, case_of, cases_in, edition_of, texts_of, twins_of
from services.store.decisions import decision_of, decisions_of, record_decisions, take_up
from services.store.desk import handed_on_cases, held_back
from services.store.issue import plate_of, record_fines
from services.store.proposals import open_proposals
from services.store.ring import Ring
from services.store.store import Store
from services.store.trust import doubts_of_seal, kept_seal_fault, trusted_cameras
from services.store.withdrawal import withdraw
from services.uncollected import uncollected
from services.worded import Series, worded
from services.words import require_officers, require_second, require_words
from speedcam.model import Exhibit

__all__ = [
    "Delivered",
    "Issued",
    "Outcome",
    "PassageRow",
    "ReceiveReport",
    "Received",
    "Reviewed",
    "decide",
    "deliver",
    "issue",
    "new_fine",
    "quality_sample",
    "receive",
    "review",
    "trace",
    "waiting",
]

_NOT_CONFIRMED = frozenset({State.DETECTED, State.IN_REVIEW, State.REJECTED, State.ADVISORY})
_WAITS = (State.DETECTED, State.IN_REVIEW)
_T = TypeVar("_T")

NUMBERS_TO_TRY = 8
"""Random numbers tried for a fine; two in a row being taken is already beyond belief."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What a policy made of one waiting case.

    Attributes:
        decision: None: it waits for an officer.
        reasons: Why it waits, or why the law ended it; empty when the policy decided it.
        lacking: A proof is lacking, so that no officer may confirm it either.
    """

    case_key: str
    passage_id: str
    decision: Decision | None
    reasons: tuple[str, ...]
    lacking: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """One confirmed case and its new fine, or why it got none.

    Attributes:
        fine: None: see ``fault`` and ``ended``.
        fault: What must be mended before it is issued; else empty.
        ended: Why the law ended the case instead; else empty.
    """

    case_key: str
    passage_id: str
    fine: Fine | None
    fault: str = ""
    ended: str = ""


def waiting(store: Store) -> tuple[Case, ...]:
    """Every case that waits for a decision, in order of the passage's instant."""
    return cases_in(store, *_WAITS)


def review(store: Store, policy: Policy, clock: Clock) -> tuple[Reviewed, ...]:
    """Let ``policy`` decide every waiting case that it may; the rest waits for an officer.

    A case whose notice can no longer be served in time, or whose source was found unsound, ends
    here.
    """
    return tuple(_in_groups(store, waiting(store), lambda g: _review(store, g, policy, clock)))


def _in_groups(
    store: Store, cases: Sequence[Case], step: Callable[[Sequence[Case]], Sequence[_T]]
) -> Iterator[_T]:
    """Take a step with so many cases at a time, with one commit: the disk is waited for once."""
    for start in range(0, len(cases), GROUP):
        with uncollected(), store.grouped():
            done = step(cases[start : start + GROUP])
        yield from done


def _end(store: Store, group: Sequence[Case], at: datetime) -> dict[str, str]:
    """End the cases that can become no fine any more; why, by key."""
    over = ends(store, group, at)
    for key, why in over.items():
        withdraw(store, key, why, at)
    return over


def _review(store: Store, group: Sequence[Case], policy: Policy, clock: Clock) -> list[Reviewed]:
    now = clock.now()
    over = _end(store, group, now)
    ended = [
        Reviewed(
            case_key=case.key,
            passage_id=case.violation.passage.id,
            decision=decision_of(store, case.key),
            reasons=(over[case.key],),
        )
        for case in group
        if case.key in over
    ]
    return [*ended, *_reviewed(store, [c for c in group if c.key not in over], policy, now)]


def _reviewed(store: Store, group: Sequence[Case], policy: Policy, now: datetime) -> list[Reviewed]:
    twins = twins_of(store, group)
    cameras = trusted_cameras(store)
    people, held = _left_to_people(store), holds(store, group)
    doubts = {
        case.key: (
            *doubts_of_seal(store, cameras, case.violation),
            *people.get(case.key, ()),
            *filter(None, [held.get(case.key)]),
        )
        for case in group
    }
    verdicts = {
        case.key: _verdict(case, twins[case.key], doubts[case.key], policy, now) for case in group
    }
    decisions = {key: said for key, said in verdicts.items() if isinstance(said, Decision)}
    waits = {key: said for key, said in verdicts.items() if not isinstance(said, Decision)}
    decided = record_decisions(store, decisions)
    take_up(store, {key: "; ".join(reasons) for key, reasons in waits.items()}, now)
    return [
        Reviewed(
            case_key=case.key,
            passage_id=case.violation.passage.id,
            # Where somebody else was first, theirs stands.
            decision=decisions.get(case.key)
            if case.key in decided | waits.keys()
            else decision_of(store, case.key),
            reasons=waits.get(case.key, ()),
            lacking=case.key in waits and bool(missing_proof(case.violation)),
        )
        for case in group
    ]


def _left_to_people(store: Store) -> Mapping[str, tuple[str, ...]]:
    """By case, why an officer's doubt keeps every policy from it."""
    left, proposed = handed_on_cases(store), open_proposals(store)
    return {
        **dict.fromkeys(left, ("an officer left it to a senior officer",)),
        **dict.fromkeys(proposed, ("an officer's proposal waits",)),
    }


def _verdict(
    case: Case, twins: Sequence[str], doubts: tuple[str, ...], policy: Policy, at: datetime
) -> Decision | tuple[str, ...]:
    """What the policy says, unless the case may be another one once more, or somebody doubts it.

    Args:
        case: What waits.
        twins: Keys of those that it may be.
        doubts: What is to be said against its seals, and what officers say of it.
        policy: Decides.
        at: Dates the decision.
    """
    verdict = policy(case.violation, at)
    told = list(doubts)
    if twins:
        told.append(f"another clip shows what may be this very passage: case {', '.join(twins)}")
    return (*(verdict if isinstance(verdict, tuple) else ()), *told) if told else verdict


def decide(
    store: Store,
    case_key: str,
    *,
    officer: str,
    verdict: Verdict,
    why: str,
    clock: Clock,
    second: str = "",
    amount: Money | None = None,
    country: str = "",
) -> Decision:
    """An officer confirms or rejects a case. The same decision again changes nothing.

    Args:
        store: Of the office.
        case_key: The case.
        officer: Who decides.
        verdict: Confirm or reject.
        why: The reason in words.
        clock: Dates the decision.
        second: Another officer who agrees: nobody alone takes a licence away, or sets more than
            the minimum.
        amount: Set by both; None: the least that the law names.
        country: Whose plate it is, as the officer sees (ISO 3166-1 alpha-2). To be stated where a
            case is confirmed whose plate does not tell it.

    Raises:
        CaseError: There is no such case, it is decided otherwise, something that nobody may do
            without is missing, nobody can be served in time any more, the officer, the reason or
            a second officer is not named, the law does not have the amount, or nobody says whose
            plate it is.
    """
    if not officer.strip() or not why.strip():
        raise CaseError(
            worded(
                "case {key}: a decision names its officer and its reason in words.", key=case_key
            )
        )
    require_words(case_key, officer, why, second=second)
    require_officers(officer, second)
    for each in filter(None, (officer.strip(), second.strip())):
        require_decider(store, each, clock.now().date())
    case = case_of(store, case_key)
    lacking = missing_proof(case.violation)
    if fault := kept_seal_fault(store, trusted_cameras(store), case.violation):
        lacking = (*lacking, fault)
    if case.state in _WAITS:
        lacking = (*lacking, *hindrances(store, case, clock.now()))
    if verdict is Verdict.CONFIRM and lacking:
        raise CaseError(
            worded(
                "case {key} cannot be confirmed by anybody: {lacking}. Reject it.",
                key=case_key,
                lacking=Series(lacking),
            )
        )
    if verdict is Verdict.ADVISE and (held := holds(store, [case])):
        raise CaseError(
            worded(
                "case {key}: {held}. It may only be rejected meanwhile.",
                key=case_key,
                held=held[case_key],
            )
        )
    fined = amount_set(case.violation, verdict, amount)
    stated = country_stated(case.violation, verdict, country)
    confirmed = verdict is Verdict.CONFIRM
    grave = wants_second(case.violation, amount=fined) if confirmed else ()
    if grave or second.strip():
        require_second(
            worded("case {key}", key=case_key),
            officer,
            second,
            worded("{reasons}", reasons=Series(grave)) if grave else worded("one agrees"),
        )
    decision = Decision(
        verdict=verdict,
        by=officer.strip(),
        is_policy=False,
        at=clock.now(),
        why=why.strip(),
        second=second.strip(),
        amount=fined,
        country=stated,
    )
    with store.grouped():
        if confirmed and case_key in open_proposals(store):
            raise CaseError(
                worded(
                    "case {key}: a proposal waits. It is answered before it is confirmed.",
                    key=case_key,
                )
            )
        if record_decisions(store, {case_key: decision}):
            return decision
    return _same_decision(store, case_key, decision)


def amount_set(violation: Violation, verdict: Verdict, amount: Money | None) -> Money | None:
    """An amount that the law has, or None for the least one.

    Raises:
        CaseError: The law does not have it, or no fine is confirmed.
    """
    if amount is None:
        return None
    least, most = violation.amount_min, violation.amount_max
    if verdict is not Verdict.CONFIRM or least is None or most is None:
        raise CaseError(
            worded(
                "case {key}: an amount is set only where a fine is confirmed.", key=violation.key
            )
        )
    if amount.currency != least.currency or not least.minor <= amount.minor <= most.minor:
        raise CaseError(
            worded(
                "case {key}: {reference} has {least} to {most} {currency} (in its smallest unit), "
                "and not {amount} {other}.",
                key=violation.key,
                reference=violation.reference,
                least=least.minor,
                most=most.minor,
                currency=least.currency,
                amount=amount.minor,
                other=amount.currency,
            )
        )
    return amount if amount.minor > least.minor else None


def country_stated(violation: Violation, verdict: Verdict, country: str) -> str:
    """The country that an officer states, or nothing where the plate tells it or none is asked."""
    if verdict is not Verdict.CONFIRM:
        return ""
    stated, told = country.strip().upper(), violation.country
    if not (stated or told):
        raise CountryUnstated(
            f"case {violation.key}: {'; '.join(wants_country(violation))}. Look at its picture: "
            "the register of another country would name somebody else."
        )
    if stated and told and stated != told:
        raise CaseError(
            worded(
                "case {key}: the plate tells {told}, and you say {stated}. Reject the case: nobody "
                "is fined on a doubt.",
                key=violation.key,
                told=told,
                stated=stated,
            )
        )
    return require_country(country, violation) if not told else ""


def quality_sample(store: Store) -> tuple[Case, ...]:
    """The policy's confirmed cases that are drawn for a person to look at, fined or not yet."""
    decided = cases_in(store, *(set(State) - _NOT_CONFIRMED))
    drawn = (case for case in decided if drawn_for_quality(case.key))
    return tuple(case for case in drawn if _by_policy(store, case))


def _by_policy(store: Store, case: Case) -> bool:
    decision = decision_of(store, case.key)
    return decision is not None and decision.is_policy


def _same_decision(store: Store, case_key: str, wanted: Decision) -> Decision:
    """The decision that stands, if it is the one wanted."""
    standing = decision_of(store, case_key)
    if standing and _say_the_same(standing, wanted):
        return standing
    told = worded("closed")
    if standing:
        told = worded(
            "{verdict} by {officer} on {day}",
            verdict=_VERDICTS[standing.verdict],
            officer=standing.by,
            day=standing.at.date(),
        )
    raise CaseError(
        worded(
            "case {key} is decided already: {told}. A decision is not made twice.",
            key=case_key,
            told=told,
        )
    )


_VERDICTS = {
    Verdict.CONFIRM: worded("confirm"),
    Verdict.REJECT: worded("reject"),
    Verdict.ADVISE: worded("advise"),
}


def _say_the_same(one: Decision, other: Decision) -> bool:
    return (one.verdict, one.by, one.amount, one.country) == (
        other.verdict,
        other.by,
        other.amount,
        other.country,
    )


def issue(store: Store, clock: Clock) -> tuple[Issued, ...]:
    """Make a fine of every confirmed case, with its notice in the outbox.

    Not of one whose officer may still undo it; one whose notice can no longer be served in time,
    or whose source was found unsound, ends instead.
    """
    confirmed = cases_in(store, State.VALIDATED)
    # Asked afterwards: what is confirmed between both questions is in neither answer, or in both.
    held = held_back(store, clock.now())
    validated = [case for case in confirmed if case.key not in held]
    return tuple(_in_groups(store, validated, lambda group: _issue(store, group, clock)))


def _issue(store: Store, group: Sequence[Case], clock: Clock) -> list[Issued]:
    over = _end(store, group, clock.now())
    ended = [replace(_unmade(case), ended=over[case.key]) for case in group if case.key in over]
    return [*ended, *_issued(store, [case for case in group if case.key not in over], clock)]


def _issued(store: Store, group: Sequence[Case], clock: Clock) -> list[Issued]:
    papers = _papers_of(store, group)
    for _ in range(NUMBERS_TO_TRY):
        made = [_made(case, papers, clock) for case in group]
        fines = [each.fine for each in made if each.fine]
        try:
            recorded = record_fines(store, fines, (Channel.ANY,), papers.ring)
        except IntegrityError:
            continue  # a random number is taken
        return [_standing(store, each, recorded) for each in made]
    told = "found no free number. Run `speedcam office issue` again."
    return [replace(each, fine=None, fault=each.fault or told) for each in made]


def _standing(store: Store, made: Issued, recorded: Set[str]) -> Issued:
    """What was made, or the fine that another process issued for the case meanwhile."""
    if made.fine is None or made.case_key in recorded:
        return made
    return replace(made, fine=store.fine_of_case(made.case_key))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Papers:
    """What a fine is made of beside its case, for a group of them.

    Attributes:
        decisions: By key of the case.
        packs: Texts of the law, by SHA-256.
        broken: Exhibits that are not intact, by SHA-256.
        unproven: What is wrong with the seals of cases, or which incident holds them, by key;
            empty or missing where nothing is.
        ring: The data keys of the cases.
    """

    decisions: Mapping[str, Decision]
    packs: Mapping[str, bytes]
    broken: Mapping[str, EvidenceError]
    unproven: Mapping[str, str]
    ring: Ring


def _papers_of(store: Store, group: Sequence[Case]) -> _Papers:
    exhibits = {e.sha256 for case in group for e in _exhibits(case)}
    keys = [case.key for case in group]
    with store.reading() as connection:
        ring = store.ring(connection, keys)
    decisions = decisions_of(store, keys, ring)
    return _Papers(
        decisions=decisions,
        packs=texts_of(store, (case.violation for case in group)),
        broken=store.broken_exhibits(exhibits, ring),
        ring=ring,
        unproven=_unproven(store, group, decisions),
    )


def _exhibits(case: Case) -> Iterator[Exhibit]:
    return (exhibit for passage in case.violation.passages for exhibit in passage.exhibits)


def _unproven(
    store: Store, group: Sequence[Case], decisions: Mapping[str, Decision]
) -> dict[str, str]:
    """Why confirmed cases may get no fine: a key was revoked meanwhile, or an incident opened."""
    cameras, told = trusted_cameras(store), holds(store, group)
    for case in group if cameras else ():
        decision = decisions.get(case.key)
        doubts = doubts_of_seal(store, cameras, case.violation)
        by_person = decision is not None and not decision.is_policy
        doubts = tuple(d for d in doubts if not (by_person and d == UNSIGNED))
        told[case.key] = "; ".join((*filter(None, [told.get(case.key)]), *doubts))
    return told


def _unmade(case: Case) -> Issued:
    return Issued(case_key=case.key, passage_id=case.violation.passage.id, fine=None)


def _made(case: Case, papers: _Papers, clock: Clock) -> Issued:
    """The fine of a confirmed case, not yet recorded, or why it gets none."""
    unmade = _unmade(case)
    try:
        decision = papers.decisions.get(case.key)
        if decision is None:
            raise CaseError(f"case {case.key} is confirmed without a decision: nothing was issued.")
        plate_of(case.violation)
        for exhibit in _exhibits(case):
            if fault := papers.broken.get(exhibit.sha256):
                raise fault  # no fine whose proof is not intact
        if unproven := papers.unproven.get(case.key):
            raise EvidenceError(f"case {case.key}: {unproven}. Nothing was issued.")
        edition = edition_of(case.violation, papers.packs)
        return replace(unmade, fine=new_fine(case.violation, decision, edition, clock))
    except OfficeError as error:
        return replace(unmade, fault=str(error))


def new_fine(violation: Violation, decision: Decision, edition: Edition, clock: Clock) -> Fine:
    """The fine of a confirmed violation: the least amount, or the one that two officers set.

    Its terms are counted from today, that to serve the notice from the passage.
    """
    amount = decision.amount or violation.amount_min
    if amount is None:
        raise CaseError(f"case {violation.key}: {violation.reference} names no amount.")
    now = clock.now()
    today = now.astimezone(ZoneInfo(edition.pack.timezone)).date()
    number = new_number(edition.pack.country, today.year)
    terms = terms_of(edition.pack, amount, today, violation.offence)
    serve_until = served_by(edition.pack, local_day(violation.passage))
    return Fine(
        number=number,
        violation=violation,
        decision=decision,
        amount=amount,
        points=violation.points,
        terms=replace(terms, serve_until=serve_until),
        reference=creditor_reference(number),
        issued_at=now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageRow:
    """The whole way of one passage, for a table.

    Attributes:
        outcome: What receiving made of it.
        reason: Why it is no case, why the case waits, or who decided it and why.
        state: Where its case stands, or None without a case.
        amount: Of its fine; None, like the number, without one.
        sent: Where its notice lies, relative to the office; None until it is sent.
    """

    passage_id: str
    outcome: Outcome
    reason: str
    case_key: str | None = None
    state: State | None = None
    fine_number: str | None = None
    amount: Money | None = None
    sent: str | None = None


def trace(
    store: Store, received: ReceiveReport, reviewed: tuple[Reviewed, ...] = ()
) -> tuple[PassageRow, ...]:
    """Follow every passage of a report to where it stands now, in the report's order.

    Args:
        store: Of the office that received them.
        received: What :func:`receive` told.
        reviewed: What :func:`review` told; says why cases wait.
    """
    sent = {
        each.fine_number: each.receipt
        for each in notices(store)
        if each.receipt and each.kind is LetterKind.NOTICE
    }
    waits = {each.case_key: "; ".join(each.reasons) for each in reviewed}
    return tuple(_row(store, each, sent, waits) for each in received.passages)


def _row(
    store: Store, received: Received, sent: Mapping[str, str], waits: Mapping[str, str]
) -> PassageRow:
    key = received.case_key
    if key is None:
        return PassageRow(
            passage_id=received.passage_id, outcome=received.outcome, reason=received.reason
        )
    decision, fine = decision_of(store, key), store.fine_of_case(key)
    case = case_of(store, key)
    lacking = missing_proof(case.violation)
    reason = f"waits for an officer: {waits.get(key) or received.reason}"
    if lacking:
        reason = f"nobody may confirm it: {'; '.join(lacking)}"
    if decision is not None:
        reason = f"{decision.verdict} by {decision.by}: {decision.why}"
    return PassageRow(
        passage_id=received.passage_id,
        outcome=received.outcome,
        reason=reason,
        case_key=key,
        state=case.state,
        fine_number=fine.number if fine else None,
        amount=fine.amount if fine else None,
        sent=sent.get(fine.number) if fine else None,
    )
