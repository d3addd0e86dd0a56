"""What a rule pack may say: one closed model, every value with its source and how sure it is."""

from __future__ import annotations

from collections.abc import Set
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from services.model import Money, Outcome, decimals
from services.rules.amounts import Amount, Discount, FineRange, Late
from services.rules.bands import Interval, parse_interval
from services.rules.entries import (
    Closed,
    Entry,
    Source,
    Unit,
    Words,
    entries_in,
    spread,
)
from services.rules.parts import (
    Counting,
    Liability,
    Limits,
    Notice,
    PhotoPolicy,
    Points,
    Suspension,
    Term,
    WrongWay,
    Zone,
)
from services.rules.proofs import (
    Road,
    bands_of_zones,
    earned,
    whole_amounts,
    zones_cover_all,
)
from services.rules.tolerance import Tolerance
from speedcam.model import VehicleCategory

Decide = Literal["policy", "human"]
_Value = TypeVar("_Value")


class Band(Entry):
    """What one stretch of speed over the limit brings. Its marks hold for all that stands in it.

    Attributes:
        code: Name of the offence in this pack.
        zone: A zone of the pack.
        over: The stretch, edges as the law has them.
        outcome: What follows.
        fine: None: no amount is set here (a court's or prosecutor's matter, or a course).
        suspension: None: the licence stays.
        decide: ``human``: no policy may decide it.
    """

    code: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    zone: str
    over: Annotated[Interval, BeforeValidator(parse_interval)]
    outcome: Outcome
    fine: FineRange | None
    points: Points
    suspension: Suspension | None
    decide: Decide

    @model_validator(mode="before")
    @classmethod
    def _marked(cls, raw: Any) -> Any:  # noqa: ANN401 - raw YAML
        return spread(raw, {"fine": ("min", "max"), "points": ("value",), "suspension": ()})

    @field_validator("fine")
    @classmethod
    def _paid(cls, fine: FineRange | None, info: ValidationInfo) -> FineRange | None:
        if fine is None and info.data.get("outcome") is Outcome.FINE:
            raise ValueError("outcome fine needs an amount: add one, or mend the outcome")
        return fine

    @property
    def needs_person(self) -> bool:
        """Whether no policy may decide it."""
        # A licence is never taken by a machine, whatever a pack forgets to say.
        return (
            self.decide == "human"
            or self.suspension is not None
            or self.outcome not in {Outcome.FINE, Outcome.ADVISORY}
        )

    @property
    def severity(self) -> tuple[int, Decimal, int, int]:
        """Grows with what a driver has to bear."""
        rank = list(Outcome).index(self.outcome)
        months = self.suspension.months[0] if self.suspension else 0
        return rank, self.fine.min if self.fine else Decimal(0), self.points.value, months


class Pack(Closed):
    """The law of one country in one period.

    Attributes:
        format: Of this file. A later release reads the older ones too.
        version: Of this file; a change of its content is a new version.
        from_: First local day on which it holds.
        to: First local day on which it no longer holds, or None.
        timezones: Of the country; days of the office are those of the first.
        unit: Of every speed in the pack.
        zones: Which bands count for whom.
        discount: None: nothing is less for paying early.
        objection: How long one may object.
        service: How long after the passage the authority may serve the notice; None: not known.
        prescription: How long after its issue a fine may be pursued; None: not known.
        wrong_way: None: the pack knows nothing of it, and nobody is pursued.
        reviewed_by: Who compared it with the primary text, or None.
    """

    format: Literal[2]
    id: Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{4}-\d{2}-\d{2}$")]
    version: Words
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    title: Words
    from_: Annotated[date, Field(alias="from")]
    to: date | None
    timezones: Annotated[tuple[str, ...], Field(min_length=1)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    unit: Unit
    sources: dict[str, Source]
    limits: Limits
    zones: dict[str, Zone]
    tolerance: Tolerance
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]
    wrong_way: WrongWay | None
    amount: Amount
    counting: Counting
    discount: Discount | None
    late: Late
    objection: Term
    service: Term | None
    prescription: Term | None = None
    liability: Liability
    notice: Notice
    photo_policy: PhotoPolicy
    retention: Term
    reviewed_by: str | None
    verified: bool

    @field_validator("to")
    @classmethod
    def _later(cls, to: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("from_")
        if to is not None and start is not None and to <= start:
            raise ValueError(f"{to} is not after from {start}: give a later day, or null")
        return to

    @field_validator("timezones")
    @classmethod
    def _known_zones(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError):
                raise ValueError(
                    f"{name!r} is no time zone: write one like Europe/Tirane"
                ) from None
        return names

    @field_validator("zones")
    @classmethod
    def _every_passage_once(cls, zones: dict[str, Zone]) -> object:
        return _proven(zones, zones_cover_all(zones))

    @field_validator("bands")
    @classmethod
    def _seamless(cls, bands: tuple[Band, ...], info: ValidationInfo) -> tuple[Band, ...]:
        faults = bands_of_zones(bands, info.data.get("zones"))
        faults += whole_amounts(bands, decimals(info.data.get("currency", "")))
        return _proven(bands, faults)

    @field_validator("verified")
    @classmethod
    def _earned(cls, verified: bool, info: ValidationInfo) -> bool:
        return _proven(verified, earned(info.data) if verified else [])

    @property
    def timezone(self) -> str:
        """In which the office counts its days."""
        return self.timezones[0]

    def band(
        self, road: Road, over: Decimal, *, limit: Decimal, vehicles: Set[VehicleCategory]
    ) -> Band:
        """The mildest band that a vehicle of one of these classes has for ``over``, more than 0."""
        zones = {n for n, zone in self.zones.items() if zone.covers(road, vehicles, limit)}
        bands = [band for band in self.bands if band.zone in zones and band.over.contains(over)]
        return bands[0] if len(bands) == 1 else min(bands, key=lambda band: band.severity)

    def band_of(self, code: str) -> Band:
        """The band of this code."""
        return next(band for band in self.bands if band.code == code)

    def money(self, amount: Decimal) -> Money:
        """``amount`` in minor units, rounded as the pack says."""
        mode = ROUND_FLOOR if self.amount.rounding == "down" else ROUND_HALF_UP
        minor = amount.scaleb(decimals(self.currency)).to_integral_value(mode)
        return Money(minor=int(minor), currency=self.currency)

    def major(self, money: Money) -> Decimal:
        """``money`` as people write it."""
        return Decimal(money.minor).scaleb(-decimals(self.currency))

    def doubts(self) -> list[str]:
        """What keeps the pack from being used for real, one name each."""
        return [name for name, entry in entries_in(self) if entry.sure in {"C", "K"}]


def _proven(value: _Value, faults: list[str]) -> _Value:
    if faults:
        raise ValueError("; ".join(faults))
    return value
