"""The figures say what happened, and no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.model import Grade, PlateReading, Reason, Refusal
from speedcam.validate.figures import speed_band
from speedcam.validate.report import compare
from speedcam.validate.truth import Truth
from tests.builders_validate import a_passage, a_refusal, a_vehicle

AGREED = {
    "n", "captured", "refused", "mean_abs_kmh", "median_abs_kmh", "p95_abs_kmh", "max_abs_kmh",
    "bias_kmh", "within_1", "within_3", "over_3", "coverage", "grade_a",
}  # fmt: skip


def a_truth(*vehicles) -> Truth:
    return Truth(name="x.truth.json", exact=True, uncertainty="exact", vehicles=vehicles)


def errors(*pairs, uncertainty_kmh=1.0):
    """The report for vehicles of the first speeds that were measured with the second."""
    vehicles = [a_vehicle(id=str(n), at_s=5.0 * n, kmh=true) for n, (true, _) in enumerate(pairs)]
    passages = [
        a_passage(id=f"p{n}", at_s=5.0 * n, kmh=read, uncertainty_kmh=uncertainty_kmh)
        for n, (_, read) in enumerate(pairs)
    ]
    return compare(a_truth(*vehicles), passages)


def test_the_keys_are_the_agreed_ones_for_every_group():
    report = errors((60, 61))
    groups = [report.pooled, *(figures for by in report.groups.values() for figures in by.values())]
    assert len({frozenset(figures.__slots__) for figures in groups}) == 1
    assert set(report.pooled.__slots__) >= AGREED
    assert set(report.groups) == {
        "direction", "kind", "lane", "speed_band_kmh", "grade", "truth_source",
    }  # fmt: skip


@given(st.lists(st.integers(20, 180), min_size=1, max_size=8))
def test_perfect_passages_give_no_error(speeds):
    pooled = errors(*((kmh, kmh) for kmh in speeds)).pooled
    assert pooled.n == pooled.captured == len(speeds)
    assert (pooled.mean_abs_kmh, pooled.max_abs_kmh, pooled.bias_kmh) == (0, 0, 0)
    assert (pooled.within_1, pooled.coverage, pooled.over_3) == (1, 1, 0)


@given(st.lists(st.integers(20, 180), min_size=1, max_size=8), st.data())
def test_a_vehicle_without_a_passage_is_missed(speeds, data):
    lost = data.draw(st.integers(0, len(speeds) - 1))
    vehicles = [a_vehicle(id=str(n), at_s=5.0 * n, kmh=kmh) for n, kmh in enumerate(speeds)]
    passages = [a_passage(at_s=5.0 * n, kmh=kmh) for n, kmh in enumerate(speeds) if n != lost]
    report = compare(a_truth(*vehicles), passages)
    assert [vehicle.id for vehicle in report.vehicles if vehicle.outcome == "missed"] == [str(lost)]
    assert (report.pooled.n, report.pooled.captured) == (len(speeds), len(speeds) - 1)
    assert not report.extra


@given(st.integers(20, 180), st.floats(7, 500))
def test_a_ghost_is_extra_and_never_captured(kmh, at_s):
    report = compare(a_truth(a_vehicle()), [a_passage(), a_passage(id="g", kmh=kmh, at_s=at_s)])
    assert [extra.passage_id for extra in report.extra] == ["g"]
    assert report.extra[0].reading_kmh == kmh
    assert report.pooled.captured == 1


def test_errors_are_reading_minus_truth():
    report = errors((100, 102), (100, 99), (100, 104), (100, 100))
    pooled = report.pooled
    assert [vehicle.error_kmh for vehicle in report.vehicles] == [2, -1, 4, 0]
    assert pooled.bias_kmh == pytest.approx(1.25)
    assert pooled.mean_abs_kmh == pytest.approx(1.75)
    assert pooled.median_abs_kmh == pytest.approx(1.5)
    assert pooled.median_abs_pct == pytest.approx(1.5)
    assert pooled.max_abs_kmh == 4
    assert (pooled.within_1, pooled.within_2, pooled.within_3) == (0.5, 0.75, 0.75)
    assert pooled.over_3 == 0.25


@pytest.mark.parametrize(
    ("true", "read", "within"),
    [(50, 52, True), (50, 52.1, False), (150, 153, True), (150, 153.1, False), (150, 147, True)],
    ids=["2 km/h", "more than 2 km/h", "2 percent", "more than 2 percent", "2 percent less"],
)
def test_within_2_means_2_kmh_or_2_percent(true, read, within):
    assert errors((true, read)).pooled.within_2 == float(within)


def test_reading_too_little_is_never_over():
    assert errors((100, 80)).pooled.over_3 == 0


def test_coverage_counts_errors_within_the_stated_uncertainty():
    assert errors((60, 61.5), (60, 60.5), uncertainty_kmh=1.0).pooled.coverage == 0.5


def test_a_refusal_is_told_with_its_reason_and_is_no_reading():
    report = compare(a_truth(a_vehicle()), [a_passage(speed=a_refusal())])
    assert (report.pooled.captured, report.pooled.refused) == (0, 1)
    assert report.pooled.mean_abs_kmh is None
    assert report.vehicles[0].refusal == "scattered (rms_m 0.5)"
    assert report.refusals == {"scattered": 1}


def test_a_vehicle_of_unknown_speed_is_captured_but_not_compared():
    report = compare(a_truth(a_vehicle(kmh=None)), [a_passage(kmh=50)])
    assert report.pooled.captured == 1
    assert report.pooled.mean_abs_kmh is None
    assert report.vehicles[0].error_kmh is None
    assert set(report.groups["speed_band_kmh"]) == {"not stated"}


def test_grade_a_is_a_share_of_the_readings():
    vehicles = [a_vehicle(id=str(n), at_s=5.0 * n) for n in range(4)]
    passages = [
        a_passage(id="0", at_s=0, grade=Grade.A),
        a_passage(id="1", at_s=5, grade=Grade.B),
        a_passage(id="2", at_s=10, speed=a_refusal()),
    ]
    assert compare(a_truth(*vehicles), passages).pooled.grade_a == 0.5


def test_groups_add_up_to_the_whole():
    vehicles = [
        a_vehicle(id="0", at_s=0, kind="truck", lane="1", direction="approaching", kmh=39),
        a_vehicle(id="1", at_s=5, kind="sedan", kmh=80),
        a_vehicle(id="2", at_s=10, kind="sedan", kmh=99.9),
    ]
    report = compare(a_truth(*vehicles), [a_passage(at_s=5)])
    assert all(
        sum(figures.n for figures in group.values()) == 3 for group in report.groups.values()
    )
    assert report.groups["kind"]["sedan"].captured == 1
    assert set(report.groups["speed_band_kmh"]) == {"020-040", "080-100"}


@pytest.mark.parametrize(
    ("kmh", "band"), [(0.5, "000-020"), (19.99, "000-020"), (20, "020-040"), (100, "100-120")]
)
def test_a_band_begins_with_its_lower_end(kmh, band):
    assert speed_band(kmh) == band


NOT_SURE = Refusal(reason=Reason.PLATE_NOT_SURE)


def reading(text: str) -> PlateReading:
    return PlateReading(text=text, confidence=0.9, frames=5)


@pytest.mark.parametrize(
    ("truth", "plate", "verdict"),
    [
        ("AA123BB", reading("AA123BB"), "right"),
        ("AA 123 BB", reading("AA123BB"), "right"),
        ("AA123BB", reading("AA128BB"), "wrong"),
        ("AA123BB", NOT_SURE, "refused"),
        ("AA123BB", None, "not looked"),
        (None, reading("AA123BB"), "no truth"),
    ],
)
def test_a_plate_is_right_wrong_refused_or_nobody_looked(truth, plate, verdict):
    report = compare(a_truth(a_vehicle(plate=truth)), [a_passage(plate=plate)])
    assert report.vehicles[0].plate == verdict


def test_nobody_looked_at_the_plate_of_a_missed_vehicle():
    assert compare(a_truth(a_vehicle()), []).vehicles[0].plate == "not looked"


def test_an_empty_truth_makes_every_passage_extra():
    report = compare(a_truth(), [a_passage()])
    assert report.pooled.n == 0
    assert len(report.extra) == 1
