"""``python -m tests.bench.peers [GROUP...] [--json]``: speedcam beside other tools.

GROUP is ``usual``, ``perfect`` or ``hard``; all when none is named. Every tool gets the same clips,
the same surveyed road and the same boxes: those of one motion detector, or perfect ones. Speedcam
looks for itself. A table per group goes to stdout, or with ``--json`` one line for each tool and
group; docs/peers.md says what the columns mean. The other tools are installed in
``build/bench/peers-venv``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from tests.bench.command import ROOT
from tests.bench.peers.clips import Clip, clips, hard_clips
from tests.bench.peers.environment import prepared
from tests.bench.peers.runs import Group, Row, rows
from tests.bench.peers.table import tables

RENDERS = ROOT / "build" / "bench"
GROUPS: tuple[Group, ...] = get_args(Group)


def measured(wanted: Sequence[Group], renders: Path) -> Iterator[Row]:
    """Every tool on every clip of the groups."""
    missing = prepared()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        chosen = {group: found for group in wanted if (found := of_group(group, renders, work))}
        yield from rows(chosen, missing, work)


def of_group(group: Group, renders: Path, work: Path) -> list[Clip]:
    """The clips of a group that are there."""
    if group == "hard":
        return list(hard_clips(renders))
    return [clip for clip in clips(work) if group == "usual" or clip.drawn_by_us]


def told(row: Row) -> dict[str, object]:
    """A row for a program: all clips together, and each by itself."""
    head: dict[str, object] = {"peer": row.tool, "group": row.group}
    if not row.scores:
        return head | {"failed": row.failed}
    each = {name: score.figures() for name, score in row.scores.items()}
    return head | row.score.figures() | {"errors_kmh": row.score.errors_kmh, "clips": each}


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP")
    parser.add_argument("--renders", type=Path, default=RENDERS, help="where the renders are")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.groups) - set(GROUPS):
        parser.error(f"no group {min(unknown)!r}. Name some of: {', '.join(GROUPS)}.")
    found = measured(asked.groups or GROUPS, asked.renders)
    if not asked.json:
        sys.stdout.write(tables(list(found)))
        return 0
    for row in found:
        print(json.dumps(told(row)), flush=True)  # noqa: T201 - its data
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
