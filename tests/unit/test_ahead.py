"""Items made ahead are the same, in order, and nobody goes on making what nobody takes."""

from contextlib import closing
from threading import Event
from threading import enumerate as threads

import pytest

from speedcam.ahead import Ahead


def makers():
    return [thread for thread in threads() if thread.name == "ahead"]


@pytest.mark.parametrize("most", [1, 4])
def test_they_are_the_same_in_their_order(most):
    assert list(Ahead(most).of(range(50))) == list(range(50))
    assert not makers()


def test_others_are_made_while_somebody_is_at_one():
    third = Event()

    def made():
        yield from (1, 2)
        third.set()
        yield 3

    taken = Ahead(4).of(made())
    assert next(taken) == 1
    assert third.wait(60)
    assert list(taken) == [2, 3]


def test_no_more_are_made_ahead_than_may_wait():
    made = []

    def making():
        for number in range(9):
            # One waits, and one is held out to whoever takes it.
            assert number - len(taken) <= 2
            made.append(number)
            yield number

    taken = []
    for number in Ahead(1).of(making()):
        taken += [number]
    assert made == taken == list(range(9))


def test_what_goes_wrong_is_told_after_what_went_well():
    def made():
        yield 1
        raise ValueError("no more")

    taken = Ahead(4).of(made())
    assert next(taken) == 1
    with pytest.raises(ValueError, match="no more"):
        next(taken)
    assert not makers()


def test_nothing_is_made_for_whoever_has_left():
    ahead, closed = Ahead(1), Event()

    def made():
        try:
            while True:
                ahead.go_on()
                yield 1
        finally:
            closed.set()

    with closing(ahead.of(made())) as taken:
        assert next(taken) == 1
    assert not makers()
    assert closed.is_set()
