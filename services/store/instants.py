"""Instants as the database keeps them: whole milliseconds since 1970, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Milliseconds of an aware instant; counted in integers, so that none is lost."""
    return (at - _EPOCH) // _MS


def from_ms(at_ms: int) -> datetime:
    """The aware instant in UTC."""
    return _EPOCH + timedelta(milliseconds=at_ms)
