"""Receiving: passages in, cases out. Lawful passages leave nothing but counts.

Passages are taken in groups: their pictures are on disk before the one commit that names them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path

from services.errors import CaseError, EvidenceError, OfficeError, StoreUnavailable
from services.model import OffenceKind, Violation
from services.ports import Clock
from services.rules.catalogue import load_editions, pack_for
from services.rules.edition import Edition
from services.rules.engine import SPEEDING, NoViolation, judge, local_day
from services.seals import SealGate
from services.store.cases import case_of, open_cases
from services.store.exhibits import read_beside
from services.store.known import Known
from services.store.store import Store
from services.store.traffic import Seen, keep_counts
from services.store.trust import trusted_cameras
from services.store.withdrawal import measured_otherwise, withdraw
from services.uncollected import uncollected
from speedcam.model import Exhibit, ExhibitKind, Passage
from speedcam.record import read_passages

GROUP = 1024
"""Passages taken with one commit: half a second of waiting for the others who write."""

MEASURED_OTHERWISE = "received again with another speed, limit or plate: nobody knows which holds"

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
    law = _shipped() if editions is None else editions
    gate = _gate(store, passages.parent)
    with uncollected():
        every = list(read_passages(passages))
    told: list[Received] = []
    for start in range(0, len(every), GROUP):
        group = every[start : start + GROUP]
        with uncollected():
            told += _receive(store, group, beside=passages.parent, law=law, gate=gate, clock=clock)
    report = ReceiveReport(passages=tuple(told))
    keep_counts(store, passages, list(_seen(every, told)), clock.now())
    return report


@cache
def _shipped() -> tuple[Edition, ...]:
    """The packs of this release, which no running program changes."""
    return load_editions()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A passage and what the law says of it; ``fault`` where it cannot say anything."""

    passage: Passage
    key: str
    verdict: Violation | NoViolation | None = None
    edition: Edition | None = None
    fault: str = ""


def _receive(
    store: Store,
    group: Sequence[Passage],
    *,
    beside: Path,
    law: Sequence[Edition],
    gate: SealGate | None,
    clock: Clock,
) -> list[Received]:
    judged = [_judge(store, passage, law, clock) for passage in group]
    if gate is not None:
        judged = [_with_seal(each, gate) for each in judged]
    faults = store.keep_exhibits(_new_exhibits(store, judged), beside)
    with store.grouped(), store.writing() as connection:
        known = Known(store, connection, [(each.key, each.passage) for each in judged])
        judged = [replace(each, fault=_fault(each, known, faults)) for each in judged]
        to_open = [
            (each.verdict, each.edition)
            for each in judged
            if isinstance(each.verdict, Violation) and each.edition and not each.fault
        ]
        opened = iter(open_cases(store, connection, known, to_open, clock.now()))
        return [
            _enter(store, each, known=known, opened=opened, gate=gate, clock=clock)
            for each in judged
        ]


def _new_exhibits(store: Store, judged: Sequence[_Judged]) -> dict[str, Sequence[Exhibit]]:
    """The exhibits of every violation that is no case yet, by the key that its case will have."""
    violations = [each for each in judged if isinstance(each.verdict, Violation)]
    with store.reading() as connection:
        known = Known(store, connection, [(each.key, each.passage) for each in violations])
    new = (each for each in violations if known.of(each.key, each.passage) is None)
    return {each.key: each.passage.exhibits for each in new}


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


def _gate(store: Store, beside: Path) -> SealGate | None:
    """Checks seals of passages in the folder ``beside``; None where the office trusts nobody."""
    cameras = trusted_cameras(store)
    if cameras is None:
        return None
    return SealGate(cameras=cameras, read=lambda exhibit: read_beside(exhibit, beside))


def _with_seal(judged: _Judged, gate: SealGate) -> _Judged:
    """As it is, or set aside where a seal does not hold: such a case must never be opened."""
    if not isinstance(judged.verdict, Violation):
        return judged
    fault = gate.fault([judged.passage])
    return replace(judged, verdict=None, fault=fault) if fault else judged


def _fault(judged: _Judged, known: Known, faults: Faults) -> str:
    """Why a passage is set aside; empty where it is not."""
    if not isinstance(judged.verdict, Violation):
        return judged.fault
    if known.of(judged.key, judged.passage) is not None:
        return ""  # its exhibits were kept when its case was opened
    exhibits = judged.passage.exhibits
    broken = [faults[e.sha256, e.kind] for e in exhibits if (e.sha256, e.kind) in faults]
    return str(broken[0]) if broken else ""


def _enter(
    store: Store,
    judged: _Judged,
    *,
    known: Known,
    opened: Iterator[tuple[str, bool]],
    gate: SealGate | None,
    clock: Clock,
) -> Received:
    passage_id, verdict = judged.passage.id, judged.verdict
    if judged.fault or verdict is None:
        return Received(passage_id=passage_id, outcome=Outcome.FAULT, reason=judged.fault)
    try:
        if isinstance(verdict, Violation):
            return _opened(store, verdict, *next(opened), gate=gate, clock=clock)
        if known.is_case(judged.key):
            _require_as_good(store, gate, judged.passage, judged.key)
            withdraw(store, judged.key, f"received again: {verdict.text}", clock.now())
    except StoreUnavailable:
        raise
    except OfficeError as error:
        return Received(passage_id=passage_id, outcome=Outcome.FAULT, reason=str(error))
    return Received(
        passage_id=passage_id,
        outcome=Outcome.LAWFUL if verdict.lawful else Outcome.NOT_PROVEN,
        reason=verdict.text,
        finding=verdict.finding,
    )


def _require_as_good(store: Store, gate: SealGate | None, passage: Passage, key: str) -> None:
    """Raise CaseError where a passage may not undo the signed case ``key``."""
    if gate is not None:
        gate.require_as_good(passage, case_of(store, key).violation)


def _opened(
    store: Store,
    violation: Violation,
    case_key: str,
    new: bool,
    *,
    gate: SealGate | None,
    clock: Clock,
) -> Received:
    if case_key == violation.key and not new and measured_otherwise(store, violation):
        _require_as_good(store, gate, violation.passage, case_key)
        withdraw(store, case_key, MEASURED_OTHERWISE, clock.now())
    return Received(
        passage_id=violation.passage.id,
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
