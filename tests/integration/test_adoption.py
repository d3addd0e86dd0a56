"""An office from before cases had keys works on, and takes its keys when it is told to."""

from dataclasses import fields, replace

import pytest
from sqlalchemy import select

from services.ledger.audit import audit
from services.ledger.log import checkpoint
from services.model import Fine
from services.notifier.senders.folder import FolderSender
from services.payments import Outcome, take_statement
from services.store import Store, open_store
from services.store.adoption import adopt_cases
from services.store.cases import case_of
from services.store.envelope import is_sealed
from services.store.exhibits import files_of
from services.store.history import Event
from services.store.key_tables import case_keys
from services.store.recipients import recipient_of
from services.store.ring import owner_of
from services.store.schema import cases, decisions, fines, payments, recipients
from tests.builders_erasure import OWNER, PLATE, a_closed_fine, erased_after
from tests.builders_office import ISSUED, a_letter, an_exhibit, exhibits_of

SEALED = (
    (cases, "violation"),
    (decisions, "why"),
    (fines, "fine"),
    (recipients, "recipient"),
    (payments, "remittance"),
)
TOLD = Event(at=ISSUED, who="P-17", what="", subject="", reason="every case shall have its own")


class OlderStore(Store):
    """Seals as the office did before cases had keys: with its own key, and pictures not at all."""

    def mint(self, connection, wanted):
        return self.ring(connection, wanted)

    def keep_exhibits(self, wanted, beside):
        for some in wanted.values():
            for each in some:
                suffix = "".join(beside.joinpath(each.path).suffixes)
                kept = self.folder / "exhibits" / f"{each.sha256}{suffix}"
                kept.write_bytes((beside / each.path).read_bytes())
        return {}


@pytest.fixture
def older(store, clock, tmp_path):
    """The numbers of two fines of such an office, one cancelled after it was paid."""
    old = OlderStore(**{each.name: getattr(store, each.name) for each in fields(Store)})
    senders = [FolderSender(store.sent)]
    numbers = a_closed_fine(old, clock, "planted", "other", render=a_letter, senders=senders)
    statement = tmp_path / "bank.csv"
    row = f"B-1,2026-10-14,1000,ALL,{old.fine(numbers[0]).reference} {OWNER.name}"
    statement.write_text(f"bank_id,paid_on,amount,currency,reference\n{row}\n")
    assert take_statement(old, statement, clock).count(Outcome.MATCHED) == 1
    checkpoint(old, clock)
    return numbers


def owners(store):
    """By table: the cases whose keys open its sealed column; empty for the office key."""
    with store.reading() as connection:
        return {
            table.name: {owner_of(each) for each in connection.scalars(select(table.c[column]))}
            for table, column in SEALED
        }


def keys_of(store):
    with store.reading() as connection:
        return set(connection.scalars(select(cases.c.key)))


def test_an_older_office_works_on_as_it_is(store, clock, older):
    assert owners(store) == {table.name: {""} for table, _ in SEALED}
    with open_store(store.folder) as again:
        fine = again.fine_by_number_and_plate(older[0], PLATE)
        assert isinstance(fine, Fine)
        assert again.exhibit_bytes(fine.violation.passage.exhibits[0].sha256)
        assert audit(again).findings == ()
    assert erased_after(store, clock) == []


def test_every_case_gets_a_key_and_the_ledger_still_verifies(store, clock, older):
    before = [store.fine(number) for number in older]
    assert adopt_cases(store, TOLD) == 2
    own = keys_of(store)
    assert owners(store) == {
        name: own if name != payments.name else {before[0].violation.key} for name in owners(store)
    }
    assert [store.fine(number) for number in older] == before
    assert recipient_of(store, older[0]) == OWNER
    checkpoint(store, clock)
    assert audit(store).findings == ()
    assert adopt_cases(store, TOLD) == 0


def test_pictures_that_lay_in_clear_are_sealed(store, older):
    adopt_cases(store, TOLD)
    assert older
    for exhibit in exhibits_of("p-planted"):
        (path,) = files_of(store.folder / "exhibits", exhibit.sha256)
        assert is_sealed(path.read_bytes())
        assert store.exhibit_bytes(exhibit.sha256) == an_exhibit(f"p-planted-{exhibit.kind}")


@pytest.mark.sqlite
def test_whoever_is_killed_between_key_and_rows_goes_on(store, older):
    key = case_of(store, store.fine(older[0]).violation.key).key
    with store.writing() as connection:
        store.give_key(connection, key)
    assert adopt_cases(store, TOLD) == 2
    with store.reading() as connection:
        assert len(connection.execute(select(case_keys)).all()) == 2
    assert store.fine(older[0])


def test_what_was_adopted_can_be_erased(store, clock, older):
    adopt_cases(store, replace(TOLD, at=clock.now()))
    # The money of the first one is to go back still.
    assert [each.kept for each in erased_after(store, clock) if not each.kept] == [""]
    assert store.fine(older[0])
    assert store.fine(older[1]) is None
    checkpoint(store, clock)
    assert audit(store).findings == ()
