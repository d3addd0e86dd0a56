r"""A file that opens with the data key of any of its cases: what is kept of a person on disk.

    speedcam-case-file/1\n | cases (2) | [case key (12) | nonce | wrapped file key] … | nonce |
    ciphertext and tag

Each file has a random key of its own (AES-256-GCM), wrapped for each case that it belongs to, so
one picture may prove two cases and is erased with the last of them. Name and cases are bound.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.errors import Erased, EvidenceError
from services.store.keys import KEY_BYTES, NONCE_BYTES
from services.worded import worded

MAGIC = b"speedcam-case-file/1\n"
_CASE_BYTES, _TAG_BYTES, _COUNT_BYTES = 12, 16, 2
_WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + _TAG_BYTES
MOST_CASES = 256**_COUNT_BYTES - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A sealed file, taken apart.

    Attributes:
        wrapped: The file's key, wrapped, by case key.
        head: Bytes before the content, which are bound to it.
        sealed: Nonce and ciphertext of the content.
    """

    wrapped: Mapping[str, bytes]
    head: bytes
    sealed: bytes


def is_sealed(content: bytes) -> bool:
    """Whether these bytes are such a file."""
    return content.startswith(MAGIC)


def sealed_for(content: bytes, name: str, keys: Mapping[str, bytes]) -> bytes:
    """``content`` as a file of this name, for the cases whose data keys these are."""
    file_key = secrets.token_bytes(KEY_BYTES)
    head = MAGIC + len(keys).to_bytes(_COUNT_BYTES)
    for case, key in keys.items():
        head += bytes.fromhex(case) + _encrypted(key, file_key, _bound(name, case))
    return head + _encrypted(file_key, content, head + name.encode())


def taken_apart(file: bytes) -> Envelope:
    """The parts of a sealed file.

    Raises:
        EvidenceError: It is cut off.
    """
    start = len(MAGIC) + _COUNT_BYTES
    size = _CASE_BYTES + _WRAPPED_BYTES
    end = start + size * int.from_bytes(file[len(MAGIC) : start])
    if len(file) < end + NONCE_BYTES + _TAG_BYTES:
        raise EvidenceError(worded("a sealed exhibit is cut off. Restore it from the last backup."))
    slots = (file[at : at + size] for at in range(start, end, size))
    wrapped = {slot[:_CASE_BYTES].hex(): slot[_CASE_BYTES:] for slot in slots}
    return Envelope(wrapped=wrapped, head=file[:end], sealed=file[end:])


def cases_of(path: Path) -> set[str]:
    """The cases that a file opens for; none where it is not sealed, or is cut off.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(len(MAGIC) + _COUNT_BYTES)
        if not is_sealed(start):
            return set()
        size = _CASE_BYTES + _WRAPPED_BYTES
        slots = file.read(size * int.from_bytes(start[len(MAGIC) :]))
    return {slots[at:][:_CASE_BYTES].hex() for at in range(0, len(slots), size)}


def opened(envelope: Envelope, name: str, keys: Mapping[str, bytes]) -> bytes:
    """The content of a sealed file.

    Args:
        envelope: The file.
        name: That it was sealed with.
        keys: Data keys by case key; any of its cases will do.

    Raises:
        Erased: The keys of all of its cases were destroyed.
        EvidenceError: It was changed, or has another name.
    """
    case = next((each for each in envelope.wrapped if each in keys), None)
    if case is None:
        raise Erased(worded("exhibit {exhibit} was erased with its case.", exhibit=f"{name[:12]}…"))
    try:
        file_key = _decrypted(keys[case], envelope.wrapped[case], _bound(name, case))
        return _decrypted(file_key, envelope.sealed, envelope.head + name.encode())
    except InvalidTag:
        raise EvidenceError(
            worded(
                "exhibit {exhibit} was changed after it was kept. Show and send nothing that rests "
                "on it; restore it from the last verified backup.",
                exhibit=f"{name[:12]}…",
            )
        ) from None


def _encrypted(key: bytes, content: bytes, bound: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, bound)


def _decrypted(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)


def _bound(name: str, case: str) -> bytes:
    return f"exhibit\x1f{name}\x1f{case}\x1f1".encode()
