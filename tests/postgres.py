"""A real PostgreSQL that the tests start by themselves, and stop."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, text

from services.store.database import URL_FILE

OFFICE = "office"
HASTY = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
"""For tests of what happens; not for what survives a loss of power, nor for benchmarks."""

KEPT = "-c fsync=off"
"""For servers that are killed: what was committed is with the kernel, and outlives them."""

_ORDINALS = count(1)


class NoPostgresError(Exception):
    """There is no server to start here; the text says why."""


class Server:
    """A server; every office on it has a schema of its own.

    Args:
        folder: Of its data, its socket and its log; it is its own, and removed by who made it.
        settings: More of its options.
    """

    def __init__(self, folder: Path, settings: str) -> None:
        self._folder, self._settings = folder, settings
        self._user = "nobody" if os.geteuid() == 0 else None  # it refuses to run as root
        if self._user:
            shutil.chown(folder, self._user)
        self._programs = _programs(folder, self._user)
        self.port = free_port()
        self._url = URL.create(
            "postgresql+psycopg", username=OFFICE, database="postgres", query={"host": str(folder)}
        )
        how = ("-U", OFFICE, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        self._run("initdb", "-D", self._data, *how)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def pid(self) -> int:
        """Of its first process; 0 where there is none."""
        with suppress(FileNotFoundError, ValueError):
            return int((self._data / "postmaster.pid").read_text().split()[0])
        return 0

    @property
    def pids(self) -> list[int]:
        """Of all its processes, the first one first."""
        with suppress(FileNotFoundError):
            told = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
            return [self.pid, *map(int, told.split())]
        return []

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-k {self._folder} -p {self.port} -c unix_socket_permissions=0777"
        options += f" -c listen_addresses=127.0.0.1 {self._settings}"
        where = ("-D", self._data, "-w", "-l", self._folder / "log")
        self._run("pg_ctl", *where, "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it as its administrator would: ``smart``, ``fast`` or ``immediate``."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", mode, "stop")

    def kill(self) -> None:
        """Kill every process of it (SIGKILL), and wait until they are gone."""
        for pid in (killed := self.pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(_is_there(pid) for pid in killed):
            time.sleep(0.01)
        # Whoever is dead and not waited for has its number still, and would be taken for it.
        for lock in (self._data / "postmaster.pid", *self._folder.glob(".s.PGSQL.*.lock")):
            lock.unlink()

    def freeze(self) -> None:
        """Let every process of it stand still: connections stay, and nothing is answered."""
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def administered(self) -> Iterator[Connection]:
        """Its administrator, in one transaction."""
        engine = create_engine(self._url.update_query_dict({"port": str(self.port)}))
        with engine.begin() as connection:
            yield connection
        engine.dispose()

    def new_schema(self, port: int = 0) -> URL:
        """Where a new office may live; by TCP through ``port`` if one is given."""
        name = f"office_{next(_ORDINALS)}"
        with self.administered() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        host = "127.0.0.1" if port else str(self._folder)
        known = {"host": host, "port": str(port or self.port)}
        return self._url.update_query_dict({**known, "options": f"-csearch_path={name}"})

    def new_office(self, folder: Path, port: int = 0) -> Path:
        """Let the office that will be made in ``folder`` live on this server."""
        named = folder / URL_FILE
        named.parent.mkdir(parents=True, mode=0o700)
        folder.chmod(0o700)
        named.write_text(self.new_schema(port).render_as_string(hide_password=False))
        named.chmod(0o600)
        return folder

    def _run(self, program: str, *arguments: object) -> None:
        _run(self._user, self._programs / program, *arguments)


@contextmanager
def server(settings: str = HASTY) -> Iterator[Server]:
    """A running server of its own for as long as the block lasts.

    Raises:
        NoPostgresError: There is none to start.
    """
    folder = Path(tempfile.mkdtemp(prefix="speedcam-pg-"))
    try:
        running = Server(folder, settings)
        running.start()
        try:
            yield running
        finally:
            if running.pids:
                running.stop()
    finally:
        shutil.rmtree(folder)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _is_there(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet is over."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _programs(folder: Path, user: str | None) -> Path:
    """The folder of initdb and pg_ctl: of the package pgserver, or else of Debian's."""
    found = importlib.util.find_spec("pgserver")  # not imported: it starts things by itself
    for package in found.submodule_search_locations or () if found else ():
        programs = Path(package) / "pginstall" / "bin"
        try:
            _run(user, programs / "initdb", "--version")
        except PermissionError:
            # Where root alone may read it, another user gets a copy.
            for part in (Path(package), Path(f"{package}.libs")):
                shutil.copytree(part, folder / "programs" / part.name, symlinks=True)
            programs = folder / "programs" / "pgserver" / "pginstall" / "bin"
        return programs
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not debian:
        raise NoPostgresError("neither the package pgserver nor Debian's postgresql is here")
    return debian[-1].parent


def _run(user: str | None, *command: object) -> None:
    # Its output would be the server's own, and waiting for its end would be waiting for ever.
    with tempfile.TemporaryFile() as said:
        ended = subprocess.run(
            [str(part) for part in command],
            check=False, user=user, cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said,
        )  # fmt: skip
        if ended.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode(errors="replace")[-500:])
