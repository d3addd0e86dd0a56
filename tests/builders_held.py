"""What must hold where work was disturbed: :mod:`tests.builders_faults` does it.

What its commands printed on stdout is taken for acknowledged, and must be there in the end.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from services.clock import SystemClock
from services.errors import LedgerError
from services.ledger.audit import audit
from services.ledger.witness import witness
from services.life import State
from services.model import LetterKind
from services.notifier.outbox import Delivered, notices
from services.store import Store, open_store
from services.store.cases import cases_in
from services.store.schema import decisions, events, traffic
from speedcam.errors import SpeedcamError
from tests.builders_faults import Post, a_post, camera, command_line, commands, undisturbed, warm

_OF_ONE = re.compile(r'"fault": "[^"]|"outcome": "fault"')
"""How a command says of one thing that it failed, and why."""
_LETTER = {"notice.html", "notice.txt", "notice.eml", "key.txt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Something that is done in a post's place, and what does not hold there once it is done."""

    do: Callable[[Post], int]
    faults: Callable[[Post], Iterator[str]]


def ended(work: Work, post: Post) -> Iterator[str]:
    """What is wrong once the work was taken up again and done to its end."""
    if code := undisturbed(partial(work.do, post), post):
        yield f"taken up again it ends with {code}: {post.complaints.read_text()[-300:]}"
    try:
        yield from work.faults(post)
    except (SpeedcamError, OSError) as error:
        yield f"it cannot be looked at: {error}"


def badly_ended(code: int, work: Work, post: Post) -> Iterator[str]:
    """What is wrong with how work ended that a disk kept from its end."""
    said = post.complaints.read_text()
    if code < 0:
        yield f"signal {-code} ended it"
    elif code == 0:
        # It said that all is done: nobody would take it up again.
        yield from (f"it said that all is done, and {each}" for each in work.faults(post))
    elif "speedcam: " not in said and not _OF_ONE.search(post.told.read_text()):
        yield f"it ended with {code} and did not say why: {said[-300:]}"


def office_work(folder: Path, clips: Sequence[Path]) -> Work:
    """An office's with these passages: all must be as where nobody disturbs it."""
    warm(folder)
    post = a_post(folder / "undisturbed")
    _require(undisturbed(lambda: commands(post, clips), post) == 0, post)
    with open_store(post.place) as store:
        expected = outcome(store)
    _require(not list(faults(post, expected)), post)
    return Work(do=lambda post: commands(post, clips), faults=lambda post: faults(post, expected))


def camera_work(folder: Path, video: Path, site: Path, key: Path) -> Work:
    """A camera's with a clip: its files must be those that it leaves where nobody disturbs it.

    The clip is measured once, undisturbed; after that what was found is written again.
    """
    command_line()
    post = a_post(folder / "undisturbed")
    work = partial(camera, video=video, site=site, key=key)
    _require(undisturbed(lambda: work(post), post) == 0, post)
    expected = contents(post.place)
    _require(bool(expected), post)
    again = partial(work, found=post.place)
    return Work(do=again, faults=lambda post: _results(post, expected))


def _require(holds: bool, post: Post) -> None:
    if not holds:
        raise RuntimeError(f"what nobody disturbs fails: {post.complaints.read_text()}")


def contents(folder: Path) -> Mapping[Path, bytes]:
    """Every file below ``folder``."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder): path.read_bytes() for path in files}


def _results(post: Post, expected: Mapping[Path, bytes]) -> Iterator[str]:
    found = contents(post.place)
    for path in sorted(found.keys() ^ expected.keys()):
        yield f"{path} is {'left over' if path in found else 'missing'}"
    for path in sorted(found.keys() & expected.keys()):
        if found[path] != expected[path]:
            yield f"{path} is not what it was"
    yield from _tracebacks(post)


def _tracebacks(post: Post) -> Iterator[str]:
    if count := post.complaints.read_text().count("Traceback"):
        yield f"{count} tracebacks"


Outcome = Mapping[str, tuple[object, ...]]
"""By passage: what became of it."""


def outcome(store: Store) -> Outcome:
    """What became of every passage; and how many were counted."""
    fines = {each.violation.passage.id: each for each in store.fines()}
    with store.reading() as connection:
        decided = {row.case_key: row for row in connection.execute(select(decisions))}
        counted = connection.execute(select(traffic)).all()
    told: dict[str, tuple[object, ...]] = {"traffic": _counted(counted)}
    for case in cases_in(store, *State):
        passage_id = case.violation.passage.id
        decision, fine = decided.get(case.key), fines.get(passage_id)
        told[passage_id] = (
            case.state,
            (decision.verdict, decision.by) if decision else None,
            (fine.violation.offence, fine.amount.minor, fine.terms.issued_on) if fine else None,
        )
    return told


def _counted(rows: Iterable[Row[Any]]) -> tuple[object, ...]:
    """The counters. A violation that is received again counts as known, and as a case no more."""
    count = Counter[tuple[object, ...]]()
    for *key, times in rows:
        count[*("case" if word == "known" else word for word in key)] += times
    return tuple(sorted(count.items()))


def faults(post: Post, expected: Outcome) -> Iterator[str]:
    """What does not hold in an office that was disturbed, started again and ended its work."""
    yield from _tracebacks(post)
    with open_store(post.place) as store:
        found = outcome(store)
        for name in sorted(expected.keys() | found.keys()):
            if expected.get(name) != found.get(name):
                yield f"{name}: {found.get(name)} and not {expected.get(name)}"
        yield from _letters(store)
        yield from _history(store)
        yield from _acknowledged(store, post.told)
        yield from _files(store, post)


def _letters(store: Store) -> Iterator[str]:
    """One notice for each fine, and each letter handed over whole, and no other."""
    numbers = sorted(fine.number for fine in store.fines())
    told = {_folder_of(each): each for each in notices(store)}
    of_fines = [each for each in told.values() if each.kind is LetterKind.NOTICE]
    if sorted(each.fine_number for each in of_fines) != numbers:
        yield f"{len(of_fines)} notices of {len(numbers)} fines"
    yield from (f"{each.key} is {each.state}" for each in told.values() if each.state != "sent")
    if {path.name for path in store.sent.iterdir()} != told.keys():
        yield f"letters in {store.sent}: {sorted(p.name for p in store.sent.iterdir())}"
    for name, each in told.items():
        if not _is_whole(store.sent / name, each):
            yield f"letter {name} is not whole"


def _folder_of(letter: Delivered) -> str:
    is_notice = letter.kind is LetterKind.NOTICE
    return letter.fine_number if is_notice else letter.key.replace("/", ".")


def _is_whole(folder: Path, letter: Delivered) -> bool:
    shown = {"photo.jpg"} if letter.kind is LetterKind.NOTICE else set()
    return (
        folder.is_dir()
        and {path.name for path in folder.iterdir()} == _LETTER | shown
        and (folder / "key.txt").read_text() == f"{letter.key}\n"
        and (folder / "notice.html").read_text().rstrip().endswith("</html>")
        and letter.fine_number in (folder / "notice.txt").read_text()
        and all((folder / name).read_bytes()[-2:] == b"\xff\xd9" for name in shown)
    )


def _history(store: Store) -> Iterator[str]:
    """Nothing that happens once is told twice, or not at all."""
    query = select(events.c.subject, events.c.what)
    with store.reading() as connection:
        count = Counter((row.subject, row.what) for row in connection.execute(query))
    once = {"opened", "validate", "reject", "issued"}
    letters = Counter(each.fine_number for each in notices(store))
    for (subject, what), times in count.items():
        if times > 1 and (what in once or (what == "sent" and times != letters[subject])):
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


def _pages(store: Store) -> Iterator[str]:
    with store.raw_reading() as cursor:
        for check in ("integrity_check", "foreign_key_check"):
            rows = cursor.execute(f"PRAGMA {check}").fetchall()
            if rows not in ([("ok",)], []):
                yield f"{check}: {rows}"


def _files(store: Store, post: Post) -> Iterator[str]:
    """Rows, history, signatures and the hash of every file, as an auditor looks at them."""
    if store.engine.dialect.name == "sqlite":
        yield from _pages(store)
    try:
        witness(post.witness, store.folder / "ledger", SystemClock())
    except LedgerError as error:
        yield f"the witness: {error}"
    found = audit(store, witness=post.witness)
    if not found.leaves or not found.checkpoints:
        yield "the history is empty"
    yield from (f"{each.where}: {each.fault}" for each in found.findings)
