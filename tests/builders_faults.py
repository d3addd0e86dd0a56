"""An office at its whole work, by its own commands, in processes that may be disturbed."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path

from typer.core import TyperGroup

from services import office
from services.clock import SystemClock
from services.notifier.senders.folder import FolderSender
from services.notifier.wiring import write_letter
from services.policy import demo_auto_1
from services.store import open_store
from speedcam import cli, clips
from speedcam.adapters.exhibits import FolderExhibits
from speedcam.errors import SpeedcamError
from speedcam.model import Passage, Provenance
from speedcam.process import PASSAGES
from speedcam.record import read_passages
from tests.builders_office import AT, ISSUED, SetClock, a_passage, a_plate, on_disk

_SINCE = datetime.now(UTC) - ISSUED
LATER = timedelta(hours=6)
"""When whoever was disturbed is started again: later, and on the same day."""
TO_REJECT = "rejected"
"""An officer rejects passages whose id ends so, and confirms the others that wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Where something is done, and what is seen of it from elsewhere.

    Attributes:
        place: The folder that is disturbed: an office's, or that of a camera's results.
        beside: What the commands said, and the folder of the office's witness: on another disk.
    """

    place: Path
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


def a_post(folder: Path, place: Path | None = None) -> Post:
    """A post in a new folder; ``place`` where what is disturbed is on another disk."""
    folder.mkdir(parents=True)
    return Post(place=place or folder / "place", beside=folder)


_UNSURE = {"confidence": 0.9}
KINDS: Mapping[str, Mapping[str, object]] = {
    "by-policy": {},
    "by-officer": {"plate": _UNSURE},
    "lawful": {"kmh": 35.0, "plate": None, "exhibits": ()},
    TO_REJECT: {"plate": _UNSURE},
    "unread": {"plate": None},
}
"""What a policy confirms; what an officer does; what is lawful; what an officer rejects; what
nobody can prove."""

_LEFT = ("unread", "by-policy")
"""An officer leaves alone what nobody can prove, and what came in since the policy was asked."""

FEW = ("by-policy", "by-officer", "lawful")
"""Enough where one clip is worked on a thousand times."""


def clips_of(folder: Path, count: int, kinds: Sequence[str] = tuple(KINDS)) -> list[Path]:
    """Passages of so many clips, as `process` leaves them, one of each kind in each."""
    return [on_disk(folder / f"clip-{n}", *_passages(n, kinds)) for n in range(count)]


def _passages(clip: int, kinds: Sequence[str]) -> Iterator[Passage]:
    letters = "ABCDEFGHJKLMNPRSTVXZ"
    for ordinal, kind in enumerate(kinds):
        changes = KINDS[kind]
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
        yield a_passage(f"p-{clip}-{kind}", **(known | dict(changes) | {"plate": read}))


NAMES = ("office", "ledger", "process", "serve")


@cache
def command_line() -> TyperGroup:
    """The command line, built once for all processes that are begun here."""
    whole = cli.build()
    whole.commands = {name: whole.commands[name] for name in NAMES}
    return whole


def warm(folder: Path) -> None:
    """Load what the office's work needs, so that not every process that is begun does it again."""
    command_line()
    (passages,) = clips_of(folder / "warm", 1)
    with open_store(folder / "warm" / "office", create=True) as store:
        office.receive(store, passages, SetClock())
        office.review(store, demo_auto_1, SetClock())
        office.issue(store, SetClock())
        office.deliver(store, [FolderSender(store.sent)], write_letter, SetClock())


def begin(work: Callable[[], int], post: Post, *, later: timedelta = timedelta()) -> int:
    """Start ``work`` in a new process that says what it says into the post's files; its id.

    Its commands run on the day on which the passages can still be fined, so much ``later``.
    """
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        _speak_into(post)
        cli.build = command_line
        SystemClock.now = lambda _: now() + later  # type: ignore[method-assign]
        code = work()
    except BaseException:  # noqa: BLE001 - what a user would see
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


def now() -> datetime:
    """The instant at which commands run that are begun here, and no later."""
    return datetime.now(UTC) - _SINCE


def _speak_into(post: Post) -> None:
    for number, path in ((1, post.told), (2, post.complaints)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdout, sys.stderr = (open(n, "w", closefd=False) for n in (1, 2))  # noqa: SIM115


def commands(post: Post, passages: Sequence[Path]) -> int:
    """All that an office does with passages, command by command; the first exit code but 0."""
    here = ("--office", str(post.place))
    witness = ("ledger", "witness", str(post.witness), "--ledger", str(post.place / "ledger"))
    return _first_fault(
        lambda: cli.run(["office", "receive", *map(str, passages), *here, "--json"]),
        lambda: desk(post),
        lambda: cli.run(["office", "deliver", *here, "--retry-failed", "--json"]),
        lambda: cli.run(witness),
    )


def desk(post: Post) -> int:
    """What people do between receiving and delivering; the first exit code but 0."""
    here = ("--office", str(post.place))
    return _first_fault(
        lambda: cli.run(["office", "review", "--policy", "demo-auto-1", *here]),
        lambda: _decide(post),
        lambda: cli.run(["office", "issue", *here, "--json"]),
    )


def _first_fault(*steps: Callable[[], int]) -> int:
    return next((code for step in steps if (code := step())), 0)


def camera(post: Post, video: Path, site: Path, key: Path, found: Path | None = None) -> int:
    """What a camera does with a clip; its exit code.

    Args:
        post: For its results.
        video: The clip.
        site: Where it was taken.
        key: Signs the passages.
        found: Results of the same clip: nothing is measured, and what was found then is kept anew.
    """
    if found:
        clips.passages = partial(_found_before, found, post.place)
    given = ("--site", site, "--key", key, "--out", post.place)
    how = ("--workers", "1", "--decode", "inside")
    return cli.run(["process", str(video), *how, *map(str, given)])


def _found_before(found: Path, place: Path, *_: object, **__: object) -> Iterator[Passage]:
    """What measuring gave: each exhibit is kept, then the passage is told."""
    (before,) = found.glob(f"*/{PASSAGES}")
    for passage in read_passages(before):
        for exhibit in passage.exhibits:
            path = before.parent / exhibit.path
            kept = FolderExhibits(folder=place / path.parent.relative_to(found))
            kept.keep(path.name, path.read_bytes())
        yield passage


def _decide(post: Post) -> int:
    """Let an officer look at what waits; what lacks a proof goes on waiting."""
    try:
        with open_store(post.place) as store:
            cases = [(each.key, each.violation.passage.id) for each in office.waiting(store)]
    except SpeedcamError as error:
        sys.stderr.write(f"speedcam: {error}\n")
        return 2
    codes = []
    for key, passage_id in cases:
        if passage_id.endswith(_LEFT):
            continue
        verdict = "--reject" if passage_id.endswith(TO_REJECT) else "--confirm"
        arguments = ("--officer", "officer-17", "--why", "looked at it", "--office", post.place)
        codes.append(cli.run(["office", "review", "--case", key, verdict, *map(str, arguments)]))
    return max(codes, default=0)


def undisturbed(work: Callable[[], int], post: Post) -> int:
    """Do ``work`` to its end in a new process, when letters that were put off are due again."""
    return waited_for(begin(work, post, later=LATER))


def waited_for(child: int) -> int:
    """The exit code of a process, negative where a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_after(seconds: float, *children: int) -> int:
    """How many of these were killed at their work; the others had ended it before."""
    time.sleep(seconds)
    for child in children:
        os.kill(child, signal.SIGKILL)
    return sum(waited_for(child) == -signal.SIGKILL for child in children)
