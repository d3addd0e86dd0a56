"""A figure means the same wherever it is made."""

import math
from dataclasses import asdict, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.validate.figures import Figures, Pair, figures, grouped, outcome_or_grade

SPEEDS = st.floats(20, 200)
PAIRS = st.lists(
    st.builds(
        Pair,
        truth_kmh=SPEEDS,
        reading_kmh=SPEEDS,
        uncertainty_kmh=st.floats(0.1, 5),
        truth_uncertainty_kmh=st.floats(0, 5),
        grade=st.sampled_from(["A", "B"]),
    ),
    min_size=1,
    max_size=12,
)
SHARES = [
    "capture_rate", "within_1", "within_2", "within_3", "within_minus3_plus2", "over_3",
    "coverage", "grade_a",
]  # fmt: skip


def a_pair(true=100.0, read=101.0, **more) -> Pair:
    return Pair(truth_kmh=true, reading_kmh=read, **({"uncertainty_kmh": 1.0} | more))


def test_nothing_compared_says_nothing():
    empty = asdict(figures([]))
    assert [empty.pop(count) for count in ("n", "captured", "refused")] == [0, 0, 0]
    assert set(empty.values()) == {None}


@given(PAIRS)
def test_shares_are_fractions_and_grow_with_their_limit(pairs):
    made = figures(pairs)
    assert all(0 <= getattr(made, share) <= 1 for share in SHARES)
    assert made.within_1 <= made.within_2 <= made.within_3


@given(PAIRS)
def test_sizes_are_ordered(pairs):
    made = figures(pairs)
    sizes = [made.median_abs_kmh, made.p95_abs_kmh, made.max_abs_kmh]
    assert sizes == sorted(sizes)
    assert abs(made.bias_kmh) <= made.mean_abs_kmh + 1e-9 <= made.max_abs_kmh + 2e-9


@given(PAIRS, st.randoms())
def test_the_order_of_the_pairs_makes_no_difference(pairs, random):
    before = asdict(figures(pairs))
    random.shuffle(pairs)
    assert asdict(figures(pairs)) == pytest.approx(before, abs=1e-9, nan_ok=False)


@given(PAIRS)
def test_a_less_certain_truth_never_lowers_the_coverage(pairs):
    vaguer = [
        a_pair(
            p.truth_kmh, p.reading_kmh,
            uncertainty_kmh=p.uncertainty_kmh, truth_uncertainty_kmh=p.truth_uncertainty_kmh + 1,
        )
        for p in pairs
    ]  # fmt: skip
    assert figures(vaguer).coverage >= figures(pairs).coverage


def test_coverage_holds_the_error_against_reading_and_truth_together():
    assert figures([a_pair(100, 105, uncertainty_kmh=3.0)]).coverage == 0
    both = a_pair(100, 105, uncertainty_kmh=3.0, truth_uncertainty_kmh=4.0)
    assert both.e_n == 1
    assert figures([both]).coverage == 1


def test_the_limits_of_agreement_are_bland_and_altmans():
    made = figures([a_pair(100, 100 + error) for error in (-1, 0, 4)])
    assert made.bias_kmh == 1
    assert made.sd_kmh == pytest.approx(math.sqrt(7))
    assert made.loa_low_kmh == pytest.approx(1 - 1.96 * math.sqrt(7))
    assert made.loa_high_kmh == pytest.approx(1 + 1.96 * math.sqrt(7))


def test_one_error_has_no_spread():
    made = figures([a_pair()])
    assert (made.sd_kmh, made.loa_low_kmh, made.loa_high_kmh) == (None, None, None)


@pytest.mark.parametrize(
    ("error", "inside"), [(2, True), (2.1, False), (-3, True), (-3.1, False)], ids=str
)
def test_minus_3_to_plus_2_holds_its_ends(error, inside):
    assert figures([a_pair(60.1, 60.1 + error)]).within_minus3_plus2 == float(inside)


def test_exactly_3_kmh_too_much_is_not_beyond_3():
    assert figures([a_pair(60.1, 63.1)]).over_3 == 0
    assert figures([a_pair(60.1, 63.2)]).over_3 == 1


def test_a_refused_vehicle_is_not_captured_and_a_missed_one_not_refused():
    refused = Pair(truth_kmh=60, refusal="scattered")
    made = figures([a_pair(), refused, Pair(truth_kmh=60)])
    assert (made.n, made.captured, made.refused) == (3, 1, 1)
    assert made.capture_rate == pytest.approx(1 / 3)


def test_a_reading_that_states_no_uncertainty_is_neither_covered_nor_uncovered():
    silent = a_pair(uncertainty_kmh=None)
    assert figures([silent]).coverage is None
    assert figures([silent, a_pair(100, 100)]).coverage == 1


def test_groups_hold_every_pair_once():
    pairs = [a_pair(grade="A"), a_pair(grade="B"), a_pair(), Pair(truth_kmh=60)]
    groups = grouped(pairs, outcome_or_grade)
    assert {name: made.n for name, made in groups.items()} == {
        "A": 1, "B": 1, "missed": 1, "not graded": 1,
    }  # fmt: skip
    assert {frozenset(asdict(made)) for made in groups.values()} == {
        frozenset(field.name for field in fields(Figures))
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"truth_kmh": 0.0},
        {"truth_kmh": math.nan},
        {"truth_kmh": 50, "reading_kmh": math.inf},
        {"truth_kmh": 50, "reading_kmh": 50, "uncertainty_kmh": 0.0},
        {"truth_kmh": 50, "truth_uncertainty_kmh": -1.0},
        {"truth_kmh": 50, "reading_kmh": 50, "refusal": "scattered"},
    ],
    ids=str,
)
def test_what_is_no_number_never_enters_a_figure(wrong):
    with pytest.raises(ValueError, match=r"kmh|refusal"):
        Pair(**wrong)
