"""What must hold under every law, whatever a pack says."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.model import Outcome, Violation
from services.policy import missing_proof
from services.rules.catalogue import load_editions
from services.rules.edition import read_edition
from services.rules.engine import NoViolation, judge
from services.rules.reckoning import Circumstances, reckon
from speedcam.errors import PassageError
from speedcam.model import Grade, VehicleCategory
from speedcam.record import dumps, loads
from tests.builders_office import a_passage, a_place

LAWS = load_editions()
law = st.sampled_from(LAWS)
tenths = st.integers(1, 3000).map(lambda tenths: Decimal(tenths) / 10)
doubts = st.integers(0, 300).map(lambda tenths: Decimal(tenths) / 10)
limits = st.sampled_from([20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130])
roads = st.sampled_from(["urban", "rural", "main", "motorway"])
VIOLATION = TypeAdapter(Violation)


def reckoned(edition, measured, uncertainty, limit, road, **more):
    around = Circumstances(limit=Decimal(limit), road=road, **more)
    return reckon(edition.pack, measured, uncertainty, around)


def burden(reckoning):
    return reckoning.band.severity if reckoning.band else (-1, Decimal(0), 0, 0)


def passage(kmh, limit, edition, **more):
    """A passage in the country of ``edition``, with a limit in either unit."""
    conditions = replace(a_passage().conditions, limit_mph=limit)
    place = a_place(timezone=edition.pack.timezone)
    return a_passage(kmh=kmh, limit=limit, place=place, conditions=conditions, **more)


@given(edition=law, one=tenths, other=tenths, doubt=doubts, limit=limits, road=roads)
def test_faster_is_never_kinder(*, edition, one, other, doubt, limit, road):
    slow, fast = (
        reckoned(edition, measured, doubt, limit, road) for measured in sorted((one, other))
    )
    assert slow.retained <= fast.retained
    rank, *others = burden(slow)
    rank_fast, *others_fast = burden(fast)
    assert rank <= rank_fast
    if rank == rank_fast:
        assert all(mine <= its for mine, its in zip(others, others_fast, strict=True))
    if slow.band and fast.band:
        assert slow.band.needs_person <= fast.band.needs_person


@given(edition=law, measured=tenths, one=doubts, other=doubts, limit=limits, road=roads)
def test_more_doubt_is_never_harsher(*, edition, measured, one, other, limit, road):
    sure, unsure = (
        reckoned(edition, measured, doubt, limit, road) for doubt in sorted((one, other))
    )
    assert burden(unsure) <= burden(sure)


@given(edition=law, measured=tenths, doubt=doubts, limit=limits, road=roads)
def test_what_counts_is_never_above_measured_less_uncertainty_nor_above_the_law(
    edition, measured, doubt, limit, road
):
    found = reckoned(edition, measured, doubt, limit, road)
    assert found.retained <= measured - doubt
    assert found.retained <= found.by_law <= measured


@given(edition=law, limit=limits, road=roads, doubt=doubts, below=doubts)
def test_nobody_at_or_under_limit_and_tolerance_is_fined(edition, limit, road, doubt, below):
    pack = edition.pack
    if pack.tolerance.kind == "threshold":
        most = Decimal(limit) * (100 + pack.tolerance.pct) / 100 + pack.tolerance.add
        most -= Decimal("0.1")
    else:
        steps = pack.tolerance.devices["fixed"]
        most = max(
            (limit + step.less if step.less is not None else limit * 100 / (100 - step.less_pct))
            for step in steps
            if step.measured.contains(
                limit + step.less if step.less is not None else limit * 100 / (100 - step.less_pct)
            )
        )
    measured = max(Decimal("0.1"), most - below)
    assert reckoned(edition, measured, doubt, limit, road).band is None


@given(edition=law, measured=tenths, doubt=doubts, limit=limits, road=roads)
def test_a_vehicle_of_unknown_class_is_judged_as_the_mildest(edition, measured, doubt, limit, road):
    unknown = burden(reckoned(edition, measured, doubt, limit, road))
    for vehicle in VehicleCategory:
        assert unknown <= burden(
            reckoned(edition, measured, doubt, limit, road, vehicles=frozenset({vehicle}))
        )


@given(edition=law, kmh=st.floats(1, 250), limit=limits, uncertainty=st.floats(0.01, 20))
def test_the_same_passage_has_the_same_fine_years_later_byte_for_byte(
    edition, kmh, limit, uncertainty
):
    first = judge(passage(kmh, limit, edition, uncertainty=uncertainty), edition, "key")
    kept = loads(dumps(passage(kmh, limit, edition, uncertainty=uncertainty)))
    later = judge(kept, read_edition(edition.text, "kept.yaml"), "key")
    assert later == first
    if isinstance(first, Violation):
        again = VIOLATION.validate_json(VIOLATION.dump_json(first))
        assert VIOLATION.dump_json(again) == VIOLATION.dump_json(later)


@given(edition=law, kmh=st.floats(1, 250), limit=limits)
def test_grade_b_is_never_a_violation_anywhere(edition, kmh, limit):
    judged = judge(passage(kmh, limit, edition, grade=Grade.B), edition, "key")
    assert isinstance(judged, NoViolation)


@given(edition=law, kmh=st.floats(1, 250), limit=limits)
def test_only_a_fine_has_an_amount_to_pay_and_a_policy_decides_no_other(edition, kmh, limit):
    judged = judge(passage(kmh, limit, edition), edition, "key")
    if isinstance(judged, Violation) and judged.outcome is not Outcome.FINE:
        assert judged.needs_person
    if isinstance(judged, Violation) and judged.outcome is Outcome.FINE:
        assert judged.amount_min is not None
        assert judged.amount_min.minor <= judged.amount_max.minor


def test_a_limit_in_miles_is_judged_in_miles():
    britain = next(e for e in LAWS if e.pack.country == "GB")
    for mph, outcome in ((35.2, Outcome.COURSE), (43.2, Outcome.FINE), (50.2, Outcome.COURT)):
        judged = judge(passage(mph * 1.609344, 30, britain, uncertainty=0.1), britain, "key")
        assert judged.outcome is outcome
        assert judged.retained_kmh <= Decimal(str(mph * 1.609344))
    assert isinstance(judge(passage(56.3, 30, britain, uncertainty=0.1), britain, "k"), NoViolation)


@pytest.mark.parametrize("country", ["GB", "DE"])
def test_a_limit_in_the_other_unit_is_no_limit(country):
    edition = next(e for e in LAWS if e.pack.country == country)
    there = passage(150.0, 30, edition)
    if country == "DE":
        there = replace(there, limit_kmh=None)
    else:
        there = replace(there, conditions=replace(there.conditions, limit_mph=None))
    assert judge(there, edition, "key").finding == "no_limit"


def test_the_night_costs_a_third_more_in_italy():
    from datetime import UTC, datetime

    italy = next(e for e in LAWS if e.pack.country == "IT")
    day = passage(60.0, 50, italy)
    night = replace(day, at=datetime(2026, 10, 14, 21, 0, tzinfo=UTC))
    assert judge(day, italy, "key").amount_min.minor == 4200
    assert judge(night, italy, "key").amount_min.minor == 5600


def test_a_violation_of_an_older_release_is_still_read():
    albania = next(e for e in LAWS if e.pack.id == "AL-2023-04-21")
    whole = VIOLATION.dump_python(judge(a_passage(), albania, "key"), mode="json")
    old = {name: value for name, value in whole.items() if name not in {"kind", "outcome"}}
    old["passage"] = {n: v for n, v in old["passage"].items() if n != "conditions"} | {"schema": 2}
    old["passage"]["place"] = {n: v for n, v in old["passage"]["place"].items() if n != "clock"}
    read = VIOLATION.validate_python(old)
    assert (read.offence, read.outcome, read.passage.place.clock) == ("urban_10_20", "fine", None)


def test_a_passage_of_the_older_schema_is_read_and_nobody_is_fined_on_it():
    albania = next(e for e in LAWS if e.pack.id == "AL-2023-04-21")
    whole = json.loads(dumps(a_passage()))
    later = {"conditions", "vehicle"}
    old = {name: value for name, value in whole.items() if name not in later} | {"schema": 2}
    del old["place"]["clock"], old["plate"]["reads"]
    read = loads(json.dumps(old))
    assert json.loads(dumps(read)) == old
    (lacking,) = missing_proof(judge(read, albania, "key"))
    assert "clock" in lacking
    with pytest.raises(PassageError, match="says more"):
        loads(json.dumps(whole | {"schema": 2}))
