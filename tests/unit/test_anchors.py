"""The plate as second anchor: its own length is used, and a wrong one is found out."""

from dataclasses import replace

import pytest

from speedcam.anchors import anchor_by_plate
from speedcam.model import Grade, Reason, Refusal, SpeedMeasurement
from speedcam.plate_types import AL_520, IT_360, IT_520
from speedcam.speed import ends_at_its_edge, measure
from tests.builders_camera import ZONE, a_ground, a_track, plate_sightings

GROUND = a_ground()
KMH = 60.0
FROM_M = 10.0
"""Near enough for the bands of a plate of 360 mm to be told."""
TYPES = (AL_520, IT_520, IT_360)


def with_plates(plates, *, ends_there=False):
    """What the plates make of a vehicle whose contact edge says 60 km/h."""
    contact = measure(a_track(KMH, from_m=FROM_M), GROUND, ZONE)
    assert isinstance(contact, SpeedMeasurement)
    return anchor_by_plate(contact, plates, GROUND, ends_there=ends_there)


def plates_of(kind, *, taken_for=None, field_m=None):
    """Sightings of a plate of ``kind`` whose bands look like those of ``taken_for``."""
    shown = taken_for or kind
    width_m = field_m or kind.field_m
    share = shown.band_per_field - 0.004
    return looks_at_a_plate(KMH, width_m=width_m, band_share=share)


def looks_at_a_plate(kmh, **changes):
    return plate_sightings(kmh, from_m=FROM_M, count=12, **changes)


def without_ends(plates):
    """The same sightings where the bands do not end."""
    return [replace(plate, band_share=None) for plate in plates]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_each_type_of_plate_anchors_by_its_own_length(kind):
    result = with_plates(plates_of(kind))
    assert result.grade is Grade.A
    assert result.anchors[1].speed_kmh == pytest.approx(KMH, rel=2e-3)


def test_a_type_known_less_well_makes_a_vaguer_anchor():
    known, vague = (with_plates(plates_of(kind)).anchors[1] for kind in (AL_520, IT_360))
    assert vague.uncertainty_kmh > known.uncertainty_kmh


def may_be_fined(result):
    return isinstance(result, SpeedMeasurement) and result.grade is Grade.A


@pytest.mark.parametrize("taken_for", TYPES, ids=lambda kind: f"for-{kind.name}")
@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_a_plate_taken_for_another_type_fines_nobody(kind, taken_for):
    assert may_be_fined(with_plates(plates_of(kind, taken_for=taken_for))) is (kind is taken_for)


@pytest.mark.parametrize("field_m", [0.34, 0.40, 0.42, 0.46, 0.47, 0.48])
def test_a_field_of_another_length_fines_nobody(field_m):
    # A plate with one band, or with wider ones, on a car whose paint passes as a band.
    plates = plates_of(AL_520, field_m=field_m)
    assert not may_be_fined(with_plates(plates))


def test_a_field_a_little_too_short_is_a_disagreement():
    result = with_plates(plates_of(IT_520, taken_for=AL_520))
    assert isinstance(result, Refusal)
    assert result.reason is Reason.ANCHORS_DISAGREE


@pytest.mark.parametrize(("off", "may"), [(0.015, True), (0.025, False), (-0.025, False)])
def test_anchors_that_agree_only_loosely_leave_grade_b(off, may):
    result = with_plates(plates_of(AL_520, field_m=AL_520.field_m * (1 + off)))
    assert isinstance(result, SpeedMeasurement)
    assert may_be_fined(result) is may


def test_looks_that_disagree_in_type_leave_grade_b():
    one, other = plates_of(AL_520), plates_of(AL_520, taken_for=IT_360)
    result = with_plates([*one[::2], *other[1::2]])
    assert result.grade is Grade.B
    assert len(result.anchors) == 1


@pytest.mark.parametrize("field_m", [0.40, 0.42, 0.44, 0.48])
def test_a_plate_whose_bands_have_no_end_confirms_and_refuses_nothing(field_m):
    # Of 420 mm it would agree with an edge that is 4.5 % too fast.
    result = with_plates(without_ends(plates_of(AL_520, field_m=field_m)))
    assert isinstance(result, SpeedMeasurement)
    assert result.grade is Grade.B
    assert len(result.anchors) == 1


@pytest.mark.parametrize(
    ("field_m", "may"), [(0.42, True), (0.44, True), (0.40, False), (0.48, False)]
)
def test_a_plate_of_either_type_confirms_an_edge_at_which_the_vehicle_ends(field_m, may):
    plates = without_ends(plates_of(AL_520, field_m=field_m))
    result = with_plates(plates, ends_there=True)
    assert isinstance(result, SpeedMeasurement)
    assert may_be_fined(result) is may


def test_a_plate_of_either_type_is_as_doubtful_as_these_differ():
    vague = with_plates(without_ends(plates_of(AL_520)), ends_there=True).anchors[1]
    assert vague.uncertainty_kmh > 2 * (0.44 / 0.42 - 1) / 3**0.5 * KMH


def test_features_confirm_no_edge_against_a_plate_of_sure_type():
    result = with_plates(plates_of(IT_520, taken_for=AL_520), ends_there=True)
    assert isinstance(result, Refusal)


@pytest.mark.parametrize(("ahead_m", "ends"), [(0, True), (-0.8, False), (0.8, False)])
def test_a_vehicle_ends_at_its_edge_where_its_features_do(ahead_m, ends):
    edge = a_track(KMH, from_m=FROM_M)
    shifted = a_track(KMH, from_m=FROM_M + ahead_m, to_m=44 + ahead_m)
    speed = measure(edge, GROUND, ZONE)
    assert ends_at_its_edge(replace(edge, features=shifted.features), speed, GROUND) is ends


@pytest.mark.parametrize("share", [0.093, 0.100, 0.111])
def test_small_looks_at_bands_that_seem_too_wide_never_refuse_a_vehicle(share):
    # With colour at half the resolution, 40 mm of blue may measure like 50 mm.
    far = plate_sightings(KMH, from_m=FROM_M, count=12, band_share=share)[7:]
    assert not isinstance(with_plates(far), Refusal)


def test_a_plate_read_over_three_metres_confirms_the_speed_and_less_does_not():
    every_half_metre = plate_sightings(KMH, from_m=FROM_M, count=40)
    assert with_plates(every_half_metre[:7]).grade is Grade.A
    assert with_plates(every_half_metre[:6]).grade is Grade.B
