import csv
import io
import json
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.report.figures import Day, Decided, Figures, Report
from services.report.page import as_csv, as_json, page_html
from services.report.plots import days_svg, rows_svg, speeds_svg, waits_svg

FIRST = date(2026, 10, 1)
SPEEDS = st.dictionaries(st.integers(0, 250), st.integers(1, 5000), max_size=60)


def some_figures(**changes):
    known = {
        "site": "AL-DEMO-01",
        "speeds": {38: 40, 39: 40, 43: 10, 60: 10},
        "refusals": {"merged": 3},
        "outcomes": {"within_limit": 90, "case": 10, "no_reading": 3},
        "doubts": {8: 60, 12: 40},
        "days": [Day(day=FIRST, passages=103, violations=10)],
        "violations": 10,
        "decisions": [
            Decided(by="P-17", is_policy=False, verdict="reject", cases=2),
            Decided(by="demo-auto-1", is_policy=True, verdict="confirm", cases=8),
        ],
        "fines": {"paid": 5, "served": 3},
        "contested": 4,
        "decided": 3,
        "reversed": 1,
        "hours_to_notice": [0.5, 3.0, 30.0, 200.0],
    }
    return Figures(**(known | changes))


def a_report(*sites):
    sites = sites or (some_figures(),)
    return Report(first=FIRST, last=date(2026, 10, 31), whole=sites[0], sites=sites)


def test_the_percentiles_are_read_within_the_whole_kmh():
    figures = some_figures()
    assert figures.speed_below_which(0.5) == pytest.approx(39.25)
    assert figures.speed_below_which(0.85) == pytest.approx(43.5)
    assert figures.speed_below_which(1.0) == pytest.approx(61)
    assert some_figures(speeds={}).speed_below_which(0.85) is None


def test_an_uncertainty_is_one_that_was_stated():
    figures = some_figures(doubts={8: 60, 11: 35, 30: 5})
    assert [figures.doubt_within_which(share) for share in (0.5, 0.95, 0.96)] == [0.8, 1.1, 3.0]
    assert some_figures(doubts={}).doubt_within_which(0.5) is None


@given(SPEEDS, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_larger_share_never_drove_slower(speeds, one, other):
    figures = some_figures(speeds=speeds)
    low, high = (figures.speed_below_which(share) for share in sorted((one, other)))
    assert (low is None) == (not speeds)
    assert low is None or low <= high


@given(SPEEDS, st.floats(0.01, 1))
def test_the_percentile_is_right_to_one_kmh(speeds, share):
    figures = some_figures(speeds=speeds)
    kmh = figures.speed_below_which(share)
    if kmh is not None:
        surely_below = sum(count for whole, count in speeds.items() if whole + 1 <= kmh - 1)
        perhaps_below = sum(count for whole, count in speeds.items() if whole <= kmh)
        assert surely_below <= share * figures.measured <= perhaps_below * (1 + 1e-9)


def test_hours_are_those_of_a_notice():
    assert some_figures().hours_within_which(0.5) == 3.0
    assert some_figures().hours_within_which(0.95) == 200.0
    assert some_figures(hours_to_notice=[]).hours_within_which(0.5) is None


def test_the_reversal_rate_is_of_what_was_decided():
    assert some_figures().reversal_rate == pytest.approx(1 / 3)
    assert some_figures(decided=0, reversed=0).reversal_rate is None


def drawn(svg):
    root = ET.fromstring(str(svg))  # noqa: S314 - drawn here
    assert root.get("viewBox")
    return root


def tall(svg, css):
    return [float(r.get("height")) for r in drawn(svg).iter("rect") if r.get("class") == css]


@given(SPEEDS)
def test_every_vehicle_is_in_the_histogram(speeds):
    svg = speeds_svg(speeds, ((50.0, "half", "half"), (None, "none", "none")))
    told = [title.text for title in drawn(svg).iter("title")]
    assert sum(int(tip.rpartition(":")[2]) for tip in told) == sum(speeds.values())
    assert len(told) <= 62


def test_bars_are_as_long_as_their_numbers():
    half, whole = tall(speeds_svg({30: 50, 40: 100}, ()), "bar")
    assert half == pytest.approx(whole / 2, abs=0.1)
    widths = [
        float(r.get("width")) for r in drawn(rows_svg([("a", 8), ("b", 2)], "x")).iter("rect")
    ]
    assert widths[0] == pytest.approx(4 * widths[1], abs=0.2)


def test_a_long_period_is_drawn_by_month():
    days = [Day(day=FIRST + timedelta(days=n), passages=1, violations=0) for n in range(100)]
    told = [title.text for title in drawn(days_svg(days)).iter("title")]
    assert told[0] == "2026-10: 31 passages, 0 violations"
    assert len(told) == 4


@given(st.lists(st.floats(-1, 5000, allow_nan=False), max_size=40))
def test_every_notice_is_in_the_plot_of_waits(hours):
    told = [title.text for title in drawn(waits_svg(hours)).iter("title")]
    assert sum(int(tip.split(": ")[1].split()[0]) for tip in told) == len(hours)


def test_names_from_elsewhere_are_text_and_no_markup():
    hostile = "<script>alert(1)</script>"
    figures = some_figures(
        site=hostile,
        refusals={hostile: 1},
        decisions=[Decided(by=hostile, is_policy=False, verdict="confirm", cases=1)],
    )
    page = page_html(a_report(figures, figures))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_cell_is_no_formula_for_a_spreadsheet():
    text = as_csv(a_report(some_figures(site="=1+1")))
    assert "'=1+1" in text
    assert not [row for row in csv.reader(io.StringIO(text)) for cell in row if cell[:1] == "="]


def test_three_forms_tell_the_same():
    report = a_report()
    document = json.loads(as_json(report))
    rows = {tuple(row[:3]): row[3] for row in csv.reader(io.StringIO(as_csv(report)))}
    assert (
        document["whole"]["speed_v85_kmh"] == float(rows["AL-DEMO-01", "speed_v85_kmh", ""]) == 43.5
    )
    assert (
        document["whole"]["reversal_rate"]
        == float(rows["AL-DEMO-01", "reversal_rate", ""])
        == 0.3333
    )
    assert rows["AL-DEMO-01", "decisions", "demo-auto-1 confirm"] == "8"
    page = page_html(report)
    assert "85 of 100 vehicles drove 44 km/h or less" in page
    assert "33 %" in page


def test_a_period_without_traffic_is_a_page_too():
    nothing = some_figures(
        speeds={}, refusals={}, outcomes={}, days=[], violations=0, decisions=[], fines={},
        contested=0, decided=0, reversed=0, hours_to_notice=[],
    )  # fmt: skip
    page = page_html(a_report(nothing))
    assert "No speed was measured" in page
    assert "Who decided" not in page
