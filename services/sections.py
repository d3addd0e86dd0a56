"""Section control in the office: passages of two cameras in, cases out.

Plates are matched by hashes under a key that is drawn here and dies here: an entry without an exit
is forgotten with it, and a drive that was no violation leaves nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from services.errors import CaseError, EvidenceError, OfficeError, StoreUnavailable
from services.intake import MEASURED_OTHERWISE, Outcome, Received
from services.model import OffenceKind, Violation
from services.ports import Clock
from services.rules.catalogue import load_editions, pack_for
from services.rules.edition import Edition
from services.rules.engine import SPEEDING, NoViolation, local_day
from services.rules.section import Drive, day_key, drives, judge_drive, mark
from services.rules.section_file import Section
from services.seals import SealGate
from services.store.cases import case_of, link_passage, open_cases
from services.store.completion import complete
from services.store.exhibits import read_beside
from services.store.known import Known, case_of_drive
from services.store.store import Store
from services.store.trust import kept_seal_fault, trusted_cameras
from services.store.withdrawal import measured_otherwise, withdraw
from speedcam.record import read_passages


def drives_between(section: Section, entries: Path, exits: Path) -> tuple[Drive, ...]:
    """Every drive through a section that two files of passages prove beyond doubt.

    Raises:
        PassageError: One of the files is not passages.
    """
    secret = secrets.token_bytes(32)
    came, went = (
        [found for p in read_passages(path) if (found := mark(p, end, day_key(secret, p)))]
        for path, end in ((entries, section.entry), (exits, section.exit))
    )
    return tuple(drives(section, came, went))


def receive_section(
    store: Store, section: Section, entries: Path, exits: Path, clock: Clock
) -> tuple[Received, ...]:
    """Judge the average speed of every drive; open a case for each violation not known yet.

    A drive of which any camera of this office made a case already is that case: one drive is
    fined once.

    Args:
        store: Where cases are kept.
        section: The section, its distance certified.
        entries: Passages where it begins, with their exhibits beside them.
        exits: Passages where it ends, likewise.
        clock: Dates the history.

    Raises:
        PassageError: One of the files is not passages; nothing was received.
        PackError: A rule pack has faults; nothing was received.
    """
    law = load_editions()
    told = []
    for drive in drives_between(section, entries, exits):
        passage_id = drive.exit.passage.id
        try:
            told.append(
                _receive(
                    store, drive, section, law, beside=(entries.parent, exits.parent), clock=clock
                )
            )
        except StoreUnavailable:
            raise
        except OfficeError as error:
            fault = Received(passage_id=passage_id, outcome=Outcome.FAULT, reason=str(error))
            told.append(fault)
    return tuple(told)


def _receive(
    store: Store,
    drive: Drive,
    section: Section,
    law: Sequence[Edition],
    *,
    beside: tuple[Path, Path],
    clock: Clock,
) -> Received:
    end, now = drive.exit.passage, clock.now()
    if end.at > now:
        raise CaseError(
            f"passage {end.id} is still to come: mend the clip's start in its site file."
        )
    edition = pack_for(law, local_day(end), end.place.timezone)
    key = store.keys.case_key(end.id, OffenceKind.SECTION)
    judged = judge_drive(drive, section, edition, key)
    if isinstance(judged, NoViolation):
        _undo(store, drive, key, f"received again: {judged.text}", beside=beside, at=now)
        return Received(
            passage_id=end.id,
            outcome=Outcome.LAWFUL if judged.lawful else Outcome.NOT_PROVEN,
            reason=judged.text,
            finding=judged.finding,
        )
    for passage, folder in zip((drive.entry.passage, end), beside, strict=True):
        for fault in store.keep_exhibits({key: passage.exhibits}, folder).values():
            raise fault
    if fault_of_seal := kept_seal_fault(store, trusted_cameras(store), judged):
        raise EvidenceError(fault_of_seal)
    with store.writing() as connection:
        case_key, new = _open(store, connection, judged, edition, now)
    if case_key == key and not new and measured_otherwise(store, judged):
        _undo(store, drive, key, MEASURED_OTHERWISE, beside=beside, at=now)
    elif case_key == key and not new:
        complete(store, judged, edition, now)
    return Received(
        passage_id=end.id,
        outcome=Outcome.CASE if new else Outcome.KNOWN,
        reason=_told(judged) if new else f"is already case {case_key}",
        case_key=case_key,
    )


def _undo(
    store: Store, drive: Drive, key: str, why: str, *, beside: tuple[Path, Path], at: datetime
) -> None:
    """Withdraw the case of a drive, if there is one.

    Raises:
        CaseError: What came in is less surely a camera's than what made the case.
    """
    cameras, ends = trusted_cameras(store), (drive.entry.passage, drive.exit.passage)
    with store.reading() as connection:
        is_case = Known(store, connection, [(key, ends[-1])]).is_case(key)
    if cameras is not None and is_case:
        for passage, folder in zip(ends, beside, strict=True):
            gate = SealGate(cameras=cameras, read=partial(read_beside, beside=folder))
            gate.require_as_good(passage, case_of(store, key).violation)
    withdraw(store, key, why, at)


def _open(
    store: Store, connection: Connection, violation: Violation, edition: Edition, at: datetime
) -> tuple[str, bool]:
    """The key of the drive's case, and whether it is new; both of its passages belong to it."""
    key, end, entry = violation.key, violation.passage, violation.entry
    known = Known(store, connection, [(key, end)])
    earlier = None if known.is_case(key) else case_of_drive(store, connection, entry or end, end)
    if earlier is not None:
        link_passage(connection, key, earlier, end)
        return earlier, False
    (opened,) = open_cases(store, connection, known, [(violation, edition)], at)
    if entry is not None:
        link_passage(connection, store.keys.case_key(entry.id, SPEEDING), key, entry)
    return opened


def _told(violation: Violation) -> str:
    return (
        f"{violation.retained_kmh.normalize():f} km/h on average counts, limit "
        f"{violation.limit_kmh} km/h: {violation.reference}"
    )
