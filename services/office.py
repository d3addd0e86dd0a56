"""The office on one page: receive, review, decide, issue, deliver.

Every step may be run again, and killed anywhere: keys follow from the passage, files are on disk
before the row that names them, and each change is one transaction.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError

from services.errors import CaseError, OfficeError
from services.model import Channel, Decision, Fine, Verdict, Violation
from services.numbers import creditor_reference, new_number
from services.policy import Policy, missing_proof
from services.ports import Clock
from services.rules.catalogue import load_editions, pack_for
from services.rules.edition import Edition
from services.rules.engine import SPEEDING, NoViolation, judge, local_day
from services.rules.terms import terms_of
from services.store.cases import (
    Case,
    CaseState,
    case_of,
    cases_in,
    decision_of,
    edition_of,
    known_case,
    open_case,
    record_decision,
    record_fine,
)
from services.store.instants import to_ms
from services.store.schema import intakes
from services.store.store import Store
from speedcam.model import Passage
from speedcam.record import read_passages

NUMBERS_TO_TRY = 8
"""Random numbers tried for a fine; two in a row being taken is already beyond belief."""


class Outcome(StrEnum):
    """What became of a received passage."""

    LAWFUL = "lawful"
    NOT_PROVEN = "not_proven"
    CASE = "case"
    KNOWN = "known"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of one passage.

    Attributes:
        reason: Why, in words.
        case_key: Of the case that it is, new or known; None without one.
    """

    passage_id: str
    outcome: Outcome
    reason: str
    case_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReport:
    """What became of a file of passages, in its order."""

    passages: tuple[Received, ...]

    def count(self, outcome: Outcome) -> int:
        """How many passages ended so."""
        return sum(each.outcome is outcome for each in self.passages)

    @property
    def whole(self) -> bool:
        """Nothing was set aside."""
        return self.count(Outcome.FAULT) == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What a policy made of one waiting case.

    Attributes:
        decision: None: it waits for an officer.
        reasons: Why it waits; empty when it was decided.
    """

    case_key: str
    passage_id: str
    decision: Decision | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """One confirmed case and its new fine, or why it got none.

    Attributes:
        fine: None: see ``fault``.
        fault: Empty when the fine was issued.
    """

    case_key: str
    passage_id: str
    fine: Fine | None
    fault: str = ""


def receive(
    store: Store, passages: Path, clock: Clock, editions: Sequence[Edition] | None = None
) -> ReceiveReport:
    """Judge every passage of a file; open a case for each violation that is not known yet.

    Args:
        store: Where cases are kept. Lawful passages leave nothing there but a count.
        passages: JSON lines; exhibits are found relative to its folder.
        clock: Dates the history.
        editions: The law; by default every pack of this release.

    Raises:
        PassageError: The file is not passages; nothing was received.
        PackError: A rule pack has faults; nothing was received.
    """
    law = load_editions() if editions is None else editions
    every = list(read_passages(passages))
    report = ReceiveReport(
        passages=tuple(_receive(store, each, passages.parent, law, clock) for each in every)
    )
    _count(store, passages, report, clock)
    return report


def _receive(
    store: Store, passage: Passage, beside: Path, law: Sequence[Edition], clock: Clock
) -> Received:
    try:
        edition = pack_for(law, local_day(passage), passage.place.timezone)
        key = store.keys.case_key(passage.id, SPEEDING)
        judged = judge(passage, edition, key)
        if isinstance(judged, NoViolation):
            outcome = Outcome.LAWFUL if judged.lawful else Outcome.NOT_PROVEN
            return Received(passage_id=passage.id, outcome=outcome, reason=judged.text)
        return _open(store, judged, edition, beside, clock)
    except OfficeError as error:
        return Received(passage_id=passage.id, outcome=Outcome.FAULT, reason=str(error))


def _open(
    store: Store, violation: Violation, edition: Edition, beside: Path, clock: Clock
) -> Received:
    passage = violation.passage
    with store.reading() as connection:
        known = known_case(store, connection, violation.key, passage)
    if known is None:
        for exhibit in passage.exhibits:
            store.keep_exhibit(exhibit, beside)
        case_key, new = open_case(store, violation, edition, clock.now())
    else:
        case_key, new = known, False
    return Received(
        passage_id=passage.id,
        outcome=Outcome.CASE if new else Outcome.KNOWN,
        reason=_told(violation) if new else f"is already case {case_key}",
        case_key=case_key,
    )


def _told(violation: Violation) -> str:
    return (
        f"{violation.retained_kmh.normalize():f} km/h counts, limit {violation.limit_kmh} km/h: "
        f"{violation.reference}"
    )


def _count(store: Store, passages: Path, report: ReceiveReport, clock: Clock) -> None:
    """Keep the counters of this file; receiving it again replaces them with the same."""
    tally = Counter(each.outcome for each in report.passages)
    row = {
        "sha256": hashlib.sha256(passages.read_bytes()).hexdigest(),
        "at_ms": to_ms(clock.now()),
        "passages": len(report.passages),
        "lawful": tally[Outcome.LAWFUL],
        "not_proven": tally[Outcome.NOT_PROVEN],
        "violations": tally[Outcome.CASE] + tally[Outcome.KNOWN],
        "faults": tally[Outcome.FAULT],
    }
    with store.writing() as connection:
        connection.execute(delete(intakes).where(intakes.c.sha256 == row["sha256"]))
        connection.execute(insert(intakes), [row])


def waiting(store: Store) -> tuple[Case, ...]:
    """Every case that waits for a decision, in order of the passage's instant."""
    return cases_in(store, CaseState.WAITING)


def review(store: Store, policy: Policy, clock: Clock) -> tuple[Reviewed, ...]:
    """Let ``policy`` decide every waiting case that it may; the rest waits for an officer."""
    return tuple(_review(store, case, policy, clock) for case in waiting(store))


def _review(store: Store, case: Case, policy: Policy, clock: Clock) -> Reviewed:
    verdict = policy(case.violation, clock.now())
    decision = verdict if isinstance(verdict, Decision) else None
    if decision is not None and not record_decision(store, case.key, decision):
        decision = decision_of(store, case.key)
    return Reviewed(
        case_key=case.key,
        passage_id=case.violation.passage.id,
        decision=decision,
        reasons=verdict if isinstance(verdict, tuple) else (),
    )


def decide(
    store: Store, case_key: str, *, officer: str, verdict: Verdict, why: str, clock: Clock
) -> Decision:
    """An officer confirms or rejects a case. The same decision again changes nothing.

    Raises:
        CaseError: There is no such case, it is decided otherwise, something that nobody may do
            without is missing, or the officer or the reason is not named.
    """
    if not officer.strip() or not why.strip():
        raise CaseError(f"case {case_key}: a decision names its officer and its reason in words.")
    case = case_of(store, case_key)
    lacking = missing_proof(case.violation)
    if verdict is Verdict.CONFIRM and lacking:
        raise CaseError(
            f"case {case_key} cannot be confirmed by anybody: {'; '.join(lacking)}. Reject it."
        )
    decision = Decision(
        verdict=verdict, by=officer.strip(), is_policy=False, at=clock.now(), why=why.strip()
    )
    if record_decision(store, case_key, decision):
        return decision
    return _same_decision(store, case_key, decision)


def _same_decision(store: Store, case_key: str, wanted: Decision) -> Decision:
    """The decision that stands, if it is the one wanted."""
    standing = decision_of(store, case_key)
    if standing and (standing.verdict, standing.by) == (wanted.verdict, wanted.by):
        return standing
    told = (
        f"{standing.verdict} by {standing.by} on {standing.at:%Y-%m-%d}" if standing else "closed"
    )
    raise CaseError(f"case {case_key} is decided already: {told}. A decision is not made twice.")


def issue(store: Store, clock: Clock) -> tuple[Issued, ...]:
    """Make a fine of every confirmed case, with its notice in the outbox."""
    return tuple(_issue(store, case, clock) for case in cases_in(store, CaseState.CONFIRMED))


def _issue(store: Store, case: Case, clock: Clock) -> Issued:
    passage_id = case.violation.passage.id
    try:
        fine = _issue_fine(store, case, clock)
    except OfficeError as error:
        return Issued(case_key=case.key, passage_id=passage_id, fine=None, fault=str(error))
    return Issued(case_key=case.key, passage_id=passage_id, fine=fine)


def _issue_fine(store: Store, case: Case, clock: Clock) -> Fine:
    decision = decision_of(store, case.key)
    if decision is None:
        raise CaseError(f"case {case.key} is confirmed without a decision: nothing was issued.")
    for exhibit in case.violation.passage.exhibits:
        store.exhibit_bytes(exhibit.sha256)  # no fine whose proof is not intact
    edition = edition_of(store, case.violation)
    for _ in range(NUMBERS_TO_TRY):
        fine = new_fine(case.violation, decision, edition, clock)
        try:
            if record_fine(store, fine, (Channel.FOLDER,)):
                return fine
        except IntegrityError:
            continue  # the random number is taken
        raise CaseError(f"case {case.key} was fined by another process meanwhile.")
    raise CaseError(f"case {case.key}: found no free number. Run `speedcam office issue` again.")


def new_fine(violation: Violation, decision: Decision, edition: Edition, clock: Clock) -> Fine:
    """The fine of a confirmed violation: the least amount, its terms counted from today."""
    now = clock.now()
    today = now.astimezone(ZoneInfo(edition.pack.timezone)).date()
    number = new_number(edition.pack.country, today.year)
    return Fine(
        number=number,
        violation=violation,
        decision=decision,
        amount=violation.amount_min,
        points=violation.points,
        terms=terms_of(edition.pack, violation.amount_min, today),
        reference=creditor_reference(number),
        issued_at=now,
    )
