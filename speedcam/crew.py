"""Work shared out among processes: a killed or hung one costs what it was at, tried again twice.

Each piece of work has a process of its own, so that nothing is left over from the one before.
What it makes it leaves on disk; only news of it comes back. Who hires somebody elsewhere
(:mod:`speedcam.adapters.cluster`) gives another ``hire``.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from threading import Thread, current_thread, main_thread
from time import monotonic
from types import FrameType
from typing import Generic, Protocol, TypeVar

from speedcam.errors import ClusterError, SpeedcamError
from speedcam.model import Passage

TRIES = 3
SILENCE_S = 600.0
"""A worker that tells nothing for so long hangs: it tells of each second of footage, and of each
vehicle, and takes some seconds for either."""
STARTING_S = 120.0
"""So much longer it may be silent at first: a loaded machine takes a while to start a process."""

LEAVING_S = 60.0
"""Whoever has nothing more to tell ends by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a worker tells while it is at work.

    Attributes:
        to_do: Frames that there are to do in all.
        frames: Frames that were done.
        alarm: What the log should say.
        spent_s: Where the time went, by stage.
        found: A vehicle that was measured, or refused, just now.
    """

    to_do: int = 0
    frames: int = 0
    alarm: str = ""
    spent_s: Mapping[str, float] = field(default_factory=dict)
    found: Passage | None = None


class Work(Protocol):
    """Something to do that can be sent to another process."""

    def __call__(self, tell: Callable[[News], None]) -> None:
        """Do it, and tell of it now and then.

        Raises:
            SpeedcamError: It cannot be done, however often it is tried.
        """
        ...


Piece = TypeVar("Piece", bound=Work)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Generic[Piece]):
    """A piece of work that nobody is at any more.

    Attributes:
        work: Which.
        fault: Why it cannot be done; None where it is done, or lost.
        lost: Its worker was killed, failed or hung, and so were those who tried again.
    """

    work: Piece
    fault: SpeedcamError | None = None
    lost: bool = False


class Hand(Protocol):
    """Whoever is at one piece of work, here or elsewhere."""

    @property
    def pipe(self) -> Connection:
        """Brings :class:`News`, or the fault for which the work cannot be done, until it ends."""
        ...

    def kill(self) -> None:
        """Have it end now."""
        ...

    def let_go(self) -> bool:
        """Wait until it has ended; whether it did so well."""
        ...


@dataclass(slots=True, kw_only=True)
class _Worker(Generic[Piece]):
    """Somebody and what he is at."""

    work: Piece
    tries: int
    hand: Hand
    heard_s: float
    fault: SpeedcamError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    """A :class:`Hand` that is a process of this machine."""

    pipe: Connection
    process: SpawnProcess

    def kill(self) -> None:
        self.process.kill()

    def let_go(self) -> bool:
        self.process.join(LEAVING_S)
        self.process.kill()
        self.process.join()
        well = self.process.exitcode == 0
        self.process.close()
        return well


def spawned(work: Work) -> Hand:
    """A new process that does ``work``."""
    # Nothing of this process goes along: a fork would share its threads' locks.
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_do, args=(work, theirs))
    process.start()
    theirs.close()
    return _Process(pipe=ours, process=process)


def share_out(
    works: Iterator[Piece],
    hear: Callable[[Piece, News], None],
    *,
    workers: int,
    here: Callable[[Piece], bool] = lambda _: False,
    silence_s: float = SILENCE_S,
    hire: Callable[[Piece], Hand] = spawned,
    tries: int = TRIES,
) -> Generator[Ended[Piece], None, None]:
    """Do all ``works``, so many at once; each as it ends, in any order.

    Args:
        works: Taken as workers become free.
        hear: Told what workers tell.
        workers: Processes at once.
        here: Whether a piece is done in this very process instead, which waits for it.
        silence_s: A worker that tells nothing for so long is killed.
        hire: Starts somebody on a piece.
        tries: How often a piece is begun at most.

    Raises:
        ClusterError: Those who are elsewhere are out of reach, all of them.
    """
    crew: dict[Connection, _Worker[Piece]] = {}
    again: deque[tuple[Piece, int]] = deque()
    try:
        while True:
            while len(crew) < workers and (piece := _next(again, works)):
                if here(piece[0]):
                    yield _done_here(piece[0], hear)
                else:
                    _start(crew, hire, *piece)
            if not crew:
                return
            for pipe in _heard(crew, hear, silence_s):
                worker = crew.pop(pipe)
                lost = _has_failed(worker)
                if lost and worker.tries < tries:
                    again.append((worker.work, worker.tries))
                else:
                    yield Ended(work=worker.work, fault=worker.fault, lost=lost)
    finally:
        for worker in crew.values():
            worker.hand.kill()
        for worker in crew.values():
            _has_failed(worker)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Control-C wait; processes that are started meanwhile never hear of it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with _heard_later():
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _heard_later() -> Iterator[None]:
    """What another thread, which does not block it, hears of Control-C waits as well."""
    answers = signal.getsignal(signal.SIGINT)
    if current_thread() is not main_thread() or not callable(answers):
        yield
        return
    heard: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, answers)
    if heard:
        answers(*heard[-1])


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def _next(again: deque[tuple[Piece, int]], works: Iterator[Piece]) -> tuple[Piece, int] | None:
    """What is to be done next, and how often it was tried."""
    if again:
        return again.popleft()
    work = next(works, None)
    return None if work is None else (work, 0)


def _done_here(work: Piece, hear: Callable[[Piece, News], None]) -> Ended[Piece]:
    try:
        work(lambda news: hear(work, news))
    except SpeedcamError as error:
        return Ended(work=work, fault=error)
    return Ended(work=work)


def _start(
    crew: dict[Connection, _Worker[Piece]],
    hire: Callable[[Piece], Hand],
    work: Piece,
    tried: int,
) -> None:
    # Control-C reaches the whole group at once; who is to stop is said by this process alone.
    with uninterrupted():
        hand = hire(work)
        crew[hand.pipe] = _Worker(
            work=work, tries=tried + 1, hand=hand, heard_s=monotonic() + STARTING_S
        )


def _heard(
    crew: Mapping[Connection, _Worker[Piece]],
    hear: Callable[[Piece, News], None],
    silence_s: float,
) -> list[Connection]:
    """Pass on what is told; the pipes of those who have ended, or were silent for too long."""
    ended: list[Connection] = []
    while not ended:
        latest_s = min(worker.heard_s for worker in crew.values()) + silence_s
        left_s = None if latest_s == inf else max(0.0, latest_s - monotonic())
        for pipe in wait(list(crew), timeout=left_s):
            assert isinstance(pipe, Connection)  # noqa: S101 - nothing else is waited for
            if not _hear_one(pipe, crew[pipe], hear):
                ended.append(pipe)
        hung = [pipe for pipe, w in crew.items() if monotonic() - w.heard_s > silence_s]
        for pipe in hung:
            crew[pipe].hand.kill()
        ended += [pipe for pipe in hung if pipe not in ended]
    return ended


def _hear_one(
    pipe: Connection, worker: _Worker[Piece], hear: Callable[[Piece, News], None]
) -> bool:
    """Take in one message; False where the worker has none left."""
    try:
        said = pipe.recv()
    except (EOFError, OSError):
        return False
    worker.heard_s = monotonic()
    if isinstance(said, ClusterError):
        raise said
    if isinstance(said, SpeedcamError):
        worker.fault = said
    else:
        hear(worker.work, said)
    return True


def _has_failed(worker: _Worker[Piece]) -> bool:
    """Let a worker go; whether it ended without having done its work or said why not."""
    worker.hand.pipe.close()
    return not worker.hand.let_go() and worker.fault is None


def _do(work: Work, pipe: Connection) -> None:
    """What a worker's process does."""
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        work(pipe.send)
    except SpeedcamError as error:
        pipe.send(error)


def _end_with_parent() -> None:
    """Nobody is left to take what this process makes."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
