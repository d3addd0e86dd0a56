"""Take an office's database or key away, and give it back: ``python -m tests.torture.gone``.

All of its servers run, passages are followed, letters are delivered, people and programs ask for
pages all the time. Then the database is locked, missing, read-only, stopped, killed or badly
reached, or the key-encryption key is gone, for some seconds. Each page must say so at once and in
words, nothing personal may stand in a fault or a log, and when all is back everything must go on by
itself and end as in an office that nobody disturbed.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import text

from services.store.database import SQLITE, URL_FILE
from tests.builders_faults import a_post, clips_of
from tests.builders_gone import Came, Gone, an_office, gone_work, without
from tests.postgres import KEPT, NoPostgresError, Server, free_port, server
from tests.proxy import How, Proxy, proxy

SEED = 20261127
SECONDS = (1.0, 10.0, 40.0)
_END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@contextmanager
def locked(how: str, office: Path) -> Iterator[None]:
    """Somebody else has the database for themselves, or the turn to write."""
    other = sqlite3.connect(office / SQLITE, timeout=60, isolation_level=None)
    other.execute(f"BEGIN {how}")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def moved(path: str, office: Path, *, copied: bool = False) -> Iterator[None]:
    """A file is moved away, and back: itself, or a copy as from another disk."""
    (file,) = office.glob(path)
    away = office.parent / f"{file.name}.away"
    file.rename(away)
    try:
        yield
    finally:
        if copied:
            again = away.with_suffix(".again")
            again.write_bytes(away.read_bytes())
            again.chmod(0o600)
            away.unlink()
            away = again
        away.replace(file)


@contextmanager
def unwritable(office: Path) -> Iterator[None]:
    """Nothing in the office's folder can be changed, made or removed, also by who has it open."""
    _run("chattr", "-R", "+i", str(office))
    try:
        yield
    finally:
        _run("chattr", "-R", "-i", str(office))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def spoiled(office: Path) -> Iterator[None]:
    """Something else stands in the file of the key-encryption key."""
    (file,) = office.glob(KEK)
    secret = file.read_bytes()
    file.write_bytes(b"?" * len(secret))
    try:
        yield
    finally:
        file.write_bytes(secret)


@contextmanager
def readable(office: Path) -> Iterator[None]:
    """Others may read the key-encryption key."""
    (file,) = office.glob(KEK)
    file.chmod(0o644)
    try:
        yield
    finally:
        file.chmod(0o600)


KEK = "keys/kek-*.key"
ON_SQLITE: Mapping[str, Gone] = {
    "locked": partial(locked, "EXCLUSIVE"),
    "turn taken": partial(locked, "IMMEDIATE"),
    "moved": partial(moved, SQLITE),
    "moved, a copy back": partial(moved, SQLITE, copied=True),
    "read-only": unwritable,
    "key moved": partial(moved, KEK),
    "key spoiled": spoiled,
    "key readable": readable,
}


def on_postgres(running: Server, between: Proxy) -> Mapping[str, Gone]:
    """What may happen to a server, and on the way to it."""

    @contextmanager
    def down(how: str, _office: Path) -> Iterator[None]:
        running.kill() if how == "kill" else running.stop(how)
        try:
            yield
        finally:
            running.start()

    @contextmanager
    def held(words: str, office: Path) -> Iterator[None]:
        schema = (office / URL_FILE).read_text().rpartition("search_path%3D")[2].partition("&")[0]
        with running.administered() as administrator:
            administrator.execute(text(words.format(schema=schema)))
            yield

    @contextmanager
    def frozen(_office: Path) -> Iterator[None]:
        running.freeze()
        try:
            yield
        finally:
            running.thaw()

    @contextmanager
    def ended(_office: Path) -> Iterator[None]:
        _end_all(running)
        yield
        _end_all(running)

    @contextmanager
    def badly_reached(how: How, _office: Path) -> Iterator[None]:
        between.fail(how)
        try:
            yield
        finally:
            between.fail(How.PASS)

    return {
        "fast": partial(down, "fast"),
        "immediate": partial(down, "immediate"),
        "killed": partial(down, "kill"),
        "frozen": frozen,
        "turn taken": partial(held, "SELECT pg_advisory_xact_lock(7370656564)"),
        "locked": partial(held, "LOCK TABLE {schema}.events, {schema}.fines, {schema}.cases"),
        "sessions ended": ended,
        **{how: partial(badly_reached, how) for how in How if how is not How.PASS},
    }


def _end_all(running: Server) -> None:
    with running.administered() as administrator:
        administrator.execute(text(_END_ALL))


def main(arguments: Sequence[str] = ()) -> int:
    """Print every failure; 0 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.gone", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--what", action="append", help="what is gone; all by default")
    parser.add_argument("--seconds", type=float, action="append", help="for how long")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where the offices are made")
    options = parser.parse_args(arguments)
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-", dir=options.folder) as name:
        for database in options.database or ("sqlite", "postgres"):
            try:
                with ExitStack() as stack:
                    tried = Tried(Path(name) / database, database, stack)
                    wrong += tried.all(options.what, options.seconds or SECONDS, options.seed)
            except NoPostgresError as error:
                sys.stderr.write(f"faults of PostgreSQL left out: {error}\n")
    return int(wrong > 0)


class Tried:
    """One database, and what was tried on it."""

    def __init__(self, folder: Path, database: str, stack: ExitStack) -> None:
        self._folder, self._port = folder, 0
        self._clips = clips_of(folder / "passages", 2)
        self._work = gone_work(folder / "work", self._clips)
        self._faults, self._server = ON_SQLITE, None
        if database == "postgres":
            self._port = free_port()
            self._server = stack.enter_context(server(KEPT))
            between = stack.enter_context(proxy(self._port, self._server.port))
            self._faults = on_postgres(self._server, between)

    def all(self, names: Sequence[str] | None, seconds: Sequence[float], seed: int) -> int:
        """Try these faults, so long each and in a drawn order; how many things are wrong."""
        runs = [(name, each) for name in names or self._faults for each in seconds]
        random.Random(seed).shuffle(runs)  # noqa: S311 - the same each run
        return sum(self.one(*run, turn) for turn, run in enumerate(runs) if run[0] in self._faults)

    def one(self, name: str, seconds: float, turn: int) -> int:
        """Try one; how many things are wrong."""
        post, began_s = a_post(self._folder / f"office-{turn}"), time.monotonic()
        if self._server:
            self._server.new_office(post.place, self._port)
        office = an_office(post, self._clips)
        came = without(self._faults[name], office, self._clips[1], seconds, self._work)
        for fault in came.wrong:
            print(f"{name}, {seconds:g} s: {fault}", flush=True)  # noqa: T201 - its data
        sys.stderr.write(f"{_line(name, seconds, came)}, {time.monotonic() - began_s:.0f} s\n")
        return len(came.wrong)


def _line(name: str, seconds: float, came: Came) -> str:
    refused = sum(each.status == 503 for each in came.answers)
    return (
        f"{name} for {seconds:g} s: {len(came.answers)} answers, {refused} of them 503, the "
        f"slowest after {came.slowest_s:.2f} s; back: shown after {came.shown_s:.1f} s, received "
        f"{came.received_s:.1f} s, sent {came.sent_s:.1f} s; {len(came.wrong)} things wrong"
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
