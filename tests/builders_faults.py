"""An office at its whole work, to be disturbed in a process of its own, and what must hold after.

The work is that of its own commands, as people run them: what they print on stdout is taken for
acknowledged, and must be there in the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import select
from typer.core import TyperGroup

from services import office
from services.clock import SystemClock
from services.errors import LedgerError
from services.ledger.audit import audit
from services.ledger.witness import witness
from services.life import State
from services.notifier.outbox import notices
from services.notifier.senders.folder import FolderSender
from services.notifier.wiring import write_letter
from services.policy import demo_auto_1
from services.store import Store, open_store
from services.store.cases import cases_in
from services.store.schema import decisions, events, traffic
from speedcam import cli
from speedcam.model import Passage, Provenance
from tests.builders_office import AT, ISSUED, SetClock, a_passage, a_plate, on_disk

_SINCE = datetime.now(UTC) - ISSUED
TO_REJECT = "rejected"
"""An officer rejects passages whose id ends so, and confirms the others that wait."""
_LETTER = {"notice.html", "notice.txt", "notice.eml", "photo.jpg", "key.txt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The folders of one office and of those around it.

    Attributes:
        office: The office's own: whatever is done to a disk is done to this one.
        beside: The witness's, and what the commands said: on another disk.
    """

    office: Path
    beside: Path

    @property
    def witness(self) -> Path:
        return self.beside / "witness"

    @property
    def told(self) -> Path:
        """What was printed on stdout."""
        return self.beside / "told"

    @property
    def complaints(self) -> Path:
        """What was printed on stderr."""
        return self.beside / "complaints"


def a_post(folder: Path, office_dir: Path | None = None) -> Post:
    """A post in a new folder; ``office_dir`` where its office is on another disk."""
    folder.mkdir(parents=True)
    return Post(office=office_dir or folder / "office", beside=folder)


def clips_of(folder: Path, count: int) -> list[Path]:
    """Passages of so many clips, as `process` leaves them, five each.

    One that a policy confirms, two that an officer confirms and rejects, one that nobody can
    prove, and a lawful one.
    """
    return [on_disk(folder / f"clip-{n}", *_passages(n)) for n in range(count)]


def _passages(clip: int) -> Iterator[Passage]:
    letters = "ABCDEFGHJKLMNPRSTVXZ"
    unsure = {"confidence": 0.9}
    kinds: dict[str, dict[str, object]] = {
        "by-policy": {},
        "by-officer": {"plate": unsure},
        TO_REJECT: {"plate": unsure},
        "unread": {"plate": None},
        "lawful": {"kmh": 35.0, "plate": None, "exhibits": ()},
    }
    for ordinal, (kind, changes) in enumerate(kinds.items()):
        text = f"AA{10 * (clip % 100) + ordinal:03}B{letters[clip // 100]}"
        plate = changes.get("plate", {})
        known = {
            "kmh": 52.0 + ordinal,
            "at": AT + timedelta(minutes=2 * clip, seconds=10 * ordinal),
            "provenance": Provenance(
                clip=f"clip-{clip}.mp4",
                clip_sha256=f"{clip:064x}",
                site_sha256="5" * 64,
                software="speedcam 0.1.0",
                track_ordinal=ordinal,
            ),
        }
        read = None if plate is None else a_plate(text, **plate)
        yield a_passage(f"p-{clip}-{kind}", **(known | changes | {"plate": read}))


@cache
def _command_line() -> TyperGroup:
    """The command line, built once for all processes that are begun here."""
    whole = cli.build()
    whole.commands = {name: whole.commands[name] for name in ("office", "ledger", "process")}
    return whole


def warm(folder: Path) -> None:
    """Load what the office's work needs, so that not every process that is begun does it again."""
    _command_line()
    (passages,) = clips_of(folder / "warm", 1)
    with open_store(folder / "warm" / "office", create=True) as store:
        office.receive(store, passages, SetClock())
        office.review(store, demo_auto_1, SetClock())
        office.issue(store, SetClock())
        office.deliver(store, [FolderSender(store.sent)], write_letter, SetClock())


def begin(work: Callable[[], int], post: Post) -> int:
    """Start ``work`` in a new process that says what it says into the post's files; its id."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        _speak_into(post)
        code = work()
    except BaseException:  # noqa: BLE001 - what a user would see
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


def _speak_into(post: Post) -> None:
    for number, path in ((1, post.told), (2, post.complaints)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdout, sys.stderr = (open(n, "w", closefd=False) for n in (1, 2))  # noqa: SIM115
    cli.build = _command_line
    # Its commands run on the day on which the passages can still be fined.
    SystemClock.now = lambda _: datetime.now(UTC) - _SINCE  # type: ignore[method-assign]


def commands(post: Post, passages: Sequence[Path]) -> int:
    """All that an office does with passages, command by command; the first exit code but 0."""
    here = ("--office", str(post.office))
    steps: list[Callable[[], int]] = [
        lambda: cli.run(["office", "receive", *map(str, passages), *here, "--json"]),
        lambda: cli.run(["office", "review", "--policy", "demo-auto-1", *here]),
        lambda: _decide(post),
        lambda: cli.run(["office", "issue", *here, "--json"]),
        lambda: cli.run(["office", "deliver", *here, "--retry-failed", "--json"]),
        lambda: cli.run(
            ["ledger", "witness", str(post.witness), "--ledger", str(post.office / "ledger")]
        ),
    ]
    return next((code for step in steps if (code := step())), 0)


def _decide(post: Post) -> int:
    """Let an officer look at what waits; what lacks a proof goes on waiting."""
    with open_store(post.office) as store:
        cases = [(each.key, each.violation.passage.id) for each in office.waiting(store)]
    codes = []
    for key, passage_id in cases:
        if passage_id.endswith("unread"):
            continue
        verdict = "--reject" if passage_id.endswith(TO_REJECT) else "--confirm"
        arguments = ("--officer", "officer-17", "--why", "looked at it", "--office", post.office)
        codes.append(cli.run(["office", "review", "--case", key, verdict, *map(str, arguments)]))
    return max(codes, default=0)


def undisturbed(post: Post, passages: Sequence[Path]) -> int:
    """Do all the work to its end in a new process; its exit code."""
    return waited_for(begin(lambda: commands(post, passages), post))


def waited_for(child: int) -> int:
    """The exit code of a process, negative where a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_after(seconds: float, *children: int) -> int:
    """How many of these were killed at their work; the others had ended it before."""
    time.sleep(seconds)
    for child in children:
        os.kill(child, signal.SIGKILL)
    return sum(waited_for(child) == -signal.SIGKILL for child in children)


Outcome = Mapping[str, tuple[object, ...]]
"""By passage: what became of it."""


def outcome(store: Store) -> Outcome:
    """What became of every passage; and how many were counted."""
    fines = {each.violation.passage.id: each for each in store.fines()}
    with store.reading() as connection:
        decided = {row.case_key: row for row in connection.execute(select(decisions))}
        counted = connection.execute(select(traffic).order_by(*traffic.primary_key)).all()
    # A violation that is received again counts as known, and as a case no more.
    counts = sorted(tuple(map(str, row)) for row in counted)
    told: dict[str, tuple[object, ...]] = {
        "traffic": tuple(
            tuple("case" if word == "known" else word for word in row) for row in counts
        )
    }
    for case in cases_in(store, *State):
        passage_id = case.violation.passage.id
        decision, fine = decided.get(case.key), fines.get(passage_id)
        told[passage_id] = (
            case.state,
            (decision.verdict, decision.by) if decision else None,
            (fine.violation.offence, fine.amount.minor, fine.terms.issued_on) if fine else None,
        )
    return told


def faults(post: Post, expected: Outcome) -> Iterator[str]:
    """What does not hold in an office that was disturbed, started again and ended its work."""
    with open_store(post.office) as store:
        found = outcome(store)
        for name in sorted(expected.keys() | found.keys()):
            if expected.get(name) != found.get(name):
                yield f"{name}: {found.get(name)} and not {expected.get(name)}"
        yield from _letters(store)
        yield from _history(store)
        yield from _acknowledged(store, post.told)
        yield from _files(store, post)


def _letters(store: Store) -> Iterator[str]:
    """One notice for each fine, handed over whole, and no other."""
    numbers = sorted(fine.number for fine in store.fines())
    told = notices(store)
    if sorted(each.fine_number for each in told) != numbers:
        yield f"{len(told)} notices of {len(numbers)} fines"
    yield from (f"notice {each.key} is {each.state}" for each in told if each.state != "sent")
    if sorted(path.name for path in store.sent.iterdir()) != numbers:
        yield f"letters in {store.sent}: {sorted(p.name for p in store.sent.iterdir())}"
    for each in told:
        folder = store.sent / each.fine_number
        whole = folder.is_dir() and {path.name for path in folder.iterdir()} == _LETTER
        if not (
            whole
            and (folder / "key.txt").read_text() == f"{each.key}\n"
            and (folder / "notice.html").read_text().rstrip().endswith("</html>")
            and each.fine_number in (folder / "notice.txt").read_text()
            and (folder / "photo.jpg").read_bytes()[-2:] == b"\xff\xd9"
        ):
            yield f"letter {folder.name} is not whole"


def _history(store: Store) -> Iterator[str]:
    """Nothing that happens once is told twice, or not at all."""
    query = select(events.c.subject, events.c.what)
    with store.reading() as connection:
        count = Counter((row.subject, row.what) for row in connection.execute(query))
    once = {"opened", "validate", "reject", "issued", "sent"}
    for (subject, what), times in count.items():
        if what in once and times > 1:
            yield f"{subject}: {what} is told {times} times"
    for fine in store.fines():
        case = fine.violation.key
        told = {(fine.number, "sent"), (case, "issued"), (case, "opened"), (case, "validate")}
        yield from (f"{subject}: {what} is not told" for subject, what in told - count.keys())


def _acknowledged(store: Store, told: Path) -> Iterator[str]:
    """What a command said that it had done, and is not done."""
    fines = {fine.number: fine.violation.key for fine in store.fines()}
    keys = {case.key for case in cases_in(store, *State)}
    for line in told.read_text().splitlines() if told.exists() else ():
        try:
            said = json.loads(line)
        except ValueError:
            continue  # the end of a line was killed with its writer
        number, case = said.get("fine_number"), said.get("case_key")
        if number and number not in fines:
            yield f"fine {number} was told of, and is not there"
        if case and case not in keys:
            yield f"case {case} was told of, and is not there"
        if number and case and fines.get(number) != case:
            yield f"fine {number} was told to be of case {case}"


def _files(store: Store, post: Post) -> Iterator[str]:
    """Rows, history, signatures and the hash of every file, as an auditor looks at them."""
    with store.raw_reading() as cursor:
        for check in ("integrity_check", "foreign_key_check"):
            rows = cursor.execute(f"PRAGMA {check}").fetchall()
            if rows not in ([("ok",)], []):
                yield f"{check}: {rows}"
    try:
        witness(post.witness, store.folder / "ledger", SystemClock())
    except LedgerError as error:
        yield f"the witness: {error}"
    found = audit(store, witness=post.witness)
    if not found.leaves or not found.checkpoints:
        yield "the history is empty"
    yield from (f"{each.where}: {each.fault}" for each in found.findings)
