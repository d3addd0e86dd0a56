"""Restore a backup into an empty folder, where it takes nothing new until all is verified."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete

from services.backup.keys import (
    KEY_FILE,
    is_secret,
    load_keys,
    opened_keys,
    restore_letters,
    unwrapped_file,
)
from services.backup.listing import Listed, files_of
from services.backup.manifest import OBJECTS, Manifest, Sealed, newest, read_manifest
from services.backup.sealing import unsealed
from services.backup.tables import every_table, load_lines
from services.backup.verify import Checked, lift, verify
from services.batches import batches, side_by_side
from services.errors import BackupError
from services.ledger.keys import read_verifier
from services.ledger.log import FOLDER as LEDGER
from services.ledger.log import PUBLIC
from services.store.database import URL_FILE, database_of
from services.store.exhibits import AT_ONCE
from services.store.keks import PREFIX, keks_of
from services.store.ring import owner_of
from services.store.schema import office as office_table
from services.store.store import EXHIBITS, READ_ONLY, open_store
from speedcam.disk import make_folder, sync_folder, write_durably, write_synced

READERS = 2
"""Threads that read: more of them wait for one another."""
LETTERS = 64
"""Files of letters that are held at a time."""
_NO_LETTERS = (f"{EXHIBITS}/", f"{LEDGER}/", "keys/")


def restore(
    folder: Path, office: Path, key: X25519PrivateKey, witness: Path, keys: Path | None = None
) -> tuple[Checked, ...]:
    """Restore the newest backup in ``folder``; the office is read-only unless every check holds.

    Args:
        folder: Of the backups.
        office: Where the office will be: empty, or with nothing but ``keys/database.url`` and the
            key-encryption key.
        key: That the backup was sealed to.
        witness: The folder of the office's witness, which knows its log's key and its history.
        keys: The file of the wrapped data keys; by default the one beside the backups.

    Raises:
        BackupError: The backup is damaged, or ``office`` is not empty. Nothing is restored then.
    """
    path = newest(folder)
    manifest = read_manifest(path, read_verifier(witness / PUBLIC))
    _require_empty(office)
    _require_whole(folder / OBJECTS, manifest)
    _require_key(manifest, key)
    keys = keys or folder / KEY_FILE
    for _ in opened_keys(keys, key):
        pass  # damaged, it is refused before anything is written
    backup = _Backup(objects=folder / OBJECTS, manifest=manifest, key=key)
    _require_kek(backup, office)
    try:
        make_folder(office)
        write_durably(office / READ_ONLY, path.read_bytes())
        _restore_files(backup, office)
        _restore_tables(backup, office, keys)
    except OSError as error:
        raise BackupError(
            f"{office} cannot be written: {error.strerror}. Remove it and restore again."
        ) from None
    with open_store(office) as store:
        checks = verify(store, witness)
    if not any(each.findings for each in checks):
        lift(office)
    return checks


def _require_empty(office: Path) -> None:
    there = [path for path in office.rglob("*") if path.is_file()] if office.exists() else []
    names = {path.relative_to(office).as_posix() for path in there} - {URL_FILE}
    if not all(name.startswith(f"keys/{PREFIX}") for name in names):
        raise BackupError(
            f"{office} is not empty. A backup is restored beside what is there, never over it: "
            "give a new folder."
        )
    if database_of(office).exists():
        raise BackupError(
            f"the database that {office / URL_FILE} names holds an office already. Name an empty "
            "one."
        )


def _require_whole(objects: Path, manifest: Manifest) -> None:
    """Every file that the manifest names is there, bit for bit, before anything is written."""
    told = {f"the table {name}": each for name, each in manifest.tables.items()}
    if manifest.listed is not None:
        told["the list of files"] = manifest.listed
    for what, each in told.items():
        _require_same(objects, (what, each))
    for _ in side_by_side(partial(_require_same, objects), files_of(objects, manifest), READERS):
        pass
    if missing := {table.name for table in every_table()} ^ set(manifest.tables):
        raise BackupError(
            f"the backup is of another version of speedcam, with other tables: "
            f"{', '.join(sorted(missing))}. Restore it with the version that made it."
        )


def _require_same(objects: Path, listed: Listed) -> None:
    what, each = listed
    if _sha256(objects / each.name) != each.sha256:
        raise BackupError(
            f"{objects / each.name}, which holds {what}, is missing or damaged. Nothing was "
            "restored: take another copy of the backup."
        )


def _require_key(manifest: Manifest, key: X25519PrivateKey) -> None:
    if key.public_key().public_bytes_raw().hex() != manifest.to:
        raise BackupError(
            f"the backup is sealed to the public key {manifest.to[:16]}…, and this private key is "
            "of another one. Give the key that it was made for."
        )


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Backup:
    """A backup that was found whole, and the key that opens it."""

    objects: Path
    manifest: Manifest
    key: X25519PrivateKey

    def opened(self, each: Sealed) -> Iterator[bytes]:
        with (self.objects / each.name).open("rb") as file:
            yield from unsealed(file, self.key, each.name)

    def content(self, each: Sealed) -> bytes:
        return b"".join(self.opened(each))

    def files(self) -> Iterator[Listed]:
        return files_of(self.objects, self.manifest)

    def sealed_letters(self) -> Iterator[tuple[str, bytes]]:
        """Files of letters that were sealed for a case."""
        for path, each in self.files():
            if not path.startswith(_NO_LETTERS):
                content = self.content(each)
                if owner_of(content):
                    yield path, content


def _require_kek(backup: _Backup, office: Path) -> None:
    """Raise BackupError where the key-encryption key that the backup needs is not at hand."""
    keks = keks_of(office)
    for path, each in backup.files():
        if is_secret(path):
            unwrapped_file(keks, path, backup.content(each))


def _restore_files(backup: _Backup, office: Path) -> None:
    """Every file but letters sealed for a case, which need the keys that are restored later."""
    keks = keks_of(office)

    def restore_one(listed: Listed) -> Path:
        path, content = office / listed[0], backup.content(listed[1])
        if owner_of(content):
            return office
        make_folder(path.parent)
        write_synced(path, unwrapped_file(keks, listed[0], content))
        return path.parent

    # Each file is waited for until the disk has it, so many are at a time.
    for folder in set(side_by_side(restore_one, backup.files(), AT_ONCE)):
        sync_folder(folder)


def _restore_tables(backup: _Backup, office: Path, keys: Path) -> None:
    with open_store(office, create=True) as store:
        with store.taking_turn() as connection:
            connection.execute(delete(office_table))
            for table in every_table():
                load_lines(connection, table, backup.opened(backup.manifest.tables[table.name]))
            load_keys(connection, keys, backup.key)
        for part in batches(backup.sealed_letters(), LETTERS):
            restore_letters(store, part, lambda path, content: _write(office / path, content))


def _write(path: Path, content: bytes) -> None:
    make_folder(path.parent)
    write_durably(path, content)
