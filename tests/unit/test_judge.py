from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import CaseError
from services.model import Money, Violation
from services.rules.engine import Finding, NoViolation, judge, local_day
from services.rules.terms import due, terms_of
from speedcam.model import Grade, Reason, Refusal
from tests.builders_office import a_passage, a_place, albania

speeds = st.floats(0.1, 300)
limits = st.sampled_from([20, 30, 40, 60, 80, 90, 110, 130])
roads = st.sampled_from(["urban", "rural", "main", "motorway"])


def judged(**about):
    road = about.pop("road", "urban")
    return judge(a_passage(place=a_place(road_kind=road), **about), albania(), "key")


def lek(amount):
    return Money(minor=amount, currency="ALL")


def test_the_terms_are_real_days_with_the_day_of_issue_as_day_one():
    terms = terms_of(albania().pack, lek(2000), date(2026, 10, 14))
    assert terms.reduced_until == terms.full_until == date(2026, 10, 28)
    assert terms.full_from == date(2026, 10, 29)
    assert (terms.reduced, terms.full, terms.late_cap) == (lek(1000), lek(2000), lek(3200))
    assert terms.object_until == date(2026, 11, 12)


def test_an_odd_amount_is_halved_in_the_drivers_favour():
    assert terms_of(albania().pack, lek(1001), date(2026, 1, 1)).reduced == lek(500)


@given(days=st.integers(0, 400))
def test_what_is_due_never_shrinks_and_never_passes_the_cap(days):
    terms = terms_of(albania().pack, lek(5000), date(2026, 10, 14))
    day = terms.issued_on + timedelta(days=days)
    assert due(terms, day).minor <= due(terms, day + timedelta(days=1)).minor
    assert due(terms, day).minor <= terms.late_cap.minor


@given(kmh=speeds, uncertainty=st.floats(0.01, 50), limit=limits, road=roads)
def test_nobody_at_or_under_the_limit_is_a_violation_whatever_the_doubt(
    kmh, uncertainty, limit, road
):
    result = judged(kmh=kmh, uncertainty=uncertainty, limit=limit, road=road)
    if kmh <= limit + 5 or kmh * 95 <= limit * 100 or kmh - uncertainty <= limit:
        assert isinstance(result, NoViolation)


@given(kmh=speeds, uncertainty=st.floats(0.01, 50), limit=limits, road=roads)
def test_the_retained_speed_is_never_above_measured_less_uncertainty(kmh, uncertainty, limit, road):
    result = judged(kmh=kmh, uncertainty=uncertainty, limit=limit, road=road)
    if isinstance(result, Violation):
        doubt = Decimal(repr(kmh)) - Decimal(repr(uncertainty))
        assert limit < result.retained_kmh <= doubt
        assert result.retained_kmh <= result.measured_kmh - result.tolerance_kmh
        assert result.over_kmh == result.retained_kmh - limit


@given(slow=speeds, fast=speeds, limit=limits, road=roads)
def test_faster_is_never_kinder(slow, fast, limit, road):
    slow, fast = sorted((slow, fast))
    one, other = (judged(kmh=kmh, limit=limit, road=road) for kmh in (slow, fast))
    if isinstance(one, Violation):
        assert isinstance(other, Violation)
        assert one.amount_min.minor <= other.amount_min.minor
        assert one.points <= other.points
        assert one.needs_person <= other.needs_person


@given(sure=st.floats(0.01, 60), unsure=st.floats(0.01, 60), kmh=speeds)
def test_more_doubt_is_never_harsher(sure, unsure, kmh):
    sure, unsure = sorted((sure, unsure))
    one, other = (judged(kmh=kmh, uncertainty=doubt) for doubt in (sure, unsure))
    if isinstance(other, Violation):
        assert isinstance(one, Violation)
        assert other.amount_min.minor <= one.amount_min.minor


@given(kmh=speeds, limit=limits, road=roads)
def test_grade_b_is_never_a_violation(kmh, limit, road):
    assert isinstance(judged(kmh=kmh, limit=limit, road=road, grade=Grade.B), NoViolation)


@pytest.mark.parametrize(
    ("about", "finding", "lawful"),
    [
        pytest.param({"kmh": 40.0}, Finding.WITHIN_LIMIT, True, id="at the limit"),
        pytest.param({"kmh": 30.0, "grade": Grade.B}, Finding.WITHIN_LIMIT, True, id="slow B"),
        pytest.param({"kmh": 44.9}, Finding.WITHIN_TOLERANCE, True, id="tolerance"),
        pytest.param(
            {"kmh": 50.0, "uncertainty": 12.0}, Finding.WITHIN_UNCERTAINTY, False, id="doubt"
        ),
        pytest.param({"grade": Grade.B}, Finding.STATISTICS_ONLY, False, id="grade B"),
        pytest.param({"lane": None}, Finding.OUTSIDE_LANES, False, id="no lane"),
        pytest.param({"limit": None}, Finding.NO_LIMIT, False, id="no limit"),
        pytest.param({"limit": 0}, Finding.NO_LIMIT, False, id="limit 0"),
        pytest.param(
            {"speed": Refusal(reason=Reason.MERGED)}, Finding.NO_READING, False, id="refused"
        ),
    ],
)
def test_what_is_no_violation_says_why(about, finding, lawful):
    result = judged(**about)
    assert isinstance(result, NoViolation)
    assert (result.finding, result.lawful) == (finding, lawful)
    assert result.text


@pytest.mark.parametrize(("kmh", "counted"), [(58.19, "58.1"), (58.1, "58.1"), (66.3, "66.3")])
def test_a_measured_speed_is_cut_down_and_its_doubt_raised_to_a_tenth(kmh, counted):
    result = judged(kmh=kmh, uncertainty=1.01)
    assert isinstance(result, Violation)
    assert (result.measured_kmh, result.uncertainty_kmh) == (Decimal(counted), Decimal("1.1"))


def test_a_licence_is_never_suspended_without_a_person():
    text = albania().text.decode().replace("decide: human", "decide: policy").encode()
    from services.rules.edition import read_edition

    result = judge(a_passage(kmh=90.0), read_edition(text, "x.yaml"), "key")
    assert isinstance(result, Violation)
    assert result.needs_person


@pytest.mark.parametrize(
    ("at", "day"),
    [
        pytest.param(datetime(2023, 4, 20, 21, 59, 59, tzinfo=UTC), date(2023, 4, 20), id="eve"),
        pytest.param(datetime(2023, 4, 20, 22, 0, tzinfo=UTC), date(2023, 4, 21), id="midnight"),
        pytest.param(datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25), id="winter"),
        pytest.param(datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29), id="summer"),
    ],
)
def test_the_day_of_a_passage_is_the_local_one(at, day):
    assert local_day(a_passage(at=at)) == day


def test_a_time_without_zone_or_a_zone_that_is_none_is_told():
    with pytest.raises(CaseError, match="without zone"):
        local_day(a_passage(at=datetime(2026, 10, 14, 8, 30)))  # noqa: DTZ001 - the fault
    with pytest.raises(CaseError, match="Europe/Tirana"):
        local_day(a_passage(place=a_place(timezone="Europe/Tirana")))


@pytest.mark.parametrize("about", [{"kmh": 1e300}, {"uncertainty": 1e300}, {"kmh": 1000.0}])
def test_a_number_that_is_no_vehicles_speed_is_a_fault_in_words(about):
    with pytest.raises(CaseError, match="no speed of a vehicle"):
        judged(**about)


def test_a_time_beyond_the_calendar_is_a_fault_in_words():
    with pytest.raises(CaseError, match="no calendar"):
        local_day(a_passage(at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC)))
