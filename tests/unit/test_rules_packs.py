from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.errors import PackError
from services.rules.catalogue import load_editions, overlaps, pack_for
from services.rules.edition import read_edition
from services.rules.engine import local_day
from tests.builders_office import a_passage, albania


def changed(*changes):
    text = albania().text.decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


def faults_of(text):
    with pytest.raises(PackError) as caught:
        read_edition(text, "x.yaml")
    return str(caught.value).splitlines()


def test_every_pack_that_comes_along_is_sound():
    assert [edition.pack.id for edition in load_editions()] == [
        "AL-2015-11-22",
        "AL-2023-04-21",
        "CH-2020-01-01",
        "DE-2021-11-09",
        "ES-2022-03-21",
        "FR-2024-01-01",
        "GB-2017-04-24",
        "IT-2023-01-01",
    ]


def test_no_pack_may_leave_the_demonstration():
    for edition in load_editions():
        assert edition.pack.doubts()
        assert not edition.source.verified


def test_the_tolerance_that_nobody_found_is_marked_so_and_the_pack_is_not_verified():
    assert albania().pack.tolerance.sure == "K"
    assert albania().source.verified is False


def test_every_fault_of_a_pack_is_told_at_once_with_its_line_and_remedy():
    faults = faults_of(
        changed(
            ("currency: ALL", "curency: ALL"),
            ("(10, 20]", "(11, 20]"),
            ("pct: 50", "pct: 150"),
            ("verified: false", "verified: true"),
        )
    )
    assert len(faults) == 5
    assert all(fault.startswith("x.yaml line ") for fault in faults)
    line = albania().text.decode().splitlines().index("currency: ALL") + 1
    assert f"x.yaml line {line}: curency is not a known key: remove it" in "\n".join(faults)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("to: null", "to: 2023-04-21", "not after", id="ends before it begins"),
        pytest.param(
            "roads: [urban]}", 'roads: [urban], limits: "(0, 60]"}', "no zone", id="a limit never"
        ),
        pytest.param(
            "roads: [urban]}",
            "roads: [urban], vehicles: [car]}",
            "urban road, motorcycle: stands",
            id="a class never",
        ),
        pytest.param("kind: daily_pct", "kind: weekly", "late.kind", id="a kind that is none"),
        pytest.param("roads: [urban]", "roads: [urban, main]", "2 zones", id="road twice"),
        pytest.param(
            "main, motorway]", "main]", "motorway road, car: stands in 0", id="road never"
        ),
        pytest.param("min: 2000, max: 4000", "min: 2000, max: 400", "below min", id="max < min"),
        pytest.param("min: 2000, ", "min: true, ", "is no number", id="an amount that is none"),
        pytest.param(
            "fine: {min: 2000, max: 4000}", "fine: null", "needs an amount", id="fine of nothing"
        ),
        pytest.param(
            "fine: {min: 5000, max: 15000}",
            "fine: {min: 1500, max: 15000}",
            "urban_20_40 is milder than urban_10_20",
            id="faster is kinder",
        ),
        pytest.param(
            "outcome: fine\n    fine: {min: 10000",
            "outcome: advisory\n    fine: {min: 10000",
            "urban_40_up is milder",
            id="a warning for the fastest",
        ),
        pytest.param(
            '"(100, )", less_pct',
            '"(110, )", less_pct',
            "device fixed: (110, )",
            id="no tolerance for some speeds",
        ),
        pytest.param(
            "less: 5}", "less: 5, less_pct: 5}", "either less or less_pct", id="two tolerances"
        ),
        pytest.param("    fixed:", "    laser:", "device fixed has no steps", id="no fixed device"),
        pytest.param(
            "kind: pct, pct: 50", "kind: fixed, pct: 50", "takes no pct", id="a number too many"
        ),
        pytest.param("  cap_days: 30\n", "", "needs cap_days", id="a number too few"),
        pytest.param(
            "kind: daily_pct\n  pct: 2\n  after_days: 15\n  cap_days: 30",
            "kind: fixed\n  after_days: 15",
            "has no increased amount",
            id="an amount that no band has",
        ),
        pytest.param(
            "since: 2015-11-22",
            "since: 2024-01-01",
            "after the pack's first day",
            id="a value of a later law",
        ),
        pytest.param(
            "surcharges: []",
            "surcharges: [{between: [22:00, 07:00], times: [4, 3]}]",
            "quotation marks",
            id="a time that YAML reads as a number",
        ),
        pytest.param("urban_10_20", "urban_0_10", "stands twice", id="code twice"),
        pytest.param("pct: 2\n", "pct: 2\n  pct: 3\n", "stands twice", id="key twice"),
        pytest.param("source: [own]", "source: [owl]", "owl", id="unknown source"),
        pytest.param("Europe/Tirane", "Europe/Tirana", "time zone", id="unknown zone"),
        pytest.param("min: 2000, ", "min: 2000.5, ", "integer", id="half a lek"),
        pytest.param("zone: urban", "zone: town", "town", id="unknown band zone"),
        pytest.param("id: AL-", "id: [AL-", "Mend the YAML", id="no YAML"),
        pytest.param("suspension: null\n", "\n", "missing", id="nothing is left out silently"),
    ],
)
def test_a_fault_in_a_pack_is_told(old, new, told):
    faults = faults_of(changed((old, new)))
    assert any(told in fault for fault in faults), faults


def test_a_pack_holds_from_its_first_local_day_and_none_before():
    editions = load_editions()
    assert pack_for(editions, date(2015, 11, 22), "Europe/Tirane") is editions[0]
    with pytest.raises(PackError, match="no rule pack holds on 2015-11-21 in Europe/Tirane"):
        pack_for(editions, date(2015, 11, 21), "Europe/Tirane")


@pytest.mark.parametrize(
    ("at", "discount", "motorway"),
    [
        pytest.param(datetime(2023, 4, 20, 21, 59, 59, tzinfo=UTC), (20, 5), 110, id="eve"),
        pytest.param(datetime(2023, 4, 20, 22, 0, tzinfo=UTC), (50, 15), 130, id="midnight"),
    ],
)
def test_the_law_changes_at_midnight_in_tirana(at, discount, motorway):
    pack = pack_for(load_editions(), local_day(a_passage(at=at)), "Europe/Tirane").pack
    assert (pack.discount.pct, pack.discount.days) == discount
    assert pack.limits.motorway == motorway


def test_a_country_with_several_time_zones_has_one_law():
    editions = load_editions()
    there = [
        pack_for(editions, date(2026, 1, 1), f"{zone}").pack.id
        for zone in ("Europe/Madrid", "Atlantic/Canary", "Africa/Ceuta")
    ]
    assert set(there) == {"ES-2022-03-21"}


def test_a_fault_inside_a_kind_of_tolerance_has_its_own_line():
    text = changed(('"(100, )", less_pct: 5', '"(100, )", less_pct: 500'))
    (fault,) = faults_of(text)
    line = 1 + text.decode().splitlines().index('      - {measured: "(100, )", less_pct: 500}')
    assert fault.startswith(f"x.yaml line {line}: tolerance.devices.fixed[1].less_pct: ")


def test_a_pack_holds_in_its_own_country_only():
    with pytest.raises(PackError, match="Europe/Vienna"):
        pack_for(load_editions(), date(2026, 1, 1), "Europe/Vienna")


def test_the_later_of_two_packs_takes_over_on_its_first_day():
    older = read_edition(changed(("to: null", "to: 2026-01-01")), "older.yaml")
    newer = read_edition(changed(("from: 2023-04-21", "from: 2026-01-01")), "newer.yaml")
    assert overlaps((older, newer)) == []
    assert pack_for((older, newer), date(2025, 12, 31), "Europe/Tirane") is older
    assert pack_for((older, newer), date(2026, 1, 1), "Europe/Tirane") is newer


def test_two_packs_for_one_day_are_told():
    assert overlaps((albania(), replace(albania(), sha256="0" * 64)))


def test_a_list_is_not_called_empty_because_its_entries_are_wrong():
    faults = faults_of(changed(("decide: policy", "decide: nobody")))
    assert len(faults) == 1
    assert "decide: input should be 'policy' or 'human'; found 'nobody'" in faults[0]


def test_an_empty_list_is_told():
    text = albania().text.decode()
    begin, end = text.index("bands:\n"), text.index("wrong_way:")
    (fault,) = faults_of((text[:begin] + "bands: []\n" + text[end:]).encode())
    assert "bands: tuple should have at least 1 item" in fault
