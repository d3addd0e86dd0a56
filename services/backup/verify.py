"""Whether an office is what its history, its witness and its cameras say, check by check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from services.backup.manifest import Manifest, read_manifest
from services.backup.tables import count_rows, every_table
from services.batches import batches, side_by_side
from services.errors import EvidenceError
from services.ledger.audit import audit
from services.ledger.audit_rows import Kept, kept_violations
from services.ledger.finding import Finding
from services.ledger.keys import read_verifier
from services.ledger.log import PUBLIC
from services.ledger.witness import SEEN, seen_by
from services.seals import is_sealed
from services.store.exhibits import is_there, is_what_it_says, owners_of
from services.store.leaves import size_of
from services.store.ring import Ring
from services.store.store import EXHIBITS, READ_ONLY, Store
from services.store.trust import trusted_cameras
from speedcam.disk import sync_folder
from speedcam.model import ExhibitKind, Passage
from speedcam.seal.checks import Outcome, seal_checks
from speedcam.seal.registry import Registry

WORKERS = 2
"""Threads that read exhibits: more of them wait for one another."""
PART = 512
"""Exhibits whose keys are asked for at once."""

_ABOUT_TIME = "key"
"""Of a seal's checks, the one about where and when a key holds: a key that was revoked since is no
damage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One check, and all that it found; nothing found is good."""

    what: str
    findings: tuple[Finding, ...]


def verify(store: Store, witness: Path) -> tuple[Checked, ...]:
    """Look through the whole office; nothing in it is changed.

    Args:
        store: Of the office.
        witness: The folder of its witness.

    Raises:
        LedgerError: The witness's folder has not the key of a log.
        BackupError: The office was restored, and what it was restored from is damaged.
    """
    changed = tuple(_changed_exhibits(store))
    lacking, unsealed = _cases(store)
    found = {
        "the database is sound": _integrity(store),
        "the history is the one that the witness knows": _history(store, witness),
        "every exhibit is what its name says": (*lacking, *changed),
        "the cameras' seals hold": unsealed,
        "every row of the backup is here": _counts(store, witness),
    }
    return tuple(Checked(what=what, findings=tuple(each)) for what, each in found.items())


def lift(office: Path) -> None:
    """Let an office that was restored take new things, once every check holds."""
    (office / READ_ONLY).unlink(missing_ok=True)
    sync_folder(office)


def restored_from(office: Path, witness: Path) -> Manifest | None:
    """The backup that an office was restored from and is read-only for; None where it is not."""
    mark = office / READ_ONLY
    return read_manifest(mark, read_verifier(witness / PUBLIC)) if mark.is_file() else None


def _integrity(store: Store) -> Iterator[Finding]:
    if store.engine.dialect.name != "sqlite":
        return  # a server checks its pages whenever it reads them, and the audit reads every row
    with store.reading() as connection:
        for row in connection.execute(text("PRAGMA integrity_check")).scalars():
            if row != "ok":
                yield Finding(where=store.name, fault=str(row))
        for broken in connection.execute(text("PRAGMA foreign_key_check")):
            yield Finding(where=store.name, fault=f"a row of {broken[0]} refers to none")


def _history(store: Store, witness: Path) -> Iterator[Finding]:
    if seen_by(witness) is None:
        yield Finding(where=str(witness / SEEN), fault="the witness has seen nothing")
        return
    yield from audit(store, witness=witness, exhibits=False).findings


def _changed_exhibits(store: Store) -> Iterator[Finding]:
    """Every file among the exhibits, read and opened once, whoever's it is."""
    for paths in batches((store.folder / EXHIBITS).iterdir(), PART):
        for path in _changed(paths, store.data_keys(owners_of(paths))):
            yield Finding(where=str(path), fault="it is not what its name says")


def _changed(paths: Sequence[Path], keys: Mapping[str, bytes]) -> Iterator[Path]:
    def is_whole(path: Path) -> bool:
        return is_what_it_says(path, lambda _: keys)

    told = zip(paths, side_by_side(is_whole, paths, WORKERS), strict=True)
    return (path for path, whole in told if not whole)


def _cases(store: Store) -> tuple[list[Finding], list[Finding]]:
    """Cases that lack an exhibit, and those whose seals do not hold; each case is opened once."""
    lacking: list[Finding] = []
    unsealed: list[Finding] = []
    cameras = trusted_cameras(store)
    for case in kept_violations(store):
        lacking += _lacking(store, case)
        unsealed += _unsealed(store, cameras, case) if cameras else ()
    return lacking, unsealed


def _lacking(store: Store, case: Kept) -> Iterator[Finding]:
    for exhibit in (each for passage in case.violation.passages for each in passage.exhibits):
        if not is_there(store.folder / EXHIBITS, exhibit):
            yield Finding(where=f"case {case.key}", fault=f"exhibit {exhibit.sha256} is missing")


def _unsealed(store: Store, cameras: Registry, case: Kept) -> Iterator[Finding]:
    for passage in filter(is_sealed, case.violation.passages):
        if fault := _seal_fault(store, case.ring, cameras, passage):
            yield Finding(where=f"case {case.key}", fault=fault)


def _seal_fault(store: Store, ring: Ring, cameras: Registry, passage: Passage) -> str:
    parts = {each.kind: each.sha256 for each in passage.exhibits}
    if not {ExhibitKind.MANIFEST, ExhibitKind.SIGNATURE} <= parts.keys():
        return "half of its seal is missing"
    try:
        manifest, signature = (
            store.exhibit_bytes(parts[kind], ring)
            for kind in (ExhibitKind.MANIFEST, ExhibitKind.SIGNATURE)
        )
    except EvidenceError:
        return "its seal cannot be read"
    checks = seal_checks(cameras, passage, manifest, signature)
    failed = (c.why for c in checks if c.outcome is Outcome.FAILED and c.about != _ABOUT_TIME)
    return next(failed, "")


def _counts(store: Store, witness: Path) -> Iterator[Finding]:
    backup = restored_from(store.folder, witness)
    if backup is None:
        return
    with store.reading() as connection:
        for table in every_table():
            here, there = count_rows(connection, table), backup.rows.get(table.name, 0)
            if here != there:
                yield Finding(where=table.name, fault=f"{here} rows; the backup has {there}")
        if size_of(connection) != backup.leaves:
            yield Finding(where="leaves", fault="the history is not as long as the backup's")
