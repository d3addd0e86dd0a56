"""A cluster of this machine: a scheduler and its workers, each in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
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
class LocalCluster:
    """Its address, its processes, and where its workers keep what they work on."""

    folder: Path
    environment: Mapping[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return (self.folder / "address").read_text()

    @property
    def scheduler(self) -> subprocess.Popen[bytes]:
        return self.processes[0]

    def room(self, number: int) -> Path:
        return self.folder / f"worker-{number}"

    def is_measuring(self, number: int) -> bool:
        return any(self.room(number).rglob("segment-*"))

    def start(self, module: str, *arguments: str) -> None:
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", module, "--no-dashboard", *arguments],
                    env=os.environ | {"PYTHONPATH": str(ROOT)} | self.environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def start_worker(self, number: int, *arguments: str) -> None:
        """One that keeps what it works on where a worker of that number did."""
        place = ("--local-directory", str(self.room(number)))
        wanted = (self.address, "--host", "127.0.0.1", "--nthreads", "1", *place, *arguments)
        self.start("distributed.cli.dask_worker", *wanted)

    def kill(self, number: int) -> None:
        """A process with all that it started, at once."""
        os.killpg(self.processes[number].pid, signal.SIGKILL)
        self.processes[number].wait()


@contextmanager
def a_cluster(folder: Path, environment: Mapping[str, str]) -> Iterator[LocalCluster]:
    """A scheduler with two workers of one thread, 1 and 2; Dask's nanny watches the second."""
    cluster = LocalCluster(folder, environment)
    saying = folder / "scheduler.json"
    cluster.start(
        "distributed.cli.dask_scheduler",
        *("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(saying)),
    )
    try:
        wait_until(saying.exists)
        wait_until(lambda: saying.read_text().endswith("}"))
        (folder / "address").write_text(json.loads(saying.read_text())["address"])
        cluster.start_worker(1, "--no-nanny")
        cluster.start_worker(2, "--nanny")
        yield cluster
    finally:
        for number, process in enumerate(cluster.processes):
            if process.poll() is None:
                cluster.kill(number)
