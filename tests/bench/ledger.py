"""How long an audit of a long history takes: ``python -m tests.bench.ledger --leaves 1000000``.

Makes a small office (:mod:`tests.bench.restore_office`) whose cases were looked at until its
history is so long, and audits it by the command that an auditor gives, without pictures. Processor
time is told beside wall time, which is of this machine, as busy as it is.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from services.ledger.log import checkpoint, ledger_of
from services.ledger.witness import witness
from services.store import open_store
from tests.bench.restore import Measured, command
from tests.bench.restore_office import an_office, lengthen
from tests.builders_office import SetClock

BAR_S, BAR_LEAVES = 60, 1_000_000
FINES = 100
PICTURE_BYTES = 1000


def audited(folder: Path, leaves: int) -> Measured:
    """The audit of an office with so many leaves, which a witness has cosigned."""
    an_office(folder, FINES, PICTURE_BYTES)
    with open_store(folder / "office") as store:
        lengthen(store, leaves)
        checkpoint(store, SetClock())
        witness(folder / "witness", ledger_of(store), SetClock())
    seen = ("--office", folder / "office", "--witness", folder / "witness")
    return command(f"audit of {leaves} leaves", "ledger", "audit", "--no-pictures", *seen)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was measured; 0 where it is within the bar."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ledger", description=__doc__)
    parser.add_argument("--leaves", type=int, default=BAR_LEAVES, help="how long the history is")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="speedcam-bench-") as name:
        row = audited(Path(name), options.leaves)
    console = Console(width=140)
    console.print(
        f"{row.what}: {row.wall_s:.1f} s, {row.cpu_s:.1f} s of processor, "
        f"{1e6 * row.cpu_s / options.leaves:.0f} us a leaf, {row.memory_mb:.0f} MB, "
        f"load {row.load:.1f}"
    )
    holds = row.wall_s / options.leaves <= BAR_S / BAR_LEAVES
    console.print(f"bar: {BAR_S} s for {BAR_LEAVES}: {'holds' if holds else 'does not hold'}")
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
