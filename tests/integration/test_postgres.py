"""What is particular to an office on a PostgreSQL server."""

import os

import pytest
from sqlalchemy.exc import IntegrityError

from services import office
from services.errors import StoreError
from services.policy import demo_auto_1
from services.store import open_store
from services.store.database import URL_FILE
from services.store.schema import events
from tests.builders_office import SetClock, a_passage, on_disk
from tests.integration.test_office_killed import (
    in_a_process,
    in_a_process_killed_at,
    run_all,
    what_was_fined,
)


@pytest.fixture
def folder(tmp_path, postgres):
    return postgres.new_office(tmp_path / "office")


@pytest.fixture
def passages(tmp_path):
    fast = [a_passage(f"p-{n}", kmh=50.0 + n, plate=f"AA00{n}BB") for n in range(3)]
    return on_disk(tmp_path / "camera", *fast)


def test_no_file_of_the_office_holds_its_rows(folder, passages):
    with open_store(folder, create=True) as store:
        office.receive(store, passages, SetClock())
        office.review(store, demo_auto_1, SetClock())
        assert len(office.issue(store, SetClock())) == 3
    assert not list(folder.rglob("*.sqlite"))
    with open_store(folder) as store:
        assert len(list(store.fines())) == 3


def test_history_is_only_ever_added_to(folder, passages):
    with open_store(folder, create=True) as store:
        office.receive(store, passages, SetClock())
        for change in (events.delete(), events.update().values(who="nobody")):
            with pytest.raises(IntegrityError, match="only ever added to"), store.writing() as c:
                c.execute(change)


def test_three_processes_at_once_fine_once(folder, passages):
    children = [in_a_process(run_all, folder, passages) for _ in range(3)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert len(what_was_fined(folder)) == 3


def test_killed_on_the_way_and_started_again_ends_with_the_same_fines(folder, passages):
    for step in (40, 90, 130):
        assert in_a_process_killed_at(step, folder, passages)
    assert not in_a_process_killed_at(None, folder, passages)
    assert len(what_was_fined(folder)) == 3


def test_a_server_that_is_not_an_office_is_told(folder):
    with pytest.raises(StoreError, match="is not an office"):
        open_store(folder)


def test_a_lost_key_is_told_and_never_replaced(folder, passages):
    with open_store(folder, create=True) as store:
        office.receive(store, passages, SetClock())
    (folder / "keys" / "office.key").unlink()
    with pytest.raises(StoreError, match="cannot read the office key"):
        open_store(folder, create=True)


@pytest.mark.parametrize("named", ["", "sqlite:///office.sqlite", "mysql://a/b", "no url at all"])
def test_another_database_is_refused(named, folder):
    (folder / URL_FILE).write_text(named)
    with pytest.raises(StoreError, match="does not name a PostgreSQL database"):
        open_store(folder, create=True)


def test_a_server_that_does_not_answer_is_told_without_its_password(folder, tmp_path):
    (folder / URL_FILE).write_text(f"postgresql://office:secret@/x?host={tmp_path}")
    with pytest.raises(StoreError, match="cannot be read") as told:
        open_store(folder, create=True)
    assert "secret" not in str(told.value)
