"""What the pages need of the store: to read one notice, and nothing else."""

from __future__ import annotations

from typing import Protocol

from services.fines import Standing
from services.model import Fine


class NoticeReader(Protocol):
    """Finds one notice at a time; there is no list and no search to misuse."""

    def fine_by_number_and_plate(self, number: str, plate: str) -> Fine | None:
        """The fine that both belong to, as people type them, or None without a word which."""
        ...

    def fine(self, number: str) -> Fine | None:
        """The fine with this number, or None where there is none (any more)."""
        ...

    def exhibit_bytes(self, sha256: str) -> bytes:
        """The picture with this hash. Raises an OfficeError when it is lost or altered."""
        ...


class Accounts(Protocol):
    """Says where a fine stands now: what was done to it, and what is still owed."""

    def __call__(self, number: str) -> Standing:
        """The standing of the fine with this number, which is there."""
        ...
