"""How long an office is away after all was lost: ``python -m tests.bench.restore --fines 100000``.

Makes an office (:mod:`tests.bench.restore_office`), backs it up, goes on and backs it up once more
meanwhile, takes everything away, restores the last backup by the command that an operator gives,
and checks history and office again by theirs, so that their share of the restore is known.

Every command is a process of its own: its wall time, processor time and largest memory are told.
Wall time is of this machine, as busy as it is; ``load`` is how many waited for its processors.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from services.ledger.log import checkpoint, ledger_of
from services.ledger.witness import witness
from services.store import open_store
from services.store.leaves import size_of
from services.store.schema import fines
from tests.bench.command import ROOT
from tests.bench.restore_office import CHUNK, Part, an_office, issued
from tests.builders_ledger import Scene, with_kek
from tests.builders_office import SetClock

BAR_S, BAR_MB = 900, 500
PICTURE_BYTES = 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One command, or what stands in its place.

    Attributes:
        what: Was done.
        wall_s: How long it took.
        cpu_s: How long its processor worked for it.
        memory_mb: The most that it held; 0 where that was not taken.
        load: Of the machine, at its end.
    """

    what: str
    wall_s: float
    cpu_s: float
    memory_mb: float
    load: float


def command(what: str, *arguments: object) -> Measured:
    """Run ``speedcam`` and measure it.

    Raises:
        RuntimeError: It failed.
    """
    began, memory_mb = time.monotonic(), 0.0
    with tempfile.TemporaryFile("w+") as said:
        line = [sys.executable, "-m", "speedcam", *map(str, arguments)]
        process = subprocess.Popen(line, cwd=ROOT, stdout=said, stderr=said)
        ended = 0
        while not ended:
            memory_mb = max(memory_mb, _most_held_mb(process.pid))
            time.sleep(0.05)
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        if process.returncode:
            raise RuntimeError(f"{what} failed: {said.read()}")
    return Measured(
        what=what, wall_s=time.monotonic() - began, cpu_s=used.ru_utime + used.ru_stime,
        memory_mb=memory_mb, load=os.getloadavg()[0],
    )  # fmt: skip


def _most_held_mb(pid: int) -> float:
    """The most that a process held until now; what its end tells counts the one that began it."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) / 1024 if found else 0


def measured(folder: Path, count: int, picture_bytes: int, more: int) -> Iterator[Measured | str]:
    """Every command, and in words what it was done to."""
    scene = Scene(folder=folder)
    began, worked = time.monotonic(), os.times()
    an_office(folder, count, picture_bytes)
    cpu_s = os.times().children_user + os.times().children_system
    cpu_s -= worked.children_user + worked.children_system
    yield Measured(
        what="make the office", wall_s=time.monotonic() - began, cpu_s=cpu_s, memory_mb=0,
        load=os.getloadavg()[0],
    )  # fmt: skip
    yield _told(scene)
    _signed(scene)
    key, public = _key_pair(folder)
    back_up = ("office", "backup", "--to", folder / "backup", "--office", scene.office)
    yield command("the first backup", *back_up, "--for", public)
    yield command("the next backup, nothing new", *back_up, "--for", public)
    with get_context("spawn").Pool(1) as pool:
        new = range(count, count + more)
        part = Part(folder=folder, ordinals=new, picture_bytes=picture_bytes, checked=True)
        going_on = pool.apply_async(issued, [part])
        yield command(f"a backup while {more} fines are issued", *back_up, "--for", public)
        if going_on.get() != more:
            raise RuntimeError(f"{more} fines were to be issued meanwhile")
    held = _fines(scene.office)
    there = with_kek(scene, folder / "new")
    # All of it is lost: nothing below reads it. To remove a million files would take longer.
    scene.office.rename(folder / "lost")
    yield command(
        "restore and verify whole", "office", "restore", folder / "backup", "--office", there,
        "--key", key, "--witness", scene.witness,
    )  # fmt: skip
    yield f"{_fines(there)} of {held} fines are there: the others were issued after the last view"
    seen = ("--office", there, "--witness", scene.witness)
    yield command("of it: verify", "office", "verify", *seen)
    yield command("of that: audit the history", "ledger", "audit", "--no-pictures", *seen)


def _told(scene: Scene) -> str:
    sizes = [path.stat().st_size for path in scene.office.rglob("*") if path.is_file()]
    with open_store(scene.office) as store, store.reading() as connection:
        leaves = size_of(connection)
    held = _fines(scene.office)
    return f"{held} fines, {leaves} leaves, {len(sizes)} files, {sum(sizes) / 1e9:.2f} GB"


def _fines(office: Path) -> int:
    with open_store(office) as store, store.reading() as connection:
        return connection.execute(select(func.count()).select_from(fines)).scalar_one()


def _signed(scene: Scene) -> None:
    with open_store(scene.office) as store:
        checkpoint(store, SetClock())
        witness(scene.witness, ledger_of(store), SetClock())


def _key_pair(folder: Path) -> tuple[Path, Path]:
    """As docs/backup.md says."""
    key, public = folder / "backup.key", folder / "backup.pub"
    for line in (
        ["openssl", "genpkey", "-algorithm", "X25519", "-out", str(key)],
        ["openssl", "pkey", "-in", str(key), "-pubout", "-out", str(public)],
    ):
        subprocess.run(line, check=True, capture_output=True)
    return key, public


def show(rows: Sequence[Measured], count: int, console: Console) -> bool:
    """A table of every line; whether the bar holds."""
    table = Table(title=f"An office of {count} fines, lost and restored")
    for name in ("what", "wall s", "CPU s", "CPU ms a fine", "memory MB", "load"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for row in rows:
        each = 1000 * row.cpu_s / count
        numbers = (row.wall_s, row.cpu_s, each, row.memory_mb, row.load)
        table.add_row(row.what, *(f"{number:.1f}" for number in numbers))
    console.print(table)
    restored = next(row for row in rows if row.what.startswith("restore"))
    holds = restored.wall_s <= BAR_S and restored.memory_mb <= BAR_MB
    console.print(f"bar: {BAR_S} s and {BAR_MB} MB: {'holds' if holds else 'does not hold'}")
    return holds


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every figure; 0 where the bar holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.restore", description=__doc__)
    parser.add_argument("--fines", type=int, default=100_000, help="how large the office is")
    parser.add_argument(
        "--bytes", type=int, default=PICTURE_BYTES, help="of each of the eight exhibits of a fine"
    )
    parser.add_argument("--more", type=int, default=CHUNK, help="fines issued during a backup")
    options = parser.parse_args(arguments)
    rows: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="speedcam-bench-") as name:
        for each in measured(Path(name), options.fines, options.bytes, options.more):
            sys.stderr.write(f"{each}\n")
            rows += [each] if isinstance(each, Measured) else []
    return 0 if show(rows, options.fines, Console(width=120)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
