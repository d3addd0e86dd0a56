"""What a law takes off a measured speed, or how far it lets one go, in the pack's unit. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from services.rules.bands import Interval, gaps, parse_interval
from services.rules.entries import Closed, Entry, Exact, spread
from services.worded import worded

Device = Literal["fixed", "section", "laser", "curve_radar", "moving"]
"""How a speed was measured: this camera measures as ``fixed``, or between two as ``section``."""

Rounding = Literal["exact", "down", "up"]
_ROUNDINGS = {"down": ROUND_FLOOR, "up": ROUND_CEILING}
_ONE = Decimal(1)


def rounded(value: Decimal, rounding: Rounding) -> Decimal:
    """``value`` as it is, or cut down or raised to a whole number."""
    return value if rounding == "exact" else value.quantize(_ONE, _ROUNDINGS[rounding])


class Step(Closed):
    """What is deducted over one stretch of measured speeds: a number, or percent of the speed."""

    measured: Annotated[Interval, BeforeValidator(parse_interval)]
    less: Annotated[Exact, Field(ge=0, le=30)] | None = None
    less_pct: Annotated[Exact, Field(ge=0, le=30)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Step:
        if (self.less is None) == (self.less_pct is None):
            raise ValueError("give either less or less_pct")
        return self

    def deduction(self, measured: Decimal) -> Decimal:
        """What is taken off ``measured``."""
        if self.less is not None:
            return self.less
        return measured * (self.less_pct or 0) / 100

    def in_words(self) -> str:
        """What it deducts, and from which speeds, for a reader."""
        measured = str(self.measured)
        if self.less is not None:
            return worded("{less:f} from {measured} measured", less=self.less, measured=measured)
        return worded("{less:f} % from {measured} measured", less=self.less_pct, measured=measured)


class Roundings(Entry):
    """What the law rounds to a whole number, and when; never to a driver's cost.

    Attributes:
        measured: The measured speed, before anything else.
        deduction: The deduction.
        retained: The speed that is left.
    """

    measured: Literal["exact", "down"]
    deduction: Literal["exact", "up"]
    retained: Literal["exact", "down"]


class _Rounded(Entry):
    """What both kinds of tolerance have."""

    rounding: Roundings

    @model_validator(mode="before")
    @classmethod
    def _marked(cls, raw: Any) -> Any:  # noqa: ANN401 - raw YAML
        return spread(raw, {"rounding": ()})


class Deduct(_Rounded):
    """A deduction by steps of the measured speed, for each kind of device."""

    kind: Literal["deduct"]
    devices: dict[Device, tuple[Step, ...]]

    @field_validator("devices")
    @classmethod
    def _seamless(cls, devices: Mapping[Device, tuple[Step, ...]]) -> object:
        faults = [
            fault
            for device, steps in devices.items()
            for fault in gaps(f"device {device}", [step.measured for step in steps])
        ]
        if "fixed" not in devices:
            faults.append("device fixed has no steps: this camera measures as one, add it")
        if faults:
            raise ValueError("; ".join(faults))
        return devices

    def knows(self, device: Device) -> bool:
        """Whether the law says what to deduct from such a device."""
        return device in self.devices

    def deduction(self, measured: Decimal, device: Device) -> Decimal:
        """What is taken off ``measured``, more than 0."""
        return rounded(self.step(measured, device).deduction(measured), self.rounding.deduction)

    def step(self, measured: Decimal, device: Device) -> Step:
        """The step that holds for ``measured``, more than 0."""
        return next(step for step in self.devices[device] if step.measured.contains(measured))

    def lets_go(self, retained: Decimal, limit: Decimal) -> bool:
        """Whether nobody is pursued at this speed."""
        return retained <= limit


class Threshold(_Rounded):
    """Nothing is deducted; the police act from the limit plus ``pct`` percent plus ``add`` on."""

    kind: Literal["threshold"]
    pct: Annotated[Exact, Field(ge=0, le=50)]
    add: Annotated[Exact, Field(ge=0, le=30)]

    def knows(self, device: Device) -> bool:
        """Whether it covers the device: every fixed one."""
        return device == "fixed"

    def deduction(self, measured: Decimal, device: Device) -> Decimal:  # noqa: ARG002 - as Deduct
        """Nothing."""
        return Decimal(0)

    def lets_go(self, retained: Decimal, limit: Decimal) -> bool:
        """Whether nobody is pursued at this speed."""
        return retained < limit + limit * self.pct / 100 + self.add

    def in_words(self) -> str:
        """From where on speeds are pursued, for a reader."""
        return worded("pursued from the limit + {pct:f} % + {add:f} on", pct=self.pct, add=self.add)


Tolerance = Annotated[Deduct | Threshold, Field(discriminator="kind")]
