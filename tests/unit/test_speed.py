"""Laws of the measurement: what may change a speed, and what must not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speedcam.anchors import anchor_by_plate, as_fast_as_its_plate, same_vehicle
from speedcam.ground import fit_ground
from speedcam.model import Direction, FeatureTrack, Grade, Reason, Refusal, SpeedMeasurement
from speedcam.speed import measure, seen_alone
from tests.builders_camera import (
    ZONE,
    a_ground,
    a_survey,
    a_track,
    camera_px,
    plate_sightings,
)

GROUND = a_ground()


def measured(track, ground=GROUND, zone=ZONE):
    result = measure(track, ground, zone)
    assert isinstance(result, SpeedMeasurement), result
    return result


def refused(track):
    result = measure(track, GROUND, ZONE)
    assert isinstance(result, Refusal), result
    return result.reason


@given(kmh=st.floats(20, 200))
@settings(max_examples=40)
def test_a_vehicle_reads_what_it_drives(kmh):
    assert measured(a_track(kmh)).speed_kmh == pytest.approx(kmh, rel=1e-4)


@given(kmh=st.floats(30, 120), drop=st.sets(st.integers(0, 40), max_size=20))
@settings(max_examples=40)
def test_missed_frames_never_make_a_vehicle_faster(kmh, drop):
    whole = a_track(kmh)
    kept = tuple(s for i, s in enumerate(whole.sightings) if i not in drop)
    result = measure(replace(whole, sightings=kept), GROUND, ZONE)
    if isinstance(result, SpeedMeasurement):
        assert result.speed_kmh == pytest.approx(kmh, rel=1e-4)


@given(
    kmh=st.floats(30, 150),
    seed=st.integers(0, 10**6),
    drop=st.sets(st.integers(0, 40), max_size=12),
)
@settings(max_examples=60)
def test_frames_lost_at_random_change_no_speed_by_more_than_its_uncertainty(kmh, seed, drop):
    whole = a_track(kmh, noise_px=0.4, seed=seed)
    kept = tuple(s for i, s in enumerate(whole.sightings) if i not in drop)
    result = measure(replace(whole, sightings=kept), GROUND, ZONE)
    if isinstance(result, SpeedMeasurement):
        full = measured(whole)
        assert abs(result.speed_kmh - full.speed_kmh) < result.uncertainty_kmh


@given(kmh=st.floats(30, 150), faster=st.floats(0.001, 0.5), seed=st.integers(0, 10**6))
@settings(max_examples=60)
def test_a_faster_vehicle_on_the_same_way_never_reads_slower(kmh, faster, seed):
    whole = a_track(kmh, noise_px=0.4, seed=seed)
    sooner = tuple(replace(s, contact_s=s.contact_s / (1 + faster)) for s in whole.sightings)
    features = stretched(whole, 1 / (1 + faster))
    result = measure(replace(whole, sightings=sooner, features=features), GROUND, ZONE)
    if isinstance(result, SpeedMeasurement):
        assert result.speed_kmh > measured(whole).speed_kmh


@given(kmh=st.floats(30, 150), seed=st.integers(0, 10**6))
@settings(max_examples=40)
def test_the_ntsc_rate_for_thirty_changes_a_speed_by_a_thousandth(kmh, seed):
    frames = np.arange(0, 1.1 * 31 * 3.6 / kmh * 30)
    ntsc = measured(a_track(kmh, times_s=frames * 1001 / 30000, noise_px=0.3, seed=seed))
    sighted_at_30 = a_track(kmh, times_s=frames * 1001 / 30000, noise_px=0.3, seed=seed)
    thirty = measured(
        replace(
            sighted_at_30,
            sightings=tuple(
                replace(s, contact_s=s.contact_s / 1.001) for s in sighted_at_30.sightings
            ),
            features=stretched(sighted_at_30, 1 / 1.001),
        )
    )
    assert thirty.speed_kmh / ntsc.speed_kmh == pytest.approx(1.001, rel=1e-5)
    assert abs(thirty.speed_kmh - ntsc.speed_kmh) < ntsc.uncertainty_kmh


@given(shift_s=st.floats(-1e4, 1e6))
def test_the_start_of_the_clock_does_not_matter(shift_s):
    times_s = np.arange(0, 1.5, 0.04)
    early = measured(a_track(70, times_s=times_s))
    late = measured(a_track(70, times_s=times_s + shift_s))
    assert late.speed_kmh == pytest.approx(early.speed_kmh, abs=0.02)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30)
def test_uneven_time_stamps_do_not_change_the_speed(seed):
    steps = np.random.default_rng(seed).uniform(0.01, 0.09, 45)
    assert measured(a_track(62, times_s=np.cumsum(steps))).speed_kmh == pytest.approx(62, rel=1e-4)


def test_a_clock_that_runs_faster_shows_a_slower_vehicle():
    times_s = np.arange(0, 1.5, 0.04)
    track = a_track(60, times_s=times_s)
    slowed = tuple(replace(s, contact_s=s.contact_s * 1.25) for s in track.sightings)
    assert measured(
        replace(track, sightings=slowed, features=stretched(track, 1.25))
    ).speed_kmh == (pytest.approx(48, rel=1e-4))


def stretched(track, factor):
    return tuple(FeatureTrack(time_s=f.time_s * factor, px=f.px) for f in track.features)


def test_both_directions_read_alike():
    there = measured(a_track(80))
    back = measured(a_track(80, from_m=44.0, to_m=13.0))
    assert (there.direction, back.direction) == (Direction.RECEDING, Direction.APPROACHING)
    assert there.speed_kmh == pytest.approx(back.speed_kmh, rel=1e-3)


def test_most_noisy_readings_lie_within_their_stated_uncertainty():
    inside = [
        abs((m := measured(a_track(90, noise_px=1.0, seed=seed))).speed_kmh - 90)
        <= m.uncertainty_kmh
        for seed in range(60)
    ]
    assert np.mean(inside) >= 0.93


def test_a_wild_position_does_not_pull_the_speed():
    track = a_track(60)
    sightings = list(track.sightings)
    u, v = sightings[20].contact_px
    sightings[20] = replace(sightings[20], contact_px=(u, v + 90))
    result = measured(replace(track, sightings=tuple(sightings)))
    assert result.speed_kmh == pytest.approx(60, rel=1e-3)
    assert 20 not in [sample.frame_index for sample in result.samples]


def test_one_anchor_alone_is_grade_b():
    assert measured(a_track()).grade is Grade.B


def test_a_vaguer_survey_makes_a_vaguer_speed():
    sharp = measured(a_track(), ground=a_ground(uncertainty_m=0.005))
    vague = measured(a_track(), ground=a_ground(uncertainty_m=0.10, uncertainty_px=2.0))
    assert vague.uncertainty_kmh > 1.5 * sharp.uncertainty_kmh


def test_a_survey_so_vague_that_no_reading_could_keep_3_km_h_gives_none():
    vague = measure(a_track(), a_ground(uncertainty_m=0.8, uncertainty_px=15.0), ZONE)
    assert isinstance(vague, Refusal)
    assert vague.reason is Reason.TOO_UNCERTAIN
    assert vague.numbers["uncertainty_kmh"] > vague.numbers["allowed_kmh"] == 3.0


def test_tracks_without_features_are_measured_where_none_are_asked_for():
    bare = replace(a_track(90), features=())
    assert refused(bare) is Reason.FEATURES_DISAGREE
    result = measure(bare, GROUND, ZONE, fewest_features=0)
    assert isinstance(result, SpeedMeasurement)
    assert result.speed_kmh == pytest.approx(90, rel=1e-4)


def test_an_edge_above_the_road_reads_too_fast_by_the_law_of_similar_triangles():
    too_fast = measured(a_track(60, contact_height_m=0.1, features=12))
    assert too_fast.speed_kmh == pytest.approx(60 * 6.0 / 5.9, rel=1e-3)


@pytest.mark.parametrize("roof_m", [1.4, 2.0, 3.5])
def test_an_edge_on_the_mirror_image_in_a_wet_road_is_refused_by_features_too_high_for_it(roof_m):
    assert refused(a_track(60, contact_height_m=-roof_m)) is Reason.FEATURES_DISAGREE


def test_an_edge_well_above_the_road_is_refused_by_the_features_below_it():
    assert refused(a_track(60, contact_height_m=1.2)) is Reason.FEATURES_DISAGREE


@pytest.mark.parametrize(
    ("track", "reason"),
    [
        pytest.param(a_track(60, to_m=15.5), Reason.TOO_FEW_SIGHTINGS, id="seen too briefly"),
        pytest.param(a_track(30, to_m=20), Reason.SHORT_BASELINE, id="too short a stretch"),
        pytest.param(a_track(60, merged=True), Reason.MERGED, id="outline shared with another"),
        pytest.param(a_track(60, corrupt=True), Reason.CORRUPT_FRAMES, id="damaged frames"),
        pytest.param(a_track(1, from_m=20, to_m=20.5), Reason.STANDING, id="hardly moves"),
        pytest.param(a_track(60, noise_px=25), Reason.SCATTERED, id="scattered positions"),
        pytest.param(
            a_track(60, features=2), Reason.FEATURES_DISAGREE, id="nothing to check it by"
        ),
        pytest.param(
            a_track(300, times_s=np.arange(0, 0.37, 0.01)),
            Reason.IMPLAUSIBLE_SPEED,
            id="faster than a road vehicle",
        ),
    ],
)
def test_what_cannot_be_trusted_is_refused(track, reason):
    assert refused(track) is reason


def test_a_hole_in_the_track_is_refused():
    times_s = np.concatenate([np.arange(0, 0.6, 0.04), np.arange(1.7, 2.4, 0.04)])
    assert refused(a_track(40, times_s=times_s)) is Reason.TIME_GAP


def test_before_a_hole_that_may_hide_another_vehicle_the_track_is_read_by_itself():
    seen, other = a_track(40, to_m=36), a_track(55, to_m=36)
    later = tuple(
        replace(s, time_s=s.time_s + 3.5, contact_s=s.contact_s + 3.5, frame_index=100 + i)
        for i, s in enumerate(other.sightings[10:20])
    )
    result = measured(replace(seen, sightings=(*seen.sightings, *later)))
    assert result.speed_kmh == pytest.approx(40, rel=1e-3)
    assert max(sample.frame_index for sample in result.samples) < 100


def an_edge_that_stays(track):
    random = np.random.default_rng(3)
    still = tuple(
        replace(s, contact_px=(960 + random.normal(), 700 + random.normal()))
        for s in track.sightings
    )
    return replace(track, sightings=still)


def test_noise_without_motion_measures_nothing():
    track = a_track(0.1, to_m=13.01, times_s=np.arange(0, 2, 0.04))
    assert refused(an_edge_that_stays(track)) is Reason.STANDING


def test_whoever_drives_on_is_not_said_to_stand_because_its_edge_does():
    track = an_edge_that_stays(a_track(60, times_s=np.arange(0, 2, 0.04)))
    assert refused(track) is Reason.SHORT_BASELINE


def test_a_stretch_that_is_short_because_the_outline_was_shared_says_so():
    track = a_track(60, from_m=44, to_m=13)
    shared = tuple(
        replace(s, contact_px=None, merged=True) if k < 35 else s
        for k, s in enumerate(track.sightings)
    )
    assert refused(replace(track, sightings=shared)) is Reason.MERGED


def test_braking_reads_the_mean_over_the_stretch():
    times_s = np.arange(0, 1.6, 0.04)
    y_m = 15 + 18 * times_s - 1.5 * times_s**2
    even = a_track(60, times_s=times_s)
    px = GROUND.image(np.column_stack([np.full_like(y_m, 1.5), y_m]))
    braking = tuple(
        replace(s, contact_px=(float(u), float(v)))
        for s, (u, v) in zip(even.sightings, px, strict=True)
    )
    mean_kmh = (y_m[-1] - y_m[0]) / (times_s[-1] - times_s[0]) * 3.6
    track = replace(even, sightings=braking, features=tuple(lifted(times_s, y_m)))
    assert measured(track).speed_kmh == pytest.approx(mean_kmh, rel=2e-3)


def lifted(times_s, y_m):
    for k in np.linspace(1.05, 1.2, 8):
        points = np.column_stack([np.full_like(y_m, 1.5), k * y_m])
        yield FeatureTrack(time_s=times_s, px=GROUND.image(points))


def test_a_plate_that_agrees_makes_grade_a():
    result = anchor_by_plate(measured(a_track(60, from_m=15.0)), plate_sightings(60), GROUND)
    assert isinstance(result, SpeedMeasurement)
    assert result.grade is Grade.A
    assert [anchor.name for anchor in result.anchors] == ["contact", "plate"]
    assert result.speed_kmh == pytest.approx(60, rel=1e-3)


@given(height_m=st.floats(0.2, 1.2))
@settings(max_examples=20)
def test_the_plate_tells_the_speed_at_any_height(height_m):
    plates = plate_sightings(60, height_m=height_m)
    result = anchor_by_plate(measured(a_track(60, from_m=15.0)), plates, GROUND)
    assert isinstance(result, SpeedMeasurement)
    assert result.anchors[1].speed_kmh == pytest.approx(60, rel=2e-3)


def test_a_plate_of_another_size_is_a_refusal():
    plates = plate_sightings(60, width_m=0.42)
    result = anchor_by_plate(measured(a_track(60, from_m=15.0)), plates, GROUND)
    assert isinstance(result, Refusal)
    assert result.reason is Reason.ANCHORS_DISAGREE


def test_the_plate_of_a_vehicle_elsewhere_confirms_nothing():
    plates = plate_sightings(60, x_m=-3.0)
    assert anchor_by_plate(measured(a_track(60, from_m=15.0)), plates, GROUND).grade is Grade.B


def test_four_survey_points_never_make_grade_a():
    m = np.array([(x, y) for x in (-4.0, 4.0) for y in (14.0, 44.0)])
    corners = fit_ground(a_survey(camera_px(m[:, 0], m[:, 1]), m))
    measurement = measured(a_track(60, from_m=15.0), ground=corners)
    assert anchor_by_plate(measurement, plate_sightings(60), corners).grade is Grade.B


def test_two_anchors_are_not_surer_than_the_survey_they_share():
    vague = a_ground(uncertainty_m=0.10, uncertainty_px=2.0)
    contact = measured(a_track(60, from_m=15.0), ground=vague)
    both = anchor_by_plate(contact, plate_sightings(60), vague)
    assert both.grade is Grade.A
    assert both.uncertainty_kmh > 0.95 * contact.uncertainty_kmh


@pytest.mark.parametrize("count", [0, 2])
def test_too_few_looks_at_the_plate_leave_grade_b(count):
    plates = plate_sightings(60)[:count]
    assert anchor_by_plate(measured(a_track(60, from_m=15.0)), plates, GROUND).grade is Grade.B


def test_one_vehicle_in_two_tracks_is_recognised():
    whole = a_track(60)
    half = len(whole.sightings) // 2
    first = measured(replace(whole, sightings=whole.sightings[: half + 6]))
    second = measured(replace(whole, sightings=whole.sightings[half - 6 :]))
    assert same_vehicle(first, second)


def test_vehicles_one_behind_the_other_are_two():
    ahead, behind = measured(a_track(60)), measured(a_track(60, from_m=7.0, to_m=44.0))
    assert not same_vehicle(ahead, behind)


@pytest.mark.parametrize("m_s2", [-3.0, -1.5, 2.0])
def test_a_vehicle_that_brakes_or_speeds_up_is_read_by_its_mean_over_the_stretch(m_s2):
    time_s = np.arange(0, 1.4, 0.04)
    result = measured(a_track(90, times_s=time_s, gained_m=m_s2 * time_s**2 / 2))
    first, last = result.samples[0], result.samples[-1]
    mean_kmh = abs(last.y_m - first.y_m) / (last.time_s - first.time_s) * 3.6
    assert result.speed_kmh == pytest.approx(mean_kmh, abs=0.05)


@pytest.mark.parametrize("m_s2", [-3.0, 3.0])
def test_who_changes_speed_in_the_unseen_part_of_the_zone_is_refused(m_s2):
    time_s = np.arange(0, 0.8, 0.04)
    assert refused(a_track(90, times_s=time_s, gained_m=m_s2 * time_s**2 / 2)) is (
        Reason.CHANGING_SPEED
    )
    assert measured(a_track(90, times_s=time_s)).speed_kmh == pytest.approx(90, rel=1e-3)


def with_features(track, *places):
    """``track`` with features at ``(x_m, height_m)`` that go along with it."""
    time_s = np.array([sighting.time_s for sighting in track.sightings])
    y_m = 13.0 + 60 / 3.6 * time_s
    features = tuple(
        FeatureTrack(time_s=time_s, px=camera_px(np.full_like(y_m, x_m), y_m, height_m))
        for x_m, height_m in places
    )
    return replace(track, features=features)


def test_a_vehicle_seen_only_high_above_the_road_is_left_to_its_plate():
    track = a_track(60, lowest_feature_m=1.6)
    assert refused(track) is Reason.FEATURES_DISAGREE
    result = measure(track, GROUND, ZONE, plate_decides=True)
    assert isinstance(result, SpeedMeasurement)
    assert result.speed_kmh == pytest.approx(60, rel=1e-3)


def test_no_plate_decides_where_features_lie_below_the_edge():
    high_edge = a_track(60, contact_height_m=1.2)
    result = measure(high_edge, GROUND, ZONE, plate_decides=True)
    assert isinstance(result, Refusal)
    assert result.reason is Reason.FEATURES_DISAGREE


@pytest.mark.parametrize("width_m", [0.44, 0.42, 0.26])
@pytest.mark.parametrize("contact_height_m", [-0.9, -1.4, -3.0])
def test_an_edge_on_a_mirror_image_is_slower_than_a_plate_of_any_type(contact_height_m, width_m):
    track = a_track(60, contact_height_m=contact_height_m, from_m=15.0)
    slow = measure(track, GROUND, ZONE, plate_decides=True)
    assert isinstance(slow, SpeedMeasurement)
    assert not as_fast_as_its_plate(slow, plate_sightings(60, width_m=width_m), GROUND)


@pytest.mark.parametrize("band_share", [0.085, 0.119, None])
def test_a_high_vehicle_is_as_fast_as_its_plate_though_nobody_knows_its_type(band_share):
    track = a_track(60, lowest_feature_m=1.6, from_m=15.0)
    high = measure(track, GROUND, ZONE, plate_decides=True)
    assert as_fast_as_its_plate(high, plate_sightings(60, band_share=band_share), GROUND)
    assert not as_fast_as_its_plate(high, plate_sightings(60, x_m=-3.0), GROUND)
    assert not as_fast_as_its_plate(high, (), GROUND)


@pytest.mark.parametrize(("beside_m", "is_read"), [(3.2, True), (1.0, False)])
def test_features_of_a_neighbour_say_nothing_about_the_edge(beside_m, is_read):
    # They seem slower than the road: on this vehicle they would lie below it.
    own = [(1.5, height_m) for height_m in np.linspace(0.2, 1.4, 9)]
    slower = [(1.5 - beside_m, -1.0)] * 3
    result = measure(with_features(a_track(60), *own, *slower), GROUND, ZONE)
    assert isinstance(result, SpeedMeasurement) is is_read
    assert is_read or result.reason is Reason.FEATURES_DISAGREE


@pytest.mark.parametrize(("alone", "may"), [(7, False), (8, True)])
def test_a_fine_needs_as_many_positions_of_its_own_as_any_measurement(alone, may):
    track = a_track(60)
    result = measured(track)
    own = {sample.frame_index for sample in result.samples[:alone]}
    shared = tuple(replace(s, merged=s.frame_index not in own) for s in track.sightings)
    assert seen_alone(replace(track, sightings=shared), result) is may


def shared(track, alone=0):
    """The track with outlines shared with a neighbour, but for the first ``alone`` in the zone."""
    inside = [s for s in track.sightings if 14 < GROUND.road(np.array([s.contact_px]))[0, 1] < 42]
    own = {s.frame_index for s in inside[:alone]}
    sightings = tuple(replace(s, merged=s.frame_index not in own) for s in track.sightings)
    return replace(track, sightings=sightings)


@pytest.mark.parametrize("alone", [0, 2, 3, 20])
def test_shared_outlines_count_where_the_vehicle_ends_at_the_edge(alone):
    assert measured(shared(a_track(60), alone)).speed_kmh == pytest.approx(60, rel=1e-4)


@pytest.mark.parametrize("ahead_m", [-3, 3])
def test_shared_outlines_do_not_count_where_the_vehicle_is_elsewhere(ahead_m):
    edge, other = a_track(60), a_track(60, from_m=13 + ahead_m, to_m=44 + ahead_m)
    assert refused(shared(replace(edge, features=other.features), 2)) is Reason.MERGED


def test_an_edge_under_the_vehicle_is_not_where_it_meets_the_road():
    edge, vehicle = a_track(60), a_track(60, from_m=11.5, to_m=42.5)
    assert refused(replace(edge, features=vehicle.features)) is Reason.FEATURES_DISAGREE


def test_the_vehicles_own_shadow_before_it_moves_no_speed():
    shadow, vehicle = a_track(60), a_track(60, from_m=13.8, to_m=44.8)
    track = replace(shadow, features=vehicle.features)
    assert measured(track).speed_kmh == pytest.approx(60, rel=1e-3)


@pytest.mark.parametrize("faster", [0.97, 1.03])
def test_a_neighbours_shadow_at_its_own_speed_is_not_the_vehicles_edge(faster):
    shadow, vehicle = a_track(60 * faster), a_track(60)
    assert refused(shared(replace(shadow, features=vehicle.features))) is Reason.MERGED


def shaded(track, frames, nearer_m):
    """The track with the edge of something else in some frames, that much nearer than its own."""
    sightings = list(track.sightings)
    for index, off_m in zip(frames, nearer_m, strict=True):
        x_m, y_m = GROUND.road(np.array([sightings[index].contact_px]))[0]
        (u, v), *_ = GROUND.image(np.array([[x_m, y_m - off_m]]))
        sightings[index] = replace(sightings[index], contact_px=(float(u), float(v)))
    return replace(track, sightings=tuple(sightings))


@pytest.mark.parametrize("frames", [range(3, 13), range(31, 41)], ids=["first", "last"])
def test_a_shadow_that_passes_the_edge_at_one_end_of_the_zone_does_not_spoil_the_rest(frames):
    track = shaded(a_track(60), frames, np.linspace(2.5, 1.0, len(frames)))
    result = measured(track)
    assert result.speed_kmh == pytest.approx(60, rel=1e-3)
    assert not {sample.frame_index for sample in result.samples} & set(frames)


def test_a_shadow_that_lies_before_the_edge_for_half_of_the_zone_spoils_it():
    frames = range(3, 23)
    track = shaded(a_track(60), frames, np.linspace(3.5, 0.5, len(frames)))
    assert refused(track) in {Reason.SCATTERED, Reason.FEATURES_DISAGREE}


def braking_late(kmh, m_s2, after):
    """Somebody who brakes at ``m_s2`` after that share of the way, to a stop if need be."""
    times_s = np.arange(0, 31 / (kmh / 3.6), 0.04)
    stops_s = kmh / 3.6 / m_s2
    late_s = np.maximum(0, times_s - after * times_s[-1])
    gained_m = -m_s2 * np.minimum(late_s, stops_s) ** 2 / 2
    gained_m -= np.maximum(0, late_s - stops_s) * kmh / 3.6
    return a_track(kmh, times_s=times_s, gained_m=gained_m)


@pytest.mark.parametrize(
    ("kmh", "m_s2", "after"), [(60, 8, 0.65), (60, 6, 0.65), (40, 4, 0.7), (40, 2, 0.55)]
)
def test_who_brakes_hard_at_the_end_is_not_read_by_the_speed_before(kmh, m_s2, after):
    assert refused(braking_late(kmh, m_s2, after)) in {Reason.CHANGING_SPEED, Reason.SCATTERED}


def test_the_roof_of_a_measured_vehicle_is_not_a_second_one_and_a_faster_one_far_behind_is():
    front = measured(a_track(50, from_m=40, to_m=13))
    roof = measure(a_track(50, from_m=42, to_m=14, contact_height_m=1.0), GROUND, ZONE, 0)
    behind = measured(a_track(55, from_m=42, to_m=13))
    later = tuple(replace(s, y_m=s.y_m + 12.0) for s in behind.samples)
    assert same_vehicle(roof, front)
    assert not same_vehicle(replace(behind, samples=later), front)
