"""``speedcam office``: passages in, notices out. Parse, call, print."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from services import office as desk
from services.backup.cli import add_backup_commands
from services.bundles import owners_bundle
from services.case_view import proof_of
from services.clock import SystemClock
from services.console import EPILOG, AsJson, Office, end, say, show, show_record
from services.erase_cli import add_erase_commands
from services.erasure import overdue
from services.errors import CaseError, CountryUnstated, EvidenceError
from services.fine_cli import add_fine_commands
from services.follow import LOOK_S, follow
from services.incident.cli import incident_app
from services.intake import Outcome
from services.keys_cli import keys_app
from services.ledger.recorded import open_recorded
from services.model import Money, NoticeState, Verdict, Violation
from services.notifier.outbox import try_failed_again
from services.policy import POLICIES, missing_proof, policy_named, wants_country, wants_person
from services.report.cli import add_report_command
from services.section_cli import add_section_command
from services.staff.alarms_cli import add_alarm_commands
from services.staff.cli import account_app
from services.staff.key_cli import key_app
from services.store.cases import Case, case_of, twins_of
from services.store.store import Store, open_store
from services.store.trust import trust_registry
from services.words import amount_typed
from speedcam.disk import write_durably
from speedcam.record import read_passages
from speedcam.seal.keys import load_public_key

COUNTRY = "--country AL"
"""How whoever confirms a case states whose plate it is."""
RECEIVED = ("passage_id", "outcome", "case_key", "reason")
WAITING = ("case_key", "at", "place", "retained_kmh", "limit_kmh", "reference", "waits_for")

office_app = typer.Typer(
    name="office",
    help="The office: judge passages, decide cases, issue fines, hand notices over.\n\n"
    "`receive`, `review`, `issue`, `deliver`, in this order. Each may be run again at any time: "
    "nothing is made twice.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@office_app.command(epilog=EPILOG)
def receive(
    *,
    passages: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PASSAGES…", help="passages.jsonl files of `speedcam process`."),
    ] = None,
    office: Office,
    following: Annotated[
        Path | None,
        typer.Option(
            "--follow",
            metavar="FOLDER",
            help="Take in whatever is written below it, as it comes, until Ctrl-C.",
        ),
    ] = None,
    registry: Annotated[
        Path | None,
        typer.Option("--registry", help="Cameras to trust from now on (`speedcam keys certify`)."),
    ] = None,
    root: Annotated[
        Path | None, typer.Option("--root", help="Public key of the root that signed it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge passages by the law of their day and open a case for each violation.

    Makes the office folder where there is none. Of lawful passages only a count is kept. A
    passage whose pictures are not what it says is set aside; the others go on.

    Once the office was given a `--registry` with its `--root`, it checks every seal: a passage
    whose seal does not hold is set aside, and one without a seal waits for an officer.
    """
    if (registry is None) is not (root is None):
        raise typer.BadParameter(
            "--registry and --root go together: the one is signed by the other"
        )
    if bool(passages) is (following is not None):
        raise typer.BadParameter("give files of passages, or --follow with a folder of them")
    if following and not following.is_dir():
        say(f"{following} is not there yet: waiting for it.")
    for path in passages or []:
        next(read_passages(path), None)  # a mistyped name must not leave an empty office behind
    with open_recorded(office, create=True) as store:
        if registry and root:
            trust_registry(store, _content(registry), load_public_key(root), SystemClock())
        reports = [desk.receive(store, path, SystemClock()) for path in passages or []]
    if following:
        _follow(following, office, as_json=as_json)
    else:
        _tell(reports, as_json=as_json)
        end(all(report.whole for report in reports))


def _tell(reports: Sequence[desk.ReceiveReport], *, as_json: bool) -> None:
    rows = [each for report in reports for each in report.passages]
    show(rows, RECEIVED, as_json=as_json)
    tally = ", ".join(f"{o} {sum(r.outcome is o for r in rows)}" for o in Outcome)
    say(f"passages received: {len(rows)} ({tally})".replace("_", " "))


def _follow(folder: Path, office: Path, *, as_json: bool) -> None:
    """Take in what comes, and sign the history each time."""
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())

    def receive(path: Path) -> desk.ReceiveReport:
        with open_recorded(office) as store:
            return desk.receive(store, path, SystemClock())

    for report in follow(
        folder, receive, lambda: not stopped.wait(LOOK_S), lambda error: say(str(error))
    ):
        if as_json:
            show(report.passages, RECEIVED, as_json=True)
            continue
        for each in report.passages:
            typer.echo(f"{each.passage_id}  {each.outcome}  {each.case_key or '-'}  {each.reason}")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EvidenceError(
            f"cannot read {path}: {error.strerror}. Give a registry file."
        ) from None


@office_app.command(epilog=EPILOG)
def bundle(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The fine, as it is typed.")],
    office: Office,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The bundle to write (.zip).")],
) -> None:
    """Put what an owner may have of a fine's evidence into one file, for `speedcam verify`.

    It holds the redacted photo, stills and film, the raw data, the site file, the manifest and its
    signature; the other pictures are withheld, and named by their SHA-256.
    """
    with open_store(office) as store:
        fine = store.fine(number)
        if fine is None:
            raise CaseError(f"there is no fine {number!r}: `speedcam office fines` lists them.")
        write_durably(out, owners_bundle(fine, store.exhibit_bytes))
    typer.echo(out)


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
    advise: Annotated[
        bool, typer.Option("--advise", help="It becomes a warning that costs nothing.")
    ] = False,
    officer: Annotated[str, typer.Option(metavar="ID", help="Who decides.")] = "",
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason, in words.")] = "",
    second: Annotated[
        str, typer.Option(metavar="ID", help="Another officer who agrees; suspensions need one.")
    ] = "",
    amount: Annotated[
        str,
        typer.Option(metavar="AMOUNT", help="More than the minimum, as 3000; two officers set it."),
    ] = "",
    country: Annotated[
        str,
        typer.Option(metavar="CODE", help="Whose plate it is, as AL, where the case wants it."),
    ] = "",
    sample: Annotated[
        bool, typer.Option("--sample", help="List policy decisions that a person must look at.")
    ] = False,
    pictures: Annotated[
        Path | None,
        typer.Option(
            "--pictures", metavar="DIR", help="Open the case's pictures there; delete them after."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the waiting cases, let a policy decide, or decide one as an officer.

    Without options it lists. `--policy NAME` confirms what the policy may and says why the rest
    waits. `--case KEY` shows one case, its plate as it was read; `--pictures DIR` opens its
    pictures there.
    `--case KEY --confirm|--reject|--advise --officer ID --why TEXT` decides it; to suspend a
    licence, or to fine more than the minimum (`--amount`), two officers must agree, the other one
    named by `--second ID`. Where the plate does not tell its country, who confirms states it
    (`--country AL`).
    """
    given = {Verdict.CONFIRM: confirm, Verdict.REJECT: reject, Verdict.ADVISE: advise}
    verdicts = [verdict for verdict, wanted in given.items() if wanted]
    said = any((officer, why, second, amount, country))
    if case and not (verdicts or policy or said):
        _show_case(office, case, pictures, as_json=as_json)
    elif case:
        verdict = _only(verdicts, policy)
        _decide(
            office,
            case,
            verdict,
            officer=officer,
            why=why,
            second=second,
            amount=amount,
            country=country,
        )
    elif verdicts or said:
        raise typer.BadParameter("an officer decides one case: name it with --case KEY")
    elif sample:
        _list_sample(office, as_json=as_json)
    elif policy:
        _apply(office, policy, as_json=as_json)
    else:
        _list_waiting(office, as_json=as_json)


@office_app.command(epilog=EPILOG)
def issue(office: Office, as_json: AsJson = False) -> None:
    """Make a fine of every confirmed case, with its notice in the outbox.

    A case whose notice can no longer be served in time ends instead: nobody is fined late.
    """
    with open_recorded(office) as store:
        issued = desk.issue(store, SystemClock())
    rows = [
        {
            "case_key": each.case_key,
            "fine_number": each.fine.number if each.fine else None,
            "amount": str(each.fine.amount) if each.fine else None,
            "ended": each.ended,
            "fault": each.fault,
        }
        for each in issued
    ]
    show(rows, ("case_key", "fine_number", "amount", "ended", "fault"), as_json=as_json)
    say(f"fines issued: {sum(each.fine is not None for each in issued)}")
    end(not any(each.fault for each in issued))


@office_app.command(epilog=EPILOG)
def deliver(
    office: Office,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try failed notices again: the cause is mended.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until Ctrl-C or SIGTERM, and show it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Hand over every letter that is due, by the ways that OFFICE/senders.toml names.

    Without that file each notice becomes a folder in OFFICE/sent.
    """
    # The letters need templates and languages that no other command has to load.
    from services.notifier.wiring import (  # noqa: PLC0415 - see above
        habits_of,
        keep_delivering,
        ways_of,
        writer_of,
    )

    with open_recorded(office) as store:
        if late := overdue(store, SystemClock().now()):
            say(
                f"closed cases whose day of erasure, as their letters name it, is over: {late} or "
                "more. Run `speedcam office erase`."
            )
        if retry_failed:
            say(f"failed notices that wait again: {try_failed_again(store, SystemClock().now())}")
        ways = ways_of(office)
        if watch:
            keep_delivering(store, ways)
            return
        senders = ways.senders.values()
        rows = desk.deliver(store, senders, writer_of(ways), SystemClock(), habits_of(ways))
    show(rows, ("fine_number", "state", "receipt", "fault"), as_json=as_json)
    say(f"notices handed over: {sum(each.state is NoticeState.SENT for each in rows)}")
    end(all(each.state is NoticeState.SENT for each in rows))


def _only(verdicts: Sequence[Verdict], policy: str) -> Verdict:
    if policy:
        raise typer.BadParameter("a case is decided by an officer or by a policy, not by both")
    if len(verdicts) != 1:
        raise typer.BadParameter("with --case give one of --confirm, --reject and --advise")
    return verdicts[0]


def _decide(
    office: Path,
    case: str,
    verdict: Verdict,
    *,
    officer: str,
    why: str,
    second: str,
    amount: str,
    country: str,
) -> None:
    if not officer.strip() or not why.strip():
        raise typer.BadParameter("a decision names its officer and its reason: --officer, --why")
    with open_recorded(office) as store, _country_by_option():
        decision = desk.decide(
            store,
            case,
            officer=officer,
            verdict=verdict,
            why=why,
            clock=SystemClock(),
            second=second,
            amount=_money(store, case, amount) if amount else None,
            country=country,
        )
    say(f"case {case}: {decision.verdict} by {decision.by}")


@contextmanager
def _country_by_option() -> Iterator[None]:
    """Say by which option a country is stated, where nobody stated it."""
    try:
        yield
    except CountryUnstated as error:
        raise CaseError(f"{error} State it with {COUNTRY}.") from None


def _money(store: Store, case: str, amount: str) -> Money:
    violation = case_of(store, case).violation
    try:
        return amount_typed(amount, violation)
    except CaseError as error:
        raise typer.BadParameter(str(error)) from None


def _apply(office: Path, policy: str, *, as_json: bool) -> None:
    chosen = policy_named(policy)
    with open_recorded(office) as store:
        reviewed = desk.review(store, chosen, SystemClock())
    rows = [
        {
            "case_key": each.case_key,
            "verdict": _becomes(each),
            "reasons": "; ".join(each.reasons),
        }
        for each in reviewed
    ]
    show(rows, ("case_key", "verdict", "reasons"), as_json=as_json)
    decided = sum(each.decision is not None for each in reviewed)
    lacking = sum(each.decision is None and each.lacking for each in reviewed)
    say(
        f"cases decided: {decided}; waiting for an officer: {len(rows) - decided - lacking}; "
        f"lacking a proof, so that nobody may confirm them: {lacking}"
    )


def _becomes(reviewed: desk.Reviewed) -> str:
    if reviewed.decision:
        return reviewed.decision.verdict
    return "lacks a proof" if reviewed.lacking else "waits"


def _list_waiting(office: Path, *, as_json: bool) -> None:
    with open_store(office) as store:
        cases = desk.waiting(store)
        twins = twins_of(store, cases)
        rows = [_waiting(case, twins[case.key]) for case in cases]
    show(rows, WAITING, as_json=as_json)
    say(f"cases that wait for a decision: {len(rows)}")


def _list_sample(office: Path, *, as_json: bool) -> None:
    with open_store(office) as store:
        rows = [_waiting(case) for case in desk.quality_sample(store)]
    columns = ("case_key", "at", "place", "retained_kmh", "limit_kmh", "reference")
    show(rows, columns, as_json=as_json)
    say(f"decisions of a policy that a person must look at: {len(rows)}")


def _show_case(office: Path, key: str, pictures: Path | None, *, as_json: bool) -> None:
    with open_store(office) as store:
        case = case_of(store, key)
        proof = proof_of(store, case, pictures)
    row = _waiting(case) | {"state": case.state} | proof
    if as_json:
        show([row], WAITING, as_json=True)
    else:
        show_record(row, ("case_key", "state", *WAITING[1:-1], "lacks", *proof))


def _waiting(case: Case, twins: Sequence[str] = ()) -> dict[str, object]:
    """What a list may say of a case: no plate stands in it."""
    violation, place = case.violation, case.violation.passage.place
    lacks = missing_proof(violation)
    return {
        "case_key": case.key,
        "at": violation.passage.at.astimezone(ZoneInfo(place.timezone)).isoformat(" ", "seconds"),
        "place": place.name,
        "retained_kmh": violation.retained_kmh,
        "limit_kmh": violation.limit_kmh,
        "reference": violation.reference,
        "needs_person": violation.needs_person,
        "lacks": "; ".join(lacks),
        "waits_for": "; ".join(
            (
                *lacks,
                *_wants(violation),
                *(f"may be case {key} once more" for key in twins),
            )
        )
        or "a policy or an officer",
    }


def _wants(violation: Violation) -> Iterator[str]:
    """Why a person must look, with the option by which they state a country."""
    by_option = wants_country(violation)
    for reason in wants_person(violation):
        yield f"{reason} ({COUNTRY})" if reason in by_option else reason


add_fine_commands(office_app)
add_backup_commands(office_app)
add_erase_commands(office_app)
add_report_command(office_app)
add_alarm_commands(office_app)
add_section_command(office_app)
office_app.add_typer(account_app)
office_app.add_typer(key_app)
office_app.add_typer(keys_app)
office_app.add_typer(incident_app)
