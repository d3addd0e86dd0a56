"""Keys of cases: bound to their place, wrapped, changed under load, and never beside the data."""

import os
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from services import office
from services.cli import office_app
from services.errors import StoreError, StoreUnavailable
from services.rotation import destroy_kek, rotate
from services.store import open_store
from services.store.case_keys import current_kek, stale_keys
from services.store.fines import page_of
from services.store.keks import FOLDER_NAMED_BY, GIVEN_BY, KekFiles, keks_of
from services.store.key_tables import case_keys
from services.store.ring import MAGIC, owner_of
from services.store.schema import cases
from tests.builders_fines import a_step, an_issued_fine, fines_in
from tests.builders_office import SetClock, a_passage, exhibits_of, on_disk


def wrapped(store):
    with store.reading() as connection:
        return {row.case_key: row for row in connection.execute(select(case_keys))}


def test_each_case_has_a_key_of_its_own_and_everything_personal_opens_with_it(store):
    fines_in(store, 3)
    found = wrapped(store)
    assert len({row.wrapped for row in found.values()}) == len(found)
    with store.reading() as connection:
        rows = connection.execute(select(cases.c.key, cases.c.violation)).all()
    assert {owner_of(row.violation) for row in rows} == {row.key for row in rows} <= found.keys()


def test_a_wrapped_key_opens_for_its_own_case_only(store):
    an_issued_fine(store, plate="AA001KB")
    an_issued_fine(store, plate="AA002KB")
    one, other = sorted(wrapped(store))
    with store.writing() as connection:
        there = case_keys.c.case_key
        taken = select(case_keys.c.wrapped).where(there == other).scalar_subquery()
        connection.execute(update(case_keys).where(there == one).values(wrapped=taken))
    with pytest.raises(StoreError, match="was changed or moved"):
        list(store.fines())


def test_what_says_that_it_is_of_another_case_does_not_open(store):
    an_issued_fine(store, plate="AA001KB")
    an_issued_fine(store, plate="AA002KB")
    with store.reading() as connection:
        one, other = connection.execute(select(cases.c.key, cases.c.violation)).all()
        ring = store.ring(connection, [one.key, other.key])
    posing = MAGIC + bytes.fromhex(other.key) + one.violation[len(MAGIC) + 12 :]
    with pytest.raises(StoreError, match="changed or moved"):
        store.unseal_violation(one.key, posing, ring)


@pytest.mark.sqlite
def test_pictures_on_disk_are_none_until_they_are_opened(store, tmp_path):
    office.receive(store, on_disk(tmp_path / "camera", a_passage()), SetClock())
    photo = exhibits_of("p-1")[0].sha256
    kept = (store.folder / "exhibits" / f"{photo}.jpg").read_bytes()
    opened = store.exhibit_bytes(photo)
    assert opened.startswith(b"\xff\xd8\xff")
    assert opened not in kept
    assert opened[100:200] not in kept


@pytest.mark.sqlite
def test_cases_that_share_a_picture_each_open_it(store, tmp_path):
    first, later = "a" * 24, "b" * 24
    passages = on_disk(tmp_path / "camera", a_passage())
    exhibit = exhibits_of("p-1")[0]
    for case in (first, later):
        assert not store.keep_exhibits({case: [exhibit]}, passages.parent)
    for gone in (first, later):
        with store.writing() as connection:
            row = connection.execute(select(case_keys).where(case_keys.c.case_key == gone)).one()
            connection.execute(case_keys.delete().where(case_keys.c.case_key == gone))
        assert store.exhibit_bytes(exhibit.sha256)
        with store.writing() as connection:
            connection.execute(case_keys.insert(), [row._asdict()])


def test_no_read_fails_while_the_key_is_changed(store, clock):
    fines_in(store, 12)
    old, faults, stop, looked = keks_of(store.folder).ids()[0], [], Event(), []

    def look():
        while not stop.is_set():
            try:
                with open_store(store.folder) as other:
                    looked.append(len(list(other.fines())))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a failed read
                faults.append(error)

    reader = Thread(target=look)
    reader.start()
    done = rotate(store, keks_of(store.folder), a_step(clock.now()))
    an_issued_fine(store, plate="AA003KB")
    stop.set()
    reader.join()
    assert faults == []
    assert set(looked) <= {12, 13}
    assert (done.wrapped, done.before) == (13, (old,))  # the twelve, and that of their pictures
    assert {row.kek for row in wrapped(store).values()} == {done.kek}
    assert len(list(store.fines())) == 13


@pytest.mark.sqlite
def test_a_change_that_was_interrupted_goes_on_with_the_same_key(store, clock):
    an_issued_fine(store, plate="AA004KB")
    keks = keks_of(store.folder)
    done = rotate(store, keks, a_step(clock.now()))
    with store.writing() as connection:
        before = done.before[0]
        row = connection.execute(select(case_keys)).one()
        key = store.ring(connection, [row.case_key]).keys[row.case_key]
        bound = f"case_keys\x1f{row.case_key}\x1f2".encode()
        old = store.keks.wrap(key, kek=before, bound=bound)
        connection.execute(update(case_keys).values(kek=before, wrapped=old))
    with pytest.raises(StoreError, match="is in use"):
        destroy_kek(store, keks, before, a_step(clock.now()))
    again = rotate(store, keks, a_step(clock.now()))
    assert (again.kek, again.wrapped) == (done.kek, 1)
    destroy_kek(store, keks, before, a_step(clock.now()))
    assert keks.ids() == (done.kek,)
    assert len(list(store.fines())) == 1


@pytest.mark.sqlite
def test_a_key_that_wraps_the_next_cases_is_not_destroyed(store, clock):
    keks = keks_of(store.folder)
    with store.reading() as connection:
        now = current_kek(connection)
        assert stale_keys(connection) == 0
    with pytest.raises(StoreError, match="is in use"):
        destroy_kek(store, keks, now, a_step(clock.now()))


@pytest.mark.sqlite
def test_without_the_key_nothing_personal_opens_and_the_rest_does(store):
    number = an_issued_fine(store, plate="AA005KB")
    (path,) = (store.folder / "keys").glob("kek-*.key")
    path.unlink()
    with open_store(store.folder) as again:
        with pytest.raises(StoreUnavailable, match="Nothing personal opens"):
            again.fine(number)
        assert [line.number for line in page_of(again)] == [number]


@pytest.mark.sqlite
def test_a_key_that_others_may_read_is_refused(store):
    number = an_issued_fine(store, plate="AA006KB")
    (path,) = (store.folder / "keys").glob("kek-*.key")
    path.chmod(0o640)
    with open_store(store.folder) as again, pytest.raises(StoreError, match="others may read"):
        again.fine(number)


def test_the_key_may_be_in_the_environment_or_in_another_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(GIVEN_BY, os.urandom(32).hex())
    with open_store(tmp_path / "office", create=True) as store:
        number = an_issued_fine(store, plate="AA007KB")
    assert not list((tmp_path / "office" / "keys").glob("kek-*"))
    with open_store(tmp_path / "office") as store:
        assert store.fine(number)
    monkeypatch.delenv(GIVEN_BY)
    monkeypatch.setenv(FOLDER_NAMED_BY, str(tmp_path / "elsewhere"))
    with open_store(tmp_path / "office") as store, pytest.raises(StoreUnavailable):
        store.fine(number)


def test_what_is_no_key_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv(GIVEN_BY, "abc")
    with pytest.raises(StoreError, match="is no key: it needs 64 hexadecimal digits"):
        open_store(tmp_path / "office", create=True)
    monkeypatch.delenv(GIVEN_BY)
    keks = KekFiles(tmp_path)
    kek = keks.make()
    keks.path(kek).write_bytes(bytes(32))
    with pytest.raises(StoreError, match="is not the key"):
        keks.secret(kek)


@pytest.mark.sqlite
def test_a_lost_key_comes_back_from_two_shares(store, tmp_path):
    number = an_issued_fine(store, plate="AA008KB")
    there = ("--office", str(store.folder))
    told = CliRunner().invoke(office_app, ["keys", "split", *there, "--out", str(tmp_path / "out")])
    one, _, other = told.stdout.split()
    assert all(not Path(path).stat().st_mode & 0o077 for path in (one, other))
    (path,) = (store.folder / "keys").glob("kek-*.key")
    path.unlink()
    joined = CliRunner().invoke(office_app, ["keys", "join", other, one, *there])
    assert joined.stdout.strip() == str(path)
    with open_store(store.folder) as again:
        assert again.fine(number)


@pytest.mark.sqlite
def test_the_commands_change_and_destroy_a_key(store):
    an_issued_fine(store, plate="AA009KB")
    (old,) = keks_of(store.folder).ids()
    about = ("--office", str(store.folder), "--by", "P-17", "--why", "yearly")
    changed = CliRunner().invoke(office_app, ["keys", "rotate", *about])
    assert f"keys destroy {old}" in changed.stderr
    gone = CliRunner().invoke(office_app, ["keys", "destroy", old, *about])
    assert gone.exit_code == 0
    listed = CliRunner().invoke(office_app, ["keys", "list", "--office", str(store.folder)])
    assert old not in listed.stdout
    assert changed.stdout.strip() in listed.stdout
