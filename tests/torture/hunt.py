"""Plant people in an office and hunt them: ``python -m tests.torture.hunt``. A trace is a failure.

Lawful drivers pass, each with a plate of their own; others are fined, written to, and erased. Then
each of their plates is looked for in every byte of office and backup, in many spellings.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from services import office
from services.backup.make import back_up
from services.ledger.log import checkpoint
from services.notifier.senders.folder import FolderSender
from services.notifier.wiring import write_letter
from services.store import open_store
from tests.builders_erasure import a_closed_fine, erased_after
from tests.builders_fines import without_waiting
from tests.builders_hunt import spellings
from tests.builders_office import AT, SetClock, a_passage, on_disk

LAWFUL, FINED = 1000, 100


def planted_in(folder: Path, lawful: int, fined: int) -> tuple[str, ...]:
    """An office through which they all have gone, and its backup; their plates."""
    clock, senders = SetClock(), []
    plates = [f"BC{n:04}ZQ" for n in range(lawful)]
    passages = [
        replace(a_passage(f"l-{n}", kmh=40.0, plate=plate), at=AT + timedelta(seconds=n))
        for n, plate in enumerate(plates)
    ]
    with open_store(folder / "office", create=True) as opened:
        store = without_waiting(opened)
        told = office.receive(store, on_disk(folder / "camera", *passages), clock).passages
        assert {each.outcome for each in told} == {office.Outcome.LAWFUL}
        senders = [FolderSender(store.sent)]
        names = [f"n{n}" for n in range(fined)]
        numbers = a_closed_fine(store, clock, *names, render=write_letter, senders=senders)
        fines = filter(None, map(store.fine, numbers))
        erased = [fine.violation.passage.plate.text for fine in fines]
        key = X25519PrivateKey.generate().public_key()
        back_up(store, folder / "backup", key, clock)
        assert {each.kept for each in erased_after(store, clock)} == {""}
        checkpoint(store, clock)
        back_up(store, folder / "backup", key, clock)
    return (*plates, *erased)


def traces(folders: Sequence[Path], values: Sequence[str]) -> list[str]:
    """Which values stand in which files, or in their names."""
    wanted = {spelling: value for value in values for spelling in spellings(value)}
    found = []
    for path in (path for folder in folders for path in sorted(folder.rglob("*"))):
        content = path.name.encode() + (path.read_bytes() if path.is_file() else b"")
        found += [f"{value} in {path}" for spelling, value in wanted.items() if spelling in content]
    return found


def main(arguments: Sequence[str] = ()) -> int:
    """Print every trace; 0 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.hunt", description=__doc__)
    parser.add_argument("--lawful", type=int, default=LAWFUL, help="who drove as they may")
    parser.add_argument("--fined", type=int, default=FINED, help="who was fined and erased")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-") as name:
        folder = Path(name)
        values = planted_in(folder, options.lawful, options.fined)
        (folder / "control").write_text(f"what is there is found: {values[0]}")
        assert traces([folder], values[:1]), "the hunter is blind"
        found = traces([folder / "office", folder / "backup"], values)
    sys.stderr.write("".join(f"{each}\n" for each in found))
    sys.stderr.write(f"hunt: {len(values)} plates planted, {len(found)} traces\n")
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
