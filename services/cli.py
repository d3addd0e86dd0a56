"""``speedcam office``: passages in, notices out. Parse, call, print."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services import office as desk
from services.clock import SystemClock
from services.intake import Outcome
from services.model import Fine, NoticeState, Verdict
from services.notifier.outbox import try_failed_again
from services.notifier.senders.folder import FolderSender
from services.policy import POLICIES, missing_proof, policy_named
from services.store.cases import Case
from services.store.store import open_store
from speedcam.record import read_passages

SOME_FAILED = 1

EPILOG = """Exit codes: 0 all done; 1 some items failed and the others are done; 2 the command or
an input is wrong. Data goes to stdout, everything else to stderr."""

office_app = typer.Typer(
    name="office",
    help="The office: judge passages, decide cases, issue fines, hand notices over.\n\n"
    "`receive`, `review`, `issue`, `deliver`, in this order. Each may be run again at any time: "
    "nothing is made twice.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Office = Annotated[Path, typer.Option("--office", metavar="DIR", help="The office's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line, not a table.")]

talk = Console(stderr=True)

_TO_COPY = frozenset({"case_key", "fine_number", "receipt"})


@office_app.command(epilog=EPILOG)
def receive(
    passages: Annotated[
        list[Path],
        typer.Argument(metavar="PASSAGES…", help="passages.jsonl files of `speedcam process`."),
    ],
    office: Office,
    as_json: AsJson = False,
) -> None:
    """Judge passages by the law of their day and open a case for each violation.

    Makes the office folder where there is none. Of lawful passages only a count is kept. A
    passage whose pictures are not what it says is set aside; the others go on.
    """
    for path in passages:
        next(read_passages(path), None)  # a mistyped name must not leave an empty office behind
    with open_store(office, create=True) as store:
        reports = [desk.receive(store, path, SystemClock()) for path in passages]
    rows = [each for report in reports for each in report.passages]
    _show(rows, ("passage_id", "outcome", "case_key", "reason"), as_json=as_json)
    tally = ", ".join(f"{o} {sum(r.outcome is o for r in rows)}" for o in Outcome)
    _say(f"passages received: {len(rows)} ({tally})".replace("_", " "))
    _end(all(report.whole for report in reports))


@office_app.command(epilog=EPILOG)
def review(
    *,
    office: Office,
    policy: Annotated[
        str, typer.Option(help=f"Let a policy decide what it may: {', '.join(POLICIES)}.")
    ] = "",
    case: Annotated[
        str, typer.Option(metavar="KEY", help="The case that an officer decides.")
    ] = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="It becomes a fine.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="It never does.")] = False,
    officer: Annotated[str, typer.Option(metavar="ID", help="Who decides.")] = "",
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason, in words.")] = "",
    second: Annotated[
        str, typer.Option(metavar="ID", help="Another officer who agrees; suspensions need one.")
    ] = "",
    sample: Annotated[
        bool, typer.Option("--sample", help="List policy decisions that a person must look at.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the waiting cases, let a policy decide, or decide one as an officer.

    Without options it lists. `--policy NAME` confirms what the policy may and says why the rest
    waits. `--case KEY --confirm|--reject --officer ID --why TEXT` decides one case; to suspend a
    licence two officers must agree, the other one named by `--second ID`.
    """
    if case:
        _require_one_of(confirm=confirm, reject=reject, policy=policy)
        verdict = Verdict.CONFIRM if confirm else Verdict.REJECT
        _decide(office, case, verdict, officer=officer, why=why, second=second)
    elif confirm or reject or officer or why or second:
        raise typer.BadParameter("an officer decides one case: name it with --case KEY")
    elif sample:
        _list_sample(office, as_json=as_json)
    elif policy:
        _apply(office, policy, as_json=as_json)
    else:
        _list_waiting(office, as_json=as_json)


@office_app.command(epilog=EPILOG)
def issue(office: Office, as_json: AsJson = False) -> None:
    """Make a fine of every confirmed case, with its notice in the outbox."""
    with open_store(office) as store:
        issued = desk.issue(store, SystemClock())
    rows = [
        {
            "case_key": each.case_key,
            "fine_number": each.fine.number if each.fine else None,
            "amount": _amount(each.fine) if each.fine else None,
            "fault": each.fault,
        }
        for each in issued
    ]
    _show(rows, ("case_key", "fine_number", "amount", "fault"), as_json=as_json)
    _say(f"fines issued: {sum(each.fine is not None for each in issued)}")
    _end(all(each.fine is not None for each in issued))


@office_app.command(epilog=EPILOG)
def deliver(
    office: Office,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try failed notices again: the cause is mended.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Hand over every notice that is due; each becomes a folder in OFFICE/sent."""
    # The letters need templates and languages that no other command has to load.
    from services.notifier.letter import render_letter  # noqa: PLC0415 - see above

    with open_store(office) as store:
        if retry_failed:
            _say(f"failed notices that wait again: {try_failed_again(store, SystemClock().now())}")
        senders = [FolderSender(store.sent)]
        rows = desk.deliver(store, senders, render_letter, SystemClock())
    _show(rows, ("fine_number", "state", "receipt", "fault"), as_json=as_json)
    _say(f"notices handed over: {sum(each.state is NoticeState.SENT for each in rows)}")
    _end(all(each.state is NoticeState.SENT for each in rows))


def _require_one_of(*, confirm: bool, reject: bool, policy: str) -> None:
    if policy:
        raise typer.BadParameter("a case is decided by an officer or by a policy, not by both")
    if confirm == reject:
        raise typer.BadParameter("with --case give either --confirm or --reject")


def _decide(
    office: Path, case: str, verdict: Verdict, *, officer: str, why: str, second: str
) -> None:
    if not officer.strip() or not why.strip():
        raise typer.BadParameter("a decision names its officer and its reason: --officer, --why")
    with open_store(office) as store:
        decision = desk.decide(
            store,
            case,
            officer=officer,
            verdict=verdict,
            why=why,
            clock=SystemClock(),
            second=second,
        )
    _say(f"case {case}: {decision.verdict} by {decision.by}")


def _apply(office: Path, policy: str, *, as_json: bool) -> None:
    chosen = policy_named(policy)
    with open_store(office) as store:
        reviewed = desk.review(store, chosen, SystemClock())
    rows = [
        {
            "case_key": each.case_key,
            "verdict": each.decision.verdict if each.decision else "waits",
            "reasons": "; ".join(each.reasons),
        }
        for each in reviewed
    ]
    _show(rows, ("case_key", "verdict", "reasons"), as_json=as_json)
    decided = sum(each.decision is not None for each in reviewed)
    _say(f"cases decided: {decided}; waiting for an officer: {len(rows) - decided}")


def _list_waiting(office: Path, *, as_json: bool) -> None:
    with open_store(office) as store:
        rows = [_waiting(case) for case in desk.waiting(store)]
    columns = ("case_key", "at", "place", "retained_kmh", "limit_kmh", "reference", "lacks")
    _show(rows, columns, as_json=as_json)
    _say(f"cases that wait for a decision: {len(rows)}")


def _list_sample(office: Path, *, as_json: bool) -> None:
    with open_store(office) as store:
        rows = [_waiting(case) for case in desk.quality_sample(store)]
    columns = ("case_key", "at", "place", "retained_kmh", "limit_kmh", "reference")
    _show(rows, columns, as_json=as_json)
    _say(f"decisions of a policy that a person must look at: {len(rows)}")


def _waiting(case: Case) -> dict[str, object]:
    """What a list may say of a case: no plate stands in it."""
    violation, place = case.violation, case.violation.passage.place
    return {
        "case_key": case.key,
        "at": violation.passage.at.astimezone(ZoneInfo(place.timezone)).isoformat(" ", "seconds"),
        "place": place.name,
        "retained_kmh": violation.retained_kmh,
        "limit_kmh": violation.limit_kmh,
        "reference": violation.reference,
        "needs_person": violation.needs_person,
        "lacks": "; ".join(missing_proof(violation)),
    }


def _amount(fine: Fine) -> str:
    return f"{fine.amount.minor} {fine.amount.currency}"


def _show(rows: Sequence[object], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows on stdout: whole as JSON lines, or some columns as a table."""
    told = [row if isinstance(row, dict) else _fields(row) for row in rows]
    if as_json:
        for row in told:
            typer.echo(json.dumps(row, default=_plain, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for name in columns:
        # What a person must copy into the next command stands in one piece.
        table.add_column(name.replace("_", " "), no_wrap=name in _TO_COPY)
    for row in told:
        table.add_row(
            *(escape(_printable(str(row[name]))) if row[name] else "" for name in columns)
        )
    if told:
        Console().print(table)


def _printable(text: str) -> str:
    """``text`` without what would steer a terminal: some of it comes from other machines."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c).startswith("C") else c for c in text
    )


def _fields(row: Any) -> dict[str, object]:  # noqa: ANN401 - any of the report dataclasses
    return dataclasses.asdict(row)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _say(words: str) -> None:
    talk.print(words, highlight=False, markup=False, soft_wrap=True)


def _end(whole: bool) -> None:
    if not whole:
        raise typer.Exit(SOME_FAILED)
