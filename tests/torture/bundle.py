"""``python -m tests.torture.bundle``: 100,000 changed bundles, of which none may be accepted.

Every bit of the manifest and of the signature is flipped; the rest are drawn (seed fixed): bits,
bytes, cuts, insertions and swaps in every member and in the file itself.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from speedcam.errors import SealError
from speedcam.explain.dossier import exhibit_bytes
from speedcam.seal.bundle import (
    EXHIBITS,
    MANIFEST,
    SIGNATURE,
    Members,
    gather,
    pack_bundle,
    unpack_bundle,
)
from speedcam.seal.verify import checks_of, holds
from tests.builders_seals import Trust, a_sealed_passage, some_trust

MUTANTS = 100_000
SEED = 8032
FILE = "the file itself"
Mutant = tuple[str, Callable[[], Members]]
"""What was changed, and the members as a verifier would have them; raises SealError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundles:
    """Two bundles of one camera, so that parts can be exchanged, and whom to trust."""

    one: Members
    other: Members
    trust: Trust


def some_bundles(folder: Path) -> Bundles:
    trust = some_trust(folder)
    made = [_bundle(folder / digit, trust, digit * 32) for digit in "45"]
    return Bundles(one=made[0], other=made[1], trust=trust)


def _bundle(folder: Path, trust: Trust, passage_id: str) -> Members:
    passage = a_sealed_passage(folder, trust.camera, passage_id)
    return gather(passage, partial(exhibit_bytes, folder), EXHIBITS)


def accepted(mutant: Mutant, trust: Trust) -> bool:
    """Whether a verifier takes it for whole."""
    try:
        members = mutant[1]()
    except SealError:
        return False
    return holds(checks_of(members, trust.content, trust.pub))


def every_bit(members: Members, *names: str) -> Iterator[Mutant]:
    for name in names:
        for place in range(8 * len(members[name])):
            yield f"bit of {name}", partial(_with, members, name, _flipped(members[name], place))


def exchanged(bundles: Bundles) -> Iterator[Mutant]:
    """Parts of the other bundle, each by itself and the seal as a whole."""
    for name, content in bundles.other.items():
        if content != bundles.one[name]:
            yield f"exchanged {name}", partial(_with, bundles.one, name, content)
    seal = {name: bundles.other[name] for name in (MANIFEST, SIGNATURE)}
    yield "exchanged seal", lambda: {**bundles.one, **seal}


def drawn(bundles: Bundles, seed: int) -> Iterator[Mutant]:
    """Changes without end."""
    chance, packed = random.Random(seed), pack_bundle(bundles.one)  # noqa: S311 - to be repeated
    names = [*bundles.one, FILE]
    while True:
        name = chance.choice(names)
        whole = packed if name == FILE else bundles.one[name]
        content = _changed(whole, chance)
        if content == whole:
            continue
        if name == FILE:
            yield FILE, partial(unpack_bundle, content)
        else:
            yield f"drawn in {name}", partial(_with, bundles.one, name, content)


def _with(members: Members, name: str, content: bytes) -> Members:
    return {**members, name: content}


def _flipped(content: bytes, place: int) -> bytes:
    changed = bytearray(content)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def _changed(content: bytes, chance: random.Random) -> bytes:
    place, size = chance.randrange(len(content)), chance.randint(1, 16)
    before, after = content[:place], content[place:]
    noise = chance.randbytes(size)
    return chance.choice(
        [
            _flipped(content, 8 * place + chance.randrange(8)),
            before + noise + after[size:],
            before + noise + after,
            before + after[size:],
            before,
            after + before,
        ]
    )


def mutants(bundles: Bundles, count: int) -> Iterator[Mutant]:
    """So many changed bundles: first every bit of the seal, then exchanges, then drawn ones."""
    rest = drawn(bundles, SEED)
    made = 0
    for source in (every_bit(bundles.one, MANIFEST, SIGNATURE), exchanged(bundles), rest):
        for mutant in source:
            if made == count:
                return
            made += 1
            yield mutant


def main(count: int = MUTANTS) -> int:
    tried, wrong, began = Counter(), Counter(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        bundles = some_bundles(Path(folder))
        if not accepted(("whole", lambda: bundles.one), bundles.trust):
            raise AssertionError("the unchanged bundle does not hold: nothing is shown by this")
        for mutant in mutants(bundles, count):
            tried[mutant[0]] += 1
            wrong[mutant[0]] += accepted(mutant, bundles.trust)
    for about, times in sorted(tried.items()):
        print(f"{about:<32} {times:>7} tried {wrong[about]:>3} accepted")  # noqa: T201 - its output
    took_s = time.monotonic() - began
    print(f"bundle: {tried.total()} mutants, {wrong.total()} accepted, {took_s:.0f} s")  # noqa: T201
    return wrong.total()


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
