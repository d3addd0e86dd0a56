"""What a rule pack may say: closed models, each value with its source and how sure it is.

Marks of ``sure``: A, primary text read; B, two or more independent secondary sources; C, one
secondary source; K, background knowledge, not verified. A pack with C or K is not verified.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from services.rules.bands import Interval, gaps, parse_interval

Sure = Literal["A", "B", "C", "K"]
RoadKind = Literal["urban", "rural", "main", "motorway"]
ROAD_KINDS: tuple[RoadKind, ...] = ("urban", "rural", "main", "motorway")
Days = Annotated[int, Field(ge=1, le=3660, strict=True)]
Percent = Annotated[int, Field(ge=0, le=100, strict=True)]
MinorUnits = Annotated[int, Field(ge=1, le=100_000_000, strict=True)]
Words = Annotated[str, Field(min_length=1)]


class Closed(BaseModel):
    """A model that knows every key it may have, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Entry(Closed):
    """A value of the law with where it comes from.

    Attributes:
        source: Names of entries in the pack's ``sources``.
        sure: See the module.
        note: What a reader must know of it.
    """

    source: Annotated[tuple[str, ...], Field(min_length=1)]
    sure: Sure
    note: str = ""


class Source(Closed):
    """A text that somebody read: which, how near to the law, and when."""

    ref: Words
    read: Literal["primary", "secondary", "own"]
    read_on: date


class Tolerance(Entry):
    """What the law deducts: ``kmh`` up to ``switch_at_kmh`` measured, ``pct`` above it."""

    kind: Literal["deduct"]
    kmh: Annotated[int, Field(ge=0, le=30, strict=True)]
    pct: Percent
    switch_at_kmh: Annotated[int, Field(ge=1, le=300, strict=True)]


class FineRange(Entry):
    """The least and the most that a band allows, in minor units."""

    min: MinorUnits
    max: MinorUnits

    @field_validator("max")
    @classmethod
    def _ordered(cls, most: int, info: ValidationInfo) -> int:
        least = info.data.get("min")
        if least is not None and most < least:
            raise ValueError(f"{most} is below min {least}: exchange them")
        return most


class Points(Entry):
    """Penalty points on the licence."""

    value: Annotated[int, Field(ge=0, le=30, strict=True)]


class Suspension(Entry):
    """Suspension of the licence, from and to, in months."""

    months: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class Band(Closed):
    """What one stretch of km/h over the limit brings.

    Attributes:
        code: Name of the offence in this pack.
        zone: A zone of the pack.
        over: The stretch, edges as the law has them.
        reference: Legal reference as printed.
        suspension: None: the licence stays.
        decide: ``human``: no policy may decide it.
    """

    code: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    zone: str
    over: Annotated[Interval, BeforeValidator(parse_interval)]
    reference: Words
    fine: FineRange
    points: Points
    suspension: Suspension | None
    decide: Literal["policy", "human"]


class Amount(Entry):
    """Which amount of the range is the fine."""

    pick: Literal["min"]


class Discount(Entry):
    """``pct`` percent less until day ``days``, the day of issue being day 1."""

    pct: Percent
    days: Days


class Late(Entry):
    """``pct`` percent of the full amount for each day after day ``after_days``, capped."""

    kind: Literal["daily_pct"]
    pct: Percent
    after_days: Days
    cap_days: Days


class Term(Entry):
    """A number of days, the day of issue being day 1."""

    days: Days


class PhotoPolicy(Entry):
    """What of the photo a notice may show."""

    kind: Literal["redacted"]


class Pack(Closed):
    """The law of one country from ``from`` until the day before ``to``.

    Attributes:
        to: First day on which it no longer holds, or None while it holds.
        zones: Which kinds of road share bands.
        reviewed_by: Who compared it with the primary text, or None.
        verified: May be used outside a demonstration.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{4}-\d{2}-\d{2}$")]
    version: Words
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    title: Words
    from_: Annotated[date, Field(alias="from")]
    to: date | None
    timezone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    sources: dict[str, Source]
    zones: dict[str, tuple[RoadKind, ...]]
    tolerance: Tolerance
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]
    amount: Amount
    discount: Discount
    late: Late
    objection: Term
    retention: Term
    photo_policy: PhotoPolicy
    reviewed_by: str | None
    verified: bool

    @field_validator("to")
    @classmethod
    def _later(cls, to: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("from_")
        if to is not None and start is not None and to <= start:
            raise ValueError(f"{to} is not after from {start}: give a later day, or null")
        return to

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{name!r} is no time zone: write one like Europe/Tirane") from None
        return name

    @field_validator("zones")
    @classmethod
    def _every_road_once(cls, zones: dict[str, tuple[RoadKind, ...]]) -> object:
        listed = [kind for kinds in zones.values() for kind in kinds]
        faults = [
            f"{k} stands in {listed.count(k)} zones" for k in ROAD_KINDS if listed.count(k) != 1
        ]
        if faults:
            raise ValueError(f"{'; '.join(faults)}: name each kind of road in exactly one zone")
        return zones

    @field_validator("bands")
    @classmethod
    def _seamless(cls, bands: tuple[Band, ...], info: ValidationInfo) -> tuple[Band, ...]:
        codes = [band.code for band in bands]
        faults = [f"code {code} stands twice" for code in set(codes) if codes.count(code) > 1]
        zones = info.data.get("zones")
        if zones is not None:
            unknown = sorted({band.zone for band in bands} - set(zones))
            faults += [f"zone {zone} is not in zones: add it or mend it" for zone in unknown]
            for zone in zones:
                faults += gaps(zone, [band.over for band in bands if band.zone == zone])
        if faults:
            raise ValueError("; ".join(faults))
        return bands

    @field_validator("verified")
    @classmethod
    def _earned(cls, verified: bool, info: ValidationInfo) -> bool:
        unsure = [entry for entry in _entries(info.data) if entry.sure in {"C", "K"}]
        if verified and (unsure or not info.data.get("reviewed_by")):
            raise ValueError(
                f"a pack is verified when reviewed_by names a person and no entry is marked C or "
                f"K ({len(unsure)} here are): write false until then"
            )
        return verified

    def band(self, road_kind: RoadKind, over_kmh: Decimal) -> Band:
        """The band of ``over_kmh``, more than 0; the bands are known to leave no gap."""
        zone = next(name for name, kinds in self.zones.items() if road_kind in kinds)
        return next(b for b in self.bands if b.zone == zone and b.over.contains(over_kmh))


def _entries(value: object) -> Iterator[Entry]:
    """Every entry in ``value``, however deep."""
    if isinstance(value, Entry):
        yield value
    if isinstance(value, BaseModel):
        value = dict(value)
    if isinstance(value, dict):
        for part in value.values():
            yield from _entries(part)
    elif isinstance(value, tuple):
        for part in value:
            yield from _entries(part)


def unknown_sources(pack: Pack) -> list[str]:
    """Names that entries give as their source and that the pack does not list."""
    used = {name for entry in _entries(pack) for name in entry.source}
    return sorted(used - set(pack.sources))
