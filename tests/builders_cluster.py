"""A cluster of this machine: a scheduler and its workers, each in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENT_S = 60.0


def wait_until(seen) -> None:
    """Wait for what must come soon."""
    deadline_s = time.monotonic() + PATIENT_S
    while not seen():
        assert time.monotonic() < deadline_s, "it never came"
        time.sleep(0.02)


@dataclass(frozen=True)
class Host:
    """Where a process runs: its address, and the command that goes there."""

    address: str = "127.0.0.1"
    enter: tuple[str, ...] = ()


HERE = (Host(), Host(), Host())


@dataclass(frozen=True)
class LocalCluster:
    """Its processes by number, 0 for the scheduler, and where workers keep what they work on."""

    folder: Path
    environment: Mapping[str, str]
    hosts: Sequence[Host]
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        told: str = json.loads((self.folder / "scheduler.json").read_text())["address"]
        return told

    def room(self, number: int) -> Path:
        return self.folder / f"worker-{number}"

    def is_measuring(self, number: int) -> bool:
        return any(self.room(number).rglob("segment-*"))

    def start_scheduler(self, *arguments: str) -> None:
        saying = self.folder / "scheduler.json"
        self._start("scheduler", 0, "--port", "0", "--scheduler-file", str(saying), *arguments)
        wait_until(lambda: saying.exists() and saying.read_text().endswith("}"))

    def start_worker(self, number: int, *arguments: str) -> None:
        """One that keeps what it works on where a worker of that number did."""
        place = ("--local-directory", str(self.room(number)))
        self._start("worker", number, self.address, "--nthreads", "1", *place, *arguments)

    def await_worker(self, number: int) -> None:
        """Until the scheduler knows it."""
        wait_until(lambda: "Registered to" in self._log(number).read_text())

    def _log(self, number: int) -> Path:
        return self.folder / f"{number}.log"

    def _start(self, role: str, number: int, *arguments: str) -> None:
        host = self.hosts[number]
        python = [*host.enter, sys.executable, "-m", f"distributed.cli.dask_{role}"]
        bound = ["--host", host.address, "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
        with self._log(number).open("wb") as log:
            self.processes[number] = subprocess.Popen(
                [*python, *arguments, *bound],
                env=os.environ | {"PYTHONPATH": str(ROOT)} | self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, number: int) -> None:
        """A process with all that it started, at once."""
        os.killpg(self.processes[number].pid, signal.SIGKILL)
        self.processes[number].wait()


@contextmanager
def a_cluster(
    folder: Path,
    environment: Mapping[str, str],
    hosts: Sequence[Host] = HERE,
    *,
    protocol: str = "tcp",
    nannies: Sequence[str] = ("--no-nanny", "--nanny"),
) -> Iterator[LocalCluster]:
    """A scheduler with two workers of one thread, 1 and 2; Dask's nanny watches the second."""
    cluster = LocalCluster(folder, environment, hosts)
    try:
        cluster.start_scheduler("--protocol", protocol)
        for number, nanny in enumerate(nannies, 1):
            cluster.start_worker(number, nanny, "--protocol", protocol)
        for number in range(1, len(nannies) + 1):
            cluster.await_worker(number)
        yield cluster
    finally:
        for number, process in cluster.processes.items():
            if process.poll() is None:
                cluster.kill(number)
