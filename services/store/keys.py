"""The office key, and the separate keys that follow from it."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.errors import StoreError
from speedcam.disk import create_once

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_VERSION = "1"
CASE_KEY_DIGITS = 24
"""Hexadecimal digits of a case key: 96 bits, so that no two cases share one by chance."""
PSEUDONYM_DIGITS = 24
"""Of a pseudonym; likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """One key per purpose. None of them can be told from another."""

    sealing: bytes = field(repr=False)
    plates: bytes = field(repr=False)
    cases: bytes = field(repr=False)
    actors: bytes = field(repr=False)
    check: str
    """Says whether a database was written with this key, and nothing else about it."""

    def seal(self, content: bytes, *, table: str, row: str, column: str) -> bytes:
        """``content`` as AES-256-GCM ciphertext that opens in this very place only."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.sealing).encrypt(nonce, content, _bound(table, row, column))

    def unseal(self, sealed: bytes, *, table: str, row: str, column: str) -> bytes:
        """What :meth:`seal` was given.

        Raises:
            StoreError: The bytes were changed, moved to another row, or written with another key.
        """
        nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return AESGCM(self.sealing).decrypt(nonce, ciphertext, _bound(table, row, column))
        except InvalidTag:
            raise changed_or_moved(table, row, column) from None

    def plate_digest(self, plate: str) -> str:
        """Keyed digest by which a plate is found; says nothing without the key."""
        return _hmac(self.plates, normal_plate(plate).encode())

    def case_key(self, passage_id: str, offence: str) -> str:
        """The key of the one case that a passage and an offence can ever make."""
        return _hmac(self.cases, f"{passage_id}\x1f{offence}".encode())[:CASE_KEY_DIGITS]

    def decoy_digest(self, key: str) -> str:
        """Keyed digest by which a case is known as a decoy; says nothing without the key."""
        return _hmac(self.cases, f"decoy\x1f{key}".encode())

    def pseudonym(self, actor: str) -> str:
        """Who acted, as the ledger says it: the same for the same, and no name without the key."""
        return _hmac(self.actors, actor.encode())[:PSEUDONYM_DIGITS]


def changed_or_moved(table: str, row: str, column: str) -> StoreError:
    """The error for stored bytes that do not open in their place."""
    return StoreError(
        f"{table} {row}: the stored {column} was changed or moved by something other than "
        "the office. Trust nothing in this database; restore the last verified backup."
    )


def normal_plate(plate: str) -> str:
    """Upper-case letters and digits only, so that spacing never decides who may read a notice."""
    if plate.isascii() and plate.isalnum():
        return plate.upper()  # what cameras write; the rest is for what people type
    return "".join(c for c in unicodedata.normalize("NFKC", plate).upper() if c.isalnum())


def load_keys(folder: Path, *, create: bool) -> Keys:
    """The keys of the office whose key folder this is.

    Args:
        folder: ``<office>/keys``.
        create: Make the key where there is none. It is made once and never replaced.

    Raises:
        StoreError: There is no key and none may be made, or it cannot be used.
    """
    path = folder / "office.key"
    if create and not path.exists():
        create_once(path, secrets.token_bytes(KEY_BYTES))
    try:
        secret = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"cannot read the office key {path}: {error.strerror}. Restore it from its backup: "
            "without it nothing in this office can be read."
        ) from None
    if len(secret) != KEY_BYTES:
        raise StoreError(
            f"the office key {path} has {len(secret)} bytes and not {KEY_BYTES}. Restore it from "
            "its backup."
        )
    return _derive(secret)


def _derive(secret: bytes) -> Keys:
    def key(purpose: str) -> bytes:
        info = f"speedcam office {KEY_VERSION} {purpose}".encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)

    return Keys(
        sealing=key("sealing"),
        plates=key("plates"),
        cases=key("cases"),
        actors=key("actors"),
        check=key("check").hex(),
    )


def _bound(table: str, row: str, column: str) -> bytes:
    return "\x1f".join((table, row, column, KEY_VERSION)).encode()


def _hmac(key: bytes, message: bytes) -> str:
    return hmac.digest(key, message, "sha256").hex()
