from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from services.errors import PackError
from services.model import OffenceKind, Outcome
from services.office import receive
from services.rules.catalogue import load_editions
from services.rules.cli import rules_app
from services.rules.edition import read_edition
from services.rules.engine import NoViolation, judge
from services.rules.explain import derivation
from services.store import open_store
from speedcam.errors import PassageError
from tests.builders_office import SetClock, a_passage, a_place, albania, on_disk

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "example-pack" / "zz-2026-01-01.yaml"


def run(*arguments):
    return CliRunner().invoke(rules_app, [str(argument) for argument in arguments])


def zzland():
    return read_edition(EXAMPLE.read_bytes(), EXAMPLE.name)


def test_every_pack_of_the_release_passes_its_cases():
    result = run("check")
    assert result.exit_code == 0, result.stdout
    assert result.stderr.count("failed 0") == 8
    assert "AL-2023-04-21: 8 bands without a gap" in result.stderr


def test_a_small_country_is_one_file_and_its_cases(tmp_path):
    result = run("check", EXAMPLE)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "ZZ-2026-01-01: 4 bands without a gap; cases 14, failed 0" in result.stderr
    there = a_place(timezone=zzland().pack.timezone)
    fast = a_passage(kmh=66.0, limit=50, place=there)
    with open_store(tmp_path / "office", create=True) as store:
        report = receive(store, on_disk(tmp_path / "camera", fast), SetClock(), [zzland()])
    assert report.passages[0].reason == "62 km/h counts, limit 50 km/h: section 7(1)"


def test_a_pack_that_answers_a_case_otherwise_ends_with_code_1(tmp_path):
    pack = tmp_path / EXAMPLE.name
    pack.write_text(EXAMPLE.read_text().replace("fine: 40.50", "fine: 41"))
    run_of = run("check", pack)
    assert run_of.exit_code == 1
    assert "has no cases beside it" in run_of.stdout
    cases = EXAMPLE.with_suffix(".cases.yaml").read_text()
    pack.with_suffix(".cases.yaml").write_text(cases)
    run_of = run("check", pack)
    assert run_of.exit_code == 1
    by_day, at_night = run_of.stdout.splitlines()[:2]
    assert "urban 50, measured 55, car: amount: the case says 40.5, the pack says 41" in by_day
    assert "55, car at 23:00: amount: the case says 60.75, the pack says 61.5" in at_night


def test_a_pack_with_faults_or_none_at_all_is_told(tmp_path):
    pack = tmp_path / "zz.yaml"
    pack.write_text(EXAMPLE.read_text().replace("(20, )", "(25, )"))
    fault = run("check", pack).exception
    assert isinstance(fault, PackError)
    line = 1 + EXAMPLE.read_text().splitlines().index("bands:")
    told = f"zz.yaml line {line}: bands: zone cars: (25, ) does not begin where (0, 20] ends"
    assert str(fault).startswith(told)
    assert "known: AL-2015-11-22" in str(run("table", "XX-2020-01-01").exception)
    assert "cannot read" in str(run("check", tmp_path / "nothing.yaml").exception)


@pytest.mark.parametrize("pack", ["AL-2023-04-21", "FR-2024-01-01", "GB-2017-04-24", EXAMPLE])
def test_every_value_of_a_pack_stands_in_its_table_with_its_article(pack, tmp_path):
    text = run("table", pack).stdout
    page = tmp_path / "pack.html"
    assert run("table", pack, "--out", page).exit_code == 0
    html = page.read_text()
    path = EXAMPLE if pack == EXAMPLE else Path("services/rules/packs") / f"{pack.lower()}.yaml"
    written = yaml.safe_load((Path(__file__).parents[2] / path).read_text())
    for band in written["bands"]:
        fine = band["fine"] if isinstance(band["fine"], dict) else {"min": band["fine"]}
        for value in (band["outcome"], band["reference"], *filter(None, fine.values())):
            if isinstance(value, str | int | float):
                shown = f"{value:,}" if isinstance(value, int) else str(value).rstrip("0")
                assert shown in text
                assert shown in html
    for name in ("tolerance", "late", "objection", "liability", "photo_policy"):
        assert written[name]["reference"] in text
        assert written[name]["reference"] in html
    assert "NOT VERIFIED" in text
    assert "Not verified" in html
    assert written["title"] in html


def test_a_table_escapes_what_a_pack_says(tmp_path):
    pack = tmp_path / "zz.yaml"
    pack.write_text(EXAMPLE.read_text().replace("Zzland", "<b>Zz</b>"))
    run("table", pack, "--out", tmp_path / "zz.html")
    assert "<b>Zz</b>" not in (tmp_path / "zz.html").read_text()
    assert "<b>Zz</b>" in run("table", pack).stdout


def test_an_explanation_names_each_step_with_its_article(tmp_path):
    passages = on_disk(tmp_path, a_passage("fast"), a_passage("slow", kmh=38.0))
    told = run("explain", passages, "--id", "fast").stdout
    assert told.splitlines() == [line.rstrip() for line in told.splitlines()]
    for figure in ("58.0 ± 1 km/h", "5 km/h", "53 km/h", "40 km/h", "13 km/h", "2000 ALL"):
        assert figure in told
    assert "[neni 140/8, B]" in told
    assert "[certificate of the device, K]" in told
    assert "violation: urban_10_20" in told
    both = run("explain", passages).stdout
    assert "no violation: within limit" in both


@pytest.mark.parametrize("kmh", [0.01, 0.9, 5.0, 40.0, 58.0, 250.0])
def test_every_speed_can_be_explained_under_every_law(kmh):
    conditions = replace(a_passage().conditions, limit_mph=30)
    for edition in load_editions():
        steps = list(derivation(a_passage(kmh=kmh, conditions=conditions), edition))
        assert steps[-1].what.startswith(("no violation", "violation"))
        judged = judge(a_passage(kmh=kmh, conditions=conditions), edition, "key")
        assert steps[-1].what.startswith("no") is isinstance(judged, NoViolation)


def test_an_explanation_by_another_pack_or_of_no_passage(tmp_path):
    passages = on_disk(tmp_path, a_passage("fast"))
    told = run("explain", passages, "--pack", "DE-2021-11-09").stdout
    assert "BKatV" in told
    assert isinstance(run("explain", passages, "--id", "other").exception, PackError)
    assert isinstance(run("explain", tmp_path / "none.jsonl").exception, PassageError)


def test_who_drives_against_a_lane_is_a_case_for_a_person_and_no_fine(tmp_path):
    conditions = replace(a_passage().conditions, against_lane=True)
    against = judge(a_passage(kmh=30.0, conditions=conditions), albania(), "key")
    assert (against.kind, against.outcome) == (OffenceKind.WRONG_WAY, Outcome.REPORT)
    assert against.needs_person
    assert against.amount_min is None
    told = run("explain", on_disk(tmp_path, a_passage(conditions=conditions))).stdout
    assert "violation: wrong_way" in told
