"""Reports out of a store: every figure held against what was done, and nobody in them."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from services import office
from services.cli import office_app
from services.errors import CaseError
from services.fines import act_on
from services.life import Act
from services.model import Verdict
from services.notifier.senders.folder import FolderSender
from services.policy import demo_auto_1
from services.report.collect import report_of
from services.report.page import as_csv, as_json, page_html
from services.store import open_store
from speedcam.model import Reason, Refusal
from tests.builders_fines import a_step, without_waiting
from tests.builders_office import AT, SetClock, a_letter, a_passage, a_place, on_disk

FIRST, LAST = date(2026, 10, 14), date(2026, 10, 15)
NO_SPEED = Refusal(reason=Reason.MERGED)


def passages():
    slow = [
        a_passage(f"slow-{n}", kmh=30.5 + n, plate=None, exhibits=(), at=AT + timedelta(minutes=n))
        for n in range(8)
    ]
    fast = [
        a_passage(f"fast-{n}", kmh=52.0 + n, plate=f"AA00{n}BB", at=AT + timedelta(minutes=9 + n))
        for n in range(4)
    ]
    unmeasured = replace(a_passage("none", plate=None, exhibits=()), speed=NO_SPEED)
    return [*slow, *fast, unmeasured]


@pytest.fixture(scope="module")
def store(tmp_path_factory, office_in):
    """Three of four fines are handed over; two are objected to, one of these is cancelled."""
    folder = tmp_path_factory.mktemp("report")
    clock = SetClock(AT + timedelta(hours=6))
    with open_store(office_in(folder / "office"), create=True) as opened:
        store = without_waiting(opened)
        at_one = on_disk(folder / "one", *passages())
        for _ in range(2):
            office.receive(store, at_one, clock)
        elsewhere = replace(a_passage("far", kmh=45.0), place=a_place(site_id="AL-DEMO-02"))
        later = replace(elsewhere, at=AT + timedelta(days=1), plate=None, exhibits=())
        clock.pass_time(days=1)
        office.receive(store, on_disk(folder / "two", later), clock)
        clock.at = AT + timedelta(hours=6)
        rejected, *_ = office.waiting(store)
        office.decide(
            store, rejected.key, officer="P-17", verdict=Verdict.REJECT, why="no", clock=clock
        )
        office.review(store, demo_auto_1, clock)
        fines = [each.fine.number for each in office.issue(store, clock)]
        office.deliver(store, [FolderSender(store.sent)], a_letter, clock)
        clock.pass_time(days=3)
        for number, end in zip(fines, (Act.CANCEL, Act.UPHOLD), strict=False):
            act_on(store, number, Act.CONTEST, a_step(clock.now()))
            act_on(store, number, end, a_step(clock.now()))
        yield store


def test_every_figure_is_what_was_done(store):
    whole = report_of(store, FIRST, LAST).whole
    assert (whole.passages, whole.measured, whole.refused) == (14, 13, 1)
    assert whole.refusals == {"merged": 1}
    assert whole.speeds[30] == 1
    assert sum(whole.doubts.values()) == whole.measured
    assert (whole.violations, whole.issued) == (4, 3)
    decided = {(each.by, each.verdict): each.cases for each in whole.decisions}
    assert decided == {("P-17", "reject"): 1, ("demo-auto-1", "confirm"): 3}
    assert (whole.contested, whole.decided, whole.reversed) == (2, 2, 1)
    assert whole.reversal_rate == 0.5
    assert len(whole.hours_to_notice) == 3
    assert 5.7 < whole.hours_to_notice[0] <= whole.hours_to_notice[-1] < 6


def test_each_site_has_its_own_figures(store):
    report = report_of(store, FIRST, LAST)
    assert [(each.site, each.passages) for each in report.sites] == [
        ("AL-DEMO-01", 13),
        ("AL-DEMO-02", 1),
    ]
    assert report_of(store, FIRST, LAST, site="AL-DEMO-02").whole.passages == 1
    assert report_of(store, FIRST, FIRST).whole.passages == 13


def test_a_period_or_a_site_that_cannot_be_is_told(store):
    with pytest.raises(CaseError, match="exchange its days"):
        report_of(store, LAST, FIRST)
    with pytest.raises(CaseError, match="site 'AL-DEMO-99' has no passage"):
        report_of(store, FIRST, LAST, site="AL-DEMO-99")


def test_nobody_stands_in_a_report(store):
    report = report_of(store, FIRST, LAST)
    fines = list(store.fines())
    for text in (page_html(report), as_json(report), as_csv(report)):
        for fine in fines:
            assert fine.number not in text
            assert fine.violation.passage.plate.text not in text
            assert fine.violation.key not in text


def test_the_command_writes_a_page_and_figures(store, tmp_path):
    arguments = ["report", "--office", store.folder, "--from", "2026-10-14", "--to", "2026-10-15"]
    ended = CliRunner().invoke(office_app, [*map(str, arguments), "--out", str(tmp_path / "out")])
    assert ended.exit_code == 0
    assert json.loads((tmp_path / "out" / "report.json").read_text())["whole"]["passages"] == 14
    assert (tmp_path / "out" / "report.csv").read_text().startswith("site,figure,of,number\n")
    assert "<svg" in (tmp_path / "out" / "report.html").read_text()
    wrong = [*map(str, arguments), "--out", "x"]
    wrong[4] = "tomorrow"
    assert CliRunner().invoke(office_app, wrong).exit_code == 2
