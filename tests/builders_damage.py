"""What may happen to a folder of backups, by chance or by somebody's hand.

A folder as :func:`two_backups` leaves it holds a backup, and one made after the office had gone on.
Beside it lie the folder as it was before the second, and the backup of another office, sealed to
the same key. Some of what is done needs the key of the log too, as whoever does it inside may have.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from services.backup.keys import KEY_FILE
from services.backup.listing import Listed, files_of, write_list
from services.backup.make import back_up, seal_to
from services.backup.manifest import OBJECTS, Manifest, newest, read_manifest, signed
from services.ledger.keys import load_signer, read_verifier
from services.ledger.log import KEY, PUBLIC
from services.ledger.note import KeyKind
from services.store.store import EXHIBITS
from tests.builders_ledger import Scene, a_scene
from tests.builders_office import ISSUED, SetClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """A folder of backups that may be damaged, and what may be put into it.

    Attributes:
        scene: The office and its witness.
        folder: Of its backups.
        before: The same folder before the last backup.
        other: A backup of another office.
        key: All of them are sealed to it.
    """

    scene: Scene
    folder: Path
    before: Path
    other: Path
    key: X25519PrivateKey

    @property
    def manifest(self) -> Manifest:
        return manifest_in(self.folder, self.scene)

    def files(self) -> list[Path]:
        """Every file of the last backup."""
        held = self.manifest
        objects = self.folder / OBJECTS
        named = [*held.tables.values(), *(each for _, each in files_of(objects, held))]
        named += [held.listed] if held.listed else []
        paths = sorted({objects / each.name for each in named})
        return [newest(self.folder), self.folder / KEY_FILE, *paths]

    def sign(self, manifest: Manifest) -> None:
        """Put a manifest in the place of the last one, with the log's key."""
        signer = load_signer(self.scene.office / KEY, KeyKind.LOG, create=False)
        newest(self.folder).write_bytes(bytes(signed(manifest, signer)))

    def list_anew(self, listed: list[Listed]) -> None:
        """Let the last backup hold these files, with the log's key."""
        held = write_list(self.folder / OBJECTS, "anew", listed)
        self.sign(replace(self.manifest, listed=held))

    def copied(self, folder: Path) -> Backups:
        """The same, to be damaged."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder)


def manifest_in(folder: Path, scene: Scene) -> Manifest:
    return read_manifest(newest(folder), read_verifier(scene.witness / PUBLIC))


def two_backups(work: Path) -> Backups:
    """An office with two backups, and another office with one."""
    key = X25519PrivateKey.generate()
    scene, other = a_scene(work / "one"), a_scene(work / "two")
    folder, before = work / "backup", work / "before"
    for each, to in ((scene, folder), (other, work / "other")):
        with each.open() as store:
            back_up(store, to, key.public_key(), SetClock())
    shutil.copytree(folder, before)
    scene.go_on()
    with scene.open() as store:
        back_up(store, folder, key.public_key(), SetClock(ISSUED + timedelta(days=1)))
    return Backups(scene=scene, folder=folder, before=before, other=work / "other", key=key)


def flip_a_bit(backups: Backups, dice: Random) -> None:
    path = dice.choice(backups.files())
    changed = bytearray(path.read_bytes())
    changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    path.write_bytes(changed)


def cut_a_file(backups: Backups, dice: Random) -> None:
    path = dice.choice(backups.files())
    content = path.read_bytes()
    path.write_bytes(content[: dice.randrange(len(content))])


def lengthen_a_file(backups: Backups, dice: Random) -> None:
    with dice.choice(backups.files()).open("ab") as file:
        file.write(dice.randbytes(dice.randint(1, 64)))


def remove_a_file(backups: Backups, dice: Random) -> None:
    """Any but the manifest: without that the backup before it is the last one."""
    dice.choice(backups.files()[1:]).unlink()


def swap_two_files(backups: Backups, dice: Random) -> None:
    one, other = dice.sample(backups.files()[2:], 2)
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def put_an_older_table_in_place(backups: Backups, dice: Random) -> None:
    older, newer = manifest_in(backups.before, backups.scene).tables, backups.manifest.tables
    name = dice.choice(["cases", "events", "fines", "leaves", "outbox"])
    objects = backups.folder / OBJECTS
    shutil.copy(objects / older[name].name, objects / newer[name].name)


def call_an_older_manifest_the_last(backups: Backups, _dice: Random) -> None:
    newest(backups.folder).write_bytes(newest(backups.before).read_bytes())


def roll_the_folder_back(backups: Backups, _dice: Random) -> None:
    shutil.rmtree(backups.folder)
    shutil.copytree(backups.before, backups.folder)


def put_older_keys_in_place(backups: Backups, _dice: Random) -> None:
    shutil.copy(backups.before / KEY_FILE, backups.folder / KEY_FILE)


def put_another_offices_keys_in_place(backups: Backups, _dice: Random) -> None:
    shutil.copy(backups.other / KEY_FILE, backups.folder / KEY_FILE)


def put_another_office_in_place(backups: Backups, _dice: Random) -> None:
    shutil.rmtree(backups.folder)
    shutil.copytree(backups.other, backups.folder)


def leave_a_file_out_and_sign(backups: Backups, dice: Random) -> None:
    listed = list(files_of(backups.folder / OBJECTS, replace(backups.manifest, files={})))
    exhibits = [each for each in listed if each[0].startswith(EXHIBITS)]
    listed.remove(dice.choice(exhibits))
    backups.list_anew(listed)


def slip_a_picture_in_and_sign(backups: Backups, dice: Random) -> None:
    """Another picture under the name of one that is there."""
    objects = backups.folder / OBJECTS
    listed = dict(files_of(objects, replace(backups.manifest, files={})))
    path = dice.choice([each for each in listed if each.startswith(EXHIBITS)])
    picture = [b"\xff\xd8\xff" + dice.randbytes(100)]
    listed[path] = seal_to(objects, "slipped-in", picture, backups.key.public_key())
    backups.list_anew(list(listed.items()))


def put_older_tables_in_place_and_sign(backups: Backups, _dice: Random) -> None:
    older = manifest_in(backups.before, backups.scene)
    backups.sign(replace(backups.manifest, tables=older.tables))


def mix_tables_and_sign(backups: Backups, dice: Random) -> None:
    older, newer = manifest_in(backups.before, backups.scene).tables, backups.manifest.tables
    name = dice.choice(["cases", "events", "fines", "leaves"])
    backups.sign(replace(backups.manifest, tables=newer | {name: older[name]}))


DAMAGES: Mapping[str, Callable[[Backups, Random], None]] = {
    each.__name__: each
    for each in (
        flip_a_bit,
        cut_a_file,
        lengthen_a_file,
        remove_a_file,
        swap_two_files,
        put_an_older_table_in_place,
        call_an_older_manifest_the_last,
        roll_the_folder_back,
        put_older_keys_in_place,
        put_another_offices_keys_in_place,
        put_another_office_in_place,
        leave_a_file_out_and_sign,
        slip_a_picture_in_and_sign,
        put_older_tables_in_place_and_sign,
        mix_tables_and_sign,
    )
}
