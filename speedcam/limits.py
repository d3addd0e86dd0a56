"""Which of a lane's limits held for a vehicle: pure, and in doubt the most generous one.

A lane has a limit of its own and may have others for some hours, days, weathers and classes of
vehicle. In a given case the first that applies holds. Where class or weather are not known, or the
clock stood at an edge, every case that may have been is looked at and the highest limit counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import product

from speedcam.model import VehicleCategory, Weather

AT_THE_EDGE = timedelta(minutes=2)
"""So near to the hour at which a limit changes both limits may have held: clocks of drivers and of
switched signs are not those of cameras."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit and when it holds; None means that it does not matter for it.

    Attributes:
        limit_kmh: In km/h; where signs are in miles, the next whole number above.
        trigger_kmh: Only above it is a plate looked for.
        limit_mph: As the sign has it, where signs are in miles per hour.
        between: From and to, local time; over midnight where the second is the earlier one.
        days: Days of the week.
        weather: In which weather.
        vehicles: For which classes.
    """

    limit_kmh: int
    trigger_kmh: int
    limit_mph: int | None = None
    between: tuple[time, time] | None = None
    days: frozenset[str] | None = None
    weather: frozenset[Weather] | None = None
    vehicles: frozenset[VehicleCategory] | None = None

    def holds(self, at: datetime, vehicle: VehicleCategory, weather: Weather) -> bool:
        """Whether it holds for ``vehicle`` at the local instant ``at`` in ``weather``."""
        return (
            (self.between is None or _within(at.time(), self.between))
            and (self.days is None or WEEKDAYS[at.weekday()] in self.days)
            and (self.weather is None or weather in self.weather)
            and (self.vehicles is None or vehicle in self.vehicles)
        )

    def in_words(self) -> str:
        """When it holds, for the record; empty for a limit that always does."""
        parts = []
        if self.vehicles is not None:
            parts.append("/".join(sorted(self.vehicles)))
        if self.between is not None:
            parts.append(f"{self.between[0]:%H:%M}–{self.between[1]:%H:%M}")
        if self.days is not None:
            parts.append("/".join(day for day in WEEKDAYS if day in self.days))
        if self.weather is not None:
            parts.append("/".join(sorted(self.weather)))
        return ", ".join(parts)


def limit_in_force(
    usual: Limit,
    others: tuple[Limit, ...],
    at: datetime,
    vehicle: VehicleCategory | None,
    weather: Weather | None,
) -> Limit:
    """The limit that held, or of those that may have held the most generous one.

    Args:
        usual: The lane's own limit.
        others: Its other limits, in the order of the site file.
        at: Local instant.
        vehicle: Class, or None where it is not known.
        weather: Or None where it is not known.
    """
    if not others:
        return usual
    cases = product(
        (at - AT_THE_EDGE, at, at + AT_THE_EDGE),
        [vehicle] if vehicle else VehicleCategory,
        [weather] if weather else Weather,
    )
    possible = [_of_case(usual, others, *case) for case in cases]
    return max(possible, key=lambda limit: (limit.limit_kmh, limit.trigger_kmh))


def _of_case(
    usual: Limit,
    others: tuple[Limit, ...],
    at: datetime,
    vehicle: VehicleCategory,
    weather: Weather,
) -> Limit:
    return next((limit for limit in others if limit.holds(at, vehicle, weather)), usual)


def _within(at: time, between: tuple[time, time]) -> bool:
    begin, end = between
    if begin <= end:
        return begin <= at < end
    return at >= begin or at < end
