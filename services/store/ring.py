"""Sealing for a case: whatever is personal opens with the data key of its case alone.

    case/2 | case key (12) | nonce (12) | AES-256-GCM ciphertext and tag

The header says whose key opens it, so nobody has to know it who reads. What belongs to no case, or
was sealed before cases had keys, has no header and opens with the office key. A ring is asked of
the database for each use and never kept: what is erased is shut for every process at once.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.errors import Erased
from services.store.keys import NONCE_BYTES, Keys, changed_or_moved

MAGIC = b"case/2"
CASE_KEY = re.compile(r"[0-9a-f]{24}")
_OWNER_BYTES = 12
_HEAD_BYTES = len(MAGIC) + _OWNER_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """The data keys of some cases, as they stand now.

    Attributes:
        office: For what belongs to no case.
        keys: By case key; a case that was erased has none.
        cases: The case key of each subject that it was asked for: a case key or fine number.
    """

    office: Keys
    keys: Mapping[str, bytes] = field(repr=False)
    cases: Mapping[str, str]

    def seal(self, content: bytes, *, of: str, table: str, row: str, column: str) -> bytes:
        """``content`` as ciphertext that opens in this very place, with the key of its case only.

        Args:
            content: What is sealed.
            of: The case key or fine number that it is about, or what belongs to no case.
            table: Where it stands, like ``row`` and ``column``.
            row: See there.
            column: See there.
        """
        case = self.cases.get(of, of)
        key = self.keys.get(case)
        if key is None:
            return self.office.seal(content, table=table, row=row, column=column)
        nonce = secrets.token_bytes(NONCE_BYTES)
        head = MAGIC + bytes.fromhex(case)
        return head + nonce + AESGCM(key).encrypt(nonce, content, _bound(head, table, row, column))

    def unseal(self, sealed: bytes, *, table: str, row: str, column: str) -> bytes:
        """What :meth:`seal` was given.

        Raises:
            Erased: The key of its case was destroyed.
            StoreError: The bytes were changed, moved to another place, or written with another key.
        """
        case = owner_of(sealed)
        if not case:
            return self.office.unseal(sealed, table=table, row=row, column=column)
        key = self.keys.get(case)
        if key is None:
            raise Erased(
                f"{table} {row}: its personal data was erased, and nobody can open it again."
            )
        head, rest = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
        nonce, ciphertext = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, _bound(head, table, row, column))
        except InvalidTag:
            raise changed_or_moved(table, row, column) from None

    def opens(self, sealed: bytes) -> bool:
        """Whether the key that something was sealed with is still there."""
        case = owner_of(sealed)
        return not case or case in self.keys


def owner_of(sealed: bytes) -> str:
    """The case whose key opens something; empty where it is the office key."""
    return sealed[len(MAGIC) : _HEAD_BYTES].hex() if sealed.startswith(MAGIC) else ""


def owners_of(sealed: Iterable[bytes]) -> set[str]:
    """The cases whose keys open these."""
    return {case for each in sealed if (case := owner_of(each))}


def _bound(head: bytes, table: str, row: str, column: str) -> bytes:
    return head + "\x1f".join((table, row, column)).encode()
