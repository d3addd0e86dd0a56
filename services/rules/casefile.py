"""Cases beside a pack: what it must answer, a line each, for a lawyer to read and add to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from services.model import Outcome
from services.rules.classes import ANY
from services.rules.edition import read_model
from services.rules.entries import Closed, Exact
from services.rules.pack import Pack
from services.rules.proofs import Road
from services.rules.reckoning import Circumstances, price, reckon
from services.rules.terms import due, terms_of
from services.rules.tolerance import Device
from speedcam.model import VehicleCategory

Answer = Literal["none", "advisory", "course", "fine", "human", "report", "court"]
"""``human`` is a fine that no policy may decide."""

ANSWERS = ("retained", "outcome", "amount", "points", "suspension")
"""What a pack answers to a case, in the order of :func:`answer`."""


class JudgedCase(Closed):
    """A speed in its circumstances, and what the pack must make of it.

    Attributes:
        measured: In the pack's unit, like ``limit`` and ``retained``.
        uncertainty: Expanded; left out, the speed is certain and the law speaks alone.
        retained: What counts; left out, it is not compared.
        amount: Minimum of the band with what the hour adds; left out, there is none.
    """

    road: Road
    limit: Exact
    measured: Exact
    outcome: Answer
    uncertainty: Exact = Decimal(0)
    retained: Exact | None = None
    amount: Exact | None = None
    points: int = 0
    suspension: tuple[int, int] | None = None
    vehicle: VehicleCategory | None = None
    at: time = time(12)
    device: Device = "fixed"

    def label(self) -> str:
        """What it is about, in a word."""
        when = "" if self.at == time(12) else f" at {self.at:%H:%M}"
        who = f", {self.vehicle}" if self.vehicle else ""
        return f"{self.road} {self.limit:f}, measured {self.measured:f}{who}{when}"


class DueCase(Closed):
    """What is due on a day for a fine whose terms count from another.

    Attributes:
        band: Code of its band, where the law has amounts of its own for each.
        day: The ordinal of ``date``, as the pack counts days.
    """

    fine: Exact
    issued: date
    date: date
    due: Exact
    band: str | None = None
    day: int | None = None

    def label(self) -> str:
        """What it is about, in a word."""
        return f"{self.fine:f} of {self.issued} on {self.date}"


class Cases(Closed):
    """A whole file of cases."""

    pack: str
    judged: Annotated[tuple[JudgedCase, ...], Field(min_length=1)]
    due: tuple[DueCase, ...]


def read_cases(text: bytes, name: str) -> Cases:
    """The cases in ``text``.

    Raises:
        PackError: It is not a file of cases; every fault with its line.
    """
    return read_model(Cases, text, name)


def failures(pack: Pack, cases: Cases) -> Iterator[str]:
    """Every case that ``pack`` answers otherwise, with both answers."""
    if cases.pack != pack.id:
        yield f"the cases are for {cases.pack}, not for {pack.id}: mend their first line"
    for case in cases.judged:
        wanted, found = wanted_of(case), answer(pack, case)
        told = [
            f"{name}: the case says {_told(says)}, the pack says {_told(answers)}"
            for name, says, answers in zip(ANSWERS, wanted, found, strict=True)
            if says != answers and not (name == "retained" and says is None)
        ]
        if told:
            yield f"{case.label()}: {'; '.join(told)}"
    for each in cases.due:
        found_due = _due(pack, each)
        if found_due is not None:
            yield f"{each.label()}: {found_due}"


def wanted_of(case: JudgedCase) -> tuple[object, ...]:
    """The answer that ``case`` wants, in the form of :func:`answer`."""
    return case.retained, case.outcome, case.amount, case.points, case.suspension


def answer(pack: Pack, case: JudgedCase) -> tuple[object, ...]:
    """Retained speed, outcome, amount, points and suspension by ``pack``."""
    vehicles = frozenset({case.vehicle}) if case.vehicle else ANY
    around = Circumstances(
        limit=case.limit, road=case.road, vehicles=vehicles, at=case.at, device=case.device
    )
    reckoning = reckon(pack, case.measured, case.uncertainty, around)
    band = reckoning.band
    if band is None:
        return reckoning.retained, "none", None, 0, None
    cost = price(pack, band, case.at)
    human = band.outcome is Outcome.FINE and band.needs_person
    return (
        reckoning.retained,
        "human" if human else str(band.outcome),
        pack.major(cost[0]) if cost else None,
        band.points.value,
        band.suspension.months if band.suspension else None,
    )


def _due(pack: Pack, case: DueCase) -> str | None:
    """Why the pack does not say what ``case`` says, or None where it does."""
    first = case.issued - timedelta(days=pack.counting.first_day)
    if case.day is not None and case.date != first + timedelta(days=case.day):
        return f"day {case.day} is {first + timedelta(days=case.day)}: mend date or day"
    terms = terms_of(pack, pack.money(case.fine), case.issued, case.band)
    found = pack.major(due(terms, case.date))
    return None if found == case.due else f"the case says {case.due:f}, the pack says {found:f}"


def _told(answer: object) -> str:
    return "none" if answer is None else f"{answer}"
