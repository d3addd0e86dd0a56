"""Instants as people write them: with their offset, or they are none."""

from __future__ import annotations

from datetime import datetime


def instant_of(text: str) -> datetime | None:
    """The aware instant in ``text`` (ISO 8601), or None where it is not one with its offset."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None
