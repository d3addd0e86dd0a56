"""Make a backup: one view of the database, every file of the office, sealed; the manifest last.

Files are named by content and kept from one backup to the next. Whatever is interrupted leaves the
backup before it whole: nothing that a manifest names is ever changed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import Connection

from services.backup.keys import (
    KEY_FILE,
    is_secret,
    kek_of,
    sealed_letter,
    wrapped_file,
    write_keys,
)
from services.backup.listing import Known, Listed, in_order, read_list, write_list
from services.backup.manifest import (
    OBJECTS,
    Manifest,
    Sealed,
    file_name,
    newest,
    read_manifest,
    signed,
)
from services.backup.sealing import sealed
from services.backup.tables import count_rows, every_table, lines_of
from services.batches import batches
from services.errors import BackupError
from services.ledger.keys import load_signer
from services.ledger.log import FOLDER, KEY, checkpoint, nodes
from services.ledger.merkle import root_at
from services.ledger.note import KeyKind, Signer, encoded
from services.ports import Clock
from services.store.database import SQLITE, URL_FILE
from services.store.exhibits import AT_ONCE, is_what_it_says, owners_of
from services.store.instants import to_ms
from services.store.keks import PREFIX
from services.store.leaves import size_of
from services.store.store import EXHIBITS, READ_ONLY, Store
from speedcam.disk import FILE_MODE, make_folder, sync_folder, write_durably

PART = 512
"""Files whose keys are asked for at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was made.

    Attributes:
        path: Of its manifest.
        manifest: What it holds.
        files: How many of the office are in it.
        fresh: Files that had to be written.
        faults: Exhibits that are damaged in the office and therefore not in the backup.
    """

    path: Path
    manifest: Manifest
    files: int
    fresh: int
    faults: tuple[str, ...]


def back_up(
    store: Store, folder: Path, to: X25519PublicKey, clock: Clock, keys: Path | None = None
) -> Made:
    """Back an office up into ``folder``, beside its older backups.

    Args:
        store: Of the office.
        folder: Where backups are; made where it is missing.
        to: Whose private key will be needed to restore it.
        clock: Dates it.
        keys: The file for the wrapped data keys, written anew; by default beside the backups.

    Raises:
        BackupError: Nothing has happened in the office yet, or ``folder`` cannot be written.
        LedgerError: The history is not what was signed: there is nothing sound to back up.
    """
    if checkpoint(store, clock) is None:
        raise BackupError(
            f"nothing has happened in {store.folder} yet: there is no backup to make."
        )
    signer = load_signer(store.folder / KEY, KeyKind.LOG, create=False)
    try:
        make_folder(folder / OBJECTS)
        return _made(store, folder, to, clock, signer, keys or folder / KEY_FILE)
    except OSError as error:
        raise BackupError(
            f"the backup in {folder} cannot be written: {error.strerror}. Check its rights and the "
            "free space; the backups before it stand."
        ) from None


def _made(  # noqa: PLR0917 - what every backup is made of
    store: Store, folder: Path, to: X25519PublicKey, clock: Clock, signer: Signer, keys: Path
) -> Made:
    objects = folder / OBJECTS
    # Before the view: what files say was signed, the database then has.
    with store.taking_turn():
        signed_files = {path: (store.folder / path).read_bytes() for path in _ledger(store)}
    with store.reading() as connection:
        leaves = size_of(connection)
        root = encoded(root_at(nodes(connection), leaves))
        rows = {table.name: count_rows(connection, table) for table in every_table()}
        tables = _tables(connection, objects, to)
        write_keys(connection, keys, to)
    # After it: an exhibit is on disk before the row that names it.
    sealer = _Sealer(store=store, objects=objects, to=to, kek=kek_of(store))
    last = _last(folder, signer, to)
    known = {each.name: each for each in last.files.values()} if last else {}
    kept = {path: sealer.keep_content(held, known) for path, held in signed_files.items()}
    told = _Told(fresh=sum(each.name not in known for each in kept.values()))
    every = sealer.keep_all(Known(_listed(objects, last)))
    listed = write_list(objects, secrets.token_hex(12), told.whole(every))
    sync_folder(objects)
    manifest = Manifest(
        at_ms=to_ms(clock.now()), to=to.public_bytes_raw().hex(), leaves=leaves, root=root,
        rows=rows, tables=tables, files=kept, listed=listed,
    )  # fmt: skip
    path = folder / file_name(clock.now())
    write_durably(path, bytes(signed(manifest, signer)))
    return Made(
        path=path, manifest=manifest, files=told.files + len(kept),
        fresh=told.fresh + len(tables), faults=tuple(told.faults),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What became of a file: None where it is an exhibit that is not what its name says."""

    path: str
    sealed: Sealed | None
    fresh: bool


@dataclass(slots=True, kw_only=True)
class _Told:
    """What is told of a backup when it is made."""

    files: int = 0
    fresh: int = 0
    faults: list[str] = field(default_factory=list)

    def whole(self, kept: Iterable[_Kept]) -> Iterator[Listed]:
        """The files that are in the backup."""
        for each in kept:
            if each.sealed is None:
                self.faults.append(each.path)
                continue
            self.files += 1
            self.fresh += each.fresh
            yield each.path, each.sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealer:
    """Seals files of an office, but not again what the last backup has."""

    store: Store
    objects: Path
    to: X25519PublicKey
    kek: str

    def keep_all(self, known: Known) -> Iterator[_Kept]:
        """Every file of the office in order; a few side by side, for each waits for the disk."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for part in batches(_files(self.store.folder), PART):
                exhibits = [self.store.folder / each for each in part if _is_exhibit(each)]
                keys = self.store.data_keys(owners_of(exhibits))
                keep = partial(self._keep, keys=keys)
                kept = pool.map(keep, part, [known.at(path) for path in part])
                yield from (each for each in kept if each)

    def _keep(self, path: str, known: Sealed | None, *, keys: Mapping[str, bytes]) -> _Kept | None:
        """Seal the file at ``path``, unless ``known`` is that; None where it has gone meanwhile."""
        try:
            sealed = self._kept(path, known, keys)
        except FileNotFoundError:
            if (self.store.folder / path).exists():
                raise
            return None
        return _Kept(path=path, sealed=sealed, fresh=sealed != known)

    def keep_content(self, content: bytes, known: Mapping[str, Sealed]) -> Sealed:
        name = self._name(_sha256(content))
        return self._standing(name, known.get(name)) or self._seal(name, content)

    def _kept(self, path: str, known: Sealed | None, keys: Mapping[str, bytes]) -> Sealed | None:
        file = self.store.folder / path
        if _is_exhibit(path):
            # Content gives an exhibit its name, and the cases that it opens for its size.
            name = self._name(f"{path} {file.stat().st_size}")
            if standing := self._standing(name, known):
                return standing
            whole = is_what_it_says(file, lambda _: keys)
            return self._seal(name, file.read_bytes()) if whole else None
        content = file.read_bytes()
        if is_secret(path):
            name = self._name(f"{path} {_sha256(content)} {self.kek}")
            standing = self._standing(name, known)
            return standing or self._seal(name, wrapped_file(self.store, path, content))
        name = self._name(f"{path} {_sha256(content)}")
        standing = self._standing(name, known)
        return standing or self._seal(name, sealed_letter(self.store, path, content))

    def _seal(self, name: str, content: bytes) -> Sealed:
        return seal_to(self.objects, name, [content], self.to)

    def _name(self, about: str) -> str:
        # A letter can be guessed; its digest in an open folder would say who guessed right.
        return self.store.keys.pseudonym(f"backup {about}")

    def _standing(self, name: str, known: Sealed | None) -> Sealed | None:
        """What the last backup has, read again: a damaged file is sealed anew."""
        path = self.objects / name
        if known is None or known.name != name or not path.is_file():
            return None
        whole = path.stat().st_size == known.size and _sha256(path.read_bytes()) == known.sha256
        return known if whole else None


def seal_to(objects: Path, name: str, parts: Iterable[bytes], to: X25519PublicKey) -> Sealed:
    """Write a sealed file whole; its name is on disk once the folder is."""
    digest, size = hashlib.sha256(), 0
    part = objects / f".{name}.{secrets.token_hex(4)}.part"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in sealed(parts, to, name):
                digest.update(chunk)
                size += file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        part.replace(objects / name)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return Sealed(name=name, sha256=digest.hexdigest(), size=size)


def _tables(connection: Connection, objects: Path, to: X25519PublicKey) -> dict[str, Sealed]:
    return {
        table.name: seal_to(objects, secrets.token_hex(12), lines_of(connection, table), to)
        for table in every_table()
    }


def _last(folder: Path, signer: Signer, to: X25519PublicKey) -> Manifest | None:
    """The last backup, if there is one that was sealed to the same key."""
    try:
        last = read_manifest(newest(folder), signer.verifier)
    except BackupError:
        return None
    return last if last.to == to.public_bytes_raw().hex() else None


def _listed(objects: Path, last: Manifest | None) -> Iterator[Listed]:
    """The files of the last backup in their order; what cannot be read is written anew."""
    if last is None:
        return
    if last.listed is None:
        yield from sorted(last.files.items(), key=lambda each: in_order(each[0]))
        return
    with suppress(BackupError, OSError):
        yield from read_list(objects, last.listed)


def _ledger(store: Store) -> Iterator[str]:
    return (path for path in _every_file(store.folder) if path.startswith(f"{FOLDER}/"))


def _files(office: Path) -> Iterator[str]:
    """Files that stay what they are: no database, nor where a server's is, nor what wraps keys."""
    for path in _every_file(office):
        left_out = path in {URL_FILE, READ_ONLY} or path.startswith(
            (SQLITE, f"{FOLDER}/", f"keys/{PREFIX}")
        )
        if not left_out:
            yield path


def _every_file(office: Path, below: str = "") -> Iterator[str]:
    """Every plain file, in the order of the parts of its path."""
    # Names alone: a million paths would take several hundred megabytes.
    for name in sorted(os.listdir(office / below)):  # noqa: PTH208
        path = f"{below}{name}"
        if (office / path).is_symlink():
            continue
        if (office / path).is_dir():
            yield from _every_file(office, f"{path}/")
        elif not name.startswith(".") and (office / path).is_file():
            yield path


def _is_exhibit(path: str) -> bool:
    return path.startswith(f"{EXHIBITS}/")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
