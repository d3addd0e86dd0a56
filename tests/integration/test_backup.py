"""A backup gives the office back whole, or says what is wrong and gives nothing."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete

from services.backup.listing import files_of, write_list
from services.backup.make import back_up
from services.backup.manifest import newest, read_manifest, signed
from services.backup.restore import restore
from services.backup.tables import every_table, lines_of
from services.errors import BackupError, StoreUnavailable
from services.ledger.keys import load_signer, read_verifier
from services.ledger.log import KEY as LOG_KEY
from services.ledger.log import PUBLIC
from services.ledger.note import KeyKind, Note
from services.store import open_store
from services.store.keks import KekFiles
from services.store.schema import outbox
from services.store.store import READ_ONLY
from tests.builders_damage import manifest_in, two_backups
from tests.builders_ledger import a_scene, with_kek
from tests.builders_office import SetClock

KEY = X25519PrivateKey.generate()


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    made = a_scene(tmp_path_factory.mktemp("scene"))
    with made.open() as store:
        back_up(store, made.folder / "backup", KEY.public_key(), SetClock())
    return made


def content(folder):
    with open_store(folder) as store, store.reading() as connection:
        return {t.name: b"".join(lines_of(connection, t)) for t in every_table()}


def manifest_of(scene, folder):
    return read_manifest(newest(folder), read_verifier(scene.witness / PUBLIC))


def findings(checks):
    return [found for each in checks for found in each.findings]


def test_a_backup_gives_the_same_office_in_either_database(scene, tmp_path, office_in):
    there = with_kek(scene, office_in(tmp_path / "new"))
    assert not findings(restore(scene.folder / "backup", there, KEY, scene.witness))
    assert content(there) == content(scene.office)
    assert not (there / READ_ONLY).exists()
    with open_store(there) as store, store.writing() as connection:
        connection.execute(delete(outbox).where(outbox.c.key == "none"))


def test_files_that_are_there_are_not_written_again(scene, tmp_path):
    shutil.copytree(scene.folder / "backup", tmp_path / "backup")
    with scene.open() as store:
        again = back_up(store, tmp_path / "backup", KEY.public_key(), SetClock())
    assert again.fresh == len(again.manifest.tables)


@pytest.mark.parametrize("damage", ["changed", "cut", "missing", "swapped"])
@pytest.mark.parametrize("turn", [0, 7, -1])
def test_a_damaged_file_is_refused_and_nothing_restored(scene, tmp_path, damage, turn):
    shutil.copytree(scene.folder / "backup", tmp_path / "backup")
    objects = sorted((tmp_path / "backup" / "objects").iterdir())
    path, whole = objects[turn], objects[turn].read_bytes()
    path.write_bytes(
        {"changed": whole[:-1] + bytes([whole[-1] ^ 1]), "cut": whole[:-1]}.get(
            damage, objects[turn - 1].read_bytes()
        )
    )
    if damage == "missing":
        path.unlink()
    with pytest.raises(BackupError, match=f"{path.name}.*missing or damaged"):
        restore(tmp_path / "backup", tmp_path / "new", KEY, scene.witness)
    assert not (tmp_path / "new").exists()


def test_a_damaged_list_of_files_is_refused(scene, tmp_path):
    shutil.copytree(scene.folder / "backup", tmp_path / "backup")
    listed = manifest_of(scene, tmp_path / "backup").listed
    path = tmp_path / "backup" / "objects" / listed.name
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    with pytest.raises(BackupError, match="the list of files, is missing or damaged"):
        restore(tmp_path / "backup", tmp_path / "new", KEY, scene.witness)


def test_a_list_that_leads_out_of_the_office_is_refused(scene, tmp_path):
    manifest = manifest_of(scene, scene.folder / "backup")
    some = next(iter(manifest.files.values()))
    listed = write_list(tmp_path, "list", [("exhibits/../../x", some)])
    with pytest.raises(BackupError, match="list"):
        list(files_of(tmp_path, replace(manifest, listed=listed)))


def test_a_backup_of_the_first_form_is_restored(scene, tmp_path):
    """Its manifest names every file itself."""
    shutil.copytree(scene.folder / "backup", tmp_path / "backup")
    known = manifest_of(scene, tmp_path / "backup")
    files = dict(files_of(tmp_path / "backup" / "objects", known))
    signer = load_signer(scene.office / LOG_KEY, KeyKind.LOG, create=False)
    note = signed(replace(known, files=files, listed=None), signer)
    text = note.text.replace("speedcam.backup/2", "speedcam.backup/1")
    old = Note(text=text, signatures=(signer.sign(text),))
    newest(tmp_path / "backup").write_bytes(bytes(old))
    there = with_kek(scene, tmp_path / "new")
    assert not findings(restore(tmp_path / "backup", there, KEY, scene.witness))
    with scene.open() as store:
        again = back_up(store, tmp_path / "backup", KEY.public_key(), SetClock())
    assert again.fresh == len(again.manifest.tables)


def test_an_altered_manifest_is_refused(scene, tmp_path):
    shutil.copytree(scene.folder / "backup", tmp_path / "backup")
    path = newest(tmp_path / "backup")
    path.write_bytes(path.read_bytes().replace(b'"leaves":', b'"leaves":1', 1))
    with pytest.raises(BackupError, match="no manifest"):
        restore(tmp_path / "backup", tmp_path / "new", KEY, scene.witness)


def test_another_key_opens_nothing(scene, tmp_path):
    other = X25519PrivateKey.generate()
    with pytest.raises(BackupError, match="another one"):
        restore(scene.folder / "backup", tmp_path / "new", other, scene.witness)


def test_an_office_is_never_written_over(scene):
    with pytest.raises(BackupError, match="not empty"):
        restore(scene.folder / "backup", scene.office, KEY, scene.witness)


def test_what_is_older_than_the_witness_knows_stays_read_only(tmp_path):
    scene = a_scene(tmp_path)
    with scene.open() as store:
        back_up(store, tmp_path / "backup", KEY.public_key(), SetClock())
    scene.go_on()
    there = with_kek(scene, tmp_path / "new")
    checks = restore(tmp_path / "backup", there, KEY, scene.witness)
    assert any("rolled back" in each.fault for each in findings(checks))
    with open_store(tmp_path / "new") as store:
        assert list(store.fines())
        with pytest.raises(StoreUnavailable, match="read-only"), store.writing():
            pass


class ErasedMeanwhile(KekFiles):
    """Keys that are asked for when a backup has seen which files there are."""

    gone = None

    def unwrap(self, wrapped, *, kek, bound):
        self.gone.unlink(missing_ok=True)
        return super().unwrap(wrapped, kek=kek, bound=bound)


def test_a_picture_that_is_erased_meanwhile_ends_no_backup(tmp_path):
    scene, keks = a_scene(tmp_path), ErasedMeanwhile(tmp_path / "office" / "keys")
    before = sorted((scene.office / "exhibits").iterdir())
    keks.gone = before[-1]
    with open_store(scene.office, keks=keks) as store:
        made = back_up(store, tmp_path / "backup", KEY.public_key(), SetClock())
    held = [path for path, _ in files_of(tmp_path / "backup" / "objects", made.manifest)]
    assert not made.faults
    assert sum(path.startswith("exhibits/") for path in held) == len(before) - 1


def test_tables_of_two_backups_do_not_make_an_office(tmp_path):
    """Whoever has the key of the log can sign such a manifest."""
    backups = two_backups(tmp_path)
    older = manifest_in(backups.before, backups.scene).tables
    backups.sign(
        replace(backups.manifest, tables=backups.manifest.tables | {"fines": older["fines"]})
    )
    there = with_kek(backups.scene, tmp_path / "new")
    with pytest.raises(BackupError, match="do not fit"):
        restore(backups.folder, there, backups.key, backups.scene.witness)
    assert (there / READ_ONLY).exists()
