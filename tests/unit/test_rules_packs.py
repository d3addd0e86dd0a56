from dataclasses import replace
from datetime import date

import pytest

from services.errors import PackError
from services.rules.catalogue import load_editions, overlaps, pack_for
from services.rules.edition import read_edition
from tests.builders_office import albania


def changed(*changes):
    text = albania().text.decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def faults_of(text):
    with pytest.raises(PackError) as caught:
        read_edition(text, "x.yaml")
    return str(caught.value).splitlines()


def test_every_pack_that_comes_along_is_sound():
    assert [edition.pack.id for edition in load_editions()] == ["AL-2023-04-21"]


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
    assert f"x.yaml line {line}: curency is not a key of a rule pack: remove it" in "\n".join(
        faults
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("to: null", "to: 2023-04-21", "not after", id="ends before it begins"),
        pytest.param("urban: [urban]", "urban: [urban, main]", "2 zones", id="road twice"),
        pytest.param("motorway]", "main]", "motorway stands in 0", id="road never"),
        pytest.param("min: 2000, max: 4000", "min: 2000, max: 400", "below min", id="max < min"),
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
    assert pack_for(editions, date(2023, 4, 21), "Europe/Tirane") is editions[0]
    with pytest.raises(PackError, match="no rule pack holds on 2023-04-20 in Europe/Tirane"):
        pack_for(editions, date(2023, 4, 20), "Europe/Tirane")


def test_a_pack_holds_in_its_own_country_only():
    with pytest.raises(PackError, match="Europe/Berlin"):
        pack_for(load_editions(), date(2026, 1, 1), "Europe/Berlin")


def test_the_later_of_two_packs_takes_over_on_its_first_day():
    older = read_edition(changed(("to: null", "to: 2026-01-01")), "older.yaml")
    newer = read_edition(changed(("from: 2023-04-21", "from: 2026-01-01")), "newer.yaml")
    assert overlaps((older, newer)) == []
    assert pack_for((older, newer), date(2025, 12, 31), "Europe/Tirane") is older
    assert pack_for((older, newer), date(2026, 1, 1), "Europe/Tirane") is newer


def test_two_packs_for_one_day_are_told():
    assert overlaps((albania(), replace(albania(), sha256="0" * 64)))
