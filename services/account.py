"""What is owed on a fine, on any day: terms, pauses and payments in, figures out. Pure.

Nothing here is stored. The clock of the terms stands still on paused days: until the notice is
served, while an objection is open, and on every day that an outage or an incident touches. So a
pause extends every term that it touches, and no interest grows in it.

All days are local calendar days of the place of the violation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from services.model import Terms
from services.rules.terms import due

_DAY = timedelta(days=1)


class Stage(StrEnum):
    """Where a day lies among the terms."""

    DISCOUNTED = "discounted"
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Days on which the clock of the terms stands still.

    Attributes:
        first: The first of them.
        last: The last of them; None while the pause runs.
    """

    first: date
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came in.

    Attributes:
        bank_id: The bank's own reference of the entry; the same one is the same money.
        on: The day that counts: when the payer paid, not when it was booked or imported.
        minor: More than 0, in the currency of the fine.
    """

    bank_id: str
    on: date
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How a fine stands on a day, in minor units.

    Attributes:
        stage: Where the day lies among the terms, pauses included.
        debt: All that the fine asks for: on the day it was settled, else on this day.
        paid: All that came in until this day.
        owed: What is still missing.
        surplus: What was paid beyond the debt and goes back.
        settled_on: Day of the payment that made it whole; None while something is owed.
    """

    stage: Stage
    debt: int
    paid: int
    owed: int
    surplus: int
    settled_on: date | None


def day_of(at: datetime, zone: str) -> date:
    """The local calendar day of an instant."""
    return at.astimezone(ZoneInfo(zone)).date()


def days_touched(start: datetime, end: datetime | None, zone: str) -> Pause:
    """The local days that lie, if only in part, between two instants.

    Args:
        start: When it began.
        end: When it ended; None while it runs. Midnight itself touches no new day.
        zone: IANA name of the time zone of the place.
    """
    if end is None:
        return Pause(first=day_of(start, zone))
    last = day_of(max(start, end - timedelta(microseconds=1)), zone)
    return Pause(first=day_of(start, zone), last=last)


def until_served(terms: Terms, served_on: date | None) -> Pause:
    """The pause between issue and service: the day of service is day 1 of every term."""
    return Pause(first=terms.issued_on + _DAY, last=served_on)


def paused_days(pauses: Iterable[Pause], after: date, until: date) -> int:
    """How many days in ``(after, until]`` are paused; a day in two pauses counts once."""
    count, reached = 0, after
    for pause in sorted(pauses, key=lambda each: each.first):
        first = max(pause.first, reached + _DAY)
        last = until if pause.last is None else min(pause.last, until)
        if last >= first:
            count, reached = count + (last - first).days + 1, last
    return count


def terms_day(terms: Terms, pauses: Iterable[Pause], on: date) -> date:
    """The day of the terms' own clock on the calendar day ``on``; never before the issue."""
    if on <= terms.issued_on:
        return terms.issued_on
    return on - paused_days(pauses, terms.issued_on, on) * _DAY


def calendar_day(terms: Terms, pauses: Sequence[Pause], last: date) -> date | None:
    """The calendar day on which the term that was frozen as ``last`` really ends.

    None while a running pause keeps it from ending.
    """
    day = last
    while (left := last - terms_day(terms, pauses, day)) > timedelta():
        if any(pause.last is None and pause.first <= day for pause in pauses):
            return None
        day += left
    while terms_day(terms, pauses, day + _DAY) <= last:
        if any(pause.last is None and pause.first <= day + _DAY for pause in pauses):
            return None
        day += _DAY
    return day


def stage_on(terms: Terms, day: date) -> Stage:
    """Where a day of the terms' own clock lies."""
    if day <= terms.reduced_until:
        return Stage.DISCOUNTED
    return Stage.DUE if day <= terms.full_until else Stage.OVERDUE


def account(
    terms: Terms,
    pauses: Sequence[Pause],
    payments: Iterable[Payment],
    on: date,
    *,
    owes: bool = True,
) -> Account:
    """How a fine stands at the end of the local day ``on``.

    A fine is settled on the first day on which all that was paid reaches what it asked for on
    that day. A discount is for who pays the whole reduced amount within its term. Interest grows
    on what is unpaid alone, and every rounding is down.

    Args:
        terms: As frozen at issue.
        pauses: When its clock stood still, in any order.
        payments: What came in, in any order.
        on: The day asked for; later payments do not count yet.
        owes: False where nothing is owed any more, so that all money is surplus.
    """
    stage = stage_on(terms, terms_day(terms, pauses, on))
    counted = sorted((p for p in payments if p.on <= on), key=lambda payment: payment.on)
    paid = sum(payment.minor for payment in counted)
    if not owes:
        return Account(stage=stage, debt=0, paid=paid, owed=0, surplus=paid, settled_on=None)
    so_far = _Running(terms=terms, pauses=pauses)
    for day, payments_of_day in groupby(counted, key=lambda payment: payment.on):
        so_far = so_far.on_day(day, sum(payment.minor for payment in payments_of_day))
        if so_far.paid >= so_far.debt:
            surplus = paid - so_far.debt
            return Account(
                stage=stage, debt=so_far.debt, paid=paid, owed=0, surplus=surplus, settled_on=day
            )
    debt = so_far.on_day(on, 0).debt
    return Account(
        stage=stage, debt=debt, paid=paid, owed=max(0, debt - paid), surplus=0, settled_on=None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """An account on its way through the days with payments."""

    terms: Terms
    pauses: Sequence[Pause]
    paid: int = 0
    debt: int = 0
    interest: int = 0
    """Times the full amount, so that it is rounded once and not with every payment."""
    surcharge: int = 0
    """What the terms would add to the full amount if nothing had been paid."""

    def on_day(self, day: date, amount: int) -> _Running:
        full = self.terms.full.minor
        asked = due(self.terms, terms_day(self.terms, self.pauses, day)).minor
        surcharge = max(self.surcharge, asked - full)
        unpaid = max(0, full - self.paid)
        interest = self.interest + (surcharge - self.surcharge) * unpaid
        return _Running(
            terms=self.terms,
            pauses=self.pauses,
            paid=self.paid + amount,
            debt=min(asked, full) + interest // full,
            interest=interest,
            surcharge=surcharge,
        )
