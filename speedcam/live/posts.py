"""Many streams in one tree of processes: each has its own, and a new one when that dies."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from threading import Event, Lock, Thread
from typing import NamedTuple

from speedcam.crew import uninterrupted
from speedcam.errors import SpeedcamError
from speedcam.live.status import State, Status
from speedcam.live.watch import LONGEST_WAIT_S, Post, Watch

TELLING_S = 0.5
SILENCE_S = 60.0
"""A watcher that says it measures, and has not measured a picture for so long, hangs."""
TURN_S = 0.0005
"""So long the thread that makes pictures keeps the interpreter from the one that measures, whose
every step on a frame waits for it: a tenth of what Python would let it have."""
LEAVING_S = 30.0
"""To finish with what came, after it was told to stop."""

Alarm = Callable[[str, str], None]
"""Told of a stream what the log should say."""


class _Fault(NamedTuple):
    """Why a watcher cannot do its work, however often it is started."""

    words: str


@dataclass(slots=True, kw_only=True)
class _Watcher:
    """A process at its post, and what was heard of it."""

    post: Post
    process: SpawnProcess
    pipe: Connection
    began_s: float
    fault: str = ""


class Posts:
    """Watchers at their posts; :meth:`run` keeps them there.

    Attributes:
        statuses: How each stream fares, by its name.
    """

    def __init__(self, posts: Sequence[Post], alarm: Alarm) -> None:
        self.statuses: dict[str, Status] = {
            p.source.name: Status(name=p.source.name) for p in posts
        }
        self._posts, self._alarm = posts, alarm
        self._watchers: dict[str, _Watcher] = {}
        self._due_s: dict[str, float] = {post.source.name: 0.0 for post in posts}
        self._deaths: dict[str, int] = {post.source.name: 0 for post in posts}

    def run(self, stopped: Event) -> None:
        """Keep everybody at work until ``stopped``, or until nobody can work at all.

        Raises:
            SpeedcamError: No watcher can do its work; why the last one cannot.
        """
        try:
            while not stopped.is_set():
                self._man()
                self._listen()
                self._relieve()
                if not self._due_s and not self._watchers:
                    raise SpeedcamError(next(iter(self.statuses.values())).why)
        finally:
            self._send_home()

    def _man(self) -> None:
        """Start a watcher wherever one is due."""
        for post in self._posts:
            name = post.source.name
            if self._due_s.get(name, float("inf")) <= time.monotonic():
                del self._due_s[name]
                self._watchers[name] = _started(post)

    def _listen(self) -> None:
        pipes = {each.pipe: each for each in self._watchers.values()}
        if not pipes:
            time.sleep(TELLING_S)
        for pipe in wait(list(pipes), timeout=TELLING_S):
            watcher = pipes[pipe]  # type: ignore[index]
            with suppress(EOFError, OSError):
                self._hear(watcher, watcher.pipe.recv())

    def _hear(self, watcher: _Watcher, said: Status | _Fault | str) -> None:
        name = watcher.post.source.name
        if isinstance(said, Status):
            self.statuses[name] = said
        elif isinstance(said, _Fault):
            watcher.fault = said.words
        else:
            self._alarm(name, said)

    def _relieve(self) -> None:
        """Take away whoever died or hangs; he is replaced, later each time he dies at once."""
        for name, watcher in list(self._watchers.items()):
            if watcher.process.is_alive():
                if self._hangs(watcher):
                    watcher.process.kill()
                continue
            while watcher.pipe.poll():
                try:
                    self._hear(watcher, watcher.pipe.recv())
                except (EOFError, OSError):
                    break
            del self._watchers[name]
            self._note_death(name, watcher)

    def _hangs(self, watcher: _Watcher) -> bool:
        status = self.statuses[watcher.post.source.name]
        heard_s = max(status.measured_s or 0.0, watcher.began_s)
        return status.state is State.MEASURING and time.monotonic() - heard_s > SILENCE_S

    def _note_death(self, name: str, watcher: _Watcher) -> None:
        code = watcher.process.exitcode
        watcher.process.join()
        watcher.process.close()
        watcher.pipe.close()
        if time.monotonic() - watcher.began_s > LONGEST_WAIT_S:
            self._deaths[name] = 0
        wait_s = min(2.0 ** self._deaths[name], LONGEST_WAIT_S)
        self._deaths[name] += 1
        why = watcher.fault or f"its watcher died (exit code {code}); another one starts."
        if not watcher.fault:
            self._due_s[name] = time.monotonic() + wait_s
        self.statuses[name] = replace(self.statuses[name], state=State.WAITING, why=why)
        self._alarm(name, why)

    def _send_home(self) -> None:
        """Tell everybody to finish, and wait for it."""
        for watcher in self._watchers.values():
            watcher.process.terminate()
        latest_s = time.monotonic() + LEAVING_S
        for name, watcher in self._watchers.items():
            while watcher.process.is_alive() and time.monotonic() < latest_s:
                if watcher.pipe.poll(TELLING_S):
                    with suppress(EOFError, OSError):
                        self._hear(watcher, watcher.pipe.recv())
            watcher.process.kill()
            watcher.process.join()
            self.statuses[name] = replace(self.statuses[name], state=State.STOPPED)


def _started(post: Post) -> _Watcher:
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_watch, args=(post, theirs))
    # Control-C reaches the whole group at once; who is to stop is said by this process alone.
    with uninterrupted():
        process.start()
        theirs.close()
    return _Watcher(post=post, process=process, pipe=ours, began_s=time.monotonic())


def _watch(post: Post, pipe: Connection) -> None:
    """What a watcher's process does."""
    speaking = Lock()

    def tell(what: Status | _Fault | str) -> None:
        with speaking, suppress(BrokenPipeError):
            pipe.send(what)

    watch = Watch(post, tell)
    sys.setswitchinterval(TURN_S)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: watch.stop())
    Thread(target=_end_with_parent, daemon=True).start()
    with _telling(watch.status, tell):
        try:
            watch.run()
        except SpeedcamError as error:
            tell(_Fault(str(error)))
    tell(watch.status.snapshot())


@contextmanager
def _telling(status: Status, tell: Callable[[Status], None]) -> Iterator[None]:
    """Tell how it goes, twice a second."""
    done = Event()

    def keep_telling() -> None:
        while not done.wait(TELLING_S):
            tell(status.snapshot())

    thread = Thread(target=keep_telling, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _end_with_parent() -> None:
    """Nobody is left to say when it ends."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def stretches(statuses: Mapping[str, Status]) -> list[str]:
    """The folders into which passages are written now."""
    return [status.stretch for status in statuses.values() if status.stretch]
