"""How long it takes to erase many cases: ``python -m tests.bench.erase --cases 10000``.

Makes an office (:mod:`tests.bench.restore_office`), cancels every fine, and erases them all by a
rule, as ``speedcam office erase`` does. Then the whole history is audited, exhibits and all: it
must hold, and no case may open. Wall time is of this machine, as busy as it is.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from sqlalchemy import select

from services.erasure import erase_due
from services.fines import Step, act_on
from services.ledger.audit import audit
from services.ledger.log import checkpoint, ledger_of
from services.ledger.witness import witness
from services.life import Act, State
from services.retention import Rule
from services.store import Store, open_store
from services.store.case_keys import keyed_cases
from services.store.schema import fines
from services.store.store import EXHIBITS
from tests.bench.restore_office import an_office
from tests.builders_office import ISSUED, SetClock

PICTURE_BYTES = 1000
"""Small: a file is removed, whatever is in it."""
RULE = Rule(id="bench", states=frozenset({State.CANCELLED}), days=30)


def _cancelled(store: Store) -> None:
    step = Step(by="P-17", why="bench", at=ISSUED, second="P-18")
    with store.reading() as connection:
        numbers = connection.execute(select(fines.c.number)).scalars().all()
    with store.grouped():
        for number in numbers:
            act_on(store, number, Act.CANCEL, step)


def erased(folder: Path, count: int, console: Console) -> bool:
    """Erase so many cases and say how long it took; whether all are gone and the history holds."""
    an_office(folder, count, PICTURE_BYTES)
    with open_store(folder / "office") as store:
        _cancelled(store)
        clock = SetClock(ISSUED + timedelta(days=60))
        began, worked = time.monotonic(), time.process_time()
        step = Step(by="P-17", why="their time is over", at=clock.now())
        gone = sum(not each.kept for each in erase_due(store, (RULE,), step))
        wall_s, cpu_s = time.monotonic() - began, time.process_time() - worked
        checkpoint(store, clock)
        witness(folder / "witness", ledger_of(store), clock)
        audited = audit(store, witness=folder / "witness")
        with store.reading() as connection:
            left = len(keyed_cases(connection))
    # The forty site files name nobody, and are kept.
    files = len(list((folder / "office" / EXHIBITS).iterdir()))
    console.print(
        f"{gone} of {count} cases erased in {wall_s:.1f} s, {1000 * cpu_s / count:.1f} ms of "
        f"processor each, load {os.getloadavg()[0]:.1f}; {left} keys and {files} exhibits left; "
        f"{audited.leaves} leaves audited, {len(audited.findings)} findings"
    )
    return gone == count and not left and not audited.findings


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was measured; 0 where all are gone and the history holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.erase", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="how many are erased")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="speedcam-bench-") as name:
        return 0 if erased(Path(name), options.cases, Console(width=140)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
