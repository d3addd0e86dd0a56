"""The keys of a backup, apart from it: one file, written anew each time, so that none comes back.

A backup lasts; a data key that was destroyed must not last in it. So the wrapped data keys stand in
no backup's tables but in one file that each backup replaces. What is left in files of the office
(its own keys, and letters) is sealed once more: keys with the key-encryption key, which is in no
backup, and a letter with the data key of its case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import Connection

from services.backup.sealing import sealed, unsealed
from services.backup.tables import lines_of, load_lines
from services.errors import BackupError, Erased, StoreError
from services.store.case_keys import current_kek
from services.store.erasing import erase_again
from services.store.keks import KeyEncryption
from services.store.key_tables import case_keys
from services.store.store import Store
from speedcam.disk import write_durably

KEY_FILE = "case-keys.sealed"
_MAGIC = b"kek/1\n"
_KEK_CHARACTERS = 16
_NUMBER = re.compile(r"[A-Z]{2}\d{2}-[0-9A-Z]{4}-[0-9A-Z]{4}")


def write_keys(connection: Connection, path: Path, to: X25519PublicKey) -> None:
    """Write the wrapped data keys as they stand in this transaction, in place of older ones."""
    write_durably(path, sealed(lines_of(connection, case_keys), to, KEY_FILE))


def load_keys(connection: Connection, path: Path, key: X25519PrivateKey) -> int:
    """Load the data keys into a restored office, but those that its history says were destroyed.

    Returns:
        How many had come back.

    Raises:
        BackupError: The file is damaged, or sealed to another key.
    """
    load_lines(connection, case_keys, opened_keys(path, key))
    return erase_again(connection)


def opened_keys(path: Path, key: X25519PrivateKey) -> Iterator[bytes]:
    """What the file of the keys holds, checked part by part.

    Raises:
        BackupError: It is missing, damaged, or sealed to another key.
    """
    try:
        with path.open("rb") as file:
            yield from unsealed(file, key, KEY_FILE)
    except OSError as error:
        raise BackupError(
            f"the keys of the cases, {path}, cannot be read: {error.strerror}. Without them "
            "nothing personal in the backup opens: give the newest copy of that file."
        ) from None


def is_secret(path: str) -> bool:
    """Whether a file of an office is a key that a backup holds wrapped."""
    return path.startswith("keys/") and path.endswith(".key")


def wrapped_file(store: Store, path: str, content: bytes) -> bytes:
    """A key of the office, wrapped with the current key-encryption key."""
    kek = kek_of(store)
    return _MAGIC + kek.encode() + store.keks.wrap(content, kek=kek, bound=_bound(path))


def kek_of(store: Store) -> str:
    """The key-encryption key that a backup made now needs."""
    with store.reading() as connection:
        return current_kek(connection)


def unwrapped_file(keks: KeyEncryption, path: str, content: bytes) -> bytes:
    """What :func:`wrapped_file` was given; a file that is not wrapped as it is.

    Raises:
        BackupError: The key-encryption key is not at hand.
    """
    if not content.startswith(_MAGIC):
        return content
    rest = content[len(_MAGIC) :]
    kek, wrapped = rest[:_KEK_CHARACTERS].decode(), rest[_KEK_CHARACTERS:]
    try:
        return keks.unwrap(wrapped, kek=kek, bound=_bound(path))
    except StoreError as error:
        raise BackupError(
            f"the backup needs the key-encryption key {kek}: {error} Nothing was restored."
        ) from None


def sealed_letter(store: Store, path: str, content: bytes) -> bytes:
    """A file of a letter, sealed with the data key of its fine's case; others as they are."""
    number = _NUMBER.search(path)
    if number is None:
        return content
    with store.reading() as connection:
        ring = store.ring(connection, [number[0]])
    of = ring.cases.get(number[0], "")
    return ring.seal(content, of=of, **_place(path)) if of in ring.keys else content


def restore_letters(
    store: Store, letters: Sequence[tuple[str, bytes]], write: Callable[[str, bytes], object]
) -> None:
    """Write a few letters of a backup back, but those of cases that were erased since."""
    ring = store.opening(content for _, content in letters)
    for path, content in letters:
        with suppress(Erased):
            write(path, ring.unseal(content, **_place(path)))


def _place(path: str) -> dict[str, str]:
    return {"table": "letters", "row": path, "column": "file"}


def _bound(path: str) -> bytes:
    return f"backup\x1f{path}\x1f1".encode()
