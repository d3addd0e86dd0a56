"""The bench of plates that drive by counts what it says."""

import io

import pytest
from rich.console import Console

from speedcam.pipeline import NEAR
from speedcam.plate import Outcome
from tests.bench.plates_passing import LEAD, PLATES_M, WIDTHS_PX, passing
from tests.bench.plates_road import Row, document, show


def a_row(**changes):
    return Row(
        **{
            "seed": 1,
            "width_px": 75.0,
            "outcome": Outcome.READ,
            "given": True,
            "wrong": False,
            "told": None,
            "misread": (),
            "confidence": 0.99,
            "exact": True,
            "ms": 100.0,
        }
        | changes
    )


def test_wrong_readings_are_counted_where_they_are():
    wrong = a_row(width_px=95.0, wrong=True, exact=False, misread=("56",), seed=2)
    doubtful = a_row(outcome=Outcome.DOUBTFUL, given=False, confidence=0.3)
    told = document([a_row(), wrong, doubtful])
    assert (told["all"]["given"], told["all"]["given_wrong"], told["all"]["read_wrong"]) == (
        2,
        1,
        1,
    )
    assert told["widths"]["70 to 80 px"]["n"] == 2
    assert told["widths"]["90 to 100 px"]["read_wrong"] == 1
    assert told["misread"] == {"56": 1}
    assert told["reliability"]["error"] == pytest.approx(0.49)


def test_the_tables_name_every_width():
    page = io.StringIO()
    show(document([a_row()]), Console(file=page, width=140))
    assert all(f"{edge} to" in page.getvalue() for edge in (50, 60, 70, 80, 90, 100, 120))


@pytest.mark.parametrize("seed", range(5))
def test_a_vehicle_is_as_wide_as_drawn_where_it_is_nearest(seed):
    one = passing(seed)
    rate = float(one.scene.frames_per_s)
    widths = [
        abs(
            one.upright((0.52, 0.11), frame / rate)[1, 0]
            - one.upright((0.52, 0.11), frame / rate)[0, 0]
        )
        for frame in range(LEAD, LEAD + one.looks)
    ]
    assert WIDTHS_PX[0] <= one.width_px <= WIDTHS_PX[1]
    assert 0.8 * one.width_px < max(widths) < 1.02 * one.width_px
    assert min(widths) > 0.95 * NEAR * one.width_px
    assert PLATES_M[0] <= one.at_m[2] <= PLATES_M[1]


def test_the_same_seed_is_the_same_vehicle():
    assert passing(7) == passing(7)
    assert passing(7) != passing(8)
