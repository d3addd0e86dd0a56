"""How many fines an office takes, and how fast it finds one: ``python -m tests.bench.office``.

Judges passages on one core. Receives and issues fines, pictures and history durably on disk, in
SQLite and in a PostgreSQL of its own, both as they are run in earnest; beside it the same pictures
are only written and synced, so that it is seen what the disk allows. Then fills the office up with
``--fines`` others and looks fines up, lists them and asks what is owed. Every figure is of this
machine, as busy as it is; how long its processor worked for a fine is told beside it.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from services import office
from services.fines import standing
from services.life import State
from services.model import Fine
from services.numbers import new_number
from services.policy import demo_auto_1
from services.store import Store, open_store
from services.store.exhibits import AT_ONCE
from services.store.fines import page_of
from services.store.instants import to_ms
from services.store.rows import add_rows
from services.store.schema import cases, fines, outbox, packs
from speedcam.disk import sync_folder, write_whole
from speedcam.model import Exhibit, ExhibitKind, Passage
from speedcam.record import dumps
from tests.bench.rules import PASSAGES, per_second, traffic
from tests.builders_office import ISSUED, PROOF, SetClock, a_passage, a_place, albania
from tests.postgres import server

TAKEN = 1000
"""Fines received and issued for the rate."""

SQLITE, POSTGRESQL = "sqlite", "postgresql"
DATABASES = (SQLITE, POSTGRESQL)
ROWS_BAR = 1000
"""Fines a second, taken in groups, that must be on disk with their history and notice."""
EXHIBITS_BAR = 300
"""And with their pictures."""
JUDGED_BAR = 20_000
"""Passages a second that one core must judge."""

SITES = 40
PICTURE_BYTES = 60_000
"""About a still of one vehicle as JPEG."""

LOOKED_UP = 400
CHUNK = 20_000
BEGAN = datetime(2026, 10, 11, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One line of the result.

    Attributes:
        what: What was done.
        database: Where.
        count: How often.
        per_s: How many a second; None for look-ups.
        cpu_ms: For how long this process worked for one.
        p50_ms: Median time of one; None for rates.
        p99_ms: 99th percentile.
        bar: What it must reach.
        holds: Whether it does.
    """

    what: str
    database: str
    count: int
    cpu_ms: float
    per_s: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    bar: str
    holds: bool


def rate(
    what: str, database: str, *, count: int, per_s: float, cpu_ms: float, bar: int
) -> Measured:
    """A line that says how many a second there were."""
    return Measured(
        what=what, database=database, count=count, per_s=per_s, cpu_ms=cpu_ms,
        bar=f"{bar} a second", holds=per_s >= bar,
    )  # fmt: skip


def judging() -> Measured:
    """How many passages a second one core judges by the law of Albania."""
    per_s = per_second(traffic(albania()))
    return rate(
        "judge a passage", "none", count=PASSAGES, per_s=per_s, cpu_ms=1000 / per_s, bar=JUDGED_BAR
    )


LEFT = tuple(kind for kind in PROOF if kind is not ExhibitKind.DRIVER)
"""What a vehicle leaves where nobody asks for its driver."""
MAGIC = {ExhibitKind.RAW: b"\x1f\x8b\x08", ExhibitKind.FILM: b"\0\0\0"}
"""How exhibits that are no pictures begin."""


def passages_of(folder: Path, count: int, *, own_pictures: bool) -> Path:
    """Violations on disk as `process` leaves them.

    Args:
        folder: For the passages and their exhibits.
        count: How many.
        own_pictures: Each has pictures of its own; otherwise all share five, so that only what
            the database does is timed.
    """
    (folder / "exhibits").mkdir(parents=True)
    shared = _exhibits(folder, "shared")
    with (folder / "passages.jsonl").open("w") as written:
        for ordinal in range(count):
            exhibits = _exhibits(folder, str(ordinal)) if own_pictures else shared
            written.write(f"{dumps(_passage(ordinal, exhibits))}\n")
    return folder / "passages.jsonl"


def _passage(ordinal: int, exhibits: tuple[Exhibit, ...]) -> Passage:
    """A small violation of a vehicle of its own, at one of the sites, one every half minute."""
    return a_passage(
        f"bench-{ordinal}",
        plate=f"AA{ordinal % 1000:03}B{chr(65 + ordinal // 1000 % 26)}",
        place=a_place(site_id=f"AL-BENCH-{ordinal % SITES:02}"),
        at=BEGAN + timedelta(seconds=30 * (ordinal // SITES)),
        exhibits=exhibits,
    )


def _exhibits(folder: Path, name: str) -> tuple[Exhibit, ...]:
    made = []
    for kind in LEFT:
        content = MAGIC.get(kind, b"\xff\xd8\xff") + secrets.token_bytes(PICTURE_BYTES)
        path = folder / "exhibits" / f"{name}-{kind}"
        path.write_bytes(content)
        digest = sha256(content).hexdigest()
        relative = str(path.relative_to(folder))
        made.append(Exhibit(kind=kind, path=relative, sha256=digest, time_s=1.0, frame_index=1))
    return tuple(made)


def syncing(folder: Path, what: str, *, files: int) -> Measured:
    """Only write and sync as many bytes as the exhibits have, as so many files for each fine.

    It is what the disk takes of them, by as many threads as the office has.
    """
    folder.mkdir()
    content = secrets.token_bytes(len(LEFT) * PICTURE_BYTES // files)
    names = [folder / str(ordinal) for ordinal in range(TAKEN * files)]
    began, worked = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda path: write_whole(path, content), names))
    sync_folder(folder)
    per_s = TAKEN / (time.monotonic() - began)
    cpu_ms = 1000 * (time.process_time() - worked) / TAKEN
    return rate(what, "none", count=TAKEN, per_s=per_s, cpu_ms=cpu_ms, bar=EXHIBITS_BAR)


def taking(store: Store, passages: Path, what: str, bar: int) -> Measured:
    """Receive, review and issue a file of violations; how many a second were on disk."""
    clock, began, worked = SetClock(), time.monotonic(), time.process_time()
    office.receive(store, passages, clock)
    office.review(store, demo_auto_1, clock)
    issued = office.issue(store, clock)
    per_s = len(issued) / (time.monotonic() - began)
    cpu_ms = 1000 * (time.process_time() - worked) / max(1, len(issued))
    if any(each.fine is None for each in issued) or len(issued) != TAKEN:
        raise RuntimeError(f"{TAKEN} fines were wanted and {len(issued)} issued")
    return rate(
        what, store.engine.dialect.name, count=len(issued), per_s=per_s, cpu_ms=cpu_ms, bar=bar
    )


def fill(store: Store, count: int) -> None:
    """Make the office as large as ``count`` fines, with rows as long as real ones."""
    with store.reading() as connection:
        pack = connection.execute(select(packs.c.sha256)).scalars().first()
        sizes = connection.execute(
            select(
                func.avg(func.length(cases.c.violation)), func.avg(func.length(fines.c.fine))
            ).join(fines, fines.c.case_key == cases.c.key)
        ).one()
    lengths = tuple(int(size) for size in sizes)
    states = [s for s in State if s in {State.ISSUED, State.SERVED, State.PAID, State.PART_PAID}]
    numbers = _numbers(store, count)
    for start in range(0, count, CHUNK):
        ordinals = range(start, min(start + CHUNK, count))
        rows = [_filling(o, numbers[o], str(pack), lengths, states) for o in ordinals]
        with store.writing() as connection:
            for place, table in enumerate((cases, fines, outbox)):
                add_rows(connection, table, [row[place] for row in rows])


def _numbers(store: Store, count: int) -> list[str]:
    """So many free numbers: of a million random ones two are the same half of the time."""
    with store.reading() as connection:
        taken = set(connection.execute(select(fines.c.number)).scalars())
    drawn: set[str] = set()
    while len(drawn) < count:
        drawn |= {new_number("AL", 2026) for _ in range(count - len(drawn))} - taken
    return list(drawn)


def _filling(
    ordinal: int, number: str, pack: str, lengths: tuple[int, ...], states: Sequence[State]
) -> tuple[dict[str, object], ...]:
    # As many older as younger ones, so that a page is never the first or the last.
    apart = timedelta(seconds=20 * (ordinal + 1))
    at = ISSUED + apart if ordinal % 2 else BEGAN - apart
    at_ms, key = to_ms(at), secrets.token_hex(12)
    plate = secrets.token_hex(32)
    case = {
        "key": key, "state": State.ISSUED, "site_id": f"AL-BENCH-{ordinal % SITES:02}",
        "day": f"{at:%Y-%m-%d}", "passed_at_ms": at_ms, "received_at_ms": at_ms,
        "plate_digest": plate, "pack_sha256": pack, "violation": secrets.token_bytes(lengths[0]),
    }  # fmt: skip
    fine = {
        "number": number, "case_key": key, "turn": 0, "plate_digest": plate,
        "issued_at_ms": at_ms, "state": states[ordinal // 2 % len(states)],
        "fine": secrets.token_bytes(lengths[1]),
    }  # fmt: skip
    notice = {
        "key": f"{number}/notice/folder", "fine_number": number, "channel": "folder",
        "state": "sent", "attempts": 1, "created_at_ms": at_ms, "not_before_ms": at_ms,
        "sent_at_ms": at_ms,
    }  # fmt: skip
    return case, fine, notice


def finding(store: Store, held: int) -> Iterator[Measured]:
    """Look-ups, pages and accounts in an office that holds so many fines."""
    dice = random.Random(20261014)  # noqa: S311 - which fines, the same each time
    known = [(f.number, f.violation.passage.plate.text) for f in _some(store)]
    clock = SetClock()
    tasks: dict[str, Callable[[str, str], object]] = {
        "look-up by number and plate": store.fine_by_number_and_plate,
        "page of 50": lambda number, _: page_of(store, after_number=number),
        "page of 50 in one state": lambda number, _: page_of(
            store, state=State.SERVED, after_number=number
        ),
        "what is owed": lambda number, _: standing(store, number, clock),
    }
    for what, task in tasks.items():
        worked = time.process_time()
        times_ms = sorted(_timed_ms(task, *dice.choice(known)) for _ in range(LOOKED_UP))
        cpu_ms = 1000 * (time.process_time() - worked) / LOOKED_UP
        p99_ms = times_ms[-max(1, LOOKED_UP // 100)]
        yield Measured(
            what=f"{what}, {held} fines", database=store.engine.dialect.name, count=LOOKED_UP,
            cpu_ms=cpu_ms,
            p50_ms=times_ms[LOOKED_UP // 2], p99_ms=p99_ms, bar="p99 20 ms", holds=p99_ms <= 20,
        )  # fmt: skip


def _some(store: Store) -> list[Fine]:
    """Fines that were really issued here, among those that fill the office up."""
    query = select(fines.c.number).join(cases, cases.c.key == fines.c.case_key)
    ours = query.where(cases.c.passed_at_ms.between(to_ms(BEGAN), to_ms(ISSUED)))
    with store.reading() as connection:
        numbers = connection.execute(ours.limit(LOOKED_UP)).scalars().all()
    return [fine for number in numbers if (fine := store.fine(number))]


def _timed_ms(task: Callable[[str, str], object], number: str, plate: str) -> float:
    began = time.perf_counter()
    if not task(number, plate):
        raise RuntimeError(f"nothing was found for {number}")
    return 1000 * (time.perf_counter() - began)


def measured(count: int, databases: Sequence[str]) -> Iterator[Measured]:
    """Everything, in SQLite and in a PostgreSQL that is started for it."""
    yield judging()
    with tempfile.TemporaryDirectory(prefix="speedcam-bench-") as folder:
        work = Path(folder)
        shared = passages_of(work / "shared", TAKEN, own_pictures=False)
        own = passages_of(work / "own", TAKEN, own_pictures=True)
        told = f"only write and sync {len(LEFT)} files of 60 kB each"
        yield syncing(work / "plain", told, files=len(LEFT))
        yield syncing(work / "whole", "the same bytes as one file a fine", files=1)
        if SQLITE in databases:
            yield from _in_one(work / "sqlite", work / "sqlite-own", shared, own, count)
        if POSTGRESQL in databases:
            with server(settings="") as running:
                first, other = (running.new_office(work / f"postgres-{n}") for n in range(2))
                yield from _in_one(first, other, shared, own, count)


def _in_one(first: Path, other: Path, shared: Path, own: Path, count: int) -> Iterator[Measured]:
    with open_store(other, create=True) as store:
        told = f"receive and issue, {len(LEFT)} exhibits of 60 kB each"
        yield taking(store, own, told, EXHIBITS_BAR)
    with open_store(first, create=True) as store:
        yield taking(store, shared, "receive and issue, rows alone", ROWS_BAR)
        fill(store, count)
        yield from finding(store, count + TAKEN)


def show(rows: Sequence[Measured], console: Console) -> None:
    """A table of every line."""
    table = Table(title="The office at scale")
    for name in (
        "what",
        "database",
        "count",
        "a second",
        "CPU ms",
        "p50 ms",
        "p99 ms",
        "bar",
        "holds",
    ):
        table.add_column(name, justify="left" if name in {"what", "database"} else "right")
    for row in rows:
        numbers = (row.per_s, row.cpu_ms, row.p50_ms, row.p99_ms)
        cells = ["" if number is None else f"{number:.1f}" for number in numbers]
        holds = "HOLD" if row.holds else "MISSED"
        table.add_row(row.what, row.database, str(row.count), *cells, row.bar, holds)
    console.print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every figure with its bar."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.office", description=__doc__)
    parser.add_argument("--fines", type=int, default=1_000_000, help="how large the office is")
    parser.add_argument(
        "--database", choices=DATABASES, action="append", help="only this one; both by default"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line, not a table")
    options = parser.parse_args(arguments)
    rows = []
    for row in measured(options.fines, options.database or DATABASES):
        rows.append(row)
        if options.json:
            print(json.dumps(asdict(row)), flush=True)  # noqa: T201 - its data
    if not options.json:
        show(rows, Console(width=None if sys.stdout.isatty() else 160))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
