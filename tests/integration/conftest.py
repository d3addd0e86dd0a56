"""Offices on both databases: the same tests, and nothing in them says which one it is."""

from __future__ import annotations

import pytest

from services.clock import SystemClock
from services.store import open_store
from tests.builders_fines import without_waiting
from tests.builders_office import ISSUED, SetClock
from tests.postgres import NoPostgresError, server


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server for all tests that want one."""
    try:
        with server() as running:
            yield running
    except NoPostgresError as error:
        pytest.skip(f"tests on PostgreSQL left out: {error}")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office_in(request):
    """A function that prepares a folder for an office in one of the databases."""
    if request.param == "sqlite":
        return lambda folder: folder
    return request.getfixturevalue("postgres").new_office


@pytest.fixture
def store(tmp_path, office_in):
    """An empty office; a file whose tests want another has its own."""
    with open_store(office_in(tmp_path / "office"), create=True) as opened:
        yield without_waiting(opened)


@pytest.fixture
def clock():
    """A clock that stands until it is set."""
    return SetClock()


@pytest.fixture
def on_the_day(monkeypatch):
    """Commands run at the instant at which the fines of the tests are issued."""
    monkeypatch.setattr(SystemClock, "now", lambda _: ISSUED)


def pytest_configure(config):
    config.addinivalue_line("markers", "sqlite: of the office's own file, and of no server")


def pytest_collection_modifyitems(items):
    """Tests of the file itself make no sense for a server."""
    items[:] = [
        item
        for item in items
        if not (
            item.get_closest_marker("sqlite")
            and getattr(item, "callspec", None)
            and item.callspec.params.get("office_in") == "postgresql"
        )
    ]
