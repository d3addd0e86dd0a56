"""``python -m tests.bench.peers [--json]``: speedcam beside other tools, on the same clips.

Every tool gets the same surveyed road and the same boxes: those of one motion detector, then
perfect ones. Speedcam looks for itself. Two tables go to stdout, or with ``--json`` one line for
each tool and kind of boxes; docs/peers.md says what the columns mean. The other tools are installed
in ``build/bench/peers-venv``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.bench.peers.clips import clips
from tests.bench.peers.environment import prepared
from tests.bench.peers.runs import Row, rows
from tests.bench.peers.table import tables


def measured() -> Iterator[Row]:
    """Every tool on every clip."""
    missing = prepared()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        yield from rows(list(clips(work)), missing, work)


def told(row: Row) -> dict[str, object]:
    """A row for a program."""
    score = asdict(row.score) | row.score.figures() if row.score else {}
    failed = {"failed": row.failed} if row.failed else {}
    return {"peer": row.tool, "boxes": row.boxes} | score | failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--json", action="store_true")
    if not parser.parse_args(arguments).json:
        sys.stdout.write(tables(list(measured())))
        return 0
    for row in measured():
        print(json.dumps(told(row)), flush=True)  # noqa: T201 - its data
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
