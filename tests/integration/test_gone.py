"""An office whose database or key is gone for a while says so, loses nothing, and goes on."""

import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import select, text

from services import office
from services.errors import StoreUnavailable
from services.follow import follow
from services.intake import Outcome
from services.model import NoticeState
from services.notifier.delivery import deliver
from services.notifier.outbox import notices
from services.notifier.senders.folder import FolderSender
from services.store import haste, open_store
from services.store.schema import fines
from services.web.patience import FREE_FAILURES
from tests.builders_fines import fines_in
from tests.builders_office import a_letter, a_passage, on_disk
from tests.builders_pages import TestClient, an_owners_app
from tests.postgres import HASTY, free_port, server
from tests.proxy import How, proxy


@pytest.fixture
def database(tmp_path):
    """The file of an office that has a fine, and its store."""
    with open_store(tmp_path / "office", create=True) as opened:
        fines_in(opened, 1)
        yield tmp_path / "office" / "office.sqlite", opened


def numbers(store):
    with store.reading() as connection:
        return connection.execute(select(fines.c.number)).scalars().all()


def test_a_database_that_was_moved_is_read_no_more_and_never_made_anew(database, tmp_path):
    file, store = database
    numbers(store)
    file.rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=r"office\.sqlite"):
            numbers(store)
    with pytest.raises(StoreUnavailable), store.raw_reading() as cursor:
        cursor.execute("SELECT 1")
    assert not file.exists()


def test_a_copy_of_the_database_that_is_put_back_is_read_and_written(database, tmp_path):
    file, store = database
    before = numbers(store)
    file.rename(tmp_path / "away")
    shutil.copy(tmp_path / "away", file)
    assert numbers(store) == before
    fines_in(store, 1)
    assert len(numbers(store)) == 2


def test_an_office_whose_database_is_gone_is_not_begun_anew(database, tmp_path):
    file, store = database
    file.rename(tmp_path / "away")
    with pytest.raises(StoreUnavailable, match="is gone"):
        open_store(store.folder, create=True)
    assert not file.exists()


def test_passages_that_come_while_the_database_is_gone_are_taken_in_once_it_is_back(
    database, clock, tmp_path
):
    file, store = database
    live, complaints = tmp_path / "live", []
    on_disk(live / "clip", a_passage("p-1"))
    file.rename(tmp_path / "away")
    steps = iter([lambda: None, lambda: (tmp_path / "away").rename(file), lambda: None])

    def receive(path):
        with open_store(store.folder) as opened:
            return office.receive(opened, path, clock)

    def pause():
        step = next(steps, None)
        if step:
            step()
        return step is not None

    told = list(follow(live, receive, pause, lambda error: complaints.append(str(error))))
    assert [each.outcome for report in told for each in report.passages] == [Outcome.CASE]
    assert len(complaints) == 1


def test_a_locked_database_is_told_as_a_fault_that_passes(database, monkeypatch):
    file, store = database
    monkeypatch.setattr(haste, "PAGE_S", 0.05)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with haste.in_haste(), pytest.raises(StoreUnavailable, match="locked"):
        open_store(store.folder)
    with haste.in_haste(), pytest.raises(StoreUnavailable, match="locked"):
        numbers(store)
    other.execute("ROLLBACK")
    assert len(numbers(store)) == 1


def test_who_finds_no_connection_left_is_told_to_try_again(database):
    _, store = database

    over = Event()

    def hold(_):
        with store.reading():
            over.wait()

    with ThreadPoolExecutor(15) as threads:
        held = [threads.submit(hold, each) for each in range(15)]
        while store.engine.pool.checkedout() < 15:
            time.sleep(0.01)
        with pytest.raises(StoreUnavailable, match="Try again"):
            numbers(store)
        over.set()
    assert not any(each.exception() for each in held)


def kek_of(store):
    (file,) = store.folder.glob("keys/kek-*.key")
    return file


def moved_away(file):
    file.rename(file.with_suffix(".away"))


def spoiled(file):
    file.write_bytes(b"?" * 32)


def readable(file):
    file.chmod(0o644)


@pytest.mark.parametrize("spoil", [moved_away, spoiled, readable])
def test_a_key_that_is_taken_away_opens_nothing_in_who_had_read_it(spoil, database):
    _, store = database
    file = kek_of(store)
    secret = file.read_bytes()
    assert len(list(store.fines())) == 1
    spoil(file)
    with pytest.raises(StoreUnavailable, match="key"):
        list(store.fines())
    file.write_bytes(secret)
    file.chmod(0o600)
    assert len(list(store.fines())) == 1


@pytest.mark.parametrize("spoil", [moved_away, spoiled, readable])
def test_letters_wait_for_a_key_that_is_gone_and_none_is_given_up(spoil, database, clock):
    _, store = database
    file = kek_of(store)
    secret = file.read_bytes()
    spoil(file)
    for _ in range(6):
        with pytest.raises(StoreUnavailable):
            deliver(store, [FolderSender(store.sent)], a_letter, clock)
        clock.pass_time(seconds=5)
    assert [(each.state, each.attempts) for each in notices(store)] == [(NoticeState.WAITING, 0)]
    file.write_bytes(secret)
    file.chmod(0o600)
    deliver(store, [FolderSender(store.sent)], a_letter, clock)
    assert [each.state for each in notices(store)] == [NoticeState.SENT]


def test_a_deliverer_who_may_not_write_tells_a_fault_that_passes(database, clock):
    _, store = database
    (store.folder / "deliver.lock").mkdir()
    with pytest.raises(StoreUnavailable, match=r"deliver\.lock"):
        deliver(store, [FolderSender(store.sent)], a_letter, clock)


def test_nobody_waits_afterwards_for_having_asked_while_the_key_was_gone(database, clock):
    _, store = database
    fine = next(iter(store.fines()))
    client = TestClient(an_owners_app(store, clock), raise_server_exceptions=False)
    typed = {"number": fine.number, "plate": fine.violation.passage.plate.text}
    file = kek_of(store)

    def ask():
        token = client.get("/").text.partition('name="token" value="')[2].partition('"')[0]
        return client.post("/notice", data=typed | {"token": token}, follow_redirects=False)

    moved_away(file)
    told = [ask() for _ in range(FREE_FAILURES + 1)]
    assert {each.status_code for each in told} == {503}
    assert not any(typed["plate"] in each.text for each in told)
    file.with_suffix(".away").rename(file)
    assert ask().status_code == 303


@pytest.fixture(scope="module")
def between():
    """A server of PostgreSQL, and the way to it, which may fail."""
    port = free_port()
    with server(HASTY) as running, proxy(port, running.port) as way:
        yield running, way, port


@pytest.fixture
def far(between, tmp_path):
    """An office on that server, and the way."""
    running, way, port = between
    folder = running.new_office(tmp_path / "office", port)
    with open_store(folder, create=True) as opened:
        fines_in(opened, 1)
        numbers(opened)
        yield opened, way
        way.fail(How.PASS)


def test_sessions_that_a_server_ended_are_begun_anew_unseen(far, between):
    store, _ = far
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with between[0].administered() as administrator:
        administrator.execute(text(f"{ended} AND backend_type = 'client backend'"))
    time.sleep(0.2)
    assert len(numbers(store)) == 1


@pytest.mark.parametrize("how", [How.DROP, How.TRICKLE, How.RESET, How.HALF])
def test_a_server_that_is_not_reached_is_told_and_then_found_again(how, far, monkeypatch):
    store, way = far
    monkeypatch.setattr(haste, "PAGE_S", 0.3)
    way.fail(how)
    time.sleep(0.2)
    for _ in range(2):
        with haste.in_haste(), pytest.raises(StoreUnavailable, match="reached"):
            numbers(store)
    way.fail(How.PASS)
    assert len(numbers(store)) == 1


def test_a_page_waits_for_the_turn_to_write_for_a_moment_only(far, between, monkeypatch):
    store, _ = far
    monkeypatch.setattr(haste, "PAGE_S", 0.3)
    with between[0].administered() as administrator:
        administrator.execute(text("SELECT pg_advisory_xact_lock(7370656564)"))
        with haste.in_haste(), pytest.raises(StoreUnavailable, match="lock"):
            fines_in(store, 1)
    assert len(numbers(store)) == 1
