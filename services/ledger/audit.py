"""The audit: is the history what was signed of it, and are the rows what the history says?

Everything is reckoned anew from the rows: each leaf, each node, each root that was ever signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from services.errors import LedgerError
from services.ledger.audit_rows import audit_exhibits, audit_keys, audit_rows, audit_trust
from services.ledger.audit_tree import Walk, walk_tree
from services.ledger.checkpoint import Checkpoint, checkpoint_of
from services.ledger.finding import Finding
from services.ledger.keys import read_verifier
from services.ledger.log import COSIGNED, LATEST, PUBLIC, ledger_of
from services.ledger.note import Note, Verifier, note_of, signed_at_s
from services.ledger.witness import OWN_PUBLIC, SEEN
from services.store.ledger_tables import checkpoints
from services.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What an audit looked at and found; nothing found is good."""

    leaves: int
    checkpoints: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A checkpoint that stands somewhere; ``at_ms`` is set where the office says when."""

    where: str
    content: bytes
    at_ms: int | None = None


def audit(
    store: Store,
    *,
    witness: Path | None = None,
    printed: Sequence[Checkpoint] = (),
    exhibits: bool = True,
) -> Audit:
    """Look through the whole office.

    Args:
        store: Of the office.
        witness: The folder of its witness, which alone tells a history that was put back whole,
            or written anew and signed again.
        printed: Checkpoints that somebody kept, as owners have them on their notices.
        exhibits: Look through every picture too.

    Raises:
        LedgerError: The public key that checkpoints are checked with is missing.
    """
    with store.taking_turn():  # files and rows agree while nobody signs
        in_files = list(_said_in_files(store, witness))
    with store.reading() as connection:
        said = [*_said_in_table(connection), *in_files]
        notes = [(each, _read(each)) for each in said]
        known = [checkpoint_of(note) for _, note in notes if note]
        times = {checkpoint_of(n).size: s.at_ms for s, n in notes if n and s.at_ms is not None}
        sizes = {each.size for each in (*known, *printed)}
        walk = walk_tree(store.keys, connection, sizes, times)
        findings = [*walk.findings, *audit_rows(connection, walk)]
    findings += _signed_findings(store, witness, notes, walk)
    findings += (f for each in printed for f in _root_findings("a printed notice", each, walk))
    findings += audit_trust(store)
    findings += audit_keys(store)
    findings += audit_exhibits(store) if exhibits else ()
    return Audit(leaves=walk.frontier.size, checkpoints=len(said), findings=tuple(findings))


def _said_in_table(connection: Connection) -> Iterator[Said]:
    for row in connection.execute(select(checkpoints).order_by(checkpoints.c.size)):
        yield Said(where=f"checkpoint {row.size}", content=row.note, at_ms=row.at_ms)


def _said_in_files(store: Store, witness: Path | None) -> Iterator[Said]:
    folder = ledger_of(store)
    files = [folder / LATEST, folder / COSIGNED, *([witness / SEEN] if witness else [])]
    for path in files:
        if path.is_file():
            yield Said(where=str(path), content=path.read_bytes())


def _read(said: Said) -> Note | None:
    try:
        note = note_of(said.content)
        checkpoint_of(note)
    except LedgerError:
        return None
    return note


def _signed_findings(
    store: Store, witness: Path | None, notes: Sequence[tuple[Said, Note | None]], walk: Walk
) -> Iterator[Finding]:
    shown = ledger_of(store) / PUBLIC
    if not notes and not shown.exists():
        return
    log = read_verifier(witness / PUBLIC if witness else shown)
    if log != read_verifier(shown):
        yield Finding(where=str(shown), fault="it is not the key that the witness knows")
    if not (ledger_of(store) / LATEST).is_file():
        yield Finding(
            where=str(ledger_of(store) / LATEST), fault="the latest checkpoint is missing"
        )
    for said, note in notes:
        if note is None:
            yield Finding(where=said.where, fault="it is no checkpoint: it is damaged")
        else:
            yield from _note_findings(said.where, note, log, walk)
    yield from _ahead(notes)
    if witness:
        yield from _witness_findings(witness, notes)


def _note_findings(where: str, note: Note, log: Verifier, walk: Walk) -> Iterator[Finding]:
    if checkpoint_of(note).origin != log.name or signed_at_s(note, log) is None:
        yield Finding(where=where, fault="it is not signed with the key of the log")
    yield from _root_findings(where, checkpoint_of(note), walk)


def _root_findings(where: str, known: Checkpoint, walk: Walk) -> Iterator[Finding]:
    if known.size > walk.frontier.size:
        told = f"it signs {known.size} leaves and {walk.frontier.size} are there: rolled back"
        yield Finding(where=where, fault=told)
    elif known.root != walk.roots.get(known.size):
        told = f"its root of {known.size} leaves is not that of the history: it was changed"
        yield Finding(where=where, fault=told)


def _ahead(notes: Sequence[tuple[Said, Note | None]]) -> Iterator[Finding]:
    """A database that was put back and went on lacks checkpoints that files have."""
    listed = {checkpoint_of(note).size for said, note in notes if note and said.at_ms is not None}
    for said, note in notes:
        if note and said.at_ms is None and checkpoint_of(note).size not in listed:
            yield Finding(where=said.where, fault="the database does not know this checkpoint")


def _witness_findings(
    witness: Path, notes: Sequence[tuple[Said, Note | None]]
) -> Iterator[Finding]:
    by, seen = read_verifier(witness / OWN_PUBLIC), str(witness / SEEN)
    for said, note in notes:
        cosigned = said.where == seen or said.where.endswith(f"/{COSIGNED}")
        if note and cosigned and signed_at_s(note, by) is None:
            yield Finding(where=said.where, fault="the witness did not sign it")
