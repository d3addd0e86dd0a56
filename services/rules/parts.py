"""The smaller parts of a rule pack: limits, zones, terms, people, the notice."""

from __future__ import annotations

from collections.abc import Set
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from services.model import Outcome
from services.rules.bands import Interval, parse_interval
from services.rules.entries import Closed, Days, Entry
from services.rules.proofs import Road
from speedcam.model import VehicleCategory


class Limits(Entry):
    """The limits that hold where no sign stands, by kind of road; None: there is none.

    Attributes:
        wet: The lower ones in rain, where the law has such.
    """

    urban: int | None
    rural: int | None
    main: int | None
    motorway: int | None
    wet: dict[Road, int] = Field(default_factory=dict)


class Zone(Closed):
    """Which passages share their bands. What is left out does not matter for the zone.

    Attributes:
        roads: Kinds of road.
        vehicles: Classes of vehicle.
        limits: Limits in force.
    """

    roads: tuple[Road, ...] = ("urban", "rural", "main", "motorway")
    vehicles: tuple[VehicleCategory, ...] = tuple(VehicleCategory)
    limits: Annotated[Interval, BeforeValidator(parse_interval)] = parse_interval("(0, )")

    def covers(self, road: Road, vehicles: Set[VehicleCategory], limit: Decimal) -> bool:
        """Whether such a passage may belong to it, its vehicle being of one of ``vehicles``."""
        return (
            road in self.roads
            and not vehicles.isdisjoint(self.vehicles)
            and self.limits.contains(limit)
        )


class Points(Entry):
    """Penalty points on the licence."""

    value: Annotated[int, Field(ge=0, le=30, strict=True)]


class Suspension(Entry):
    """Suspension of the licence, from and to, in months."""

    months: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class WrongWay(Entry):
    """Driving against the direction of a lane: what the camera proves, an officer takes on."""

    outcome: Literal[Outcome.REPORT, Outcome.COURT]


class Counting(Entry):
    """From which day terms are counted, and whether that day is day 1 or day 0."""

    starts: Literal["issued", "served"]
    first_day: Literal[0, 1]


class Term(Entry):
    """A number of days, counted as ``counting`` says."""

    days: Days


class Liability(Entry):
    """Who pays, who bears the points, and how long an owner has to name the driver.

    Attributes:
        nominate_days: None: the law names no term, or it is not known.
    """

    pays: Literal["owner", "driver"]
    points: Literal["driver_only", "nobody"]
    nominate_days: Days | None


NoticeFact = Literal[
    "number", "authority", "addressee", "plate", "place", "date", "time", "reference", "measured",
    "tolerance", "retained", "limit", "device", "certificate", "photo", "officer", "amount",
    "how_to_pay", "how_to_contest", "name_driver", "data_protection", "signs",
]  # fmt: skip


class Notice(Entry):
    """What the law wants in a notice."""

    must_hold: Annotated[tuple[NoticeFact, ...], Field(min_length=1)]


class PhotoPolicy(Entry):
    """What of the photo a notice may show."""

    kind: Literal["redacted", "on_request", "driver_visible"]
