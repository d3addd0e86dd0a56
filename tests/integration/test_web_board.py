"""The public board: which months it shows, what it keeps, and that it needs nobody's visit."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pytest

from services.report.figures import Figures, Report
from services.store import open_store
from services.store.traffic import months_with_traffic
from services.web.app import create_app
from services.web.office import OfficeCounts
from tests.builders_notice import Shelf, StoppedClock
from tests.builders_office import a_passage, on_disk
from tests.builders_pages import TestClient, visible_text


def figures(site: str, month: str) -> Figures:
    count = int(month[-2:]) * 10
    return Figures(
        site=site, speeds={47: count}, doubts={9: count - 40, 14: 40},
        refusals={"merged": 12, "standing": 3}, outcomes={}, days=[],
        violations=0, decisions=[], fines={"paid": 21}, contested=4, decided=4, reversed=1,
        hours_to_notice=[],
    )  # fmt: skip


@dataclass
class Books:
    """Counts in memory that know how often they were read."""

    kept: tuple[str, ...] = ("2026-10", "2026-09", "2026-08")
    read: list[str] = field(default_factory=list)

    def months(self):
        return self.kept

    def report(self, month):
        self.read.append(month)
        sites = [figures(site, month) for site in ("AL-DEMO-01", "AL-DEMO-02")]
        return Report(first=date(2026, 9, 1), last=date(2026, 9, 30), whole=sites[0], sites=sites)


class Busy(Books):
    """Counts of a site with so much traffic that one in twenty is no few."""

    def report(self, month):
        one = replace(figures("AL-DEMO-01", month), speeds={47: 600}, doubts={9: 500, 14: 100})
        return Report(first=date(2026, 9, 1), last=date(2026, 9, 30), whole=one, sites=[one])


def a_board(books=None, clock=None):
    clock = clock or StoppedClock()
    counts = Books() if books is None else books
    return TestClient(create_app(Shelf(), secret=b"s" * 32, clock=clock, counts=counts))


def shown(client, path="/board?lang=en") -> str:
    return visible_text(client.get(path).text)


def test_the_board_shows_the_last_month_that_is_over():
    told = shown(a_board())
    assert "Site AL-DEMO-01, September 2026" in told
    assert "vehicles measured 90" in re.sub(r"\s+", " ", told)
    assert "October" not in told


@pytest.mark.parametrize(
    ("now", "there"),
    [
        pytest.param(datetime(2026, 11, 1, 11, 59, tzinfo=UTC), False, id="not over everywhere"),
        pytest.param(datetime(2026, 11, 1, 12, tzinfo=UTC), True, id="over"),
    ],
)
def test_a_month_is_shown_once_it_is_over_everywhere(now, there):
    assert ("October 2026" in shown(a_board(clock=StoppedClock(now)))) == there


def test_an_earlier_month_can_be_chosen_and_no_other_text_is_taken_for_one():
    client = a_board()
    assert "AL-DEMO-01, August 2026" in shown(client, "/board?lang=en&month=2026-08")
    for wrong in ("2026-10", "2031-01", "../x", "2026-09' or 1"):
        assert "AL-DEMO-01, September 2026" in shown(client, f"/board?lang=en&month={wrong}")


def test_it_tells_how_sure_the_speeds_of_a_site_are():
    told = re.sub(r"\s+", " ", shown(a_board()))
    assert "half of the speeds are sure to this, or better ± 0.9 km/h" in told
    assert "95 of 100 speeds" not in told
    assert "± 0,9 km/h" in shown(a_board(), "/board?lang=de")
    busy = a_board(Busy())
    assert "95 of 100 speeds are sure to this, or better ± 1.4 km/h" in shown(busy)


def test_small_counts_are_not_told():
    told = re.sub(r"\s+", " ", shown(a_board()))
    assert "objections decided fewer than 10" in told
    assert "all other reasons fewer than 10" in told
    assert "fines issued 21" in told


def test_the_office_is_asked_once_a_minute_for_a_month():
    books, clock = Books(), StoppedClock()
    client = a_board(books, clock)
    for _ in range(3):
        client.get("/board")
        client.get("/board?month=2026-08")
    assert sorted(books.read) == ["2026-08", "2026-09"]
    clock.advance(seconds=60)
    client.get("/board")
    assert len(books.read) == 3


def test_the_board_keeps_no_cookie_and_may_be_kept_for_a_minute():
    answer = a_board().get("/board")
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "public, max-age=60"


def test_without_a_month_it_says_so():
    assert "There is no month to show yet" in shown(a_board(Books(kept=())))


def test_without_counts_there_is_no_board():
    client = TestClient(create_app(Shelf(), secret=b"s" * 32, clock=StoppedClock()))
    assert client.get("/board").status_code == 404
    assert "/board" not in client.get("/").text


def test_the_board_of_an_office_counts_its_passages(tmp_path):
    from services.intake import receive

    passages = [a_passage(f"p-{i}", kmh=38.0 + i / 10, plate=None) for i in range(12)]
    with open_store(tmp_path / "office", create=True) as store:
        receive(store, on_disk(tmp_path / "out", *passages), StoppedClock())
        (month,) = months_with_traffic(store)
        clock = StoppedClock(datetime(2027, 3, 1, tzinfo=UTC))
        told = re.sub(r"\s+", " ", shown(a_board(OfficeCounts(store=store), clock)))
    assert month == "2026-10"
    assert "vehicles measured 12" in told
    assert "fines issued fewer than 10" in told
