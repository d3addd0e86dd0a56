"""Signed notes: a text and who signed it, as C2SP's signed-note and tlog-cosignature lay down.

A log signs the text itself. A witness signs the text with the instant at which it saw it.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.errors import LedgerError

SEED_BYTES = 32
ID_BYTES = 4
TIME_BYTES = 8
MOST_SIGNATURES = 16

_LINE = re.compile(r"— ([^\s+]+) (\S+)")


class KeyKind(IntEnum):
    """What a key signs; the byte that C2SP assigned to it."""

    LOG = 1
    WITNESS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A public key with its name, which is all that is needed to check a note."""

    name: str
    kind: KeyKind
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Tells keys of one name apart; no proof of anything."""
        return sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        """The key as C2SP writes it (vkey): name, id and key."""
        return f"{self.name}+{self.key_id.hex()}+{encoded(bytes([self.kind]) + self.public)}"


def verifier_of(text: str) -> Verifier:
    """The public key in a line as C2SP writes it.

    Raises:
        LedgerError: It is none.
    """
    line = text.strip()
    try:
        name, _, content = line.split("+", 2)
        raw = decoded(content)
        known = Verifier(name=name, kind=KeyKind(raw[0]), public=raw[1:])
        Ed25519PublicKey.from_public_bytes(known.public)
    except (ValueError, IndexError):
        known = None
    if known is None or str(known) != line:
        raise LedgerError("this is no public key of a log or a witness. Give its .vkey file.")
    return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One line under a note: whose it is, and its bytes."""

    name: str
    key_id: bytes
    content: bytes

    def __str__(self) -> str:
        return f"— {self.name} {encoded(self.key_id + self.content)}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text, ending with a newline, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def __bytes__(self) -> bytes:
        return (self.text + "\n" + "".join(map(str, self.signatures))).encode()

    def plus(self, signature: Signature) -> Self:
        """The note with one more signature, which takes the place of an older one of its key."""
        others = (s for s in self.signatures if (s.name, s.key_id) != _key(signature))
        return type(self)(text=self.text, signatures=(*others, signature))


def note_of(content: bytes) -> Note:
    """The note in ``content``; its signatures are yet to be checked.

    Raises:
        LedgerError: It is none, or not written as it must be.
    """
    try:
        text, _, lines = content.decode().rpartition("\n\n")
        found = [_LINE.fullmatch(line) for line in lines.removesuffix("\n").split("\n")]
        signatures = tuple(_signature(line[1], decoded(line[2])) for line in found if line)
    except ValueError:
        text, signatures = "", ()
    note = Note(text=f"{text}\n", signatures=signatures)
    # Only one way to write a note is taken, so that no altered byte can go unseen.
    if not 0 < len(signatures) <= MOST_SIGNATURES or bytes(note) != content:
        raise LedgerError("this is no signed note of a log: it is damaged, or of another kind.")
    return note


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A private key with its name."""

    name: str
    kind: KeyKind
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def verifier(self) -> Verifier:
        """What others check its signatures with."""
        public = self.private.public_key().public_bytes_raw()
        return Verifier(name=self.name, kind=self.kind, public=public)

    def sign(self, text: str, at_s: int = 0) -> Signature:
        """The signature of ``text``; a witness says when, in seconds since 1970."""
        signed = self.private.sign(_message(self.kind, text, at_s))
        time = at_s.to_bytes(TIME_BYTES) if self.kind is KeyKind.WITNESS else b""
        return Signature(name=self.name, key_id=self.verifier.key_id, content=time + signed)


def signed_at_s(note: Note, by: Verifier) -> int | None:
    """When this key signed the note, in seconds since 1970; None where it did not.

    A log's signature has no time: it says 0.
    """
    for each in note.signatures:
        if _key(each) == (by.name, by.key_id):
            length = TIME_BYTES if by.kind is KeyKind.WITNESS else 0
            at_s = int.from_bytes(each.content[:length])
            message = _message(by.kind, note.text, at_s)
            return at_s if _fits(by, each.content[length:], message) else None
    return None


def encoded(content: bytes) -> str:
    """Bytes as standard base64."""
    return b64encode(content).decode()


def decoded(text: str) -> bytes:
    """Bytes out of standard base64.

    Raises:
        ValueError: It is none, or not the one way to write them.
    """
    try:
        content = b64decode(text, validate=True)
    except NotBase64 as error:
        raise ValueError(*error.args) from None
    if encoded(content) != text:
        raise ValueError("not canonical")
    return content


def _key(signature: Signature) -> tuple[str, bytes]:
    return signature.name, signature.key_id


def _signature(name: str, raw: bytes) -> Signature:
    return Signature(name=name, key_id=raw[:ID_BYTES], content=raw[ID_BYTES:])


def _message(kind: KeyKind, text: str, at_s: int) -> bytes:
    said = f"cosignature/v1\ntime {at_s}\n{text}" if kind is KeyKind.WITNESS else text
    return said.encode()


def _fits(by: Verifier, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(by.public).verify(signature, message)
    except InvalidSignature:
        return False
    return True
