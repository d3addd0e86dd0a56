"""A deliverer that is killed at its work repeats one letter at most, with its Message-ID."""

import pytest

from tests.bench.delivery import filled, killed_at_random

LETTERS, KILLS = 24, 8


@pytest.mark.slow
def test_a_killed_deliverer_loses_nothing_and_repeats_one_letter_at_most(tmp_path):
    filled(tmp_path, LETTERS)
    proof = killed_at_random(tmp_path, seed=7, kills=KILLS)
    assert (proof.letters, proof.sent, proof.lost) == (LETTERS, LETTERS, 0)
    assert proof.repeats <= proof.may_repeat <= KILLS
    assert proof.holds
