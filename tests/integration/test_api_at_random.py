"""The API under random questions; ``python -m tests.torture api`` asks many more."""

from tests.torture.api import asked


def test_no_question_makes_a_fault_of_ours_or_an_answer_that_is_not_described(tmp_path):
    seen = asked(3, tmp_path)
    assert {200, 401, 404, 422} <= set(seen) <= {200, 304, 401, 404, 405, 422}
