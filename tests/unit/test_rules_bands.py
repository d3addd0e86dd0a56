from decimal import Decimal

import pytest

from services.rules.bands import gaps, parse_interval


def intervals(*texts):
    return [parse_interval(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "over", "inside"),
    [
        ("(0, 10]", "0", False),
        ("(0, 10]", "0.1", True),
        ("(0, 10]", "10", True),
        ("(0, 10]", "10.001", False),
        ("[5, 20)", "5", True),
        ("[5, 20)", "20", False),
        ("(40, )", "40", False),
        ("(40, )", "4000", True),
    ],
)
def test_an_edge_belongs_to_the_side_its_bracket_says(text, over, inside):
    assert parse_interval(text).contains(Decimal(over)) is inside


@pytest.mark.parametrize("text", ["0-10", "(10, 10]", "(20, 10]", "(0, ]", "(-5, 10]", "", None, 7])
def test_what_is_no_interval_is_refused(text):
    with pytest.raises(ValueError, match=r"interval|empty|edge"):
        parse_interval(text)


@pytest.mark.parametrize("text", ["(0, 10]", "[5, 20)", "(40, )"])
def test_an_interval_is_printed_as_it_is_written(text):
    assert str(parse_interval(text)) == text


def test_bands_that_meet_leave_no_gap():
    assert gaps("urban", intervals("(0, 5)", "[5, 20]", "(20, )")) == []


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(("(0, 10]", "(11, )"), id="gap"),
        pytest.param(("(0, 10]", "(9, )"), id="overlap"),
        pytest.param(("(0, 10]", "[10, )"), id="edge twice"),
        pytest.param(("(0, 10)", "(10, )"), id="edge in neither"),
        pytest.param(("(5, 10]", "(10, )"), id="late start"),
        pytest.param(("[0, 10]", "(10, )"), id="the limit itself"),
        pytest.param(("(0, 10]", "(10, 20]"), id="no end"),
        pytest.param((), id="nothing"),
    ],
)
def test_bands_that_miss_or_repeat_a_speed_are_told(texts):
    assert gaps("urban", intervals(*texts))
