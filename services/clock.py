"""The computer's clock behind the :class:`services.ports.Clock` port."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The present instant in UTC."""

    def now(self) -> datetime:
        """The present instant, aware."""
        return datetime.now(UTC)
