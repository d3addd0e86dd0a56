"""The way between two cameras that an average speed rests on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from speedcam.model import KMH_PER_M_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The certified way between two cameras, and the time that one vehicle took for it.

    Attributes:
        section: Id of the section.
        distance_m: The shortest way between the two lines.
        uncertainty_m: Of the distance, expanded, k = 2.
        certified_by: Who certified the distance.
        certificate: Number of that certificate.
        valid_until: Its last day.
        seconds: Between the lines, in whole milliseconds, rounded up.
        entered_at: When the line was crossed where the section begins.
    """

    section: str
    distance_m: Decimal
    uncertainty_m: Decimal
    certified_by: str
    certificate: str
    valid_until: date
    seconds: Decimal
    entered_at: datetime

    @property
    def left_at(self) -> datetime:
        """When the line was crossed where the section ends."""
        return self.entered_at + timedelta(milliseconds=int(self.seconds * 1000))

    @property
    def average_kmh(self) -> Decimal:
        """The way over the time."""
        return self.distance_m * Decimal(str(KMH_PER_M_S)) / self.seconds
