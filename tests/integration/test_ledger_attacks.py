"""Whoever has the database, the office key and the log's key still cannot change history unseen."""

from random import Random

import pytest

from services.clock import SystemClock
from services.errors import LedgerError
from services.ledger.log import ask_witness, checkpoint
from services.ledger.witness import witness
from tests.builders_attacks import (
    ATTACKS,
    edit_an_event_and_its_leaf,
    fork_the_history,
    roll_database_and_log_back,
    roll_the_database_back,
    sign_another_history,
    sign_with_another_key,
)
from tests.builders_ledger import a_scene, copied

pytestmark = pytest.mark.sqlite


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    return a_scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture
def scene(untouched, tmp_path):
    return copied(untouched, tmp_path)


def dice():
    return Random(20261014)  # noqa: S311 - the same attack each time


def ask_twice(scene):
    """As a log does that hides what it did; the witness may first tell what it saw last."""
    for _ in range(2):
        with scene.open() as store:
            ask_witness(store)
        witness(scene.witness, scene.office / "ledger", SystemClock())


def test_an_office_that_nobody_touched_has_no_findings(scene):
    assert scene.audit() == ()
    scene.go_on()
    assert scene.audit() == ()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda each: each.__name__)
def test_the_audit_finds(attack, scene):
    attack(scene, dice())
    assert any(ATTACKS[attack] in each.fault for each in scene.audit())


@pytest.mark.parametrize(
    "attack",
    [roll_database_and_log_back, fork_the_history, sign_another_history, sign_with_another_key],
    ids=lambda each: each.__name__,
)
def test_the_witness_refuses_at_the_next_checkpoint(attack, scene):
    attack(scene, dice())
    with pytest.raises(LedgerError, match=r"rolled back|changed|another tree|not signed"):
        ask_twice(scene)


@pytest.mark.parametrize(
    "attack", [edit_an_event_and_its_leaf, roll_the_database_back], ids=lambda each: each.__name__
)
def test_the_log_itself_signs_nothing_that_does_not_go_on(attack, scene):
    attack(scene, dice())
    with scene.open() as store, pytest.raises(LedgerError, match="does not go on"):
        checkpoint(store, SystemClock())
