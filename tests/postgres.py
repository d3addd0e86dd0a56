"""A real PostgreSQL that the tests start by themselves, and stop."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import URL, create_engine, text

from services.store.database import URL_FILE

OFFICE = "office"
HASTY = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
"""For tests of what happens; not for what survives a loss of power, nor for benchmarks."""

_ORDINALS = count(1)


class NoPostgresError(Exception):
    """There is no server to start here; the text says why."""


class Server:
    """A running server; every office on it has a schema of its own."""

    def __init__(self, folder: Path) -> None:
        self._url = URL.create(
            "postgresql+psycopg", username=OFFICE, database="postgres", query={"host": str(folder)}
        )

    def new_schema(self) -> URL:
        name = f"office_{next(_ORDINALS)}"
        engine = create_engine(self._url)
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        engine.dispose()
        return self._url.update_query_dict({"options": f"-csearch_path={name}"})

    def new_office(self, folder: Path) -> Path:
        """Let the office that will be made in ``folder`` live on this server."""
        named = folder / URL_FILE
        named.parent.mkdir(parents=True, mode=0o700)
        folder.chmod(0o700)
        named.write_text(self.new_schema().render_as_string(hide_password=False))
        named.chmod(0o600)
        return folder


@contextmanager
def server(settings: str = HASTY) -> Iterator[Server]:
    """A server of its own for as long as the block lasts.

    Raises:
        NoPostgresError: There is none to start.
    """
    folder = Path(tempfile.mkdtemp(prefix="speedcam-pg-"))
    user = "nobody" if os.geteuid() == 0 else None  # it refuses to run as root
    if user:
        shutil.chown(folder, user)
    try:
        programs = _programs(folder, user)
        data = folder / "data"
        _run(
            user,
            programs / "initdb",
            "-D",
            data,
            "-U",
            OFFICE,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        )
        options = f"-k {folder} -c listen_addresses='' {settings}"
        log = folder / "log"
        _run(user, programs / "pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start")
        try:
            yield Server(folder)
        finally:
            _run(user, programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


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
