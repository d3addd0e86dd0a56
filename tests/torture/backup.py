"""Damage backups: ``python -m tests.torture.backup``. One that opens as an office is a failure.

Each damage of :mod:`tests.builders_damage` in turn, with other dice each time. A damaged backup is
refused before anything is written, or what was restored stays read-only and says what is wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from random import Random

from services.backup.restore import restore
from services.errors import BackupError, StoreError
from services.store.store import READ_ONLY
from tests.builders_damage import DAMAGES, Backups, two_backups
from tests.builders_ledger import with_kek

TIMES = 105
"""Seven of each kind."""
SEED = 20261127
REFUSED, READ, OPEN = "refused before anything was written", "left read-only", "OPENED"


def ended(backups: Backups, there: Path) -> str:
    """What became of a backup."""
    office = with_kek(backups.scene, there)
    try:
        checks = restore(backups.folder, office, backups.key, backups.scene.witness)
    except (BackupError, StoreError):
        written = {path.name for path in office.iterdir()} != {"keys"}
        return READ if (office / READ_ONLY).exists() else (OPEN if written else REFUSED)
    found = any(each.findings for each in checks)
    return READ if found and (office / READ_ONLY).exists() else OPEN


def taken(
    times: int, work: Path, kinds: Sequence[str] = tuple(DAMAGES)
) -> Counter[tuple[str, str]]:
    """What became of so many damaged backups, by kind of damage.

    Raises:
        AssertionError: The backup that nobody damaged did not open: nothing is shown by this.
    """
    whole, count = two_backups(work), Counter[tuple[str, str]]()
    assert ended(whole, work / "whole") == OPEN, "the unharmed backup is refused"
    for turn, kind in enumerate(islice(cycle(kinds), times)):
        with tempfile.TemporaryDirectory(dir=work) as folder:
            damaged = whole.copied(Path(folder) / "backup")
            DAMAGES[kind](damaged, Random(f"{SEED} {turn}"))  # noqa: S311 - the same each run
            count[kind, ended(damaged, Path(folder) / "new")] += 1
    return count


def main(arguments: Sequence[str] = ()) -> int:
    """Say what became of them; 0 where none opened."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.backup", description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES, help="how many backups are damaged")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-") as folder:
        count = taken(options.times, Path(folder))
    for (kind, end), times in count.items():
        sys.stderr.write(f"{kind}: {times} {end}\n")
    opened = sum(times for (_, end), times in count.items() if end == OPEN)
    refused, took_s = options.times - opened, time.monotonic() - began
    sys.stderr.write(f"damaged backups: {refused} of {options.times} refused, {took_s:.0f} s\n")
    return int(bool(opened))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
