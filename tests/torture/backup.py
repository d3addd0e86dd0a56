"""Damage backups: ``python -m tests.torture.backup``. One that is restored is a failure."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from services.backup.keys import KEY_FILE
from services.backup.make import back_up
from services.backup.restore import restore
from services.errors import BackupError
from services.store.store import READ_ONLY
from tests.builders_ledger import a_scene, with_kek
from tests.builders_office import SetClock

TIMES = 100
SEED = 20261127


def damaged(content: bytes, dice: Random) -> bytes | None:
    """Other bytes than these, or None: the file is gone."""
    place = dice.randrange(len(content))
    changed = bytearray(content)
    changed[place] ^= 1 << dice.randrange(8)
    return dice.choice([bytes(changed), content[:place], content + b"\0", None])


def taken(times: int, work: Path) -> int:
    """How many damaged backups were restored; each damage is mended before the next."""
    key, dice, count = X25519PrivateKey.generate(), Random(SEED), 0  # noqa: S311 - the same each run
    scene = a_scene(work)
    with scene.open() as store:
        made = back_up(store, work / "backup", key.public_key(), SetClock())
    files = [
        made.path,
        work / "backup" / KEY_FILE,
        *sorted((work / "backup" / "objects").iterdir()),
    ]
    for turn in range(times):
        path = dice.choice(files)
        whole = path.read_bytes()
        left = damaged(whole, dice)
        path.unlink() if left is None else path.write_bytes(left)
        there = with_kek(scene, work / f"new-{turn}")
        try:
            restore(work / "backup", there, key, scene.witness)
            count += 1
        except BackupError:
            count += (there / READ_ONLY).exists()
        path.write_bytes(whole)
    return count


def main() -> int:
    """Say how many were refused; 0 where all were."""
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-") as folder:
        count = taken(TIMES, Path(folder))
    sys.stderr.write(f"damaged backups: {TIMES - count} of {TIMES} refused\n")
    return 1 if count else 0


if __name__ == "__main__":
    raise SystemExit(main())
