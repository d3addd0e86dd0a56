"""Which type a vehicle's looks show together."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.plate_types import (
    AL_520,
    IT_360,
    IT_520,
    PLATE_TYPES,
    FieldLook,
    type_of,
    type_seen,
    types_possible,
)

shares = st.lists(st.floats(0.0, 0.3), min_size=3, max_size=10)
TRUE_SHARES = {AL_520: (0.084, 0.091), IT_520: (0.1095, 0.125), IT_360: (0.173, 0.2)}
"""From a plate whose rim or frame hides 3 to 5 mm of the band to one whose band is seen whole."""


def a_look(field_px, band_share, height_share=0.25):
    return FieldLook(field_px=field_px, band_share=band_share, height_share=height_share)


def shown(shares, *, field_px=100.0):
    """The type that looks of these shares show, all equally near."""
    looks = (a_look(field_px, s) for s in shares)
    return type_seen(list(looks))


@pytest.mark.parametrize(
    ("kind", "field_m"), [(AL_520, 0.44), (IT_520, 0.42), (IT_360, 0.26)], ids=lambda k: str(k)[:20]
)
def test_the_field_is_what_the_bands_leave(kind, field_m):
    assert kind.field_m == pytest.approx(field_m)


def test_limits_of_types_of_other_lengths_do_not_touch():
    limits = sorted(kind.band_share for kind in (AL_520, IT_520, IT_360))
    for (_, upper), (lower, _) in pairwise(limits):
        assert upper < lower


def test_a_band_takes_at_most_what_its_width_says():
    for kind in (AL_520, IT_520, IT_360):
        assert kind.band_share[0] < kind.band_per_field < kind.band_share[1] + 0.001


@given(shares)
def test_a_type_is_shown_only_where_the_middle_look_shows_it(seen):
    kind = shown(seen)
    middle = sorted(seen)[len(seen) // 2], sorted(seen)[(len(seen) - 1) // 2]
    if kind is not None:
        assert type_of(sum(middle) / 2) is kind


def test_one_bad_look_among_many_changes_nothing():
    assert shown([0.08, 0.082, 0.079, 0.16, 0.081]) is AL_520


def test_nearest_looks_that_lie_together_by_chance_are_no_surer_than_all():
    far = [a_look(78.0, share) for share in (0.06, 0.1, 0.07, 0.11, 0.06, 0.1)]
    near = [a_look(100.0, share) for share in (0.0895, 0.09, 0.0905)]
    assert type_seen(near) is AL_520
    assert type_seen(far + near) is None


def test_nearest_looks_that_lie_apart_by_chance_are_as_sure_as_all():
    far = [a_look(52.0, share) for share in (0.08, 0.082, 0.079, 0.081, 0.083, 0.08)]
    near = [a_look(66.0, share) for share in (0.09, 0.07, 0.081)]
    assert type_seen(near) is None
    assert type_seen(far + near) is AL_520


@pytest.mark.parametrize(
    "seen",
    [[0.08, 0.18, 0.08, 0.18], [0.142, 0.146, 0.144], [0.02] * 4, [0.25] * 4],
    ids=["two-lengths", "between", "too-narrow", "too-wide"],
)
def test_looks_that_disagree_or_fit_nothing_show_no_type(seen):
    assert shown(seen) is None


def test_looks_between_two_types_of_one_length_show_neither():
    assert shown([0.094, 0.104, 0.097, 0.101]) is None


def test_bands_without_an_end_show_no_type():
    assert shown([None] * 4) is None


def test_the_nearest_looks_tell_the_type_and_far_ones_do_not_spoil_it():
    # A pixel of colour too much widens the band of a small plate most.
    looks = [a_look(px, 0.082 + 0.5 / px) for px in range(44, 80, 4)]
    assert type_seen(looks) is AL_520
    assert type_seen(looks[:4]) is None


@pytest.mark.parametrize("kind", TRUE_SHARES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("off_px", [-1.0, 1.0])
@pytest.mark.parametrize("field_px", [40, 55, 80])
def test_an_error_that_all_looks_share_never_shows_a_wrong_type(kind, off_px, field_px):
    for share in TRUE_SHARES[kind]:
        assert shown([share + off_px / field_px] * 9, field_px=field_px) in {kind, None}


@pytest.mark.parametrize("kind", TRUE_SHARES, ids=lambda kind: kind.name)
def test_near_looks_show_each_type_surely(kind):
    for share in TRUE_SHARES[kind]:
        assert shown([share] * 5, field_px=90) is kind


def test_looks_that_scatter_and_bands_that_a_frame_hides_still_show_a_narrow_band():
    assert shown([0.085, 0.089, 0.067, 0.057, 0.053], field_px=61) is AL_520


def test_looks_that_are_too_small_have_no_say():
    near = a_look(70, 0.085)
    far = a_look(38, 0.12)
    assert type_seen([near] * 3 + [far] * 6) is AL_520
    assert type_seen([near] * 2 + [far] * 6) is None


def test_two_looks_among_six_are_too_few():
    assert shown([0.08, 0.08, None, None, None, None]) is None


def test_no_look_shows_no_type():
    assert type_seen([]) is None


@pytest.mark.parametrize("kind", PLATE_TYPES, ids=lambda kind: kind.name)
def test_one_look_shows_the_type_of_its_share(kind):
    assert type_of(sum(kind.band_share) / 2) is kind


def test_a_look_without_a_share_shows_no_type():
    assert type_of(None) is None


@pytest.mark.parametrize(
    ("share", "height", "possible"),
    [
        (0.085, 0.25, (AL_520,)),
        (0.100, 0.25, (AL_520, IT_520)),
        (None, 0.25, (AL_520, IT_520)),
        (None, 0.42, ()),
        (0.160, 0.25, ()),
    ],
)
def test_where_the_bands_do_not_tell_the_height_tells_plates_of_520_mm(share, height, possible):
    looks = [a_look(100, share, height)] * 5
    assert types_possible(looks) == possible


def test_without_a_look_nothing_is_possible():
    assert types_possible([]) == ()
