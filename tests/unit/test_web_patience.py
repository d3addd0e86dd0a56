"""Patience: networks instead of addresses, workers, forgetting."""

from datetime import timedelta

import pytest

from services.web.patience import (
    FORGET_AFTER,
    FREE_FAILURES,
    LONGEST_WAIT,
    Patience,
    network_of,
)
from services.web.tally import Tally
from tests.builders_notice import StoppedClock

NOW = timedelta()


def tried(patience: Patience, address: str, times: int) -> list[timedelta]:
    return [patience.attempt(address) for _ in range(times)]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:22ff::5", "2001:db8:1:2200::/56"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_neighbours_share_their_count(address, network):
    assert network_of(address) == network


def test_ten_tries_fit_into_a_quarter_of_an_hour():
    clock = StoppedClock()
    patience = Patience(b"k" * 32, clock)
    done = 0
    for _ in range(15 * 60):
        done += patience.attempt("192.0.2.1") == NOW
        clock.advance(seconds=1)
    assert done == 10


def test_a_success_is_no_failure_and_excuses_none():
    patience = Patience(b"k" * 32, StoppedClock())
    for _ in range(20):
        assert patience.attempt("192.0.2.1") == NOW
        patience.forgive("192.0.2.1")
    assert tried(patience, "192.0.2.1", FREE_FAILURES) == [NOW] * FREE_FAILURES
    assert patience.attempt("192.0.2.1") > NOW


def test_the_wait_has_an_end_and_failures_are_forgotten():
    clock = StoppedClock()
    patience = Patience(b"k" * 32, clock)
    for _ in range(200):
        patience.attempt("192.0.2.1")
        clock.advance(seconds=LONGEST_WAIT.total_seconds())
    assert patience.attempt("192.0.2.1") == NOW
    assert patience.attempt("192.0.2.1") == LONGEST_WAIT
    clock.advance(seconds=FORGET_AFTER.total_seconds())
    assert tried(patience, "192.0.2.1", FREE_FAILURES) == [NOW] * FREE_FAILURES


def test_workers_count_the_tries_of_a_network_together(tmp_path):
    clock = StoppedClock()
    tallies = [Tally(tmp_path / "tally") for _ in range(2)]
    workers = [Patience(b"k" * 32, clock, each) for each in tallies]
    for ordinal in range(FREE_FAILURES):
        assert workers[ordinal % 2].attempt("192.0.2.1") == NOW
    assert all(worker.attempt("192.0.2.1") > NOW for worker in workers)
    for each in tallies:
        each.close()
