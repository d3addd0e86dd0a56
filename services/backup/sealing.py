r"""Files that only the holder of a private key can read: X25519, HKDF, AES-256-GCM in chunks.

    speedcam-sealed/1\n | ephemeral public key (32) | chunk | chunk | … | last chunk

The key of a file follows from the exchange (RFC 7748) by HKDF-SHA-256 (RFC 5869), bound to the
file's name. Each chunk has its number, and whether it is the last, in its nonce (STREAM: Hoang,
Reyhanitabar, Rogaway, Vizár 2015): none can be left out, moved or added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from services.errors import BackupError

MAGIC = b"speedcam-sealed/1\n"
KEY_BYTES = 32
CHUNK_BYTES = 64 * 1024
TAG_BYTES = 16
_COUNTER_BYTES = 11


def load_public(path: Path) -> X25519PublicKey:
    """The public key in a PEM file.

    Raises:
        BackupError: There is none.
    """
    key = _loaded(path, load_pem_public_key)
    if not isinstance(key, X25519PublicKey):
        raise BackupError(
            f"{path} is no X25519 public key in PEM. docs/backup.md says how to make."
        )
    return key


def load_private(path: Path) -> X25519PrivateKey:
    """The private key in a PEM file.

    Raises:
        BackupError: There is none.
    """
    key = _loaded(path, lambda content: load_pem_private_key(content, password=None))
    if not isinstance(key, X25519PrivateKey):
        raise BackupError(f"{path} is no X25519 private key in PEM without a password.")
    return key


def sealed(parts: Iterable[bytes], to: X25519PublicKey, name: str) -> Iterator[bytes]:
    """``parts`` as the content of a sealed file of this name."""
    once = X25519PrivateKey.generate()
    head = once.public_key().public_bytes_raw()
    cipher = _cipher(once.exchange(to), head + to.public_bytes_raw(), name)
    yield MAGIC + head
    for number, (chunk, last) in enumerate(_chunks(parts)):
        yield cipher.encrypt(_nonce(number, last), chunk, None)


def unsealed(file: BinaryIO, key: X25519PrivateKey, name: str) -> Iterator[bytes]:
    """What was sealed under this name; each part was checked before it is given.

    Raises:
        BackupError: It was changed, cut, has another name, or is sealed to another key.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise _damaged(name)
    head = file.read(KEY_BYTES)
    try:
        shared = key.exchange(X25519PublicKey.from_public_bytes(head))
        cipher = _cipher(shared, head + key.public_key().public_bytes_raw(), name)
        for number, (chunk, last) in enumerate(_sealed_chunks(file)):
            yield cipher.decrypt(_nonce(number, last), chunk, None)
    except (InvalidTag, ValueError):
        raise _damaged(name) from None


def _damaged(name: str) -> BackupError:
    return BackupError(
        f"{name} in the backup was changed, is cut off, or is sealed to another key. Nothing of it "
        "was used: take another copy of the backup, or give the key that it was made for."
    )


def _loaded(path: Path, load: object) -> object:
    try:
        return load(path.read_bytes())  # type: ignore[operator]  # one of the two loaders above
    except (OSError, ValueError, TypeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is no such key"
        raise BackupError(f"cannot use the key {path}: {told}. Give a PEM file.") from None


def _cipher(shared: bytes, salt: bytes, name: str) -> AESGCM:
    info = f"speedcam backup 1 {name}".encode()
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(shared))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(_COUNTER_BYTES) + bytes([last])


def _chunks(parts: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Chunks of equal size, and whether each is the last one, which may be empty."""
    waiting = bytearray()
    for part in parts:
        waiting += part
        while len(waiting) > CHUNK_BYTES:
            yield bytes(waiting[:CHUNK_BYTES]), False
            del waiting[:CHUNK_BYTES]
    yield bytes(waiting), True


def _sealed_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    size = CHUNK_BYTES + TAG_BYTES
    chunk = file.read(size)
    while True:
        after = file.read(size)
        yield chunk, not after
        if not after:
            return
        chunk = after
