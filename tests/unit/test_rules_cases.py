from importlib.resources import files

import pytest

from services.errors import PackError
from services.rules.casefile import failures, read_cases
from services.rules.catalogue import load_editions
from services.rules.edition import read_edition

PACKS = files("services.rules").joinpath("packs")


def cases_of(edition):
    name = f"{edition.pack.id.lower()}.cases.yaml"
    return read_cases(PACKS.joinpath(name).read_bytes(), name)


@pytest.mark.parametrize("edition", load_editions(), ids=lambda e: e.pack.id)
def test_a_pack_answers_as_the_cases_beside_it_say(edition):
    cases = cases_of(edition)
    assert len(cases.judged) >= 15
    assert list(failures(edition.pack, cases)) == []


@pytest.mark.parametrize("edition", load_editions(), ids=lambda e: e.pack.id)
def test_every_band_of_a_pack_has_a_case(edition):
    from services.rules.reckoning import Circumstances, reckon

    pack = edition.pack
    found = {
        reckoning.band.code
        for case in cases_of(edition).judged
        if (
            reckoning := reckon(
                pack,
                case.measured,
                case.uncertainty,
                Circumstances(limit=case.limit, road=case.road, device=case.device),
            )
        ).band
    }
    assert {band.code for band in pack.bands} - found == set()


@pytest.mark.parametrize(
    ("country", "old", "new"),
    [
        pytest.param("AL", '"(0, 10]"', '"(0, 11]"', id="an edge"),
        pytest.param("AL", "min: 2000", "min: 2001", id="an amount"),
        pytest.param("AL", "pct: 50", "pct: 49", id="the discount"),
        pytest.param("AL", "pct: 2\n", "pct: 3\n", id="the interest"),
        pytest.param("AL", "first_day: 1", "first_day: 0", id="the first day"),
        pytest.param("DE", "deduction: up", "deduction: exact", id="rounding of the deduction"),
        pytest.param("FR", "retained: down", "retained: exact", id="rounding of the rest"),
        pytest.param("CH", "measured: down", "measured: exact", id="rounding of the measured"),
        pytest.param("IT", "times: [4, 3]", "times: [5, 4]", id="the night"),
        pytest.param("GB", "add: 2", "add: 3", id="the threshold"),
        pytest.param("ES", "pct: 20,", "pct: 10,", id="what is added late"),
    ],
)
def test_a_pack_that_was_changed_fails_its_cases(country, old, new):
    edition = next(e for e in reversed(load_editions()) if e.pack.country == country)
    text = edition.text.decode()
    assert old in text
    text = text.replace(old, new, 1)
    if old == '"(0, 10]"':
        text = text.replace('"(10, 20]"', '"(11, 20]"', 1)
    changed = read_edition(text.encode(), "changed.yaml").pack
    told = list(failures(changed, cases_of(edition)))
    assert told
    assert all("the case says" in each or "mend date" in each for each in told)


def test_cases_of_another_pack_are_told():
    albania, *_, italy = load_editions()
    assert "mend their first line" in next(failures(italy.pack, cases_of(albania)))


def test_a_fault_in_a_case_is_told_with_its_line():
    text = b"pack: AL-2023-04-21\njudged:\n  - {road: urban, limit: 40, measured: 45}\ndue: []\n"
    with pytest.raises(PackError, match=r"x line 3: judged\[0\].outcome is missing: add it"):
        read_cases(text, "x")
    with pytest.raises(PackError, match="x line 1"):
        read_cases(b"", "x")
