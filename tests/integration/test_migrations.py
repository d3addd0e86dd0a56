"""An office of an earlier version is led on when it is opened, whole or not at all."""

import json

import pytest
from sqlalchemy import inspect, select, text, update

from services import office
from services.errors import StoreError
from services.fines import act_on
from services.life import Act
from services.model import Verdict
from services.notifier.outbox import notices
from services.notifier.timely import queue_reminders
from services.policy import demo_auto_1
from services.store import migrations, open_store
from services.store.decisions import decision_of
from services.store.history import history_of
from services.store.schema import fines, metadata
from tests.builders_fines import a_step, an_issued_fine
from tests.builders_office import SetClock, a_passage, a_plate, on_disk

ADDED = {
    "decisions": ("second", "amount_minor", "currency", "country"),
    "events": ("second",),
    "fines": ("serve_until", "prescribed_after", "next_due"),
}
INDEXES = ("fines_by_service", "fines_by_prescription", "fines_by_due")


def seal_as_version_2(store, connection):
    """Fines as they were sealed before decisions and terms had more to say."""
    for row in connection.execute(select(fines.c.number, fines.c.fine)).all():
        place = {"table": "fines", "row": row.number, "column": "fine"}
        fine = json.loads(store.opening([row.fine], connection).unseal(row.fine, **place))
        for part, names in {
            "decision": ("second", "amount", "country"),
            "terms": ("serve_until", "prescribed_after"),
        }.items():
            for name in names:
                del fine[part][name]
        sealed = store.keys.seal(json.dumps(fine).encode(), **place)
        here = update(fines).where(fines.c.number == row.number)
        connection.execute(here.values(fine=sealed))


def back_to_version_4(connection):
    connection.execute(text("DROP INDEX fines_by_due"))
    connection.execute(text("ALTER TABLE fines DROP COLUMN next_due"))
    connection.execute(text("UPDATE office SET value = '4' WHERE name = 'schema'"))


@pytest.fixture
def of_version_2(tmp_path, office_in):
    """An office as version 2 left it, with one fine and one case that waits; their keys."""
    folder = office_in(tmp_path / "office")
    two = on_disk(tmp_path / "camera", a_passage(), a_passage("p-2", kmh=90.0, plate="AA111BB"))
    with open_store(folder, create=True) as store:
        keys = [each.case_key for each in office.receive(store, two, SetClock()).passages]
        office.review(store, demo_auto_1, SetClock())
        office.issue(store, SetClock())
        with store.writing() as connection:
            seal_as_version_2(store, connection)
            for index in INDEXES:
                connection.execute(text(f"DROP INDEX {index}"))
            for table, columns in ADDED.items():
                for column in columns:
                    connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
            connection.execute(text("UPDATE office SET value = '2' WHERE name = 'schema'"))
    return folder, keys


def columns_of(store):
    with store.reading() as connection:
        known = inspect(connection)
        assert set(INDEXES) <= {index["name"] for index in known.get_indexes("fines")}
        return {name: {column["name"] for column in known.get_columns(name)} for name in ADDED}


def test_what_stood_there_still_stands_and_what_is_new_can_be_written(of_version_2):
    folder, (fined, waits) = of_version_2
    with open_store(folder) as store:
        fine = store.fine_of_case(fined)
        assert fine.decision == decision_of(store, fined)
        assert (fine.terms.serve_until, fine.terms.prescribed_after) == (None, None)
        act_on(store, fine.number, Act.SERVE, a_step(SetClock().now()))
        assert {each.second for each in history_of(store, fined)} == {""}
        office.decide(
            store, waits, officer="P-17", second="P-23", verdict=Verdict.CONFIRM, why="seen",
            clock=SetClock(),
        )  # fmt: skip
    with open_store(folder) as again:
        assert decision_of(again, waits).second == "P-23"
        now = columns_of(again)
    assert now == {name: set(metadata.tables[name].columns.keys()) for name in ADDED}


def test_a_step_that_fails_leaves_the_office_as_it_was(of_version_2, monkeypatch):
    folder, (fined, _) = of_version_2
    whole = migrations.STEPS
    monkeypatch.setattr(migrations, "STEPS", {2: (*whole[2], "ALTER TABLE nowhere ADD x INTEGER")})
    with pytest.raises(StoreError):
        open_store(folder)
    monkeypatch.setattr(migrations, "STEPS", whole)
    with open_store(folder) as store:
        assert store.fine_of_case(fined)


def test_an_office_of_version_3_can_keep_whose_plate_an_officer_saw(tmp_path, office_in):
    folder = office_in(tmp_path / "office")
    untold = a_passage(plate=a_plate(country=None))
    with open_store(folder, create=True) as store:
        (received,) = office.receive(store, on_disk(tmp_path, untold), SetClock()).passages
        with store.writing() as connection:
            connection.execute(text("ALTER TABLE decisions DROP COLUMN country"))
            back_to_version_4(connection)
            connection.execute(text("UPDATE office SET value = '3' WHERE name = 'schema'"))
    with open_store(folder) as store:
        office.decide(
            store, received.case_key, officer="P-17", verdict=Verdict.CONFIRM, why="seen",
            clock=SetClock(), country="AL",
        )  # fmt: skip
        assert decision_of(store, received.case_key).country == "AL"


def test_who_was_served_in_an_office_of_version_4_is_reminded_all_the_same(tmp_path, office_in):
    folder, clock = office_in(tmp_path / "office"), SetClock()
    with open_store(folder, create=True) as store:
        served, waits = (an_issued_fine(store, clock) for _ in range(2))
        act_on(store, served, Act.SERVE, a_step(clock.now()))
        with store.writing() as connection:
            back_to_version_4(connection)
    clock.pass_time(days=12)
    with open_store(folder) as store:
        assert queue_reminders(store, 3, clock) == 1
        assert queue_reminders(store, 3, clock) == 0
        assert {each.fine_number for each in notices(store) if each.kind == "reminder"} == {served}
        act_on(store, waits, Act.SERVE, a_step(clock.now()))


def test_an_office_without_a_way_to_the_present_is_told_and_left(of_version_2, monkeypatch):
    folder, _ = of_version_2
    monkeypatch.setattr(migrations, "STEPS", {})
    with pytest.raises(StoreError, match="has schema version 2, and this speedcam works with 5"):
        open_store(folder)
