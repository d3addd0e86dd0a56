"""Many things, a few at a time."""

import pytest

from services.batches import CHUNK, batches, side_by_side


def test_batches_keep_every_thing_in_its_order():
    assert list(batches(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(batches([], 3)) == []


@pytest.mark.parametrize("count", [0, 1, CHUNK, 5 * CHUNK + 1])
def test_side_by_side_keeps_the_order(count):
    assert list(side_by_side(str, range(count), 2)) == [str(n) for n in range(count)]


def test_side_by_side_takes_no_more_than_it_needs():
    taken = []
    things = (taken.append(n) or n for n in range(1000))
    next(side_by_side(str, things, 2))
    assert len(taken) == 2 * CHUNK


def test_what_a_step_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(side_by_side(lambda n: 1 // n, [1, 0], 2))
