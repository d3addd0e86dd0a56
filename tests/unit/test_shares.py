"""Any two shares give a key back; one says nothing of it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import StoreError
from services.store.shares import Share, join, read_share, split

SECRET = bytes(range(32))
keys = st.binary(min_size=32, max_size=32)


@given(keys)
def test_any_two_shares_give_the_key_back(secret):
    for one, other in itertools.permutations(split(secret), 2):
        assert join(read_share(str(one)), read_share(str(other))) == secret


def test_a_share_fits_every_key():
    """What one share says: nothing, for some line through it leads to any secret at all."""
    one, *_ = split(SECRET)
    firsts = {join_unchecked(one.value[0], other) for other in range(256)}
    assert firsts == set(range(256))


def join_unchecked(value, other):
    """The first byte of the secret of a share at 1, if the share at 2 were this."""
    twice = (value << 1) ^ (0x11B if value & 0x80 else 0)
    # Over GF(256), 1/(1+2) is 0xF6 (the inverse of 3).
    total, times, left = 0, twice ^ other, 0xF6
    while left:
        total ^= times if left & 1 else 0
        times = (times << 1) ^ (0x11B if times & 0x80 else 0)
        left >>= 1
    return total


def test_what_the_reckoning_by_hand_gives_is_what_join_gives():
    one, other, _ = split(SECRET)
    assert join_unchecked(one.value[0], other.value[0]) == SECRET[0]


def test_two_splits_of_one_key_do_not_mix():
    one, other = split(SECRET)[0], split(SECRET)[1]
    with pytest.raises(StoreError, match="do not give the key"):
        join(one, other)


def test_one_share_twice_and_shares_of_two_keys_are_refused():
    one, *_ = split(SECRET)
    _, foreign, _ = split(bytes(32))
    for other in (one, foreign):
        with pytest.raises(StoreError, match="not two different shares of one key"):
            join(one, other)


@given(st.integers(0, 110), st.characters(codec="ascii", categories=["L", "N"]))
def test_a_mistyped_share_is_none(place, letter):
    share = split(SECRET)[0]
    text = str(share)
    changed = text[:place] + letter + text[place + 1 :]
    if changed != text:
        with pytest.raises(StoreError, match="mistyped"):
            read_share(changed)


@pytest.mark.parametrize("text", ["", "speedcam-share/1", "a b c d e", "é" * 20])
def test_what_is_no_share_is_told(text):
    with pytest.raises(StoreError, match="no share of a key"):
        read_share(text)


def test_a_share_shows_its_value_to_nobody_who_prints_it_as_an_object():
    share = Share(kek="0" * 16, place=1, value=SECRET)
    assert SECRET.hex() not in repr(share)
