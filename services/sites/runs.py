"""Footage that is measured at a site, by a process of its own, while somebody looks on.

A run is the folder ``NAME/runs/N``: what was asked, the clip where it was sent, what the process
tells, and its results in ``out``. The process is ``speedcam process``: it outlives whoever started
it, holds a lock that the kernel lets go when it ends, and goes on where it was when it is started
again. Footage is decoded there and nowhere else.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, Any, Literal

from services.errors import BusyRun, NoRun, NoSite
from services.ports import Clock
from services.sites.shelf import Shelf
from services.worded import worded
from speedcam import record
from speedcam.disk import create_once, make_folder, write_synced
from speedcam.errors import PassageError
from speedcam.model import Passage

ASKED, NEWS, TALK, LOCK, PID, OUT = "asked.json", "news.jsonl", "talk.txt", ".lock", "pid", "out"
PASSAGES = "passages.jsonl"
KINDS = frozenset({".mp4", ".mov", ".mkv", ".ts"})
PROCESS = (sys.executable, "-m", "speedcam", "process")
MOST_TALK_BYTES = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants measured.

    Attributes:
        by: Who.
        at: When, in ISO form.
        clip: The footage file.
        starts_at: Instant of its first frame as typed; empty: as the site file says.
    """

    by: str
    at: str
    clip: str
    starts_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How far a run is.

    Attributes:
        number: Of the run, from 1.
        asked: What it is to measure.
        is_running: Whether a process is at it.
        is_done: Whether its passages are complete.
        frames: Frames done since it was last begun.
        to_do: Of so many.
        passages: Every vehicle so far, in order of time; without plates.
        talk: What the process said last, where it ended without having done it.
    """

    number: int
    asked: Asked
    is_running: bool
    is_done: bool
    frames: int
    to_do: int
    passages: Sequence[Passage]
    talk: str

    @property
    def state(self) -> Literal["running", "done", "stopped"]:
        """In one word."""
        return "running" if self.is_running else "done" if self.is_done else "stopped"

    @property
    def clip_name(self) -> str:
        """The footage file without its folder."""
        return Path(self.asked.clip).name


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """The runs at the sites of a shelf.

    Attributes:
        shelf: Of the sites.
        clock: Says when a run was asked for.
        clips: Folder of footage that is there already; None: there is none.
        command: Begins a process that measures.
    """

    shelf: Shelf
    clock: Clock
    clips: Path | None = None
    command: Sequence[str] = PROCESS

    def clip_names(self) -> list[str]:
        """The clips in that folder, in order of name."""
        found = self.clips.iterdir() if self.clips else ()
        return sorted(each.name for each in found if each.suffix in KINDS and each.is_file())

    def numbers(self, name: str) -> list[int]:
        """The runs of a site that were begun, the latest first."""
        begun = self._folder(name).glob(f"*/{ASKED}")
        return sorted((int(each.parent.name) for each in begun), reverse=True)

    def begin_named(self, name: str, clip: str, starts_at: str, who: str) -> int:
        """Measure a clip of the folder; returns the run's number.

        Raises:
            NoRun: There is no such clip.
            NoSite: There is no such site, or nothing was saved of it.
            BusyRun: Another run is on its way.
        """
        if clip not in self.clip_names() or self.clips is None:
            raise NoRun(
                worded(
                    "there is no clip {clip} in the folder of footage: choose one that is",
                    clip=clip,
                )
            )
        number = self._made(name)
        return self._begin(name, number, self.clips.resolve() / clip, starts_at, who)

    def begin_sent(
        self, name: str, file: IO[bytes], file_name: str, starts_at: str, who: str
    ) -> int:
        """Measure a clip that is sent; returns the run's number. Raises as :meth:`begin_named`."""
        suffix = Path(file_name).suffix.lower()
        if suffix not in KINDS:
            raise NoRun(
                worded("{file} is no footage by its name: send MP4, MOV, MKV or TS", file=file_name)
            )
        number = self._made(name)
        clip = self._run_folder(name, number) / f"clip{suffix}"
        write_synced(clip, iter(lambda: file.read(1 << 20), b""))
        return self._begin(name, number, clip, starts_at, who)

    def go_on(self, name: str, number: int) -> None:
        """Start the process again where none is at it; what it has finished is not done twice.

        Raises:
            BusyRun: Another run is on its way.
            NoRun: There is no such run.
        """
        folder, asked = self._run_folder(name, number), self._asked(name, number)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._require_idle()
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._launch(folder, asked, self.shelf.site_path(name), lock)
        except BlockingIOError:
            raise BusyRun(worded("this run is on its way already")) from None
        finally:
            os.close(lock)  # the process has its own

    def stop(self, name: str, number: int) -> None:
        """End the process; the run can go on later."""
        folder = self._run_folder(name, number)
        if _is_held(folder):
            with suppress(ProcessLookupError, FileNotFoundError, ValueError):
                os.killpg(int((folder / PID).read_text()), signal.SIGTERM)

    def run(self, name: str, number: int) -> Run:
        """How far a run is.

        Raises:
            NoRun: There is no such run.
        """
        folder, asked = self._run_folder(name, number), self._asked(name, number)
        is_running = _is_held(folder)
        done = folder / OUT / Path(asked.clip).stem / PASSAGES
        is_done = done.is_file() and not is_running
        frames, to_do, told = _news(folder / NEWS)
        if is_done:
            told = {each.id: each for each in record.read_passages(done)}
        ended = not (is_running or is_done)
        return Run(
            number=number,
            asked=asked,
            is_running=is_running,
            is_done=is_done,
            frames=frames,
            to_do=to_do,
            passages=sorted(told.values(), key=lambda each: each.last_s),
            talk=_talk(folder / TALK) if ended else "",
        )

    def mark(self, name: str, number: int) -> tuple[int, bool]:
        """What changes when a run has news: how much was told, and whether a process is at it."""
        folder = self._run_folder(name, number)
        news = folder / NEWS
        return news.stat().st_size if news.exists() else 0, _is_held(folder)

    def _begin(self, name: str, number: int, clip: Path, starts_at: str, who: str) -> int:
        at = self.clock.now().isoformat(timespec="seconds")
        asked = {"by": who, "at": at, "clip": str(clip), "starts_at": starts_at}
        create_once(self._run_folder(name, number) / ASKED, json.dumps(asked).encode())
        self.go_on(name, number)
        return number

    def _made(self, name: str) -> int:
        """The number of a new run, whose folder is there."""
        if not self.shelf.site_path(name).is_file():
            raise NoSite(worded("site {site} was not saved yet: save it first", site=name))
        self._require_idle()
        with self.shelf.held(name):
            made = (each.name for each in self._folder(name).glob("*"))
            number = max((int(each) for each in made if each.isdigit()), default=0) + 1
            make_folder(self._folder(name) / str(number))
        return number

    def _require_idle(self) -> None:
        """Raises BusyRun: measuring takes every core, so that one run at a time is quickest."""
        for name in self.shelf.names():
            for number in self.numbers(name):
                if _is_held(self._folder(name) / str(number)):
                    raise BusyRun(
                        worded(
                            "run {run} of site {site} is on its way: wait, or stop it",
                            run=number,
                            site=name,
                        )
                    )

    def _launch(self, folder: Path, asked: Asked, site: Path, lock: int) -> None:
        started = ("--starts-at", asked.starts_at) if asked.starts_at else ()
        command = [
            *self.command, asked.clip, "--site", str(site.resolve()), "--out", str(folder / OUT),
            "--news", str(folder / NEWS), *started,
        ]  # fmt: skip
        with (folder / TALK).open("wb") as talk:
            process = subprocess.Popen(  # noqa: S603 - our own program; paths are whole arguments
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=talk,
                pass_fds=(lock,),
                start_new_session=True,  # a signal to the server is none to the run
            )
        (folder / PID).write_text(str(process.pid))
        Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie

    def _asked(self, name: str, number: int) -> Asked:
        try:
            told = json.loads((self._run_folder(name, number) / ASKED).read_bytes())
        except FileNotFoundError:
            raise NoRun(f"site {name} has no run {number}") from None
        return Asked(**told)

    def _folder(self, name: str) -> Path:
        return self.shelf.site_path(name).parent / name / "runs"

    def _run_folder(self, name: str, number: int) -> Path:
        folder = self._folder(name) / str(number)
        if not folder.is_dir():
            raise NoRun(f"site {name} has no run {number}")
        return folder.resolve()


def _is_held(folder: Path) -> bool:
    """Whether a process holds the run's lock."""
    try:
        lock = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _news(path: Path) -> tuple[int, int, dict[str, Passage]]:
    """Frames done, frames to do, and vehicles by their ids."""
    frames = to_do = 0
    told: dict[str, Passage] = {}
    for line in _lines(path):
        if "to_do" in line:
            frames, to_do = 0, int(line["to_do"])
        frames += int(line.get("frames", 0))
        if "passage" in line:
            with suppress(PassageError):
                passage = record.loads(json.dumps(line["passage"]))
                told[passage.id] = passage
    return frames, to_do, told


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Every whole line; the last one may be on its way."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            with suppress(ValueError):
                yield json.loads(line)


def _talk(path: Path) -> str:
    """The end of what the process said."""
    if not path.exists():
        return ""
    return path.read_bytes()[-MOST_TALK_BYTES:].decode(errors="replace").strip()
