"""What is done to a fine after its issue, each act in one transaction with its history.

The table of :mod:`services.life` says what may be done, :mod:`services.account` what is owed. No
act needs the other acts to have been entered in time: a day may be given, and all figures follow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.account import Account, Stage, account, calendar_day, day_of, terms_day
from services.errors import CaseError
from services.lapse import Lapse, lapse_of
from services.ledger.leaf import NOTHING, Change
from services.letters import announce
from services.life import OWES_NOTHING, PAYABLE, REMINDED, Act, State, acts_on
from services.policy import wants_second
from services.ports import Clock
from services.service_term import over
from services.store.cases import OFFICE
from services.store.fines import (
    FineFile,
    begin_pause,
    end_pauses,
    keep_next_due,
    keep_notices_back,
    move_on,
    pauses_of,
    read_file,
)
from services.store.history import Event, add_event
from services.store.money import payments_of, refunded_minor
from services.store.quarantines import incident_that_holds
from services.store.schema import pauses
from services.store.store import Store
from services.worded import Series, worded
from services.words import require_officers, require_second, require_words

CONTEST, HOLD, INCIDENT = "contest", "hold", "incident"
"""Kinds of pauses of one fine."""

BY_PERSON = (
    Act.SERVE,
    Act.CONTEST,
    Act.UPHOLD,
    Act.CANCEL,
    Act.HOLD,
    Act.RELEASE,
    Act.ENFORCE,
    Act.WRITE_OFF,
)
"""Acts that a person enters by themselves; payments, transfers and refunds bring more with them."""

TAKES_BACK = frozenset({Act.CANCEL, Act.WRITE_OFF})
"""What somebody could be paid for: two officers do it, or nobody."""

_SHOWS_SERVICE = frozenset({Act.SERVE, Act.CONTEST})
"""Who objects has read the notice."""

_BEGINS = {Act.CONTEST: CONTEST, Act.HOLD: HOLD}
_ENDS = {
    Act.UPHOLD: (CONTEST,),
    Act.RELEASE: (HOLD,),
    Act.CANCEL: (CONTEST, HOLD, INCIDENT),
    Act.WRITE_OFF: (CONTEST, HOLD, INCIDENT),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a fine stands on a day.

    Attributes:
        number: Of the fine.
        state: Stored: what was done to it.
        account: Computed: what is owed, from the terms, the clock and the payments; nothing where
            a term of the law ran out.
        currency: Of every amount.
        to_refund: Minor units of the surplus that have not gone back yet.
        refunded: Minor units that went back.
        clock_day: The day of the terms' own clock, which pauses stop.
        discounted_until: Last day of the reduced amount; None while a pause keeps it open.
        due_until: Last day without interest; None likewise.
        object_until: Last day to object; None likewise.
        acts: What may be done to it now.
        lapse: The term of the law that ran out, so that nothing can be asked for; None: neither.
    """

    number: str
    state: State
    account: Account
    currency: str
    to_refund: int
    refunded: int
    clock_day: date
    discounted_until: date | None
    due_until: date | None
    object_until: date | None
    acts: tuple[Act, ...]
    lapse: Lapse | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Who does something, why and when; ``second`` is another officer who agrees."""

    by: str
    why: str
    at: datetime
    second: str = ""

    def __post_init__(self) -> None:
        require_officers(self.by, self.second)


def standing(store: Store, number: str, clock: Clock, *, on: date | None = None) -> Standing:
    """Where the fine ``number`` stands on the local day ``on``; today by default.

    Raises:
        CaseError: There is no such fine.
    """
    with store.reading() as connection:
        file = read_file(store, connection, number)
        return standing_of(connection, file, on or day_of(clock.now(), file.zone))


def act_on(store: Store, number: str, act: Act, step: Step, *, on: date | None = None) -> Standing:
    """Do one of :data:`BY_PERSON` to a fine.

    Args:
        store: Holds it.
        number: As people type it.
        act: What is done.
        step: By whom, why and when it is entered.
        on: Since which local day it counts: of service, of the objection, of the incident; today
            by default.

    Raises:
        CaseError: There is no such fine, the act does not apply to it, the day cannot be, or one
            officer alone would take a fine back.
    """
    require_words(number, step.by, step.why, second=step.second)
    with store.writing() as connection:
        file = read_file(store, connection, number)
        day = _possible_day(file, on, step.at)
        if act is Act.ENFORCE:
            _require_overdue(connection, file, day)
        if act is Act.SERVE:
            _require_in_time(file, day)
        if act is Act.RELEASE:
            _require_no_incident(connection, file)
        served_on = day if act in _SHOWS_SERVICE and _may_be_served(file, day) else None
        state = move_on(connection, file, act, served_on=served_on)
        if act in TAKES_BACK:
            grave = wants_second(file.fine.violation, cancelled=True)
            subject = worded("fine {number}", number=file.fine.number)
            why = worded("{reasons}", reasons=Series(grave))
            require_second(subject, step.by, step.second, why)
        if act in _BEGINS:
            begin_pause(
                store, connection, _BEGINS[act], _start_of(day, file.zone), by=step.by,
                why=step.why, number=file.fine.number,
            )  # fmt: skip
        if act in _ENDS:
            own = pauses.c.fine_number == file.fine.number
            end_pauses(connection, step.at, own & pauses.c.kind.in_(_ENDS[act]))
        if act in TAKES_BACK:
            keep_notices_back(connection, file.fine.number)
        announce(connection, file, act, day, step.at)
        moved = Change(before=file.state, after=state)
        tell(store, connection, file.fine.number, act, step, change=moved)
        return follow_money(store, connection, number, step.at)


def follow_money(store: Store, connection: Connection, number: str, now: datetime) -> Standing:
    """Let the state of a fine follow its account, within the transaction that changed either."""
    file = read_file(store, connection, number)
    today = day_of(now, file.zone)
    told = _followed(store, connection, file, standing_of(connection, file, today), now)
    keep_next_due(connection, told.number, next_due(told, today))
    return told


def next_due(told: Standing, day: date) -> date | None:
    """The next day, from ``day`` on, on which a term ends while something is owed; or None."""
    if told.state not in REMINDED or not told.account.owed:
        return None
    ends = (told.discounted_until, told.due_until)
    return min((end for end in ends if end is not None and end >= day), default=None)


def _followed(
    store: Store, connection: Connection, file: FineFile, told: Standing, now: datetime
) -> Standing:
    if file.state not in PAYABLE or not told.account.paid:
        return told
    act = Act.PAY if told.account.settled_on else Act.PAY_PART
    if act is Act.PAY_PART and file.state in {State.PART_PAID, State.ENFORCEMENT}:
        return told
    state = move_on(connection, file, act)
    why = f"{told.account.paid} of {told.account.debt} {told.currency}"
    moved = Change(before=file.state, after=state)
    tell(store, connection, told.number, act, Step(by=OFFICE, why=why, at=now), change=moved)
    return replace(told, state=state, acts=acts_on(state))


def standing_of(connection: Connection, file: FineFile, on: date) -> Standing:
    """Where a fine that was just read stands on a local day."""
    fine, stops = file.fine, pauses_of(connection, file)
    came_in = payments_of(connection, fine.number)
    told = account(fine.terms, stops, came_in, on, owes=file.state not in OWES_NOTHING)
    lapse = lapse_of(fine.terms, file.state, on, served_on=file.served_on)
    back = refunded_minor(connection, fine.number)
    return Standing(
        number=fine.number,
        state=file.state,
        account=replace(told, debt=told.debt - told.owed, owed=0) if lapse else told,
        currency=fine.amount.currency,
        to_refund=told.surplus - back,
        refunded=back,
        clock_day=terms_day(fine.terms, stops, on),
        discounted_until=calendar_day(fine.terms, stops, fine.terms.reduced_until),
        due_until=calendar_day(fine.terms, stops, fine.terms.full_until),
        object_until=calendar_day(fine.terms, stops, fine.terms.object_until),
        acts=acts_on(file.state),
        lapse=lapse,
    )


def _require_overdue(connection: Connection, file: FineFile, day: date) -> None:
    told = standing_of(connection, file, day)
    if told.lapse:
        raise CaseError(
            f"fine {told.number} cannot be enforced on {day}: it is {told.lapse}. Write it off "
            "(`speedcam office lapsed`)."
        )
    if told.account.stage is not Stage.OVERDUE or told.clock_day <= file.fine.terms.object_until:
        raise CaseError(
            f"fine {told.number} cannot be enforced on {day}: its terms to pay and to object are "
            "not over, pauses included."
        )


def _may_be_served(file: FineFile, day: date) -> bool:
    """Whether ``day`` can be its day of service: no objection brings a late notice back."""
    return file.served_on is None and not over(file.fine.terms.serve_until, day)


def _require_in_time(file: FineFile, day: date) -> None:
    if late := over(file.fine.terms.serve_until, day):
        raise CaseError(
            f"fine {file.fine.number} cannot be served on {day}: {late}. Write it off (`speedcam "
            "office lapsed`)."
        )


def _require_no_incident(connection: Connection, file: FineFile) -> None:
    if incident := incident_that_holds(connection, file.fine.number):
        raise CaseError(
            f"fine {file.fine.number} is held by incident {incident}: `speedcam office incident "
            "close` releases all that it holds."
        )


def _possible_day(file: FineFile, on: date | None, now: datetime) -> date:
    today = day_of(now, file.zone)
    day = on or today
    if not file.fine.terms.issued_on <= day <= today:
        raise CaseError(
            worded(
                "fine {number}: {day} lies before its issue on {issued} or in the future.",
                number=file.fine.number,
                day=day,
                issued=file.fine.terms.issued_on,
            )
        )
    return day


def _start_of(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone))


def tell(
    store: Store,
    connection: Connection,
    subject: str,
    what: str,
    step: Step,
    *,
    change: Change = NOTHING,
) -> None:
    """Add a step to the history of ``subject``, within the transaction of the change."""
    told = Event(
        at=step.at, who=step.by, what=what, subject=subject, reason=step.why,
        second=step.second.strip(), change=change,
    )  # fmt: skip
    add_event(store, connection, told)
