"""Let every call that changes the disk fail: ``python -m tests.torture.failing``.

The work of :mod:`tests.torture.calls`. Its first call that writes, syncs, renames, makes or removes
a file fails with EIO, in a new folder its second, and so on. Then once more with ENOSPC, and with
it every later call too: a disk that is full from there on. The work must stop with a word that says
why and no traceback, or say rightly that all is done; taken up again on a sound disk it must end as
if nothing had happened, and what was told must be there.
"""

from __future__ import annotations

import argparse
import errno
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.builders_faults import a_post
from tests.torture.calls import SEED, SIDES, places, tried, work_of, worked
from tests.tracer import HERE, Fault

ERRORS = {"EIO": (errno.EIO, False), "ENOSPC": (errno.ENOSPC, True)}
"""The number of each, and whether every later call fails as well."""


def main(arguments: Sequence[str] = ()) -> int:
    """Print every failure; 0 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.failing", description=__doc__)
    parser.add_argument("--side", choices=SIDES, action="append", help="all by default")
    parser.add_argument("--error", choices=tuple(ERRORS), action="append", help="both by default")
    parser.add_argument("--every", type=int, default=1, help="let one call in so many fail")
    parser.add_argument("--first", type=int, default=1, help="the first call that fails")
    parser.add_argument("--last", type=int, default=sys.maxsize, help="the last one")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where it works")
    options = parser.parse_args(arguments)
    if not HERE:
        sys.stderr.write("failing calls left out: they need Linux on x86-64\n")
        return 0
    wrong, between = 0, range(options.first, options.last + 1)
    for side in options.side or SIDES:
        with tempfile.TemporaryDirectory(prefix="speedcam-torture-", dir=options.folder) as name:
            for error in options.error or ERRORS:
                folder = Path(name) / error
                wrong += failed_at_each(
                    side, error, folder, between=between, every=options.every, seed=options.seed
                )
    return int(wrong > 0)


def failed_at_each(
    side: str, error: str, folder: Path, *, between: range, every: int, seed: int
) -> int:
    """Let one in so many of these calls fail; how many things are wrong."""
    began, dice, wrong = time.monotonic(), random.Random(seed), 0  # noqa: S311 - no secret
    (number, on), codes = ERRORS[error], Counter[int]()
    work = work_of(side, folder)
    calls = worked(work, a_post(folder / "counted")).calls
    for at in places(between, len(calls), every, dice):
        told, faults = tried(work, folder, Fault(at=at, error=number, on=on))
        codes[told.code] += bool(told.hit)
        wrong += len(faults)
        for fault in faults:
            print(f"{side}, {error} at call {at} ({told.hit[:1]}): {fault}", flush=True)  # noqa: T201 - its data
    ends = ", ".join(f"{count} with {code}" for code, count in sorted(codes.items()))
    sys.stderr.write(
        f"{side}: {error} at {codes.total()} of {len(calls)} calls from {between.start} on, ended "
        f"{ends}; {wrong} things wrong, seed {seed}, {time.monotonic() - began:.0f} s\n"
    )
    return wrong


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
