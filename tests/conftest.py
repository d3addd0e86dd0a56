"""What holds for every test."""

import pytest
from hypothesis import settings

from services.store import haste

# A claim is true or false however busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def untimed_pages(monkeypatch):
    """Nor is a page refused because a busy machine makes it wait."""
    monkeypatch.setattr(haste, "PAGE_S", 60.0)
