"""The private keys of the log and of a witness: made once, each in a place of its own."""

from __future__ import annotations

import secrets
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.errors import LedgerError
from services.ledger.note import SEED_BYTES, KeyKind, Signer, Verifier, verifier_of
from speedcam.disk import create_once

_NAMES = {KeyKind.LOG: "speedcam.log", KeyKind.WITNESS: "speedcam.witness"}
_DIGITS = 16


def load_signer(path: Path, kind: KeyKind, *, create: bool) -> Signer:
    """The key in ``path``; its name follows from it.

    Args:
        path: 32 bytes, for their owner alone.
        kind: What it signs.
        create: Make it where there is none. It is made once and never replaced.

    Raises:
        LedgerError: It is missing or damaged.
    """
    if create and not path.exists():
        create_once(path, secrets.token_bytes(SEED_BYTES))
    seed = path.read_bytes() if path.is_file() else b""
    if len(seed) != SEED_BYTES:
        raise LedgerError(
            f"the key {path} is missing or damaged. Restore it from its backup: without it "
            "nothing more can be signed, and what was signed stays valid."
        )
    private = Ed25519PrivateKey.from_private_bytes(seed)
    digits = sha256(private.public_key().public_bytes_raw()).hexdigest()[:_DIGITS]
    return Signer(name=f"{_NAMES[kind]}/{digits}", kind=kind, private=private)


def publish(verifier: Verifier, path: Path) -> None:
    """Write a public key to ``path``, once."""
    if not path.exists():
        create_once(path, f"{verifier}\n".encode())


def read_verifier(path: Path) -> Verifier:
    """The public key in a file.

    Raises:
        LedgerError: There is none, or it is none.
    """
    if not path.is_file():
        raise LedgerError(f"there is no public key {path}. Give the .vkey file of the log.")
    return verifier_of(path.read_text(encoding="utf-8", errors="replace"))
