import hashlib
import shutil
import sqlite3
import stat
from dataclasses import replace

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from services import office
from services.errors import EvidenceError, StoreError
from services.life import State
from services.policy import demo_auto_1
from services.store import open_store
from services.store.cases import cases_in
from services.store.exhibits import keep_exhibit, keep_exhibits, read_exhibit
from services.store.keys import normal_plate
from services.store.schema import SCHEMA_VERSION, cases, events, fines
from speedcam.disk import write_durably
from speedcam.model import ExhibitKind
from tests.builders_office import SetClock, a_passage, a_picture, exhibits_of, on_disk

PLATE = "AA000BB"
KEYS = {"c" * 24: bytes(32)}
"""The data key of a case, as exhibits are sealed with it."""


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    two = on_disk(
        folder / "camera", a_passage("p-1", plate=PLATE), a_passage("p-2", plate="AA111BB")
    )
    with open_store(folder / "office", create=True) as store:
        office.receive(store, two, SetClock())
        office.review(store, demo_auto_1, SetClock())
        office.issue(store, SetClock())
    return folder / "office"


@pytest.fixture
def issued(tmp_path, made_once):
    """An office with two fines, of AA000BB and AA111BB."""
    with open_store(shutil.copytree(made_once, tmp_path / "office")) as store:
        yield store


def fine_of(store, plate):
    return next(f for f in store.fines() if f.violation.passage.plate.text == plate)


def test_folders_and_files_are_for_their_owner_alone(issued):
    for path in [issued.folder, *issued.folder.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_a_fine_is_found_by_number_and_plate_however_they_are_typed(issued):
    fine = fine_of(issued, PLATE)
    typed = fine.number.lower().replace("-", " ")
    assert issued.fine_by_number_and_plate(typed, " aa 000-bb ") == fine
    assert issued.fine(typed) == fine


def test_a_fine_is_found_by_both_or_not_at_all(issued):
    fine, other = fine_of(issued, PLATE), fine_of(issued, "AA111BB")
    assert issued.fine_by_number_and_plate(fine.number, "AA111BB") is None
    assert issued.fine_by_number_and_plate(other.number, PLATE) is None
    assert issued.fine_by_number_and_plate("AL26-0000-0000", PLATE) is None
    assert issued.fine_by_number_and_plate(fine.number, "") is None
    assert issued.fine_by_number_and_plate("", "") is None


def test_a_fine_comes_back_exactly_as_it_was_frozen(issued, tmp_path):
    frozen = list(issued.fines())
    with open_store(tmp_path / "office") as again:
        assert list(again.fines()) == frozen


def test_a_plate_stands_in_no_byte_of_the_office(issued):
    hidden = list(issued.folder.rglob("*"))
    spellings = [PLATE, PLATE.lower(), "AA 000 BB", PLATE.encode("utf-16-le").decode("latin-1")]
    for path in hidden:
        content = str(path).encode() + (path.read_bytes() if path.is_file() else b"")
        assert not [s for s in spellings if s.encode("latin-1") in content], path


def test_a_plate_written_into_a_reason_is_sealed_too(tmp_path):
    passages = on_disk(tmp_path / "camera", a_passage(plate=PLATE))
    with open_store(tmp_path / "office", create=True) as store:
        key = office.receive(store, passages, SetClock()).passages[0].case_key
        why = f"{PLATE} belongs to somebody else"
        office.decide(
            store, key, officer="P-1", verdict=office.Verdict.REJECT, why=why, clock=SetClock()
        )
    assert PLATE.encode() not in (tmp_path / "office" / "office.sqlite").read_bytes()


def test_a_sealed_row_opens_in_its_own_place_only(issued):
    one, other = cases_in(issued, State.ISSUED)
    with issued.writing() as connection:
        taken = select(cases.c.violation).where(cases.c.key == other.key).scalar_subquery()
        connection.execute(update(cases).where(cases.c.key == one.key).values(violation=taken))
    with pytest.raises(StoreError, match=f"{one.key}: the stored violation was changed or moved"):
        cases_in(issued, State.ISSUED)


def test_a_changed_byte_of_a_fine_is_found(issued):
    number = fine_of(issued, PLATE).number
    with issued.writing() as connection:
        sealed = connection.execute(
            select(fines.c.fine).where(fines.c.number == number)
        ).scalar_one()
        flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
        connection.execute(update(fines).where(fines.c.number == number).values(fine=flipped))
    with pytest.raises(StoreError, match="changed or moved"):
        issued.fine(number)


def test_the_same_plate_is_sealed_differently_each_time(issued):
    row = {"table": "cases", "row": "1", "column": "violation"}
    assert issued.keys.seal(b"same", **row) != issued.keys.seal(b"same", **row)


def test_history_is_only_ever_added_to(issued):
    for change in (events.delete(), events.update().values(who="nobody")):
        with pytest.raises(IntegrityError, match="only ever added to"), issued.writing() as c:
            c.execute(change)


def test_an_exhibit_comes_back_checked(issued):
    sha256 = exhibits_of("p-1")[0].sha256
    assert hashlib.sha256(issued.exhibit_bytes(sha256)).hexdigest() == sha256


def test_a_changed_or_lost_exhibit_is_not_shown(issued):
    first, second = (exhibit.sha256 for exhibit in exhibits_of("p-1")[:2])
    (issued.folder / "exhibits" / f"{first}.jpg").write_bytes(b"another picture")
    (issued.folder / "exhibits" / f"{second}.jpg").unlink()
    with pytest.raises(EvidenceError, match="was changed after it was kept"):
        issued.exhibit_bytes(first)
    with pytest.raises(EvidenceError, match="is missing"):
        issued.exhibit_bytes(second)


def test_one_picture_under_many_names_is_kept_once_and_whole(tmp_path):
    passages = on_disk(tmp_path / "camera", a_passage())
    (tmp_path / "kept").mkdir()
    same = dict.fromkeys(range(64), exhibits_of("p-1")[0])
    sha256 = same[0].sha256
    assert keep_exhibits(tmp_path / "kept", same, passages.parent, {sha256: KEYS}) == {}
    (kept,) = (tmp_path / "kept").iterdir()
    content = read_exhibit(tmp_path / "kept", kept.stem, lambda _: KEYS)
    assert hashlib.sha256(content).hexdigest() == kept.stem == sha256


def test_raw_data_are_kept_as_such_and_never_as_a_picture(issued):
    (raw,) = (exhibit for exhibit in exhibits_of("p-1") if exhibit.kind is ExhibitKind.RAW)
    assert (issued.folder / "exhibits" / f"{raw.sha256}.json.gz").is_file()
    assert not (issued.folder / "exhibits" / f"{raw.sha256}.jpg").exists()
    assert hashlib.sha256(issued.exhibit_bytes(raw.sha256)).hexdigest() == raw.sha256


@pytest.mark.parametrize("kind", [ExhibitKind.RAW, ExhibitKind.PHOTO])
def test_raw_data_and_pictures_do_not_pass_for_one_another(tmp_path, kind):
    passages = on_disk(tmp_path / "camera", a_passage())
    other = next(e for e in exhibits_of("p-1") if (e.kind is ExhibitKind.RAW) != (kind == "raw"))
    with (
        open_store(tmp_path / "office", create=True) as store,
        pytest.raises(EvidenceError, match="is no"),
    ):
        keep_exhibit(store.folder / "exhibits", replace(other, kind=kind), passages.parent, KEYS)


@pytest.mark.parametrize("sha256", ["../keys/office.key", "", "G" * 64, "a" * 63])
def test_what_is_no_hash_names_no_file(issued, sha256):
    with pytest.raises(EvidenceError, match="no SHA-256"):
        issued.exhibit_bytes(sha256)


def test_an_exhibit_outside_the_folder_of_its_passages_is_refused(tmp_path):
    secret = a_picture("secret")
    (tmp_path / "secret.jpg").write_bytes(secret)
    passages = on_disk(tmp_path / "camera", a_passage())
    (tmp_path / "camera" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    known = exhibits_of("p-1")[0]
    with open_store(tmp_path / "office", create=True) as store:
        for path in ("../secret.jpg", str(tmp_path / "secret.jpg"), "link.jpg"):
            exhibit = replace(
                known,
                kind=ExhibitKind.PHOTO,
                path=path,
                sha256=hashlib.sha256(secret).hexdigest(),
            )
            with pytest.raises(EvidenceError, match="lies outside"):
                keep_exhibit(store.folder / "exhibits", exhibit, passages.parent, KEYS)


def test_a_folder_that_is_no_office_is_told(tmp_path):
    with pytest.raises(StoreError, match="is not an office"):
        open_store(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(tmp_path / "file" / "office", create=True)


def test_a_lost_key_is_told_and_never_replaced(issued):
    issued.close()
    (issued.folder / "keys" / "office.key").unlink()
    with pytest.raises(StoreError, match="cannot read the office key"):
        open_store(issued.folder, create=True)


def test_a_foreign_key_is_told(issued):
    issued.close()
    (issued.folder / "keys" / "office.key").write_bytes(bytes(32))
    with pytest.raises(StoreError, match="written with another key"):
        open_store(issued.folder)


def test_a_database_of_another_version_is_told(issued):
    with issued.writing() as connection:
        connection.execute(text("UPDATE office SET value = '99' WHERE name = 'schema'"))
    issued.close()
    with pytest.raises(
        StoreError, match=f"has schema version 99, and this speedcam works with {SCHEMA_VERSION}"
    ):
        open_store(issued.folder)


def test_a_damaged_database_is_told(issued):
    issued.close()
    (issued.folder / "office.sqlite").write_bytes(b"this is no database" * 400)
    with pytest.raises(StoreError, match="is damaged"):
        open_store(issued.folder)


def test_commits_are_durable_and_no_wal_is_used(issued):
    with issued.reading() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "delete"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 3
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_writer_waits_before_it_reads(issued):
    other = sqlite3.connect(issued.folder / "office.sqlite", timeout=0)
    with issued.writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()


@pytest.mark.parametrize("typed", ["AA 000 BB", "aa000bb", "AA-000-BB", "ＡＡ０００ＢＢ"])
def test_a_plate_is_the_same_however_it_is_typed(typed):
    assert normal_plate(typed) == PLATE


def test_half_a_picture_is_not_left_on_a_full_disk(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_durably(tmp_path / "picture.jpg", b"half")
    assert list(tmp_path.iterdir()) == []
