"""Hours in which a telephone should not ring, by the clock of the place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """A span of every day in which some channels are silent.

    Attributes:
        begins: Local time; after ``ends`` where the span has midnight in it.
        ends: Local time, no longer quiet.
        channels: Which are silent.
    """

    begins: time
    ends: time
    channels: frozenset[str]

    def over_at(self, channel: str, now: datetime, zone: str) -> datetime | None:
        """When quiet hours end for ``channel``, or None where it is not quiet now.

        Args:
            channel: By which a letter would travel.
            now: Aware.
            zone: Of the place of the violation, which stands for the recipient's.
        """
        local = now.astimezone(ZoneInfo(zone))
        if channel not in self.channels or not self._holds(local.time()):
            return None
        day = local.date() + timedelta(days=local.time() >= self.ends)
        over = datetime.combine(day, self.ends, tzinfo=ZoneInfo(zone))
        # In autumn there are two such instants, and the first may be over.
        return max(over.replace(fold=fold).astimezone(UTC) for fold in (0, 1))

    def _holds(self, at: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends
