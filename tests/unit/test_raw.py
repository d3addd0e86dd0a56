"""Raw data: whatever was measured can be read back and measured again, to the last digit."""

import gzip
import json
from dataclasses import asdict, replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.anchors import anchor_by_plate
from speedcam.drive import Run, reference_drive
from speedcam.errors import RawDataError
from speedcam.ground import fit_ground
from speedcam.model import Box, Direction, FeatureTrack, Grade, Refusal, Sighting, Track
from speedcam.raw import as_kept, pack, unpack
from speedcam.redo import agrees, remeasure
from speedcam.speed import measure
from speedcam.workings import Use
from tests.builders_camera import a_track, plate_sightings
from tests.builders_raw import a_measured_site, some_raw

NOBODYS_PLATE = "AA123BB"
pixels = st.floats(-500, 4000)
seconds = st.floats(0, 1e5)
sightings = st.builds(
    Sighting,
    frame_index=st.integers(0, 10**7),
    time_s=seconds,
    contact_s=seconds,
    box=st.builds(Box, left=pixels, top=pixels, right=pixels, bottom=pixels),
    contact_px=st.none() | st.tuples(pixels, pixels),
    merged=st.booleans(),
    touches_border=st.booleans(),
    corrupt=st.booleans(),
    adrift=st.booleans(),
)


@st.composite
def features(draw):
    points = draw(st.lists(st.tuples(seconds, pixels, pixels), min_size=1, max_size=5))
    rows = np.array(points)
    return FeatureTrack(time_s=rows[:, 0], px=rows[:, 1:])


tracks = st.builds(
    Track,
    ordinal=st.just(0),
    sightings=st.lists(sightings, max_size=8).map(tuple),
    features=st.lists(features(), max_size=4).map(tuple),
)


def same(one, other):
    """Whether two tracks are equal to the last digit; arrays have no plain ``==``."""
    assert one.sightings == other.sightings
    assert len(one.features) == len(other.features)
    for mine, its in zip(one.features, other.features, strict=True):
        np.testing.assert_array_equal(mine.time_s, its.time_s)
        np.testing.assert_array_equal(mine.px, its.px)


@given(tracks)
def test_every_track_comes_back_as_it_was_measured(track):
    raw = some_raw(track)
    again = unpack(pack(raw))
    same(again.track, raw.track)
    assert [p.use for p in again.workings.positions] == [p.use for p in raw.workings.positions]
    assert pack(again) == pack(raw)


@given(tracks)
def test_keeping_what_was_kept_changes_nothing(track):
    once = as_kept(track)
    same(as_kept(once), once)


@given(tracks)
def test_what_is_kept_lies_within_half_a_step_of_what_was_seen(track):
    kept = as_kept(track)
    for seen, its in zip(track.features, kept.features, strict=True):
        assert np.abs(seen.px - its.px).max() <= 1 / 64
        assert np.abs(seen.time_s - its.time_s).max() <= 0.51e-6
    for seen, its in zip(track.sightings, kept.sightings, strict=True):
        assert its.time_s == seen.time_s
        if seen.contact_px:
            assert np.abs(np.subtract(seen.contact_px, its.contact_px)).max() <= 1 / 2048


@pytest.mark.parametrize(
    "track",
    [
        pytest.param(a_track(61.7, noise_px=0.4), id="measured"),
        pytest.param(a_track(133.3, from_m=44, to_m=13, noise_px=0.2), id="approaching"),
        pytest.param(a_track(60, merged=True), id="merged"),
        pytest.param(a_track(60, features=2), id="too few features"),
        pytest.param(a_track(60, contact_height_m=0.9), id="edge above the road"),
    ],
)
def test_the_raw_data_alone_give_the_same_reading_or_refusal(track):
    site = a_measured_site()
    raw = unpack(pack(some_raw(track, site=site)))
    again = remeasure(raw, site)
    assert agrees(again, raw.speed)
    if isinstance(raw.speed, Refusal):
        assert again == raw.speed
    else:
        assert replace(again, samples=()) == raw.speed


def a_drive(correct=False):
    runs = [Run(reading_kmh=49.5, true_kmh=50.0, true_uncertainty_kmh=0.1)] * 3
    return reference_drive(runs, date(2026, 10, 2), correct=correct)


@pytest.mark.parametrize(
    ("drive", "weaknesses"),
    [
        pytest.param(None, 0, id="no drive"),
        pytest.param(a_drive(), 1, id="a drive that disagrees"),
        pytest.param(a_drive(correct=True), 0, id="a drive that corrects"),
    ],
)
def test_what_the_metres_rest_on_is_kept(drive, weaknesses):
    raw = some_raw(site=a_measured_site(drive=drive))
    kept = unpack(pack(raw)).calibration
    assert kept == raw.calibration
    assert (kept.points, kept.drive, len(kept.weaknesses)) == (12, drive, weaknesses)
    assert kept.lens_height_m == pytest.approx(6.0, abs=2 * kept.lens_height_uncertainty_m)


def test_data_of_the_form_before_which_kept_no_calibration_are_read_as_they_are():
    file = json.loads(gzip.decompress(pack(some_raw()))) | {"schema": 2}
    del file["calibration"]
    old = gzip.compress(json.dumps(file, separators=(",", ":")).encode(), 9, mtime=0)
    raw = unpack(old)
    assert raw.calibration is None
    assert pack(raw) == old
    assert agrees(remeasure(raw, a_measured_site()), raw.speed)


def test_the_plates_place_confirms_again():
    site = a_measured_site()
    raw = some_raw(a_track(60, from_m=13.0, noise_px=0.2), site=site, plates=looks())
    assert len(raw.speed.anchors) == 2
    again = remeasure(unpack(pack(raw)), site)
    assert replace(again, samples=()) == raw.speed


def looks():
    """The plate of that vehicle, 2 m beyond its start at the first look."""
    return tuple(replace(p, time_s=p.time_s + 0.12) for p in plate_sightings(60.0))


def test_of_a_vehicle_seen_only_high_up_the_kept_plate_bears_out_the_speed():
    site = a_measured_site()
    refused = some_raw(a_track(60, noise_px=0.2, lowest_feature_m=1.6), site=site)
    assert isinstance(refused.speed, Refusal)
    assert agrees(remeasure(refused, site), refused.speed)
    ground = fit_ground(site.survey, refused.picture_px)
    speed = measure(refused.track, ground, site.zone, plate_decides=True)
    for read in (speed, anchor_by_plate(speed, looks(), ground)):
        raw = replace(refused, plates=looks() if read.grade is Grade.A else (), speed=read)
        assert agrees(remeasure(raw, site), read)


def test_without_the_plate_the_contact_edge_is_borne_out():
    site = a_measured_site()
    raw = some_raw(a_track(60, noise_px=0.2), site=site, plates=looks())
    contact_only = remeasure(replace(raw, plates=()), site)
    assert len(contact_only.anchors) == 1
    assert agrees(contact_only, raw.speed)


def test_another_reading_is_not_borne_out():
    site = a_measured_site()
    again = remeasure(some_raw(site=site), site)
    assert not agrees(again, replace(again, speed_kmh=again.speed_kmh + 1e-5))
    assert not agrees(again, some_raw(a_track(merged=True), site=site).speed)
    assert not agrees(replace(again, uncertainty_kmh=again.uncertainty_kmh * 2), again)


def test_what_a_plate_says_is_not_in_the_raw_data():
    raw = some_raw(a_track(60, noise_px=0.2), plates=looks())
    assert len(raw.plates) == 8
    assert NOBODYS_PLATE.encode() not in gzip.decompress(pack(raw))


def test_the_same_data_give_the_same_bytes():
    assert pack(some_raw()) == pack(some_raw())


def test_every_rejected_sighting_says_why():
    track = a_track(60, noise_px=0.2)
    spoilt = {
        3: {"merged": True, "contact_px": None},
        8: {"touches_border": True},
        12: {"corrupt": True},
        16: {"adrift": True},
        20: {"contact_px": None},
    }
    sightings = [replace(s, **spoilt.get(place, {})) for place, s in enumerate(track.sightings)]
    u, v = sightings[24].contact_px
    sightings[24] = replace(sightings[24], contact_px=(u, v + 60))
    raw = some_raw(replace(track, sightings=tuple(sightings)))
    use = {p: position.use for p, position in enumerate(raw.workings.positions)}
    expected = [Use.MERGED, Use.BORDER, Use.CORRUPT, Use.ADRIFT, Use.NO_EDGE, Use.OFF_THE_LINE]
    assert [use[place] for place in (*spoilt, 24)] == expected
    assert use[0] is Use.OUTSIDE_ZONE
    assert raw.speed.direction is Direction.RECEDING
    assert all(abs(p.residual_m) < 0.2 for p in raw.workings.positions if p.use is Use.USED)


def test_a_refused_vehicle_has_its_line_drawn_where_there_are_positions():
    raw = some_raw(a_track(60, features=0))
    assert isinstance(raw.speed, Refusal)
    assert raw.workings.line.speed_m_s * 3.6 == pytest.approx(60, abs=0.5)
    assert Use.NOT_FITTED in {position.use for position in raw.workings.positions}


def test_a_packed_track_of_a_vehicle_takes_less_than_forty_kilobytes():
    assert len(pack(some_raw(a_track(30, noise_px=0.5, features=60)))) < 40_000


def changed(**changes):
    file = json.loads(gzip.decompress(pack(some_raw())))
    return gzip.compress(json.dumps(file | changes, separators=(",", ":")).encode(), mtime=0)


def spaced():
    return json.dumps(json.loads(gzip.decompress(pack(some_raw())))).encode()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"", "is not raw data", id="empty"),
        pytest.param(b"{}", "is not raw data", id="not packed"),
        pytest.param(pack(some_raw())[:-9], "is not raw data", id="cut off"),
        pytest.param(pack(some_raw()) + b"x", "is not raw data", id="more after it"),
        pytest.param(gzip.compress(b"[]"), "should be an object", id="no object"),
        pytest.param(gzip.compress(b" " * 70_000_000), "is not raw data", id="bomb"),
        pytest.param(changed(speeding=True), "speeding", id="another key"),
        pytest.param(changed(schema=1), "schema", id="another schema"),
        pytest.param(changed(schema=2), "another form", id="a newer key in an older schema"),
        pytest.param(changed(calibration=None), "another form", id="no calibration"),
        pytest.param(changed(passage=7), "passage", id="another type"),
        pytest.param(gzip.compress(spaced()), "another form", id="another form"),
        pytest.param(
            changed(features=[{"time_us": [1], "u_px32": [1, 2], "v_px32": [1]}]),
            "columns of different lengths",
            id="uneven columns",
        ),
        pytest.param(
            changed(features=[{"time_us": [2**63, 2**63], "u_px32": [1, 2], "v_px32": [1, 2]}]),
            "raw",
            id="numbers too large",
        ),
        pytest.param(
            changed(provenance=asdict(some_raw().provenance) | {"by": "x"}),
            "by",
            id="more in a nested table",
        ),
    ],
)
def test_what_is_not_exactly_raw_data_is_refused(content, told):
    with pytest.raises(RawDataError, match=told):
        unpack(content)
