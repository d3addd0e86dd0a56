"""A process that only shows things cannot change them, whatever runs in it."""

import pytest
from sqlalchemy import delete, insert, select, text

from services.errors import StoreError
from services.store.schema import cases, office
from tests.builders_desk import a_case
from tests.builders_pages import TestClient, a_wicket, an_owners_app

CHANGES = (
    delete(cases),
    insert(office).values(name="x", value="y"),
    text("CREATE TABLE more (x INTEGER)"),
    text("DROP TABLE looks"),
)


@pytest.mark.parametrize("change", CHANGES, ids=["delete", "insert", "create", "drop"])
def test_the_database_itself_refuses_what_a_store_that_only_reads_would_change(
    store, clock, change
):
    key = a_case(store, clock)
    store.give_up_writing()
    with pytest.raises(StoreError), store.writing() as connection:
        connection.execute(change)
    with store.reading() as connection:
        assert list(connection.execute(select(cases.c.key)).scalars()) == [key]


def test_the_owners_pages_without_forms_only_read(store, clock):
    a_case(store, clock)
    app = an_owners_app(store, clock, wicket=a_wicket(store, clock, forms=False))
    assert TestClient(app).get("/").status_code == 200
    with pytest.raises(StoreError), store.writing() as connection:
        connection.execute(delete(cases))
