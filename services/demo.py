"""``speedcam demo``: sample footage to finished notices, and a table of every vehicle.

The only place where the office and the camera run in one process: wiring, and nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from shutil import which
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services import office as desk
from services.clock import StillClock
from services.demo_keys import REGISTRY, ROOT, DemoKeys, demo_keys
from services.fines import Step, act_on
from services.intake import Outcome
from services.ledger.recorded import open_recorded
from services.life import Act, State
from services.model import NoticeState, Verdict
from services.notifier.senders.folder import FolderSender
from services.notifier.wiring import write_letter
from services.office import PassageRow, Reviewed
from services.policy import policy_named, wants_country
from services.ports import Clock
from services.store import Store
from services.store.cases import case_of
from services.store.fines import page_of
from services.store.trust import trust_registry
from speedcam.clips import Job
from speedcam.errors import FootageError, SpeedcamError
from speedcam.model import Passage, PlateReading, Refusal
from speedcam.process import ClipResult
from speedcam.process_cli import process_files
from speedcam.site import load_site
from speedcam.talk import SOME_FAILED, complain

OFFICE = "office"
"""Name of the office's folder beside those of the clips."""

KEYS = "keys"
"""Name of the folder of the demo's keys, beside it."""

POLICY = "demo-auto-1"
OFFICER = "demo-officer"
PIPE_WIDTH = 190

talk = Console(stderr=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vehicle:
    """One vehicle with the whole way it went."""

    passage: Passage
    row: PassageRow


def demo_command(
    out: Annotated[Path, typer.Option(help="Folder for everything that is made.")] = Path(
        "demo-out"
    ),
    samples: Annotated[
        Path, typer.Option(help="Folder with clips and their site files (NAME.site.toml).")
    ] = Path("sample_videos"),
    country: Annotated[
        str,
        typer.Option(
            metavar="CODE",
            help="Whose plates the clips show, which the demo's officer states where a plate does "
            "not tell it; empty: such cases wait.",
        ),
    ] = "AL",
    today: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DAY",
            help="The day on which the demo plays; else the one after the last clip: the law "
            "gives little time to serve a notice.",
        ),
    ] = None,
) -> None:
    """Run the whole way on the sample footage: measure, judge, decide, fine, deliver.

    Finished notices lie in OUT/office/sent, one folder each, and count as served. Where a person
    is needed, an officer named demo-officer stands for them. The table says for every vehicle
    how fast it was, what became of it and why. Run it again: nothing is made twice.
    """
    jobs = _jobs(samples)
    evening = _evening(jobs, today.date() if today else None)
    clock = StillClock(at=evening.astimezone(UTC))
    keys = demo_keys(out / KEYS, {site.camera_id for _, site in jobs})
    results, failed = _measure(jobs, out, keys)
    with open_recorded(out / OFFICE, create=True, clock=clock) as store:
        trust_registry(store, keys.registry, keys.root, clock)
        vehicles, whole = _through_the_office(store, results, country, clock)
    # In a file or a pipe there is no width to keep to, and a path must stay on its line.
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    Console(width=width).print(_table(vehicles, out / OFFICE, evening.date()))
    _tell_what_next(vehicles, out)
    if failed or not whole:
        raise typer.Exit(SOME_FAILED)


def _jobs(samples: Path) -> list[Job]:
    for name in (OFFICE, KEYS):
        if (samples / f"{name}.mp4").exists():
            raise FootageError(
                f"{samples} has a clip named {name}, and its folder would be the demo's own, "
                "pictures and all. Rename the clip and its site file."
            )
    jobs = [
        (clip, load_site(clip.with_name(f"{clip.stem}.site.toml")))
        for clip in sorted(samples.glob("*.mp4"))
    ]
    if not jobs:
        raise FootageError(
            f"there is no clip in {samples}. Run this in the project's folder, or make clips with "
            "`speedcam simulate --samples DIR` and name DIR with --samples."
        )
    return jobs


def _evening(jobs: Sequence[Job], today: date | None) -> datetime:
    """The evening of the day on which the demo plays, by the clock of the last clip's place."""
    last = max((site for _, site in jobs), key=lambda site: site.clip_starts_at)
    zone = ZoneInfo(last.timezone)
    day = today or last.clip_starts_at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(20), zone)


def _measure(jobs: Sequence[Job], out: Path, keys: DemoKeys) -> tuple[list[ClipResult], bool]:
    results = list(process_files(jobs, out, key=keys.camera))
    for fault in (result for result in results if isinstance(result, SpeedcamError)):
        complain(fault)
    measured = [result for result in results if isinstance(result, ClipResult)]
    return measured, len(measured) < len(results)


def _through_the_office(
    store: Store, results: Sequence[ClipResult], country: str, clock: Clock
) -> tuple[list[_Vehicle], bool]:
    reports = [desk.receive(store, result.passages_path, clock) for result in results]
    reviewed = desk.review(store, policy_named(POLICY), clock)
    if country:
        _state_whose(store, reviewed, country, clock)
    issued = desk.issue(store, clock)
    delivered = desk.deliver(store, [FolderSender(store.sent)], write_letter, clock)
    _hand_over(store, clock)
    whole = (
        all(report.whole for report in reports)
        and not any(each.fault for each in issued)
        and all(each.state is NoticeState.SENT for each in delivered)
    )
    vehicles = [
        _Vehicle(passage=passage, row=row)
        for result, report in zip(results, reports, strict=True)
        for passage, row in zip(result.passages, desk.trace(store, report, reviewed), strict=True)
    ]
    return vehicles, whole


def _state_whose(store: Store, reviewed: Sequence[Reviewed], country: str, clock: Clock) -> None:
    """Confirm as an officer what waits for nothing but the country of its plate."""
    for each in reviewed:
        case = case_of(store, each.case_key)
        if each.decision is None and each.reasons == wants_country(case.violation):
            desk.decide(
                store,
                case.key,
                officer=OFFICER,
                verdict=Verdict.CONFIRM,
                why=f"every proof is there; who started this demo says that the plate is {country}",
                clock=clock,
                country=country,
            )


def _hand_over(store: Store, clock: Clock) -> None:
    """Enter as an officer that each notice was served, for nobody carries those of a demo."""
    step = Step(by=OFFICER, why="this is a demo: taken as handed over", at=clock.now())
    while page := page_of(store, state=State.ISSUED):
        for line in page:
            act_on(store, line.number, Act.SERVE, step)


def _table(vehicles: Sequence[_Vehicle], office: Path, day: date) -> Table:
    title = f"Every vehicle, and what became of it on {day}, the day of this demo"
    table = Table(title=title, title_justify="left")
    for column in ("vehicle", "measured km/h", "limit", "verdict", "plate", "amount", "notice"):
        # Folded, never cut: a number that cannot be read whole cannot be typed.
        table.add_column(column, justify="right" if column == "limit" else "left", overflow="fold")
    for vehicle in vehicles:
        table.add_row(*(escape(cell) for cell in _cells(vehicle, office)))
    return table


def _cells(vehicle: _Vehicle, office: Path) -> tuple[str, ...]:
    passage, row = vehicle.passage, vehicle.row
    amount = str(row.amount) if row.amount else ""
    return (
        f"{Path(passage.provenance.clip).stem} {passage.last_s:.1f} s",
        _measured(passage),
        str(passage.limit_kmh or ""),
        _verdict(vehicle),
        _plate(passage) if row.case_key else "",  # a lawful driver's is nobody's business
        amount,
        str(office / row.sent) if row.sent else "",
    )


def _measured(passage: Passage) -> str:
    speed = passage.speed
    if isinstance(speed, Refusal):
        return f"no reading: {speed.reason.replace('_', ' ')}"
    return speed.text()


def _verdict(vehicle: _Vehicle) -> str:
    row, speed = vehicle.row, vehicle.passage.speed
    if row.fine_number:
        return f"fine {row.fine_number}"
    if isinstance(speed, Refusal):
        return "not proven"  # the reason stands beside it, in place of a speed
    words = {Outcome.LAWFUL: "lawful", Outcome.NOT_PROVEN: "not proven", Outcome.FAULT: "set aside"}
    verdict = words.get(row.outcome)
    return f"{verdict}: {row.reason}" if verdict else row.reason


def _plate(passage: Passage) -> str:
    match passage.plate:
        case PlateReading(text=text):
            return text
        case Refusal(reason=reason):
            return reason.replace("_", " ")
        case None:
            return ""


def typed(python: Path) -> str:
    """How a shell here finds the command of the environment that ``python`` belongs to."""
    command = python.with_name("speedcam")
    found = which("speedcam")
    if found and Path(found) == command:
        return "speedcam"
    here = Path.cwd()
    return str(command.relative_to(here) if command.is_relative_to(here) else command)


def _tell_what_next(vehicles: Sequence[_Vehicle], out: Path) -> None:
    office, keys = out / OFFICE, out / KEYS
    talk.print(
        f"\nWhat is personal is sealed, each case with a key of its own; the DEMO key that wraps "
        f"them is in {office / 'keys'}. In earnest it lies elsewhere: docs/erasure.md.",
        highlight=False,
        soft_wrap=True,
    )
    fined = [vehicle for vehicle in vehicles if vehicle.row.fine_number]
    refused = sum(isinstance(vehicle.passage.speed, Refusal) for vehicle in vehicles)
    talk.print(
        f"\n{len(vehicles)} tracks, {refused} without a reading (a track may be a part of a "
        f"vehicle); {len(fined)} notices in {office / 'sent'}",
        highlight=False,
        soft_wrap=True,
    )
    for vehicle in fined:
        talk.print(
            f"  number [bold]{vehicle.row.fine_number}[/]  plate [bold]{_plate(vehicle.passage)}[/]"
            f"  {office / (vehicle.row.sent or 'sent')}/notice.html",
            highlight=False,
            soft_wrap=True,
        )
    if fined:
        speedcam = typed(Path(sys.executable))
        talk.print(
            "Owner's page: make serve, then http://127.0.0.1:8080/ with a number and its plate.",
            highlight=False,
            soft_wrap=True,
        )
        talk.print(
            f"Signed evidence: {speedcam} office bundle {fined[0].row.fine_number} "
            f"--office {office} --out fine.zip, then {speedcam} verify fine.zip "
            f"--registry {keys / REGISTRY} --root {keys / ROOT}.pub",
            highlight=False,
            soft_wrap=True,
        )
