"""Attack the ledger for an hour: ``python -m tests.torture.ledger``.

Each attack of :mod:`tests.builders_attacks` again and again, with other dice each time, against an
audit that has the witness's folder. Then every bit of proofs of many shapes, against a stranger who
has the public keys. One attack that is not found, or one altered proof that is taken, is a failure.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from services.errors import LedgerError
from services.ledger.note import Verifier
from services.ledger.proof import checks_of, proof_of
from tests.builders_attacks import ATTACKS
from tests.builders_ledger import a_scene, copied
from tests.builders_proofs import LOG, WITNESS, a_proof

TIMES = 100
MUTANTS = 100_000
SEED = 20261127


def attacks(times: int, work: Path) -> Iterator[str]:
    """What was not found, in words; a line of progress for each attack goes to stderr."""
    scene = a_scene(work / "untouched")
    for attack, words in ATTACKS.items():
        found = 0
        for turn in range(times):
            with tempfile.TemporaryDirectory(dir=work) as folder:
                attacked = copied(scene, Path(folder))
                attack(attacked, Random(f"{SEED} {turn}"))  # noqa: S311 - the same each run
                if any(words in each.fault for each in attacked.audit()):
                    found += 1
                else:
                    yield f"{attack.__name__}, turn {turn}: not found"
        sys.stderr.write(f"{attack.__name__}: {found} of {times} found\n")


def mutants(count: int) -> Iterator[str]:
    """Altered proofs that were taken, in words."""
    log, witness = LOG.verifier, WITNESS.verifier
    dice, made = Random(SEED), 0  # noqa: S311 - the same each run
    while made < count:
        size = dice.randint(1, 300)
        content = bytes(a_proof(dice.randrange(size), size))
        if not _taken(content, log, witness):
            yield f"a true proof of {size} leaves was refused"
        for place in range(len(content) * 8):
            altered = bytearray(content)
            altered[place // 8] ^= 1 << place % 8
            made += 1
            if _taken(bytes(altered), log, witness):
                yield f"a proof of {size} leaves with bit {place} altered was taken"
            if made == count:
                break
    sys.stderr.write(f"altered proofs: {made}\n")


def _taken(content: bytes, log: Verifier, witness: Verifier) -> bool:
    try:
        return all(each.holds for each in checks_of(proof_of(content), log, [witness]))
    except LedgerError:
        return False


def main(arguments: Sequence[str] = ()) -> int:
    """Print every failure; 0 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.ledger", description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES, help="how often each attack is tried")
    parser.add_argument("--mutants", type=int, default=MUTANTS, help="how many altered proofs")
    options = parser.parse_args(arguments)
    began, failures = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-") as folder:
        for each in (*attacks(options.times, Path(folder)), *mutants(options.mutants)):
            failures += 1
            print(each)  # noqa: T201 - its data
    tried = len(ATTACKS) * options.times + options.mutants
    sys.stderr.write(f"{tried} tried, {failures} failed, {time.monotonic() - began:.0f} s\n")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
