"""The ledger of an office: a leaf for each event, checkpoints, proofs, and the way back."""

import json

import pytest
from sqlalchemy import delete, select, text

from services.fines import act_on, standing
from services.ledger.audit import audit
from services.ledger.log import checkpoint
from services.ledger.merkle import Frontier, leaf_hash
from services.life import Act, State
from services.payments import assign, take_statement
from services.refunds import give_back
from services.store import open_store
from services.store.history import Event, add_event
from services.store.ledger_tables import checkpoints, leaves
from services.store.schema import events
from services.transfers import transfer
from tests.builders_bank import a_row, a_table
from tests.builders_fines import a_step
from tests.builders_ledger import fines_of, first_number


def entries(store):
    with store.reading() as connection:
        rows = connection.execute(select(leaves.c.entry).order_by(leaves.c.position)).scalars()
        return list(rows)


def told(store):
    with store.reading() as connection:
        return connection.execute(select(events.c.id).order_by(events.c.position)).scalars().all()


def test_every_event_has_its_leaf_and_the_root_is_that_of_all_leaves(store, clock, tmp_path):
    fines_of(store, tmp_path / "camera", clock, "a", "b")
    signed = checkpoint(store, clock)
    frontier = Frontier()
    for entry in entries(store):
        frontier.append(leaf_hash(entry))
    assert (signed.size, signed.root) == (len(told(store)), frontier.root)


def test_no_leaf_names_a_plate_a_person_or_a_place(store, clock, tmp_path):
    fines_of(store, tmp_path / "camera", clock, "a")
    number = first_number(store)
    act_on(store, number, Act.SERVE, a_step(clock.now(), by="Officer Gjoka", why="at Kombit"))
    whole = b"".join(entries(store)).decode()
    plate = store.fine(number).violation.passage.plate.text
    for personal in (plate, "Gjoka", "Kombit", "AL-DEMO-01", "P-23"):
        assert personal not in whole


def test_what_is_undone_leaves_no_leaf_and_no_gap(store, clock, tmp_path):
    fines_of(store, tmp_path / "camera", clock, "a")
    event = Event(at=clock.now(), who="P-17", what="looked", subject="x", reason="")
    before = len(entries(store))
    with store.grouped():
        for fails in (True, False, True, False):
            try:
                with store.writing() as connection:
                    add_event(store, connection, event)
                    assert not fails
            except AssertionError:
                continue
    with store.writing() as connection:
        add_event(store, connection, event)
    assert len(entries(store)) == before + 3
    checkpoint(store, clock)
    assert audit(store).findings == ()


def test_an_audit_follows_a_fine_through_its_whole_life(store, clock, tmp_path):
    fines_of(store, tmp_path / "camera", clock, "a", "b")
    number = first_number(store)
    fine = store.fine(number)
    clock.pass_time(days=7)
    act_on(store, number, Act.SERVE, a_step(clock.now()))
    act_on(store, number, Act.HOLD, a_step(clock.now()))
    act_on(store, number, Act.RELEASE, a_step(clock.now()))
    statement = tmp_path / "bank.csv"
    statement.write_text(a_table(a_row(fine.reference), a_row("nobody's", bank_id="B-0")))
    take_statement(store, statement, clock)
    take_statement(store, statement, clock)
    give_back(store, number, a_step(clock.now()), whole=True)
    other = next(n for n in numbers(store) if n != number)
    transfer(store, other, "A B, Rruga C", a_step(clock.now()))
    assign(store, "B-0", other, a_step(clock.now()))
    checkpoint(store, clock)
    assert audit(store).findings == ()


def numbers(store):
    return [fine.number for fine in store.fines()]


def without_a_ledger(store):
    """As the office was before there was a ledger."""
    with store.writing() as connection:
        for table in (leaves, checkpoints):
            connection.execute(text(f"DROP TABLE {table.name}"))
            if store.engine.dialect.name == "postgresql":
                connection.execute(text(f"DROP FUNCTION {table.name}_refuse"))


def test_an_older_office_gets_a_marked_leaf_for_each_event_once(tmp_path, office_in, clock):
    folder = office_in(tmp_path / "office")
    with open_store(folder, create=True) as store:
        fines_of(store, tmp_path / "camera", clock, "a")
        transfer(store, first_number(store), "A B, Rruga C", a_step(clock.now()))
        without_a_ledger(store)
    with open_store(folder) as store:
        adopted = entries(store)
        assert len(adopted) == len(told(store))
        assert all(json.loads(entry)["adopted"] for entry in adopted)
        fines_of(store, tmp_path / "later", clock, "b")
        for number in numbers(store):
            if standing(store, number, clock).state is State.ISSUED:
                act_on(store, number, Act.SERVE, a_step(clock.now()))
        checkpoint(store, clock)
        assert audit(store).findings == ()
        assert not any("adopted" in json.loads(entry) for entry in entries(store)[len(adopted) :])
    with open_store(folder) as again:
        assert entries(again)[: len(adopted)] == adopted


def test_the_database_itself_refuses_to_change_a_leaf(store, clock, tmp_path):
    fines_of(store, tmp_path / "camera", clock, "a")
    checkpoint(store, clock)
    for table in (leaves, checkpoints):
        with pytest.raises(Exception, match="only ever added"), store.writing() as connection:
            connection.execute(delete(table))
