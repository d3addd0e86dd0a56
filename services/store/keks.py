"""Key-encryption keys: what wraps the data keys of the cases, and is never in the database.

A file here, or the environment; a key service elsewhere, behind :class:`KeyEncryption`.
"""

from __future__ import annotations

import hashlib
import os
import resource
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.errors import StoreError, StoreUnavailable
from speedcam.disk import create_once, sync_folder

FOLDER_NAMED_BY: Final = "SPEEDCAM_KEK_DIR"
"""In the environment: the folder of the keys, where it is not the office's own ``keys``."""
GIVEN_BY: Final = "SPEEDCAM_KEK"
"""In the environment: a key itself, as 64 hexadecimal digits."""
KEK_BYTES = 32
NONCE_BYTES = 12
PREFIX = "kek-"


_Seen = tuple[int, ...] | None


class KeyEncryption(Protocol):
    """Wraps and unwraps data keys; the key that it does it with never leaves it."""

    def wrap(self, key: bytes, *, kek: str, bound: bytes) -> bytes:
        """``key`` wrapped with the key ``kek``, to be unwrapped with the same ``bound`` only."""
        ...

    def unwrap(self, wrapped: bytes, *, kek: str, bound: bytes) -> bytes:
        """What :meth:`wrap` was given.

        Raises:
            StoreUnavailable: The key is not at hand now.
            StoreError: The bytes were changed, or belong elsewhere.
        """
        ...

    def first(self) -> str:
        """The id of the key that an office begins with."""
        ...


class KekFiles:
    """Keys in files of a folder that only their owner may read, and perhaps a given one.

    Args:
        folder: Each key is ``kek-ID.key`` there, of 32 bytes.
        given: A key that is in no file; empty where there is none.
    """

    def __init__(self, folder: Path, given: bytes = b"") -> None:
        self.folder = folder
        self._given = {kek_id(given): given} if given else {}
        self._ciphers: dict[str, tuple[str, _Seen, AESGCM]] = {}

    def wrap(self, key: bytes, *, kek: str, bound: bytes) -> bytes:
        """See :class:`KeyEncryption`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher(kek).encrypt(nonce, key, bound)

    def unwrap(self, wrapped: bytes, *, kek: str, bound: bytes) -> bytes:
        """See :class:`KeyEncryption`."""
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return self._cipher(kek).decrypt(nonce, sealed, bound)
        except InvalidTag:
            raise StoreError(
                f"a data key that {kek} wrapped was changed or moved. Trust nothing in this "
                "database; restore the last verified backup."
            ) from None

    def first(self) -> str:
        """A key at hand, or a new one. See :class:`KeyEncryption`."""
        return next(iter(self.ids()), "") or self.make()

    def ids(self) -> tuple[str, ...]:
        """Every key at hand; that of the environment first, else in order of name."""
        names = (path.stem.removeprefix(PREFIX) for path in self.folder.glob(f"{PREFIX}*.key"))
        return tuple(dict.fromkeys((*self._given, *sorted(names))))

    def make(self, secret: bytes = b"") -> str:
        """Keep a key as a file, a new one by default; its id. One that is there stays as it is."""
        secret = secret or secrets.token_bytes(KEK_BYTES)
        create_once(self.path(kek_id(secret)), secret)
        return kek_id(secret)

    def secret(self, kek: str) -> bytes:
        """The key itself, for who splits it.

        Raises:
            StoreUnavailable: It is not at hand, its file may be read by others, or is not the key
                that its name says.
        """
        secret = self._given.get(kek) or _read_private(self.path(kek))
        if kek_id(secret) != kek:
            raise StoreUnavailable(
                f"{self.path(kek)} is not the key {kek}: it was changed. Join it from its shares "
                "(`speedcam office keys join`)."
            )
        return secret

    def destroy(self, kek: str) -> None:
        """Remove the file of a key: what it alone wrapped is gone with it."""
        self._ciphers.pop(kek, None)
        self.path(kek).unlink(missing_ok=True)
        sync_folder(self.folder)

    def path(self, kek: str) -> Path:
        """Where the file of a key is."""
        return self.folder / f"{PREFIX}{kek}.key"

    def _cipher(self, kek: str) -> AESGCM:
        """Its cipher, read anew once its file was changed, moved or opened to others.

        A key that was taken away works no longer in who had read it before.
        """
        file, seen, cipher = self._ciphers.get(kek) or (str(self.path(kek)), None, None)
        now = None if kek in self._given else _seen(file)
        if cipher is None or seen != now:
            self._ciphers.pop(kek, None)
            cipher = AESGCM(self.secret(kek))
            self._ciphers[kek] = (file, now, cipher)
        return cipher


def keks_of(office_dir: Path, environment: Mapping[str, str] | None = None) -> KekFiles:
    """The key-encryption keys of an office: where the environment says, else in its own folder.

    Raises:
        StoreError: The environment gives a key that is none.
    """
    told = os.environ if environment is None else environment
    given = told.get(GIVEN_BY, "").strip()
    try:
        secret = bytes.fromhex(given)
    except ValueError:
        secret = b"?"
    if given and len(secret) != KEK_BYTES:
        raise StoreError(f"{GIVEN_BY} is no key: it needs {2 * KEK_BYTES} hexadecimal digits.")
    folder = told.get(FOLDER_NAMED_BY, "").strip()
    return KekFiles(Path(folder) if folder else office_dir / "keys", secret)


def forbid_core_dumps() -> None:
    """Let a crash of this process write no file of its memory: keys and people are in it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def kek_id(secret: bytes) -> str:
    """By what a key is known: says nothing of the key."""
    return hashlib.sha256(b"speedcam kek 1\x1f" + secret).hexdigest()[:16]


def _seen(file: str) -> _Seen:
    """What tells one state of a file from the next; None where there is none to see."""
    try:
        about = os.lstat(file)  # asked for each data key, and faster than a path
    except OSError:
        return None
    return about.st_dev, about.st_ino, about.st_mode, about.st_mtime_ns, about.st_ctime_ns


def _read_private(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            about, secret = os.fstat(file.fileno()), file.read(KEK_BYTES + 1)
    except OSError as error:
        raise StoreUnavailable(
            f"the key-encryption key {path} cannot be read: {error.strerror}. Nothing personal "
            "opens without it: put it back, or join two shares (`speedcam office keys join`)."
        ) from None
    if stat.S_IMODE(about.st_mode) & 0o077:
        raise StoreUnavailable(
            f"others may read the key-encryption key {path}: nothing is opened with it. Run "
            "`chmod 600` on it, and change it (`speedcam office keys rotate`) if somebody may have."
        )
    return secret
