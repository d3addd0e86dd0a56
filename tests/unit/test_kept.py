"""Pages that are kept: only while nothing changed, not for long, and not too many."""

from datetime import timedelta

import pytest

from services.web import kept
from services.web.kept import LONGEST, Kept
from tests.builders_notice import StoppedClock


class Maker:
    """Makes pages and counts them."""

    def __init__(self, clock):
        self.clock, self.made, self.pages = clock, 0, Kept()

    def ask(self, key="a", stamp=1):
        return self.pages.get(key, stamp, self.clock.now(), self._make)

    def _make(self):
        self.made += 1
        return f"page {self.made}"


@pytest.fixture
def maker():
    return Maker(StoppedClock())


def test_a_page_is_made_once_while_nothing_changes(maker):
    assert [maker.ask() for _ in range(3)] == ["page 1"] * 3


@pytest.mark.parametrize("asked", [{"stamp": 2}, {"stamp": 0}, {"key": "b"}], ids=str)
def test_another_state_of_things_or_another_key_is_another_page(maker, asked):
    maker.ask()
    assert maker.ask(**asked) == "page 2"


@pytest.mark.parametrize("span", [LONGEST, -timedelta(seconds=1)], ids=["old", "clock put back"])
def test_a_page_does_not_stay_long(maker, span):
    maker.ask()
    maker.clock.instant += span
    assert maker.ask() == "page 2"


def test_pages_that_are_over_are_forgotten_with_the_next_one(maker):
    maker.ask()
    maker.clock.instant += LONGEST
    maker.ask("b")
    assert list(maker.pages._made) == ["b"]  # noqa: SLF001 - that nothing of it is left in memory


def test_what_was_asked_for_longest_ago_goes_first(maker, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 2)
    for key in ("a", "b", "a", "c"):
        maker.ask(key)
    assert (maker.ask("a"), maker.ask("b")) == ("page 1", "page 4")


def test_where_there_is_no_page_nothing_is_kept(maker):
    assert maker.pages.get("a", 1, maker.clock.now(), lambda: None) is None
    assert maker.ask() == "page 1"
