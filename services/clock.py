"""Clocks behind the :class:`services.ports.Clock` port."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


class SystemClock:
    """The present instant in UTC."""

    def now(self) -> datetime:
        """The present instant, aware."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class StillClock:
    """One aware instant: that of a step, or of a demo that plays on another day."""

    at: datetime

    def now(self) -> datetime:
        """That instant."""
        return self.at
