"""The case on the owner's page: where it stands, what happened when, what may be handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.fines import Standing
from services.life import PAYABLE, Act, State
from services.model import Fine, Terms
from services.notifier.language import Language, local_day
from services.store.history import Event

TOLD = (
    "opened", "validate", "issued", "sent", Act.SERVE, "paid", Act.CONTEST, Act.UPHOLD, Act.CANCEL,
    Act.WRITE_OFF, Act.HOLD, Act.RELEASE, Act.ENFORCE, Act.TRANSFER, Act.REFUND, "gave back",
)  # fmt: skip
"""Steps that the page has words for. Others are the office's own and change nothing for the
owner, such as a further try to hand a notice over."""


class Wish(StrEnum):
    """What an owner may hand in. Each is an objection to the office: the terms stand still."""

    OBJECT = "object"
    PERSON = "person"
    """A person looks at a case that a programme, or one officer alone, decided."""
    DRIVER = "driver"
    """Somebody else drove. An officer checks it and transfers the fine, or does not: nobody is
    fined because a stranger typed a name."""


HOUSE_WORDS = {
    Wish.OBJECT: "objects",
    Wish.PERSON: "asks for a person",
    Wish.DRIVER: "names the driver",
}
"""How the history begins what was handed in, for the officer who reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One line of the history, ready to print; who did it and why are not told."""

    day: str
    time: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Where a case stands, ready to print.

    Attributes:
        state: Empty where no account tells it.
        happened: In order of time.
        may_wish: Something may be handed in now.
        closed_on: Last day to hand something in, where it is over; else empty.
        may_pay: The demo bank may be paid now.
    """

    state: State | None
    happened: Sequence[Happened]
    may_wish: bool
    closed_on: str
    may_pay: bool


def happened(fine: Fine, events: Sequence[Event], language: Language) -> tuple[Happened, ...]:
    """What the page tells of a history, in the local time of the place."""
    zone = ZoneInfo(fine.violation.passage.place.timezone)
    local = ((event.at.astimezone(zone), event.what) for event in events if event.what in TOLD)
    return tuple(
        Happened(day=local_day(at.date(), language, fine.number[:2]), time=f"{at:%H:%M}", what=what)
        for at, what in local
    )


def may_wish(standing: Standing, terms: Terms) -> bool:
    """Whether an objection can be handed in: within its term, pauses included."""
    return Act.CONTEST in standing.acts and standing.clock_day <= terms.object_until


def closed_on(standing: Standing, terms: Terms) -> date | None:
    """The last day to object, pauses included, where it is over."""
    return standing.object_until if standing.clock_day > terms.object_until else None


def may_pay(standing: Standing) -> bool:
    """Whether a payment would move the fine; while it is contested its money would wait."""
    return standing.state in PAYABLE and standing.account.owed > 0
