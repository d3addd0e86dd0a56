"""The benchmark of the office, with few fines: it measures what it says."""

from services.store import open_store
from tests.bench import office
from tests.builders_fines import without_waiting


def test_what_is_filled_in_is_found_among_and_never_found_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(office, "TAKEN", 12)
    monkeypatch.setattr(office, "LOOKED_UP", 5)
    passages = office.passages_of(tmp_path / "camera", 12, own_pictures=True)
    with open_store(tmp_path / "office", create=True) as opened:
        store = without_waiting(opened)
        taken = office.taking(store, passages, "receive and issue", 300)
        office.fill(store, 30)
        found = list(office.finding(store, 42))
    assert taken.count == 12
    assert taken.bar == "300 a second"
    assert taken.holds == (taken.per_s >= 300)
    assert {row.what for row in found} == {
        "look-up by number and plate, 42 fines",
        "page of 50, 42 fines",
        "page of 50 in one state, 42 fines",
        "what is owed, 42 fines",
    }
    assert all(0 < row.p50_ms <= row.p99_ms for row in found)


def test_what_the_disk_alone_takes_is_as_many_bytes_as_the_exhibits(tmp_path, monkeypatch):
    monkeypatch.setattr(office, "TAKEN", 3)
    for files in (8, 1):
        told = office.syncing(tmp_path / str(files), "only write", files=files)
        written = [path.stat().st_size for path in (tmp_path / str(files)).iterdir()]
        assert len(written) == 3 * files
        assert sum(written) == 3 * len(office.LEFT) * office.PICTURE_BYTES
        assert told.count == 3
