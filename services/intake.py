"""Receiving: passages in, cases out. Lawful passages leave nothing but a count."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import delete, insert

from services.errors import CaseError, OfficeError, StoreUnavailable
from services.model import OffenceKind, Violation
from services.ports import Clock
from services.rules.catalogue import load_editions, pack_for
from services.rules.edition import Edition
from services.rules.engine import SPEEDING, NoViolation, judge, local_day
from services.store.cases import known_case, open_case
from services.store.instants import to_ms
from services.store.schema import intakes
from services.store.store import Store
from services.store.withdrawal import measured_otherwise, withdraw
from speedcam.model import Passage
from speedcam.record import read_passages


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
        if passage.at > clock.now():
            raise CaseError(
                f"passage {passage.id} is of {passage.at:%Y-%m-%d %H:%M} UTC, which is still to "
                "come: mend the clip's start in the site file, or this machine's clock."
            )
        key = store.keys.case_key(passage.id, SPEEDING)
        judged = judge(passage, edition, key)
        if isinstance(judged, NoViolation):
            withdraw(store, key, f"received again: {judged.text}", clock.now())
            outcome = Outcome.LAWFUL if judged.lawful else Outcome.NOT_PROVEN
            return Received(passage_id=passage.id, outcome=outcome, reason=judged.text)
        return _open(store, judged, edition, beside, clock)
    except StoreUnavailable:
        raise
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
        if known == violation.key and measured_otherwise(store, violation):
            told = "received again with another speed, limit or plate: nobody knows which holds"
            withdraw(store, known, told, clock.now())
    return Received(
        passage_id=passage.id,
        outcome=Outcome.CASE if new else Outcome.KNOWN,
        reason=_told(violation) if new else f"is already case {case_key}",
        case_key=case_key,
    )


def _told(violation: Violation) -> str:
    if violation.kind is OffenceKind.WRONG_WAY:
        return f"it drove against its lane's direction: {violation.reference}"
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
