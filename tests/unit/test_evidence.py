"""The exhibits say everything outside the footage's pixels and change none of them."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from speedcam import disk
from speedcam.adapters import evidence, lettering
from speedcam.adapters.evidence import Facts, RoadMarks, draw_road, encode_jpeg
from speedcam.adapters.exhibits import FolderExhibits
from speedcam.adapters.redact import MosaicRedactor
from speedcam.model import Box, Direction, Grade, Place, SpeedMeasurement
from speedcam.subject import Subject

VEHICLE = Box(left=240, top=150, right=400, bottom=300)
PLATE = Box(left=290, top=260, right=350, bottom=273)
SUBJECT = Subject(vehicle=VEHICLE, plate=PLATE, clear=True)
CORNERS = np.array([(290.0, 260.0), (350.0, 261.0), (350.0, 273.0), (290.0, 272.0)])


def to_px(m):
    """A camera 6 m up that looks along the road: 640 x 360 pixels."""
    x_m, y_m = m.T
    return np.column_stack([320 + 700 * x_m / y_m, 60 + 700 * 6 / y_m])


ROAD = RoadMarks(
    to_px=to_px, left_m=-1.75, right_m=1.75, near_m=15, far_m=40, measured_m=(16.5, 38.0)
)


def a_picture(seed=0):
    rng = np.random.default_rng(seed)
    return cv2.GaussianBlur(rng.integers(0, 256, (360, 640, 3), dtype=np.uint8), (0, 0), 3)


def some_facts(**changes):
    place = Place(
        site_id="AL-DEMO-01",
        camera="Demo camera 1",
        name="Rruga e Durrësit, km 4+200",
        road="SH2",
        towards="Durrës",
        road_kind="urban",
        timezone="Europe/Tirane",
        limit_reason={},
        certificate=None,
        signs_checked_on=None,
    )
    speed = SpeedMeasurement(
        speed_kmh=67.25,
        uncertainty_kmh=0.64,
        grade=Grade.A,
        direction=Direction.APPROACHING,
        anchors=(),
        over_m=21.5,
        over_s=1.151,
        samples=(),
    )
    facts = Facts(
        place=place,
        lane="1",
        direction=Direction.APPROACHING,
        limit_kmh=40,
        speed=speed,
        at=datetime(2026, 10, 14, 6, 30, 14, 123000, tzinfo=UTC),
        frame_index=353,
        time_s=14.123,
        clip_sha256="3f9a" * 16,
    )
    return replace(facts, **changes)


def a_still(picture, facts=None, **changes):
    options = {"title": "STILL", "vehicle": VEHICLE, "contact_px": (320.0, 290.0), "road": ROAD}
    return evidence.still(picture, facts or some_facts(), **(options | changes))


def footage_in(exhibit, picture):
    """Where the footage stands in the exhibit: the rows between the strips."""
    mask_rows = picture.shape[0]
    starts = range(exhibit.shape[0] - mask_rows + 1)
    return min(
        (exhibit[start : start + mask_rows] for start in starts),
        key=lambda rows: int((rows != picture).any(axis=2).sum()),
    )


def test_strips_are_added_outside_and_the_footage_is_whole():
    picture = a_picture()
    exhibit = a_still(picture)
    assert exhibit.shape[1] == picture.shape[1]
    assert exhibit.shape[0] > picture.shape[0] + 60
    changed = (footage_in(exhibit, picture) != picture).any(axis=2).mean()
    assert 0 < changed < 0.2


def test_inside_the_box_only_the_outline_and_the_contact_point_are_drawn():
    picture = a_picture()
    drawn = footage_in(a_still(picture), picture)
    assert np.array_equal(drawn[160:240, 250:390], picture[160:240, 250:390])


def test_road_marks_follow_the_perspective():
    picture = np.zeros((360, 640, 3), np.uint8)
    nowhere = Box(left=0, top=0, right=1, bottom=1)
    drawn = draw_road(picture, ROAD, keep_clear=nowhere)
    for metre in (16, 20, 25, 30, 35, 39):
        for edge_m in (ROAD.left_m, ROAD.right_m):
            u, v = to_px(np.array([[edge_m, metre]]))[0]
            around = drawn[round(v) - 1 : round(v) + 2, round(u) - 1 : round(u) + 2]
            assert around.max() > 150


def test_road_marks_leave_the_vehicle_as_it_was():
    picture = a_picture()
    drawn = draw_road(picture, ROAD, keep_clear=VEHICLE)
    rows, columns = slice(150, 300), slice(240, 400)
    assert np.array_equal(drawn[rows, columns], picture[rows, columns])
    assert not np.array_equal(drawn, picture)


def test_marks_that_lie_outside_the_picture_are_left_out():
    far_away = replace(ROAD, to_px=lambda m: np.column_stack([-1e7 * m[:, 0], 1e7 / m[:, 1]]))
    picture = a_picture()
    nowhere = Box(left=0, top=0, right=1, bottom=1)
    assert draw_road(picture, far_away, keep_clear=nowhere).shape == picture.shape


@pytest.mark.parametrize(
    "changes",
    [
        {"at": datetime(2026, 10, 14, 6, 30, 14, 124000, tzinfo=UTC)},
        {"limit_kmh": 50},
        {"lane": "2"},
        {"frame_index": 354},
        {"clip_sha256": "4f9a" * 16},
        {"direction": Direction.RECEDING},
    ],
    ids=["time", "limit", "lane", "frame", "clip", "direction"],
)
def test_every_fact_shows_on_the_strips(changes):
    picture = a_picture()
    before, after = a_still(picture), a_still(picture, some_facts(**changes))
    assert before.shape != after.shape or not np.array_equal(before, after)


def test_the_local_time_carries_its_zone_and_utc_stands_under_it():
    shown = evidence._time(some_facts())  # noqa: SLF001 # the text before it becomes pixels
    assert shown.value == "14.10.2026 08:30:14.123 CEST (+02:00)"
    assert shown.note == "UTC 2026-10-14 06:30:14.123"


def test_a_passage_outside_every_lane_can_still_be_shown():
    facts = some_facts(lane=None, direction=None, limit_kmh=None)
    assert a_still(a_picture(), facts, contact_px=None).shape[1] == 640


def test_the_plate_crop_keeps_the_footage_pixels_as_squares():
    exhibit = evidence.plate_crop(
        a_picture(), some_facts(), title="PLATE", corners_px=CORNERS, text="AB123CD"
    )
    assert exhibit.shape[1] == 960
    assert exhibit.shape[0] > 400


def test_a_plate_at_the_edge_of_the_picture_can_be_cropped():
    corners = CORNERS - (295.0, 255.0)
    exhibit = evidence.plate_crop(
        a_picture(), some_facts(), title="PLATE", corners_px=corners, text=""
    )
    assert exhibit.shape[1] == 960


def test_the_photo_shows_nothing_that_the_redactor_did_not_let_through():
    class Whiteout:
        def redact(self, picture, *_):
            return np.full_like(picture, 255)

    one, other = (
        evidence.photo(a_picture(seed), some_facts(), subject=SUBJECT, redactor=Whiteout())
        for seed in (1, 2)
    )
    assert np.array_equal(one, other)


def test_the_photo_has_the_shape_of_a_picture_and_its_band():
    picture = np.full((1080, 1920, 3), 90, np.uint8)
    subject = Subject(vehicle=Box(left=1500, top=700, right=1900, bottom=1070), plate=None)
    photo = evidence.photo(picture, some_facts(), subject=subject, redactor=MosaicRedactor())
    assert photo.shape[1] >= 960
    assert 1.2 < photo.shape[1] / photo.shape[0] < 16 / 9


def test_jpeg_bytes_are_the_same_every_time():
    picture = a_picture()
    assert encode_jpeg(picture) == encode_jpeg(picture.copy())


@pytest.mark.parametrize("sign", list("ëËçÇ±–·“”→"))
def test_the_type_has_the_signs_that_albanian_needs(sign):
    def inked(text):
        blank = np.zeros((80, 240, 3), np.uint8)
        return lettering.with_labels(blank, [lettering.Label(text=text, at=(120, 40))])

    assert not np.array_equal(inked(sign), inked("\U0010ffff"))


def test_without_the_wheel_fonts_the_built_in_face_serves(monkeypatch, tmp_path):
    lettering._font.cache_clear()  # noqa: SLF001 # fonts are kept between calls
    monkeypatch.setattr(cv2, "__file__", str(tmp_path / "__init__.py"))
    try:
        assert a_still(a_picture()).shape[1] == 640
    finally:
        lettering._font.cache_clear()  # noqa: SLF001 # as above


def test_keeping_an_exhibit_writes_it_whole_for_its_owner_alone(tmp_path):
    path, digest = FolderExhibits(folder=tmp_path / "exhibits").keep("a.jpg", b"jpeg")
    assert path.read_bytes() == b"jpeg"
    assert digest == hashlib.sha256(b"jpeg").hexdigest()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["a.jpg"]


def test_keeping_the_same_exhibit_again_does_not_touch_it(tmp_path):
    store = FolderExhibits(folder=tmp_path)
    path, _ = store.keep("a.jpg", b"jpeg")
    before = path.stat()
    assert store.keep("a.jpg", b"jpeg")[0] == path
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_half_written_file_never_stands_under_the_final_name(tmp_path, monkeypatch):
    def full_disk(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        FolderExhibits(folder=tmp_path).keep("a.jpg", b"jpeg")
    assert not (tmp_path / "a.jpg").exists()


def test_what_a_killed_run_left_half_written_does_not_matter(tmp_path):
    (tmp_path / ".a.jpg.1.part").write_bytes(b"half of something longer than it")
    path, _ = FolderExhibits(folder=tmp_path).keep("a.jpg", b"jpeg")
    assert path.read_bytes() == b"jpeg"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b.jpg", "../a.jpg", "/a.jpg"])
def test_a_name_that_is_a_path_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="plain file name"):
        FolderExhibits(folder=tmp_path).keep(name, b"jpeg")
