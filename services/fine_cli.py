"""``speedcam office``: what is done to fines after their issue. Parse, call, print."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from services import lapses
from services import payments as bank
from services.bank import Credit
from services.clock import SystemClock
from services.console import EPILOG, AsJson, Office, end, say, show, show_record
from services.errors import Erased
from services.fines import BY_PERSON, Standing, Step, act_on, standing
from services.lapses import write_off_lapsed
from services.ledger.recorded import open_recorded
from services.life import Act, State
from services.officers import proven, roles_for
from services.outages import record_outage
from services.payments import Outcome, Taken
from services.refunds import give_back
from services.store.accounts import DECIDES
from services.store.erasing import left_of
from services.store.fines import case_key_of, page_of
from services.store.history import history_of
from services.store.money import unmatched
from services.store.store import open_store
from services.transfers import transfer as transfer_to
from speedcam.instants import instant_of

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The fine, as it is typed.")]
By = Annotated[str, typer.Option(metavar="ID", help="Who does it.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="The reason, in words.")]

TAKEN = ("bank_id", "outcome", "fine_number", "state", "to_refund", "reason")

LEFT = ("number", "state", "issued_at", "erased_at", "rule")
"""What is shown of a fine whose person was erased."""


def add_fine_commands(app: typer.Typer) -> None:
    """Give the office's commands those for issued fines."""
    for command in (fines, fine, act, lapsed, transfer, payments, assign, refund, outage):
        app.command(epilog=EPILOG)(command)


def fines(
    office: Office,
    state: Annotated[State | None, typer.Option(help="Only those that stand so.")] = None,
    after: Annotated[
        str, typer.Option(metavar="NUMBER", help="Go on after the last number of a page.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List fines in order of issue, a page at a time. No list holds them all."""
    with open_store(office) as store:
        page = page_of(store, state=state, after_number=after)
    show(page, ("number", "state", "issued_at"), as_json=as_json)
    say(f"fines on this page: {len(page)}")


def fine(number: Number, office: Office, as_json: AsJson = False) -> None:
    """Say where a fine stands today, what is owed, and everything that was done to it."""
    with open_store(office) as store:
        try:
            row, columns = _standing(standing(store, number, SystemClock()))
        except Erased:
            row, columns = dataclasses.asdict(left_of(store, number)), LEFT
        number = str(row["number"])
        history = history_of(store, case_key_of(store, number), number)
    if as_json:
        row["history"] = [dataclasses.asdict(event) for event in history]
        show([row], columns, as_json=True)
        return
    show_record(row, columns)
    say("")
    show(history, ("at", "who", "second", "what", "reason"), as_json=False)


def _standing(now: Standing) -> tuple[dict[str, object], tuple[str, ...]]:
    told = dataclasses.asdict(now)
    row = told | told.pop("account") | {"acts": ", ".join(now.acts)}
    row["asked"] = row.pop("debt")
    columns = (
        "number", "state", "lapse", "stage", "asked", "paid", "owed", "to_refund", "currency",
        "discounted_until", "due_until", "acts",
    )  # fmt: skip
    return row, columns


def act(
    number: Number,
    what: Annotated[Act, typer.Argument(metavar="ACT", help=f"One of: {', '.join(BY_PERSON)}.")],
    *,
    office: Office,
    by: By,
    why: Why,
    on: Annotated[
        str,
        typer.Option(metavar="DAY", help="Since when it counts, as 2026-10-14; else today."),
    ] = "",
    second: Annotated[
        str,
        typer.Option(metavar="ID", help="Another officer who agrees; cancel, write_off need one."),
    ] = "",
) -> None:
    """Do something to a fine: serve, contest, uphold, cancel, hold, release, enforce, write_off.

    The clock of its terms stands still until it is served, while it is contested, and on hold.
    """
    if what not in BY_PERSON:
        raise typer.BadParameter(f"{what} has a command of its own; one of: {', '.join(BY_PERSON)}")
    day = _day(on) if on else None
    with open_recorded(office) as store:
        step = proven(store, _step(by, why, second), roles_for(what))
        now = act_on(store, number, what, step, on=day)
    say(f"fine {now.number}: {now.state.replace('_', ' ')}")


def lapsed(
    *,
    office: Office,
    write_off: Annotated[
        bool, typer.Option("--write-off", help="Write them off; two officers do.")
    ] = False,
    by: Annotated[str, typer.Option(metavar="ID", help="Who does it.")] = "",
    second: Annotated[str, typer.Option(metavar="ID", help="Another officer who agrees.")] = "",
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason, in words.")] = "",
    as_json: AsJson = False,
) -> None:
    """List a page of open fines that were not served in time or are prescribed.

    With `--write-off --by ID --second ID --why TEXT` that page is written off.
    """
    if not write_off and (by or second or why):
        raise typer.BadParameter("who, why and a second officer go with --write-off")
    with open_recorded(office) as store:
        if write_off:
            step = proven(store, _step(by, why, second), roles_for(Act.WRITE_OFF))
            rows = write_off_lapsed(store, step)
        else:
            rows = lapses.lapsed(store, SystemClock().now())
    show(rows, ("number", "state", "lapse", "last_day"), as_json=as_json)
    say(f"fines {'written off' if write_off else 'whose time ran out'}: {len(rows)}")


def transfer(
    number: Number,
    *,
    office: Office,
    driver: Annotated[str, typer.Option(prompt="Name and address of the driver")],
    by: By,
    why: Why,
) -> None:
    """The owner named who drove: issue the fine anew for them. The old one asks for nothing."""
    with open_recorded(office) as store:
        anew = transfer_to(store, number, driver, proven(store, _step(by, why)))
    say(f"fine {anew.number} takes its place; its notice waits in the outbox")


def payments(
    statements: Annotated[
        list[Path] | None,
        typer.Argument(metavar="STATEMENT…", help="Bank statements: camt.053 or CSV."),
    ] = None,
    *,
    office: Office,
    as_json: AsJson = False,
) -> None:
    """Take the payments of bank statements, or list those that wait for a person.

    A payment finds its fine by its reference (RF…) and is taken once, by the bank's own
    reference. CSV has the columns bank_id, paid_on, amount, currency, reference.
    """
    with open_recorded(office) as store:
        if not statements:
            waiting = [
                {
                    "bank_id": c.bank_id,
                    "paid_on": c.paid_on,
                    "amount": str(c.amount),
                }
                for c in unmatched(store)
            ]
            show(waiting, ("bank_id", "paid_on", "amount"), as_json=as_json)
            say(f"payments that wait for a person: {len(waiting)}")
            return
        reports = [bank.take_statement(store, path, SystemClock()) for path in statements]
    rows = [entry for report in reports for entry in report.entries]
    show(rows, TAKEN, as_json=as_json)
    tally = ", ".join(f"{o} {sum(r.count(o) for r in reports)}" for o in Outcome)
    say(f"entries: {len(rows)} ({tally}); no credit: {sum(r.others for r in reports)}")
    end(all(each.outcome is not Outcome.FAULT for each in rows))


def assign(
    bank_id: Annotated[str, typer.Argument(metavar="BANK_ID", help="Of the payment that waits.")],
    number: Number,
    *,
    office: Office,
    by: By,
    why: Why,
) -> None:
    """Give a payment that waits to the fine that a person found for it."""
    with open_recorded(office) as store:
        taken: Taken = bank.assign(store, bank_id, number, proven(store, _step(by, why)))
    say(f"fine {taken.fine_number}: {taken.state.replace('_', ' ')}")


def refund(
    number: Number,
    *,
    office: Office,
    by: By,
    why: Why,
    whole: Annotated[
        bool, typer.Option("--whole", help="The paid fine is taken back, with all its money.")
    ] = False,
    second: Annotated[
        str, typer.Option(metavar="ID", help="Another officer who agrees; --whole needs one.")
    ] = "",
) -> None:
    """Write down that money goes back: what was paid too much, or all of it."""
    with open_recorded(office) as store:
        roles = roles_for(Act.REFUND) if whole else DECIDES
        step = proven(store, _step(by, why, second), roles)
        minor = give_back(store, number, step, whole=whole)
    say(f"fine {number}: {minor} go back")


def outage(
    *,
    office: Office,
    start: Annotated[
        str, typer.Option("--from", metavar="INSTANT", help="As 2026-10-14T08:00+02:00.")
    ],
    until: Annotated[str, typer.Option("--to", metavar="INSTANT", help="When it was over.")],
    site: Annotated[str, typer.Option(help="Only fines of this site; all if not given.")] = "",
    by: By,
    why: Why,
) -> None:
    """Extend every term by the days on which people could not pay, read or object."""
    span = instant_typed(start), instant_typed(until)
    with open_recorded(office) as store:
        step = proven(store, _step(by, why))
        paid = record_outage(store, *span, step, site_id=site or None)
    say(f"terms extended; fines that are paid in its light: {paid}")


def _waiting(credit: Credit) -> dict[str, object]:
    amount = str(credit.amount)
    return {"bank_id": credit.bank_id, "paid_on": credit.paid_on, "amount": amount}


def _step(by: str, why: str, second: str = "") -> Step:
    return Step(by=by, why=why, at=SystemClock().now(), second=second)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day: write it as 2026-10-14") from None


def instant_typed(text: str) -> datetime:
    """The aware instant that somebody typed."""
    instant = instant_of(text)
    if instant is None:
        raise typer.BadParameter(
            f"{text!r} is no instant with its offset: write 2026-10-14T08:00+02:00"
        )
    return instant
