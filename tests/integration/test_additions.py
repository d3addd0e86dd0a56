"""An office from before there were recipients is opened as it is, and its notices go on."""

import pytest
from sqlalchemy import inspect, text

from services.notifier.delivery import deliver
from services.notifier.habits import Habits
from services.notifier.outbox import notices
from services.store import open_store
from services.store.schema import outbox, receipts, recipients
from tests.builders_fines import fines_in
from tests.builders_office import SetClock, UnsteadySender, a_letter

ADDED = ("kind", "refused", "same_faults")


@pytest.fixture
def older(tmp_path, office_in):
    """An office with a notice for the folder, without tables and columns that came later."""
    folder = office_in(tmp_path / "office")
    with open_store(folder, create=True) as store:
        fines_in(store, 1)
        with store.writing() as connection:
            for table in (recipients, receipts):
                connection.execute(text(f"DROP TABLE {table.name}"))
            for column in ADDED:
                connection.execute(text(f"ALTER TABLE outbox DROP COLUMN {column}"))
            connection.execute(outbox.update().values(channel="folder"))
    return folder


def test_an_older_office_is_led_on(older):
    with open_store(older) as store:
        known = inspect(store.engine)
        assert set(ADDED) <= {column["name"] for column in known.get_columns("outbox")}
        assert {"recipients", "receipts"} <= set(known.get_table_names())


def test_a_notice_that_waited_for_the_folder_takes_any_way(older):
    with open_store(older) as store:
        mail = UnsteadySender(faults=[], channel="email")
        register = type("Everybody", (), {"owner": lambda *_: None})
        assert [each.channel for each in notices(store)] == ["any"]
        deliver(store, [mail], a_letter, SetClock(), Habits(register=register()))
        assert [each.state for each in notices(store)] == ["unaddressed"]
