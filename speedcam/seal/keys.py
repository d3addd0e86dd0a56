"""Ed25519 keys (RFC 8032) in PEM files, made once and refused when others may read them."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from speedcam.disk import create_once
from speedcam.errors import SealError

ID_DIGITS = 32
"""Of a key's SHA-256: 128 bits, so that no two keys share an id by chance."""
SIGNATURE_BYTES = 64
PRIVATE, PUBLIC = ".key", ".pub"
_MOST_BYTES = 4096
_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SALT = b"speedcam salt/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key that checks signatures.

    Attributes:
        raw: The 32 bytes of RFC 8032.
    """

    raw: bytes

    @property
    def id(self) -> str:
        """The first digits of the key's SHA-256."""
        return hashlib.sha256(self.raw).hexdigest()[:ID_DIGITS]

    def signed(self, content: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is this key's over ``content``."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, content)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key that signs. The same content always gets the same signature."""

    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """What checks its signatures."""
        return PublicKey(raw=self.private.public_key().public_bytes_raw())

    def sign(self, content: bytes) -> bytes:
        """The 64 bytes of the signature over ``content``."""
        return self.private.sign(content)

    def salt(self, passage_id: str) -> str:
        """32 bytes, hexadecimal, that nobody without the key can foresee.

        They follow from the key, and are not drawn, so that processing the same footage again
        gives the same bytes.
        """
        secret = hmac.digest(self.private.private_bytes_raw(), _SALT, "sha256")
        return hmac.digest(secret, passage_id.encode(), "sha256").hex()


def new_key(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a key; the paths of its private file, for the owner alone, and of its public one.

    Raises:
        SealError: There is such a file already, or ``name`` is no file name.
    """
    if Path(name).name != name or name in {"", ".", ".."}:
        raise SealError(f"a key's name is a plain file name, not {name!r}.")
    private, public = folder / f"{name}{PRIVATE}", folder / f"{name}{PUBLIC}"
    if taken := next((path for path in (private, public) if path.exists()), None):
        raise SealError(f"{taken} is there already, and a key is never replaced. Choose a name.")
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    create_once(private, pem)
    create_once(
        public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


def load_signing_key(path: Path) -> SigningKey:
    """The private key in a file that nobody but its owner may read.

    Raises:
        SealError: The file is missing, no Ed25519 key, or readable by others.
    """
    content, mode = _read(path)
    if mode & _FOR_OTHERS:
        raise SealError(
            f"{path} may be read or written by others (mode {stat.S_IMODE(mode):o}). Make it "
            f"yours alone (chmod 600), and consider making a new key: this one may be known."
        )
    try:
        key = load_pem_private_key(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SealError(f"{path} is no private key of `speedcam keys new`. Give its .key file.")
    return SigningKey(private=key)


def load_public_key(path: Path) -> PublicKey:
    """The public key in a file.

    Raises:
        SealError: The file is missing, or no Ed25519 public key.
    """
    try:
        key = load_pem_public_key(_read(path)[0])
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise SealError(f"{path} is no public key of `speedcam keys new`. Give its .pub file.")
    return PublicKey(raw=key.public_bytes_raw())


def _read(path: Path) -> tuple[bytes, int]:
    """The content and the mode of a small plain file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MOST_BYTES + 1) if stat.S_ISREG(mode) else b""
    except OSError as error:
        raise SealError(f"cannot read the key {path}: {error.strerror}. Give a key file.") from None
    return content, mode
