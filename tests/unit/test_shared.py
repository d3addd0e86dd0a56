"""One question for many, and none of them gets an answer older than its own question."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from services.web.keeper.shared import Shared


class Slow:
    """Counts questions; each waits until it may be answered."""

    def __init__(self):
        self.asked = 0
        self.begun, self.go = Event(), Event()

    def __call__(self):
        self.asked += 1
        self.begun.set()
        assert self.go.wait(20)
        return self.asked


def test_who_comes_while_a_question_is_under_way_gets_the_answer_to_a_later_one():
    slow = Slow()
    shared = Shared(slow)
    with ThreadPoolExecutor(9) as threads:
        first = threads.submit(shared)
        assert slow.begun.wait(20)
        others = [threads.submit(shared) for _ in range(8)]
        slow.go.set()
        assert first.result() == 1
        answers = {each.result() for each in others}
    assert 1 not in answers
    assert slow.asked == max(answers)


def test_each_who_asks_alone_gets_a_new_answer():
    slow = Slow()
    slow.go.set()
    shared = Shared(slow)
    assert [shared(), shared(), shared()] == [1, 2, 3]


def test_who_waits_for_a_question_that_fails_asks_again():
    fails = iter([True, False])

    def ask():
        if next(fails):
            raise ValueError("not now")
        return "answer"

    shared = Shared(ask)
    with pytest.raises(ValueError, match="not now"):
        shared()
    assert shared() == "answer"
