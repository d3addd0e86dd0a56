"""Money in a rule pack: fines, surcharges, discounts and what happens late.

Amounts stand in the pack as people write them (135, or 29.40) and are exact decimals.
"""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from services.rules.entries import Days, Entry, Exact, Percent

Sum = Annotated[Exact, Field(gt=0, le=10_000_000)]


class FineRange(Entry):
    """The least and the most that a band allows, and what the law itself fixes beside it.

    Attributes:
        reduced: The fixed amount for whoever pays early, where the law names one.
        increased: The fixed amount for whoever pays late, where the law names one.
    """

    min: Sum
    max: Sum
    reduced: Sum | None = None
    increased: Sum | None = None

    @field_validator("max")
    @classmethod
    def _ordered(cls, most: Decimal, info: ValidationInfo) -> Decimal:
        least = info.data.get("min")
        if least is not None and most < least:
            raise ValueError(f"{most} is below min {least}: exchange them")
        return most

    def sums(self) -> tuple[Decimal, ...]:
        """Every amount that is given."""
        every = (self.min, self.max, self.reduced, self.increased)
        return tuple(amount for amount in every if amount is not None)


class Surcharge(Entry):
    """A fine is so much higher at some hours.

    Attributes:
        between: From and to, local time; over midnight where the second is the earlier one.
        times: Numerator and denominator of the factor, at least 1.
    """

    between: tuple[time, time]
    times: tuple[Annotated[int, Field(ge=1, le=99)], Annotated[int, Field(ge=1, le=99)]]

    @field_validator("between", mode="before")
    @classmethod
    def _times(cls, between: object) -> object:
        # YAML reads an unquoted 22:00 as the number 1320.
        if not isinstance(between, list) or not all(isinstance(each, str) for each in between):
            raise ValueError('write two times in quotation marks, such as ["22:00", "07:00"]')
        return between

    @field_validator("times")
    @classmethod
    def _more(cls, times: tuple[int, int]) -> tuple[int, int]:
        if times[0] < times[1]:
            raise ValueError(f"{times[0]}/{times[1]} lowers the fine: write [4, 3] for 4/3")
        return times

    def holds_at(self, at: time) -> bool:
        """Whether it holds at this local time; the end itself does not belong to it."""
        begin, end = self.between
        if begin <= end:
            return begin <= at < end
        return at >= begin or at < end


class Amount(Entry):
    """Which amount of the range is the fine, how it is rounded, and what is added at some hours."""

    pick: Literal["min"]
    rounding: Literal["down", "half_up"]
    surcharges: tuple[Surcharge, ...]


class Discount(Entry):
    """What is less until day ``days``: ``pct`` percent, or the amount that the band fixes.

    Attributes:
        blocked_by: Bands with this bring no discount.
    """

    kind: Literal["pct", "fixed"]
    pct: Annotated[Percent | None, Field(validate_default=True)] = None
    days: Days
    blocked_by: tuple[Literal["suspension"], ...] = ()

    @field_validator("pct")
    @classmethod
    def _fits(cls, pct: int | None, info: ValidationInfo) -> int | None:
        return _needed_for("pct", pct, info)


class Late(Entry):
    """What happens after day ``after_days``.

    Kinds: ``daily_pct`` (``pct`` percent of the full amount a day, for ``cap_days`` days),
    ``pct_once`` (``pct`` percent more), ``fixed`` (the band's increased amount), ``half_of_max``
    (half of the band's maximum), ``proceedings`` (no amount: a court or an authority goes on).
    """

    kind: Literal["daily_pct", "pct_once", "fixed", "half_of_max", "proceedings"]
    after_days: Days
    pct: Annotated[Percent | None, Field(validate_default=True)] = None
    cap_days: Annotated[Days | None, Field(validate_default=True)] = None

    @field_validator("pct", "cap_days")
    @classmethod
    def _fits(cls, value: int | None, info: ValidationInfo) -> int | None:
        return _needed_for(str(info.field_name), value, info)


_NEEDS = {"pct": ("pct",), "daily_pct": ("pct", "cap_days"), "pct_once": ("pct",)}
"""The kinds of discount and lateness that take numbers of their own."""


def _needed_for(name: str, value: int | None, info: ValidationInfo) -> int | None:
    kind = info.data.get("kind")  # None: the kind itself is at fault, which is told already
    if kind and (value is not None) != (name in _NEEDS.get(kind, ())):
        verb = "takes no" if value is not None else "needs"
        raise ValueError(f"kind {kind} {verb} {name}: mend one of the two")
    return value
