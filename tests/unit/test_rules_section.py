"""Average speeds between two cameras, on simulated drives whose truth is exact."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from typer.testing import CliRunner

from services.errors import PackError
from services.model import OffenceKind, Violation
from services.policy import demo_auto_1, missing_proof
from services.rules.catalogue import load_editions
from services.rules.cli import rules_app
from services.rules.engine import NoViolation
from services.rules.reckoning import Finding
from services.rules.section import day_key, drives, judge_drive, mark
from services.rules.section_file import read_section
from speedcam.model import Direction
from tests.builders_notice import a_violation
from tests.builders_office import ISSUED, a_place, a_plate, albania, on_disk
from tests.builders_section import SECTION, seen, through

SECRET = b"of this day"


def section(old="", new=""):
    return read_section(SECTION.replace(old, new).encode() if old else SECTION.encode(), "s.yaml")


def matched(entries, exits, of=None):
    of = of or section()
    marks = [
        [m for p in passages if (m := mark(p, end, day_key(SECRET, p)))]
        for passages, end in ((entries, of.entry), (exits, of.exit))
    ]
    return list(drives(of, *marks))


@pytest.mark.parametrize("average_kmh", [40.0, 79.9, 88.0, 131.5, 200.0])
def test_the_average_is_the_true_one_whatever_the_speed_at_either_end(average_kmh):
    came, went = through(average_kmh)
    (drive,) = matched([came], [went])
    assert drive.speed_kmh == pytest.approx(average_kmh, abs=0.01)
    assert drive.uncertainty_kmh < 0.005 * average_kmh


def test_clocks_that_differ_as_much_as_they_may_are_covered_by_the_uncertainty():
    rng = np.random.default_rng(3)
    for number in range(200):
        truth_kmh = rng.uniform(50, 200)
        came, went = through(truth_kmh, clock_s=0.5)
        off_s = rng.uniform(-0.5, 0.5, 2)
        came, went = (
            replace(p, at=p.at + timedelta(seconds=float(s)))
            for p, s in zip((came, went), off_s, strict=True)
        )
        (drive,) = matched([came], [went])
        assert abs(drive.speed_kmh - truth_kmh) <= drive.uncertainty_kmh, number


def test_traffic_is_matched_vehicle_by_vehicle_and_nobody_else():
    rng = np.random.default_rng(5)
    truth = {f"AA{n:03}BB": rng.uniform(60, 150) for n in range(80)}
    pairs = [through(kmh, plate, start_s=3.0 * n) for n, (plate, kmh) in enumerate(truth.items())]
    strangers = [seen("AL-IN", 7, 80, 25, "AA900BB"), seen("AL-OUT", 90, 80, 30, "AA901BB")]
    entries = [came for came, _ in pairs] + strangers[:1]
    exits = [went for _, went in pairs] + strangers[1:]
    rng.shuffle(entries)
    found = {d.entry.passage.plate.text: d for d in matched(entries, exits)}
    assert found.keys() == truth.keys()
    for plate, drive in found.items():
        assert drive.exit.passage.plate.text == plate
        assert drive.speed_kmh == pytest.approx(truth[plate], abs=0.02)


def test_a_plate_that_was_seen_twice_at_an_end_is_not_matched():
    came, went = through(100.0)
    again = seen("AL-IN", 20, 100, 25)
    assert matched([came, again], [went]) == []
    later = seen("AL-OUT", 200, 100, 30)
    assert matched([came], [went, later]) == []
    hours_later = seen("AL-IN", 9000, 100, 25)
    assert len(matched([came, hours_later], [went])) == 1


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"plate": a_plate(repaired=True)}, id="repaired"),
        pytest.param({"plate": a_plate(confidence=0.89)}, id="unsure"),
        pytest.param({"plate": None}, id="no plate"),
        pytest.param({"crossed_s": 60.0}, id="faster than any vehicle"),
        pytest.param({"site": "AL-ELSEWHERE"}, id="another camera"),
        pytest.param({"line_m": 80}, id="the line was not crossed in sight"),
        pytest.param({"direction": Direction.RECEDING}, id="the other edge of the vehicle"),
    ],
)
def test_what_is_not_sure_at_one_end_is_not_matched(more):
    _, went = through(100.0)
    came = seen(**({"site": "AL-IN", "crossed_s": 0, "kmh": 100, "line_m": 25} | more))
    assert matched([came], [went]) == []


def test_a_clock_that_nobody_checked_makes_no_mark():
    came, _ = through(100.0)
    unchecked = replace(came, place=replace(came.place, clock=None))
    assert mark(unchecked, section().entry, b"key") is None


@pytest.mark.parametrize(("whose", "drove"), [("IT", 0), ("AL", 1), (None, 1)])
def test_one_text_of_two_countries_is_no_drive(whose, drove):
    came, went = through(100.0)
    went = replace(went, plate=replace(went.plate, country=whose))
    assert len(matched([came], [went])) == drove


def test_a_drive_is_of_a_country_only_where_both_ends_tell_it():
    came, went = through(100.0)
    assert replace(a_violation(), entry=came, passage=went).country == "AL"
    untold = replace(came, plate=replace(came.plate, country=None))
    assert replace(a_violation(), entry=untold, passage=went).country is None


def test_yesterdays_hashes_match_nothing_today():
    came, went = through(100.0)
    yesterday = replace(came, at=came.at - timedelta(days=1))
    assert day_key(SECRET, yesterday) != day_key(SECRET, came)
    assert mark(came, section().entry, day_key(SECRET, came)).digest != (
        mark(yesterday, section().entry, day_key(SECRET, yesterday)).digest
    )
    assert b"AA000BB" not in mark(came, section().entry, day_key(SECRET, came)).digest
    assert went


def judged(average_kmh, of=None, edition=None):
    (drive,) = matched(*[[p] for p in through(average_kmh)])
    return judge_drive(drive, of or section(), edition or albania(), "key")


def test_the_law_deducts_its_tolerance_for_sections():
    assert judged(85.0).finding is Finding.WITHIN_TOLERANCE
    over = judged(95.2)
    assert isinstance(over, Violation)
    assert float(over.over_kmh) == pytest.approx(10.2, abs=0.11)
    assert (over.offence, over.kind, over.limit_kmh) == ("urban_10_20", OffenceKind.SECTION, 80)
    assert (over.entry.place.site_id, over.passage.place.site_id) == ("AL-IN", "AL-OUT")


def test_an_average_is_for_a_person_and_no_policy_confirms_it():
    over = judged(95.2)
    assert over.needs_person
    assert missing_proof(over) == ()
    assert isinstance(demo_auto_1(over, ISSUED), tuple)
    adapter = TypeAdapter(Violation)
    assert adapter.dump_json(adapter.validate_json(adapter.dump_json(over))) == (
        adapter.dump_json(over)
    )


@settings(max_examples=60)
@given(kmh=st.floats(86, 250))
def test_whoever_divides_the_certified_distance_by_the_time_finds_the_measured_average(kmh):
    over = judged(kmh)
    assume(isinstance(over, Violation))
    stretch = over.stretch
    by_hand = stretch.distance_m * Decimal("3.6") / stretch.seconds
    assert by_hand.quantize(Decimal("0.1"), ROUND_FLOOR) == over.measured_kmh
    assert stretch.seconds >= (2000 * Decimal("3.6")) / Decimal(kmh) - Decimal("0.001")
    assert stretch.left_at - stretch.entered_at == timedelta(seconds=float(stretch.seconds))


def a_case(**changes):
    """A case of a section, with another stretch where ``changes`` say so."""
    over = judged(95.2)
    return replace(over, stretch=replace(over.stretch, **changes))


def at_the_entry(**changes):
    over = judged(95.2)
    return replace(over, entry=replace(over.entry, **changes))


DAMAGED = {
    "nothing kept": (replace(judged(95.2), stretch=None), "receive the section again"),
    "no entry": (replace(judged(95.2), entry=None), "receive the section again"),
    "lawful": (replace(judged(95.2), retained_kmh=Decimal(80)), "80 km/h is not above 80 km/h"),
    "shorter way": (a_case(distance_m=Decimal(1990)), "do not give an average of 95.1"),
    "longer way": (a_case(distance_m=Decimal(2010)), "do not give an average of 95.1"),
    "no time": (a_case(seconds=Decimal(0)), "do not give an average"),
    "another time": (
        a_case(entered_at=ISSUED), "where the section begins was not crossed while the camera"
    ),
    "certificate ended": (a_case(valid_until=date(2026, 10, 13)), "distance ended on 2026-10-13"),
    "certificate of nobody": (a_case(certified_by=" "), "names no certificate of its distance"),
    "certificate without number": (a_case(certificate=""), "names no certificate of its distance"),
    "one recording": (
        at_the_entry(provenance=judged(95.2).passage.provenance), "one recording stands for both"
    ),
    "other plate": (at_the_entry(plate=a_plate("AA111BB")), "not the same"),
    "unsure plate": (at_the_entry(plate=a_plate(confidence=0.97)), "two vehicles"),
    "no confidence": (at_the_entry(plate=a_plate(confidence=float("nan"))), "two vehicles"),
    "repaired plate": (at_the_entry(plate=a_plate(repaired=True)), "two vehicles"),
    "no plate": (at_the_entry(plate=None), "AL-IN: no plate: nobody looked for it"),
    "no pictures": (at_the_entry(exhibits=()), "AL-IN: the redacted photo is missing"),
    "no signs": (
        at_the_entry(place=a_place(site_id="AL-IN", signs_checked_on=None)),
        "AL-IN: nobody recorded that the warning signs stand",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("case", "told"), DAMAGED.values(), ids=DAMAGED)
def test_an_average_that_lacks_a_proof_is_confirmed_by_nobody(case, told):
    assert [reason for reason in missing_proof(case) if told in reason]


def test_more_than_the_clocks_can_tell_is_held_against_nobody():
    came, went = through(95.0, clock_s=8.0)
    (drive,) = matched([came], [went])
    assert judge_drive(drive, section(), albania(), "key").finding is Finding.WITHIN_UNCERTAINTY


def test_a_law_that_says_nothing_of_sections_or_a_certificate_that_ended_acquits():
    germany = next(e for e in load_editions() if e.pack.country == "DE")
    assert judged(150.0, edition=germany).finding is Finding.UNKNOWN_TO_LAW
    ended = section("2027-06-30", "2026-10-13")
    result = judged(150.0, of=ended)
    assert isinstance(result, NoViolation)
    assert "ended on 2026-10-13" in result.text


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("distance_m: 2000", "distance_m: 20", "s.yaml line 4: distance_m"),
        ("uncertainty_m: 1.0\n", "", "uncertainty_m is missing"),
        ("limit_kmh: 80", "limit: 80", "limit is not a known key"),
    ],
)
def test_a_fault_in_a_section_is_told_with_its_line(old, new, told):
    with pytest.raises(PackError, match=told):
        section(old, new)


def test_the_command_matches_two_files_and_shows_no_plate(tmp_path):
    came, went = through(120.0)
    slow_came, slow_went = through(70.0, "AA111BB", start_s=5)
    files = [
        on_disk(tmp_path / "in", came, slow_came),
        on_disk(tmp_path / "out", went, slow_went),
    ]
    description = Path(tmp_path / "section.yaml")
    description.write_text(SECTION)
    result = CliRunner().invoke(rules_app, ["section", str(description), *map(str, files)])
    assert result.exit_code == 0, result.exception
    fast, slow = result.stdout.splitlines()
    assert "120.0 ± " in fast
    assert fast.endswith("for a person: urban_20_40")
    assert slow.endswith("within_limit")
    assert "drives through the section 2" in result.stderr
    assert "AA000BB" not in result.stdout + result.stderr
