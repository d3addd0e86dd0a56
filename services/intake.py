"""Receiving: passages in, cases out. Lawful passages leave nothing but counts.

Passages are taken in groups: their pictures are on disk before the one commit that names them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from services.errors import CaseError, EvidenceError, OfficeError, StoreUnavailable
from services.model import OffenceKind, Violation
from services.ports import Clock
from services.rules.catalogue import load_editions, pack_for
from services.rules.edition import Edition
from services.rules.engine import SPEEDING, NoViolation, judge, local_day
from services.store.cases import known_case, open_case
from services.store.store import Store
from services.store.traffic import Seen, keep_counts
from services.store.withdrawal import measured_otherwise, withdraw
from speedcam.model import ExhibitKind, Passage
from speedcam.record import read_passages

GROUP = 256
"""Passages taken with one commit."""

Faults = Mapping[tuple[str, ExhibitKind], EvidenceError]
"""Exhibits that could not be kept, by SHA-256 and kind."""


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
        finding: Code of why the law made no case of it; empty where it did, or could not.
    """

    passage_id: str
    outcome: Outcome
    reason: str
    case_key: str | None = None
    finding: str = ""


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
    told: list[Received] = []
    for start in range(0, len(every), GROUP):
        told += _receive(store, every[start:][:GROUP], passages.parent, law, clock)
    report = ReceiveReport(passages=tuple(told))
    keep_counts(store, passages, list(_seen(every, told)), clock.now())
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A passage and what the law says of it; ``fault`` where it cannot say anything."""

    passage: Passage
    key: str
    verdict: Violation | NoViolation | None = None
    edition: Edition | None = None
    fault: str = ""


def _receive(
    store: Store, group: Sequence[Passage], beside: Path, law: Sequence[Edition], clock: Clock
) -> list[Received]:
    judged = [_judge(store, passage, law, clock) for passage in group]
    faults = store.keep_exhibits(
        [exhibit for each in judged if _is_new(store, each) for exhibit in each.passage.exhibits],
        beside,
    )
    with store.grouped():
        return [_enter(store, each, faults, clock) for each in judged]


def _judge(store: Store, passage: Passage, law: Sequence[Edition], clock: Clock) -> _Judged:
    key = store.keys.case_key(passage.id, SPEEDING)
    try:
        edition = pack_for(law, local_day(passage), passage.place.timezone)
        if passage.at > clock.now():
            raise CaseError(
                f"passage {passage.id} is of {passage.at:%Y-%m-%d %H:%M} UTC, which is still to "
                "come: mend the clip's start in the site file, or this machine's clock."
            )
        verdict = judge(passage, edition, key)
    except OfficeError as error:
        return _Judged(passage=passage, key=key, fault=str(error))
    return _Judged(passage=passage, key=key, verdict=verdict, edition=edition)


def _is_new(store: Store, judged: _Judged) -> bool:
    if not isinstance(judged.verdict, Violation):
        return False
    with store.reading() as connection:
        return known_case(store, connection, judged.key, judged.passage) is None


def _enter(store: Store, judged: _Judged, faults: Faults, clock: Clock) -> Received:
    passage_id, verdict = judged.passage.id, judged.verdict
    try:
        if isinstance(verdict, NoViolation):
            withdraw(store, judged.key, f"received again: {verdict.text}", clock.now())
            return Received(
                passage_id=passage_id,
                outcome=Outcome.LAWFUL if verdict.lawful else Outcome.NOT_PROVEN,
                reason=verdict.text,
                finding=verdict.finding,
            )
        if verdict is not None and judged.edition is not None:
            return _open(store, verdict, judged.edition, faults, clock)
    except StoreUnavailable:
        raise
    except OfficeError as error:
        return Received(passage_id=passage_id, outcome=Outcome.FAULT, reason=str(error))
    return Received(passage_id=passage_id, outcome=Outcome.FAULT, reason=judged.fault)


def _open(
    store: Store,
    violation: Violation,
    edition: Edition,
    faults: Faults,
    clock: Clock,
) -> Received:
    passage = violation.passage
    with store.reading() as connection:
        known = known_case(store, connection, violation.key, passage)
    for exhibit in passage.exhibits if known is None else ():
        if (exhibit.sha256, exhibit.kind) in faults:
            raise faults[exhibit.sha256, exhibit.kind]
    case_key, new = open_case(store, violation, edition, clock.now())
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


def _seen(every: Sequence[Passage], told: Sequence[Received]) -> Iterator[Seen]:
    for passage, each in zip(every, told, strict=True):
        yield Seen(passage=passage, outcome=each.outcome, finding=each.finding)
