"""The picture that a notice brings, out of the office's store."""

from __future__ import annotations

from services.model import Fine
from services.notifier.complete import photo_exhibit
from services.store.store import Store


def photo_of(store: Store, fine: Fine) -> bytes:
    """JPEG bytes of the redacted photo; empty where there is none: a notice says so better.

    Raises:
        EvidenceError: The office lost it, or it was changed.
    """
    exhibit = photo_exhibit(fine.violation.passage)
    return store.exhibit_bytes(exhibit.sha256) if exhibit else b""
