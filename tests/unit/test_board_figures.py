"""The public board: what it tells, and that nothing small can be read or worked out of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.report.figures import Figures
from services.web.board.figures import FEWEST, board_of
from speedcam.model import Reason


def figures(**changes) -> Figures:
    known = Figures(
        site="AL-DEMO-01", speeds={47: 60, 52: 40}, doubts={}, refusals={}, outcomes={}, days=[],
        violations=0, decisions=[], fines={"paid": 30, "issued": 10}, contested=0, decided=0,
        reversed=0, hours_to_notice=[],
    )  # fmt: skip
    return replace(known, **changes)


def test_a_month_with_traffic_tells_its_speeds_and_fines():
    board = board_of(figures())
    assert (board.measured, board.v85_kmh, board.fines) == (100, 53, 40)
    assert [(part.name, part.count) for part in board.speeds] == [("40–49", 60), ("50–59", 40)]


def test_a_few_vehicles_tell_nothing_at_all():
    board = board_of(figures(speeds={50: 9}, fines={"paid": 9}))
    assert (board.measured, board.v85_kmh, board.speeds, board.fines) == (None, None, (), None)


@pytest.mark.parametrize(("vehicles", "told"), [(66, False), (67, True)])
def test_a_percentile_is_told_where_ten_vehicles_were_faster(vehicles, told):
    assert (board_of(figures(speeds={50: vehicles})).v85_kmh is not None) == told


@pytest.mark.parametrize(("vehicles", "told"), [(199, None), (200, 1.2)])
def test_an_uncertainty_is_told_where_ten_speeds_may_have_more(vehicles, told):
    board = board_of(figures(speeds={50: vehicles}, doubts={8: vehicles - 60, 12: 60}))
    assert (board.doubt_median_kmh, board.doubt_p95_kmh) == (0.8, told)


def test_a_few_speeds_tell_no_uncertainty():
    assert board_of(figures(speeds={50: 19}, doubts={8: 19})).doubt_median_kmh is None


def test_no_uncertainty_is_told_of_speeds_that_were_counted_before_it_was():
    board = board_of(figures(speeds={50: 401}, doubts={8: 400}))
    assert (board.doubt_median_kmh, board.doubt_p95_kmh) == (None, None)


def test_none_looks_like_a_few():
    one, none = (board_of(figures(fines=fines)) for fines in ({"paid": 1}, {}))
    assert one == none


def test_one_fast_vehicle_is_told_with_those_before_it():
    board = board_of(figures(speeds={47: 60, 131: 1}))
    assert [(part.name, part.count) for part in board.speeds] == [("40–139", 61)]


def test_a_reversal_rate_that_would_give_a_few_away_is_not_told():
    told = board_of(figures(decided=40, reversed=12))
    kept = board_of(figures(decided=40, reversed=2))
    assert (told.reversed, told.reversal_pct) == (12, 30)
    assert (kept.decided, kept.reversed, kept.reversal_pct) == (40, None, None)


def test_small_reasons_are_told_together():
    board = board_of(figures(refusals={"merged": 20, "time_gap": 6, "standing": 7}))
    assert [(part.name, part.count) for part in board.refusals] == [("shared", 20), ("other", 13)]


def test_a_reason_that_nobody_put_in_a_group_is_no_gap():
    board = board_of(figures(refusals=dict.fromkeys([*Reason, "of the future"], FEWEST)))
    assert sum(part.count for part in board.refusals) == FEWEST * (len(Reason) + 1)


@given(
    st.dictionaries(st.integers(1, 249), st.integers(1, 30)),
    st.dictionaries(st.sampled_from(Reason), st.integers(1, 30)),
)
def test_no_part_is_small_and_none_is_lost(speeds, refusals):
    board = board_of(figures(speeds=speeds, refusals=refusals))
    counts = [part.count for part in (*board.speeds, *board.refusals)]
    assert all(count is None or count >= FEWEST for count in counts)
    if board.measured:
        assert sum(part.count for part in board.speeds) == sum(speeds.values())
