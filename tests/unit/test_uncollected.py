"""Python looks for cycles again as soon as a group is done, however it ends."""

import gc

import pytest

from services.uncollected import uncollected


def test_nobody_looks_for_cycles_within_the_block_and_everybody_does_after_it():
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_group_that_fails_leaves_it_as_it_was():
    with pytest.raises(ValueError, match="broken"), uncollected():
        raise ValueError("broken")
    assert gc.isenabled()
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
